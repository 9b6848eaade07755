"""The pictures of docs/manual/nl, and whether what it names is on the pages.

`make manual` writes the pictures into docs; the suite makes them in a folder of its own and compares the names.
"""

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.browser.manual import MANUAL, labels, page_of
from tests.browser.numbers import BLOCKED, ON_HOLD, PASSWORD, TECHNICAL, WITHDRAWN

pytestmark = pytest.mark.browser

LARGEST, LARGEST_IN_ALL = 100_000, 3_000_000
SECONDS_TO_WAIT = 90


@dataclass(frozen=True)
class Stop:
    """A page of a walk: an address, or the part after the reference of the request with this IMI number.

    There the first link whose address has `follow` in it is taken, and then the button `press` is pressed. `wait`: what
    the worker puts on the page a little later.
    """

    person: str
    path: str
    imi_number: str = ""
    picture: str = ""
    height: int = 660
    follow: str = ""
    press: str = ""
    wait: str = ""


ADMINISTRATOR, HANDLER, AT_THE_AGENCY = "Hilde", "Noor", "Teun"
NEW, TO_TAKE_UP, ALLOCATED, HALF_ANSWERED = "804113", "804077", "804061", "803982"
PREPARED, WAITING, TO_FILE = "803955", "803641", "803702"

# What is opened for each page of the manual.
WALKS: dict[str, list[Stop]] = {
    "README": [
        Stop(ADMINISTRATOR, "", NEW),
        Stop(ADMINISTRATOR, "/hulp/"),
    ],
    "imi-beheerder": [
        Stop(ADMINISTRATOR, "/", picture="beheerder-start"),
        Stop(ADMINISTRATOR, "/verzoeken/registreren/", picture="beheerder-registreren", height=980),
        Stop(ADMINISTRATOR, "", NEW),
        Stop(ADMINISTRATOR, "toewijzen/", NEW, picture="beheerder-toewijzen", height=900),
        Stop(ADMINISTRATOR, "", ALLOCATED),
        Stop(ADMINISTRATOR, "", TO_TAKE_UP),
        Stop(ADMINISTRATOR, "taak/", ALLOCATED, picture="beheerder-taak", height=900),
        Stop(ADMINISTRATOR, "", HALF_ANSWERED),
        Stop(ADMINISTRATOR, "", WAITING),
        Stop(ADMINISTRATOR, "/verzoeken/overdragen/"),
        Stop(ADMINISTRATOR, "/verzoeken/afwezig/"),
        Stop(ADMINISTRATOR, "", TO_FILE),
        Stop(ADMINISTRATOR, "/automatische-taken/", picture="beheerder-taken"),
    ],
    "behandelaar": [
        Stop(HANDLER, "/", picture="behandelaar-start"),
        Stop(HANDLER, "", TO_TAKE_UP),
        Stop(AT_THE_AGENCY, "", NEW),
        Stop(HANDLER, "", ALLOCATED),
        Stop(HANDLER, "aanvaarden/", ALLOCATED, picture="behandelaar-aanvaarden", height=1000),
        Stop(HANDLER, "", HALF_ANSWERED),
        Stop(HANDLER, "tab/A/", HALF_ANSWERED, picture="behandelaar-tabblad", height=900),
        Stop(HANDLER, "verzenden/", HALF_ANSWERED),
        Stop(HANDLER, "", PREPARED),
        Stop(HANDLER, "invullen-in-imi/", PREPARED, picture="behandelaar-invullen", height=900),
        Stop(HANDLER, "", WAITING),
        Stop(HANDLER, "afsluiten/", WAITING, picture="behandelaar-afsluiten"),
        Stop(AT_THE_AGENCY, "", TO_FILE),
        Stop(AT_THE_AGENCY, "opslaan/", TO_FILE, picture="behandelaar-opslaan", height=1000),
        Stop(HANDLER, "", BLOCKED),
    ],
    "jurist": [
        Stop("Femke", "/overzicht/", picture="jurist-overzicht", height=1000),
        Stop("Femke", "/verzoeken/"),
        Stop("Femke", "verloop/", WAITING, picture="jurist-verloop"),
        Stop("Femke", "/archief/bewaren/", picture="jurist-bewaren"),
        Stop("Femke", "", TO_FILE),
        Stop("Femke", "/archief/betrokkenen/"),
        Stop("Femke", "/archief/betrokkenen/nieuw/"),
    ],
    "manager": [
        Stop("Ruud", "/verzoeken/", picture="manager-lijst"),
        Stop("Ruud", "/hulp/", picture="manager-hulp"),
    ],
    "basisgebruiker": [
        Stop("Jip", "", NEW, picture="basisgebruiker-verzoek"),
    ],
    "fg": [
        Stop("Saskia", "/archief/bewaren/", picture="fg-bewaren", height=900),
        Stop("Saskia", "/automatische-taken/", picture="fg-taken"),
        Stop("Saskia", "/archief/bewaren/", follow="/wisbewijs/", picture="fg-wisbewijs", height=1100),
        Stop("Saskia", "/"),
    ],
    "beheerder": [],
}


