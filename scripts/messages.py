"""The catalogues of the screens. English is the msgid; every other language has a complete catalogue.

`compile` writes the .mo files (which are not committed); `check` fails on a text in code or template that
a catalogue lacks, leaves empty, marks fuzzy or gives other placeholders.
"""

import io
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "imidesk" / "locale"
SOURCES = ("imidesk", "authorities", "requests_app", "archive", "templates")
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w+\}")

Key = tuple[str | None, str]


def catalogues() -> Iterator[Path]:
    yield from sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def load(po: Path) -> Catalog:
    with po.open("rb") as file:
        return read_po(file, locale=po.parent.parent.name)


def compile_all() -> None:
    for po in catalogues():
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime:
            with mo.open("wb") as file:
                write_mo(file, load(po))


def texts(path: Path) -> str:
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return source
    from django.utils.translation.template import templatize

    # Without the indentation of the page, which Python's tokenizer would read as its own.
    return "\n".join(line.strip() for line in templatize(source, origin=str(path)).splitlines())


def used() -> dict[Key, tuple[str | tuple[str, ...], str]]:
    """Every text in code and templates: (context, singular) -> (msgid, where)."""
    found: dict[Key, tuple[str | tuple[str, ...], str]] = {}
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in {".py", ".html", ".txt"} or "static" in path.parts or "migrations" in path.parts:
                continue
            source = io.BytesIO(texts(path).encode())
            for line, message, _comments, context in extract("python", source, keywords=KEYWORDS):
                singular = message if isinstance(message, str) else message[0]
                if singular:
                    found.setdefault((context, singular), (message, f"{path.relative_to(ROOT)}:{line}"))
    return found


def forms_of(text: str | Iterable[str] | None) -> tuple[str, ...]:
    return (text or "",) if text is None or isinstance(text, str) else tuple(text)


def faults_of(catalogue: Catalog, wanted: dict[Key, tuple[str | tuple[str, ...], str]]) -> Iterator[str]:
    for (context, singular), (message, where) in wanted.items():
        entry = catalogue.get(singular, context)
        forms = forms_of(entry.string) if entry else ()
        expected = catalogue.num_plurals if isinstance(message, tuple) else 1
        if entry is None:
            yield f"{where}: missing: {singular!r}"
        elif entry.fuzzy:
            yield f"{where}: fuzzy: {singular!r}"
        elif len(forms) != expected or not all(forms):
            yield f"{where}: not translated: {singular!r}"
        else:
            ids = message if isinstance(message, tuple) else (message,)
            allowed = {name for text in ids for name in PLACEHOLDER.findall(text)}
            needed = set(PLACEHOLDER.findall(ids[-1]))
            for text in forms:
                if not set(PLACEHOLDER.findall(text)) <= allowed:
                    yield f"{where}: unknown placeholder in the translation of {singular!r}"
            if not needed <= set(PLACEHOLDER.findall(forms[-1])):
                yield f"{where}: placeholder lost in the translation of {singular!r}"


def check() -> list[str]:
    import django
    from django.conf import settings
    from django.utils.translation import check_for_language

    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imidesk.settings.test")
    django.setup()
    faults = [f"{code}: not known as a language" for code, _name in settings.LANGUAGES if not check_for_language(code)]
    if "en" not in dict(settings.LANGUAGES):
        faults.append("en: not one of LANGUAGES")
    present = {po.parent.parent.name: po for po in catalogues()}
    wanted = used()
    for code, _name in settings.LANGUAGES:
        if code == "en":
            continue
        if code not in present:
            faults.append(f"{code}: no catalogue")
            continue
        faults.extend(f"{code}: {fault}" for fault in faults_of(load(present[code]), wanted))
        write_mo(io.BytesIO(), load(present[code]))
    return faults


def main() -> int:
    if sys.argv[1:] == ["compile"]:
        compile_all()
        return 0
    if sys.argv[1:] == ["check"]:
        faults = check()
        print("\n".join(faults) or "Messages are complete.")
        return 1 if faults else 0
    print("Usage: messages.py compile|check", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
