"""`make screenshots`: every page as every person of the practice desk who may see it, in every state, to look through.

The pages come from the URL resolver, so that none is forgotten: a page without a picture, a fault that axe finds and a
page that scrolls sideways end the command with exit code 1. The desk is one of its own, as in the browser tests.
"""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import django
from django.urls import Resolver404, URLPattern, get_resolver, resolve, reverse
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.conftest import CHROMIUM_FLAGS, ROOT, RunningDesk, Visitor, running_desk

if TYPE_CHECKING:
    from requests_app.models import InformationRequest

LANGUAGES = ("nl", "en")
WIDTHS = (1280, 320)
HEIGHT = 900
BROWSERS = 2
NOBODY = "nobody"
REFUSED = {403, 404, 409}

EMPTY = """form => form.querySelectorAll("input, textarea").forEach((field) => {
    if (field.type === "checkbox" || field.type === "radio") field.checked = false;
    else if (field.type !== "hidden") field.value = "";
})"""

# Parts that look alike in many states: pictured once open, ended, blocked and erased.
ALIKE = {"requests_app:timeline", "requests_app:files", "archive:reports", "monitoring:practice_requester"}

# Buttons that no page shows at first.
WITHOUT_PICTURE = {
    "archive:feed": "a file for who has its secret address",
    "archive:person_paper": "a file",
    "archive:person_search": "a button",
    "set_language": "a button",
    "requests_app:save_answer": "a button",
    "requests_app:add_attachment": "a button",
    "requests_app:end_absence": "a button; nobody is absent",
    "requests_app:remove_viewer": "a button",
}


@dataclass(frozen=True)
class Picture:
    page: str
    person: str
    situation: str
    path: str
    status: int = 200

    @property
    def stem(self) -> str:
        return "-".join(filter(None, [self.person, self.situation]))


@dataclass
class Found:
    """What one person meets: pages to picture, and addresses that are no page (a button, a file)."""

    pictures: list[Picture] = field(default_factory=list)
    no_page: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Situation:
    """What state a request is in and what this person may see of it; in brief for the pages that look alike."""

    words: str
    brief: str


@dataclass(frozen=True)
class Person:
    username: str
    name: str
    situations: dict[str, Situation]  # by reference


def names_of_pages() -> dict[str, tuple[str, ...]]:
    """Every named address with the names of its arguments."""

    def walk(patterns: list[object], namespace: str, arguments: tuple[str, ...]) -> Iterator[tuple[str, tuple]]:
        for pattern in patterns:
            own = arguments + tuple(pattern.pattern.converters)
            if isinstance(pattern, URLPattern):
                if pattern.name:
                    yield f"{namespace}{pattern.name}", own
            else:
                inside = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from walk(pattern.url_patterns, inside, own)

    return dict(walk(get_resolver().url_patterns, "", ()))


def people() -> list[Person]:
    """One for each set of roles; of the requests each sees, one for every situation."""
    from imidesk.monitoring import practice_people
    from requests_app.models import InformationRequest

    found: dict[frozenset[tuple[str, ...]], Person] = {}
    for known in practice_people.people():
        user = practice_people.account_of(known.username)
        assert user
        roles = frozenset(user.memberships.values_list("role", "module", "team"))
        situations: dict[str, Situation] = {}
        for info_request in InformationRequest.objects.visible(user).order_by("pk"):
            place = situation(info_request, InformationRequest.objects.grants(user, info_request.pk))
            if place not in situations.values():
                situations[info_request.reference] = place
        found.setdefault(roles, Person(known.username, known.name, situations))
    return list(found.values())


def situation(info_request: "InformationRequest", grants: Iterable[str]) -> Situation:
    opened = next((part for part in ("read_person", "read_questions", "take_up") if part in grants), "list")
    data_state = "" if info_request.data_state == "open" else info_request.data_state
    prepared = "prepared" if info_request.prepared_step else ""
    procedure = "" if info_request.procedure == "information_request" else info_request.procedure
    mark = "fictitious" if info_request.fictitious else ""
    brief = data_state or ("ended" if info_request.has_ended else "running")
    words = [info_request.state, prepared, data_state, procedure, mark, opened]
    return Situation("-".join(filter(None, words)), f"{brief}-{opened}")