DECISION, PERSON, OLD_KEYS = "/beslissingen/", "/archief/betrokkenen/AVG-", "/archief/bewaren/sleutels/"

# Then what the practice desk has no case for is added, and walked with both people whom it takes.
SELDOM: dict[str, list[Stop]] = {
    "imi-beheerder": [Stop(ADMINISTRATOR, "/")],
    "behandelaar": [
        Stop(HANDLER, "", WITHDRAWN),
        Stop(AT_THE_AGENCY, "/", follow="/brief/", picture="behandelaar-brief", height=900),
    ],
    "jurist": [
        Stop("Femke", "/archief/betrokkenen/", follow=PERSON, picture="jurist-betrokkene", height=900),
        Stop("Femke", "/archief/betrokkenen/", follow=PERSON, press="Om een zoekactie vragen"),
        Stop("Femke", "", ON_HOLD),
        Stop("Femke", "", ON_HOLD, follow=DECISION),
        Stop("Femke", "", BLOCKED),
        Stop("Femke", "", BLOCKED, follow=DECISION, picture="jurist-beslissen", height=1000),
        Stop("Femke", "", BLOCKED, follow=DECISION, press="Akkoord gaan"),
    ],
    "beheerder": [
        Stop(TECHNICAL, "/", picture="technisch-start", height=800),
        Stop(TECHNICAL, "/automatische-taken/", picture="technisch-taken", height=1000),
        Stop(TECHNICAL, OLD_KEYS, picture="technisch-sleutels"),
        Stop(TECHNICAL, OLD_KEYS, press="Leg vast dat"),
    ],
    "fg": [
        Stop("Saskia", OLD_KEYS),
        Stop("Saskia", OLD_KEYS, press="Bevestig dat"),
    ],
}
AGREED: dict[str, list[Stop]] = {
    "manager": [
        Stop("Ruud", "/"),
        Stop("Ruud", "", BLOCKED),
        Stop("Ruud", "", BLOCKED, follow=DECISION, picture="manager-beslissen", height=1000),
        Stop("Ruud", "", BLOCKED, follow=DECISION, press="Akkoord gaan"),
    ],
    "imi-beheerder": [
        Stop(ADMINISTRATOR, "/"),
        Stop(ADMINISTRATOR, "/archief/betrokkenen/vrijgeven/", picture="beheerder-vrijgeven", height=780),
        Stop(ADMINISTRATOR, "/archief/betrokkenen/vrijgeven/", press="Zoekactie vrijgeven"),
    ],
    "behandelaar": [
        Stop(HANDLER, "", BLOCKED),
        Stop(HANDLER, "", BLOCKED, follow=DECISION),
        Stop(
            HANDLER, "", BLOCKED, follow=DECISION, press="Gegevens nu openen", picture="behandelaar-geopend", height=900
        ),
    ],
}
FOUND: dict[str, list[Stop]] = {
    "jurist": [
        Stop(
            "Femke",
            "/archief/betrokkenen/",
            follow=PERSON,
            wait="concept-antwoord.pdf",
            picture="jurist-gevonden",
            height=1300,
        ),
        Stop("Femke", "/"),
    ],
}


def names_of_pictures(page: str) -> list[str]:
    return re.findall(r"!\[[^\]]+\]\(img/([\w-]+)\.png\)", page)


