"""The end report as a file: PDF/A-2a and PDF/UA-1, the same bytes, every script, the variant on every page."""

import io
import os
import shutil
import subprocess
from pathlib import Path

import pikepdf
import pytest

from archive import report
from tests import verapdf
from tests.unit.archive.samples import MARKERS, NAMES, rich_report


@pytest.fixture(scope="module")
def full() -> bytes:
    return report.render(rich_report())


@pytest.fixture(scope="module")
def opened() -> bytes:
    return report.render(rich_report().without_personal_data())


def words_of(pdf: bytes, folder: Path) -> str:
    """The text of all pages; a form feed ends each page."""
    if shutil.which("pdftotext") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("poppler-utils is missing")
        pytest.skip("poppler-utils is missing")
    file = folder / "report.pdf"
    file.write_bytes(pdf)
    return subprocess.run(["pdftotext", "-enc", "UTF-8", file, "-"], capture_output=True, text=True, check=True).stdout


def test_both_variants_pass_pdf_a_2a_and_pdf_ua_1(full: bytes, opened: bytes) -> None:
    """Stack "PDF": one file that is both."""
    for pdf in (full, opened):
        assert verapdf.failures(pdf) == {"2a": [], "ua1": []}


def test_the_check_itself_finds_a_fault(full: bytes) -> None:
    with pikepdf.open(io.BytesIO(full)) as pdf:
        del pdf.Root.Lang
        broken = io.BytesIO()
        pdf.save(broken)
    found = verapdf.failures(broken.getvalue())
    assert found["2a"] or found["ua1"]


def test_the_same_snapshot_gives_the_same_bytes(full: bytes) -> None:
    """SP-19: also after a way through its stored form."""
    assert report.render(report.from_json(report.to_json(rich_report()))) == full


def test_the_random_number_changes_the_bytes(opened: bytes) -> None:
    """SP-19: the SHA-256 of a full report cannot be guessed from what is open."""
    assert report.render(rich_report(number="ff" * 16)) != report.render(rich_report(number="ee" * 16))


def test_title_and_language_are_set(full: bytes) -> None:
    with pikepdf.open(io.BytesIO(full)) as pdf:
        assert str(pdf.Root.Lang) == "nl"
        assert "NB-2026-00042" in str(pdf.docinfo["/Title"])
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)


def test_every_font_is_our_own_and_embedded(full: bytes) -> None:
    """A font of the machine would give other bytes on another machine."""
    with pikepdf.open(io.BytesIO(full)) as pdf:
        fonts = {str(font.BaseFont).partition("+")[2] for page in pdf.pages for font in page.Resources.Font.values()}
    assert fonts == {"Source-Sans-3,", "Source-Sans-3-Semi-Bold", "Noto-Sans-Hebrew", "Vazirmatn"}


def test_the_open_file_holds_no_personal_marker_that_the_full_one_holds(
    full: bytes, opened: bytes, tmp_path: Path
) -> None:
    """ARC-06, pitfall 8"""
    full_words, open_words = words_of(full, tmp_path), words_of(opened, tmp_path)
    assert {name for name, marker in MARKERS.items() if marker not in full_words} == set()
    assert {name for name, marker in MARKERS.items() if marker in open_words} == set()


def test_names_in_every_script_and_long_text_are_whole(full: bytes, tmp_path: Path) -> None:
    """Issue 2: names with ł, ß, Greek and right-to-left letters, an answer of 20,000 characters."""
    words = words_of(full, tmp_path)
    for name in NAMES:
        for part in name.split():
            assert part in words
    assert "CO₂ ≤ 5 ‰ → µg/m³ ✓" in words
    assert "EINDE-VAN-DE-TEKST" in words
    assert "D.10" in words and "[U+" not in words


def test_variant_mark_and_page_number_are_on_every_page(full: bytes, opened: bytes, tmp_path: Path) -> None:
    """ARC-06"""
    for pdf, snapshot in ((full, rich_report()), (opened, rich_report().without_personal_data())):
        variant, mark, page_word, of_word = (running(snapshot, name) for name in ("variant", "mark", "page", "of"))
        pages = words_of(pdf, tmp_path).split("\f")[:-1]
        for position, page in enumerate(pages, start=1):
            assert variant in page and mark in page and "NB-2026-00042" in page
            assert f"{page_word} {position} {of_word} {len(pages)}" in page


def running(snapshot: report.EndReport, name: str) -> str:
    """A text of the head or foot, in the language of the report."""
    return report.to_html(snapshot).split(f'data-{name}="')[1].split('"')[0]