def enter(browser: Browser, desk: RunningDesk, person: Person | None, language: str) -> BrowserContext:
    context = browser.new_context(viewport={"width": WIDTHS[0], "height": HEIGHT}, locale=language)
    context.add_cookies([{"name": "django_language", "value": language, "url": desk.address}])
    if person:
        page = context.new_page()
        page.goto(f"{desk.address}/oefenen/personen/")
        with page.expect_navigation():
            page.get_by_role("button", name=person.name).first.click()
        page.close()
    return context


def explore(context: BrowserContext, desk: RunningDesk, person: Person | None, unlinked: list[str]) -> Found:
    """From the pages without arguments and from each request along every link; `unlinked` are asked for as well."""
    found = Found()
    situations = person.situations if person else {}
    waiting = ["/no-such-page/"]
    for name, arguments in names_of_pages().items():
        if not arguments and not unlinked:
            waiting.append(reverse(name))
        elif arguments == ("reference",) and name in (unlinked or ["requests_app:detail"]):
            waiting += [reverse(name, args=[reference]) for reference in situations]
    met: set[tuple[str, str]] = set()
    for path in waiting:  # grows meanwhile
        name, words = place_of(path, situations)
        if not name or (name, words) in met:
            continue
        answer = context.request.get(f"{desk.address}{path}", max_redirects=0)
        if answer.status == 405 or (answer.status == 200 and "text/html" not in answer.headers["content-type"]):
            found.no_page.add(name)
        if "text/html" not in answer.headers.get("content-type", "") or answer.status not in {200, *REFUSED}:
            continue
        if answer.status != 200:
            name, words = f"refused:{answer.status}", ""
            if (name, words) in met:
                continue
        met.add((name, words))
        found.pictures.append(Picture(name, person.username if person else NOBODY, words, path, answer.status))
        if answer.status == 200 and not unlinked:
            links = re.findall(r'(?:href|action)="(/[^"#?]*)', answer.text())
            waiting += [link for link in dict.fromkeys(links) if link not in waiting]
    return found


def place_of(path: str, situations: dict[str, Situation]) -> tuple[str, str]:
    """Name of the page and situation of its request; no name where another request of that situation is pictured."""
    try:
        match = resolve(path)
    except Resolver404:
        return ("refused:404", "") if path == "/no-such-page/" else ("", "")
    reference = match.kwargs.get("reference")
    if reference is None:
        return match.view_name, ""
    if reference not in situations:
        return "", ""
    place = situations[reference]
    return match.view_name, place.brief if match.view_name in ALIKE else place.words


def add_what_is_seldom() -> None:
    from imidesk.core import vault
    from tests.browser.seldom import Seldom

    with vault.key_scope():
        seldom = Seldom()
        seldom.make()
        seldom.go_on()


def picture_all(desk: RunningDesk, folder: Path, person: Person | None, *, unlinked: list[str]) -> Found:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        found = Found()
        for language in LANGUAGES:
            context = enter(browser, desk, person, language)
            if language == LANGUAGES[0]:
                found = explore(context, desk, person, unlinked)
            visitor = Visitor(context.new_page(), desk, found.faults)
            for picture in found.pictures:
                visitor.expected = {picture.status}
                visitor.page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
                visitor.page.goto(f"{desk.address}{picture.path}")
                for width in WIDTHS:
                    visitor.page.set_viewport_size({"width": width, "height": HEIGHT})
                    if language == LANGUAGES[0]:
                        visitor.judge()
                    shoot(visitor, folder, picture, f"{language}-{width}")
            context.close()
        browser.close()
    return found


def picture_everybody(desk: RunningDesk, folder: Path, persons: list[Person], unlinked: list[str]) -> list[Found]:
    with ThreadPoolExecutor(BROWSERS) as pool:
        return list(pool.map(partial(picture_all, desk, folder, unlinked=unlinked), [None, *persons]))