def words_of(visitor) -> str:
    """Everything that the page says, also what is folded."""
    return " ".join(visitor.page.locator("body").text_content().split()).casefold()


def address(visitor, stop: Stop) -> str:
    if not stop.imi_number:
        return stop.path
    visitor.page.goto(f"{visitor.desk.address}/verzoeken/?q={stop.imi_number}")
    row = visitor.page.locator("main tr, main li").filter(has_text=stop.imi_number)
    links = row.locator("a[href^='/verzoeken/NB-']")
    wait_until(visitor, stop, links.count)
    found = links.first.get_attribute("href")
    assert found
    found = found.split("?")[0]
    return found.replace("verzoeken", "archief") + stop.path if stop.path == "opslaan/" else found + stop.path


def picture(visitor, stop: Stop, folder: Path) -> None:
    """From the navigation down, in few colours."""
    top = visitor.page.locator("#main").bounding_box()["y"]
    clip = {"x": 0, "y": top, "width": 1280, "height": stop.height}
    shot = Image.open(BytesIO(visitor.page.screenshot(clip=clip, full_page=True)))
    shot.convert("RGB").quantize(64).save(folder / f"{stop.picture}.png", optimize=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    given = os.environ.get("IMIDESK_MANUAL_PICTURES")
    return Path(given) if given else tmp_path_factory.mktemp("manual")


def test_the_manual_names_what_is_on_the_pages_and_every_picture_is_made(visit, desk, folder):
    visitors: dict[str, object] = {}

    def person(name):
        if name not in visitors:
            visitors[name] = visit(name, password=PASSWORD if name == TECHNICAL else "")
        return visitors[name]

    allocate_to_team(person(ADMINISTRATOR), TO_TAKE_UP, "Vergunningen")
    assert {path.stem for path in MANUAL.glob("*.md")} == set(WALKS)
    read: dict[str, str] = dict.fromkeys(WALKS, "")
    made: dict[str, list[str]] = {name: [] for name in WALKS}
    for walks in (WALKS, SELDOM, AGREED, FOUND):
        if walks is SELDOM:
            desk.run("-m", "tests.browser.seldom")
        for name, stops in walks.items():
            for stop in stops:
                visitor = person(stop.person)
                go(visitor, stop)
                read[name] += words_of(visitor)
                if stop.picture:
                    picture(visitor, stop, folder)
                    made[name].append(stop.picture)
    not_there = []
    for name, words in read.items():
        page = page_of(name)
        assert sorted(names_of_pictures(page)) == sorted(made[name])
        not_there += [f"{name}: {label}" for label in sorted(set(labels(page))) if label.casefold() not in words]
    assert not_there == []
    sizes = [path.stat().st_size for path in folder.glob("*.png")]
    assert max(sizes) < LARGEST
    assert sum(sizes) < LARGEST_IN_ALL


def go(visitor, stop: Stop) -> None:
    answer = visitor.page.goto(f"{visitor.desk.address}{address(visitor, stop)}")
    assert answer.status == 200, stop
    if stop.follow:
        with visitor.page.expect_navigation():
            visitor.page.locator(f"main a[href*='{stop.follow}']").first.click()
    if stop.press:
        visitor.press(stop.press)
    if stop.wait:
        wait_until(visitor, stop, lambda: stop.wait in visitor.text())


def wait_until(visitor, stop: Stop, is_there: Callable[[], object]) -> None:
    """Loads the page again until it has what is looked for; else says what it has instead."""
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while not is_there():
        assert time.monotonic() < deadline, f"{stop}: {visitor.text()}"
        visitor.page.wait_for_timeout(500)
        visitor.page.reload()


def allocate_to_team(visitor, imi_number: str, team: str) -> None:
    visitor.page.goto(f"{visitor.desk.address}{address(visitor, Stop('', 'toewijzen/', imi_number))}")
    visitor.page.get_by_role("radio", name=team, exact=True).check()
    with visitor.page.expect_navigation():
        visitor.page.locator("button[name=to][value=team]").click()


def test_the_pictures_in_docs_are_those_that_the_manual_names():
    named = {name for page in MANUAL.glob("*.md") for name in names_of_pictures(page.read_text(encoding="utf-8"))}
    assert {path.stem for path in (MANUAL / "img").glob("*.png")} == named
