"""The pages of docs/manual/nl as a reader takes them: words in bold or in quotes stand so on the screen."""

import re

from tests.browser.conftest import ROOT

MANUAL = ROOT / "docs" / "manual" / "nl"
LABEL = re.compile(r"\*\*([^*]+)\*\*|„([^”]+)”", re.DOTALL)


def page_of(name: str) -> str:
    return (MANUAL / f"{name}.md").read_text(encoding="utf-8")


def section(page: str, heading: str) -> str:
    """What stands under one heading, to the next."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def labels(text: str) -> list[str]:
    return [" ".join((bold or quoted).split()) for bold, quoted in LABEL.findall(text)]