def picture_errors(desk: RunningDesk, folder: Path, known: list[Picture], persons: list[Person]) -> Found:
    """Every form sent empty, last of all: what a form without required fields does changes the desk."""
    found = Found()
    names = {person.username: person for person in persons}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        contexts: dict[str, BrowserContext] = {}
        tried: set[str] = set()
        for picture in known:
            if picture.page in tried or picture.status != 200 or picture.person == NOBODY:
                continue
            if picture.person not in contexts:
                contexts[picture.person] = enter(browser, desk, names[picture.person], LANGUAGES[0])
            context = contexts[picture.person]
            visitor = Visitor(context.new_page(), desk, found.faults, expected={200, 403, 404, 409, 422})
            visitor.page.goto(f"{desk.address}{picture.path}")
            form = visitor.page.locator("#main form[method=post]:not(aside form):has(input:visible, textarea:visible)")
            button = form.first.locator("button[type=submit]")
            if form.count() and button.count():
                tried.add(picture.page)
                form.first.evaluate(EMPTY)
                with visitor.page.expect_navigation() as navigation:
                    button.first.click()
                if navigation.value.status == 422:
                    faulty = Picture(picture.page, picture.person, "with-errors", picture.path, 422)
                    for width in WIDTHS:
                        visitor.page.set_viewport_size({"width": width, "height": HEIGHT})
                        visitor.judge()
                        shoot(visitor, folder, faulty, f"{LANGUAGES[0]}-{width}")
                    found.pictures.append(faulty)
            visitor.page.close()
        browser.close()
    return found


def shoot(visitor: Visitor, folder: Path, picture: Picture, rest: str) -> None:
    path = folder / picture.page.replace(":", "-") / f"{picture.stem}-{rest}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    visitor.page.screenshot(path=path, full_page=True, type="jpeg", quality=70)


def write_index(folder: Path) -> None:
    sections = []
    for page in sorted(path for path in folder.iterdir() if path.is_dir()):
        shots = "".join(
            f'<figure><a href="{page.name}/{shot.name}"><img loading="lazy" src="{page.name}/{shot.name}" alt=""></a>'
            f"<figcaption>{escape(shot.stem)}</figcaption></figure>"
            for shot in sorted(page.glob("*.jpg"))
        )
        sections.append(f'<section id="{page.name}"><h2>{page.name}</h2><div>{shots}</div></section>')
    links = " · ".join(f'<a href="#{path.name}">{path.name}</a>' for path in sorted(folder.iterdir()) if path.is_dir())
    style = (
        "body{font-family:sans-serif;margin:1rem}div{display:flex;flex-wrap:wrap;gap:1rem;align-items:start}"
        "figure{margin:0;inline-size:15rem}img{inline-size:100%;max-block-size:22rem;object-fit:cover;"
        "object-position:top;border:1px solid #999}figcaption{font-size:.8rem;overflow-wrap:anywhere}"
    )
    (folder / "index.html").write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Screens of the desk</title>'
        f"<style>{style}</style><h1>Screens of the desk</h1><p>{links}</p>{''.join(sections)}",
        encoding="utf-8",
    )


def missing(everything: list[Found]) -> list[str]:
    pictured = {picture.page for found in everything for picture in found.pictures}
    no_page = set().union(*(found.no_page for found in everything))
    return sorted(set(names_of_pages()) - pictured - no_page - set(WITHOUT_PICTURE))


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "var" / "screenshots"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as var, running_desk(Path(var) / "desk", Path(var)) as desk:
        os.environ.update(desk.environment)
        django.setup()
        add_what_is_seldom()
        persons = people()
        everything = picture_everybody(desk, folder, persons, [])
        if unlinked := missing(everything):
            everything += picture_everybody(desk, folder, persons, unlinked)
        known = [picture for found in everything for picture in found.pictures]
        everything.append(picture_errors(desk, folder, known, persons))
    write_index(folder)
    faults = list(dict.fromkeys(fault for found in everything for fault in found.faults))
    faults += [f"no picture of {name}" for name in missing(everything)]
    print(f"{len(list(folder.rglob('*.jpg')))} pictures in {folder / 'index.html'}")
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
