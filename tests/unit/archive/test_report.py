"""The snapshot behind an end report: filled easily, stored canonically, open only without personal data."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from archive import report
from archive.report import EndReport, Moment, Occasion, Party, QuestionEntry, Reason, Tab, TimelineEntry, Variant
from tests.unit.archive.samples import MARKERS, rich_report

AFTERNOON = datetime(2026, 11, 21, 13, 32, tzinfo=UTC)
AUTHORITY = Party(name="Provincie Noord-Brabant", country="Nederland")


def bare_report(**changes: object) -> EndReport:
    values: dict[str, object] = {
        "variant": Variant.OPEN,
        "kind": Occasion.TASK,
        "reference": "NB-2026-00001",
        "module": "Diensten",
        "home": AUTHORITY,
        "requesting": Party(name="Gewerbeamt Musterhausen", country="Duitsland"),
        "responding": AUTHORITY,
    }
    return EndReport(**(values | changes))  # type: ignore[arg-type]


def bare_page(**dates: Moment) -> str:
    return report.to_html(bare_report(dates=report.Dates(**dates)))  # type: ignore[arg-type]


def tab_with(**question: object) -> Tab:
    return Tab(letter="A", questions=(QuestionEntry(number="A.1", **question),))  # type: ignore[arg-type]


def test_a_report_comes_back_from_its_json_as_it_was() -> None:
    """SP-19: the stored snapshot is all there is."""
    for original in (rich_report(), rich_report().without_personal_data(), bare_report()):
        assert report.from_json(report.to_json(original)) == original


def test_the_json_is_the_same_whatever_zone_the_times_came_in() -> None:
    """SP-19"""
    texts = {
        report.to_json(bare_report(dates=report.Dates(received=Moment(at=at))))
        for at in (AFTERNOON, AFTERNOON.astimezone(ZoneInfo("Europe/Amsterdam")))
    }
    assert len(texts) == 1


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        report.to_json(bare_report(dates=report.Dates(received=Moment(at=datetime(2026, 11, 21)))))


def test_json_of_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="format"):
        report.from_json('{"format": "imidesk.end_report/0"}')


@pytest.mark.parametrize(
    "sealed",
    [
        {"number": "00"},
        {"provider": [report.Row(label="Naam", value="Iemand")]},
        {"motivation": "Omdat"},
        {"attachments": [report.FileEntry(name="bewijs.pdf", size=1, sha256="00")]},
        {"imi_reports": [report.FileEntry(name="imi.pdf", size=1, sha256="00")]},
        {"tabs": [Tab(letter="A", name="Eigen naam", own_name=True)]},
        {"tabs": [tab_with(text="Eigen vraag")]},
        {"tabs": [tab_with(code="c", answer=report.Answer(value="Ja"))]},
        {"tabs": [tab_with(code="c", comments=("Let op",))]},
        {"reasons": [Reason(act="Geweigerd", ground="niet in staat", words="Omdat")]},
        {"timeline": [TimelineEntry(what="Ontvangen", moment=Moment(at=AFTERNOON), name="Iemand")]},
    ],
    ids=lambda sealed: next(iter(sealed)),
)
def test_the_open_variant_cannot_be_made_with_anything_sealed(sealed: dict[str, object]) -> None:
    """ARC-06, design 4: refused in the open variant, taken in the full one."""
    with pytest.raises(ValueError, match="ARC-06"):
        bare_report(**sealed)
    bare_report(variant=Variant.FULL, **({"number": "11"} | sealed))


def test_the_full_variant_needs_its_random_number() -> None:
    """SP-19"""
    with pytest.raises(ValueError, match="SP-19"):
        bare_report(variant=Variant.FULL)


def test_the_open_variant_of_a_full_report_keeps_what_is_open() -> None:
    """ARC-06"""
    full = rich_report()
    opened = full.without_personal_data()
    assert opened.attachment_count == 10
    assert [question.result for tab in opened.tabs for question in tab.questions] == [
        question.result for tab in full.tabs for question in tab.questions
    ]
    assert opened.tabs[0].questions[0].text == full.tabs[0].questions[0].text
    assert opened.reference == full.reference and opened.anchor == full.anchor


def test_no_personal_marker_of_the_full_page_is_on_the_open_one() -> None:
    """ARC-06, pitfall 8"""
    full_page = report.to_html(rich_report())
    open_page = report.to_html(rich_report().without_personal_data())
    assert {name for name, marker in MARKERS.items() if marker not in full_page} == set()
    assert {name for name, marker in MARKERS.items() if marker in open_page} == set()
    assert "0f1e2d3c4b5a69788796a5b4c3d2e1f0" in full_page
    assert "0f1e2d3c4b5a69788796a5b4c3d2e1f0" not in open_page


def test_text_of_users_is_text_and_never_markup() -> None:
    """SP-33"""
    page = report.to_html(rich_report(motivation='<img src="https://elders.example/x.png"> {{ report.number }}'))
    assert "&lt;img src=" in page and "<img" not in page
    assert "{{ report.number }}" in page


def test_dates_are_dutch_and_of_the_clock_in_the_netherlands() -> None:
    assert "21 november 2026, 14.32 uur" in bare_page(received=Moment(at=AFTERNOON))


def test_the_moment_of_recording_is_printed_when_it_differs() -> None:
    """Design 9, "Times" """
    late = bare_page(accepted=Moment(at=AFTERNOON, registered_at=AFTERNOON + timedelta(days=3)))
    prompt = bare_page(accepted=Moment(at=AFTERNOON, registered_at=AFTERNOON + timedelta(seconds=5)))
    assert "24 november 2026, 14.32 uur" in late
    assert prompt == bare_page(accepted=Moment(at=AFTERNOON))


@pytest.mark.parametrize(("fictitious", "practice"), [(False, False), (True, False), (False, True), (True, True)])
def test_practice_and_fictitious_reports_are_marked(fictitious: bool, practice: bool) -> None:
    """Design 8: marked on every page and print."""
    page = report.to_html(bare_report(fictitious=fictitious, practice=practice))
    assert page.count('<p class="mark">') == fictitious + practice
    assert (" marked" in page.split("<head>")[0]) == (fictitious or practice)


def test_an_attachment_count_that_differs_from_the_list_is_refused() -> None:
    attachments = [report.FileEntry(name="bewijs.pdf", size=1, sha256="00")]
    assert rich_report(attachments=attachments).attachment_count == 1
    with pytest.raises(ValueError, match="attachment_count"):
        rich_report(attachments=attachments, attachment_count=2)


def test_changing_a_report_makes_another_one() -> None:
    full = rich_report()
    assert replace(full, outcome="geweigerd") != full
