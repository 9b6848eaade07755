"""What the docs say is what the code does."""

import csv
import io
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import translation

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PLACE = re.compile(r"`((?:docs|imidesk|requests_app|authorities|archive|templates|tests|scripts)/[\w./-]+)`")


@pytest.mark.parametrize(
    ("page", "command", "options"),
    [("workflow.md", "print_workflow", {}), ("permissions.md", "access_matrix", {"format": "md"})],
)
def test_a_printed_page_equals_the_code(page, command, options):
    """Design idea 6."""
    printed = io.StringIO()

    with translation.override("nl"):
        call_command(command, stdout=printed, **options)

    assert printed.getvalue() == (ROOT / "docs" / page).read_text(encoding="utf-8")


def test_the_matrix_as_csv_has_a_row_for_every_cell():
    printed = io.StringIO()
    call_command("access_matrix", stdout=printed, format="csv")

    rows = list(csv.DictReader(io.StringIO(printed.getvalue())))

    assert list(rows[0]) == ["role", "relation", "state", "action", "allowed"]
    assert {"yes", "no"} == {row["allowed"] for row in rows}
    assert len({(row["role"], row["relation"], row["state"], row["action"]) for row in rows}) == len(rows)


def test_the_readme_is_short_and_says_the_two_commands():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()

    assert len(lines) < 90
    assert {"make run", "make test"} <= set(re.findall(r"make \w+", "\n".join(lines)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_places_in_the_docs_exist(page):
    text = page.read_text(encoding="utf-8")
    links = [link.split("#")[0] for link in LINK.findall(text) if not re.match(r"[a-z]+:|#", link)]

    assert [link for link in links if not (page.parent / link).exists()] == []
    assert [place for place in PLACE.findall(text) if not (ROOT / place).exists()] == []


def test_every_decision_has_a_status_and_a_number_of_its_own():
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))

    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        text = path.read_text(encoding="utf-8")
        assert re.match(r"# \d+\. \S", text) and "\nStatus: " in text, path.name
