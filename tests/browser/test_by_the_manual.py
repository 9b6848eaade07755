"""Two questions that are answered by the manual alone: "show me that it is gone" and "what do you hold on me" (DP-12).

Whatever is pressed or filled in, the section names in that order, and whatever it names is on the screen. Steps are
counted. With IMIDESK_BY_HAND=3 they go at the pace of a person and say how long it took (docs/privacy/README.md).
"""

import os
import re
import time
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import Download, Locator, expect

from tests.browser.conftest import Visitor
from tests.browser.manual import labels, page_of, section
from tests.factories.files import pdf_bytes

pytestmark = pytest.mark.browser

OFFICER, LAWYER, ADMINISTRATOR = "Saskia", "Femke", "Hilde"
WAS_ERASED, NAME, TOWN = "Dieplepel", "Vonkenburg", "Knallerdam"
MOST_STEPS_TO_PROVE, MOST_STEPS_TO_ANSWER, MOST_STEPS_TO_RELEASE = 5, 12, 3
SECONDS_TO_WAIT = 90

PACE = float(os.environ.get("IMIDESK_BY_HAND", "0"))
"""Seconds before each press; zero in the suite."""
MILLISECONDS_A_LETTER = 200 if PACE else 0


class ByTheManual:
    """Somebody at the screen with one section of the manual beside it."""

    def __init__(self, visitor: Visitor, page: str, heading: str) -> None:
        self.visitor, self.page = visitor, visitor.page
        self.to_come = labels(section(page_of(page), heading))
        self.steps = 0
        self.began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def finds(self, label: str) -> None:
        self._reads(label)
        expect(self.page.get_by_text(label).filter(visible=True).first).to_be_visible()

    def press(self, label: str, *, role: str = "button", about: str = "") -> None:
        """The only one of that name; who does not see the page hears behind it what it is about."""
        self._step(label)
        with self.page.expect_navigation():
            self._named(label, role, about).click()
        if not PACE:
            self.visitor.judge()

    def download(self, label: str) -> Download:
        self._step(label)
        with self.page.expect_download() as download:
            self._named(label, "link").click()
        return download.value

    def fill(self, label: str, words: str) -> None:
        self._field(label).press_sequentially(words, delay=MILLISECONDS_A_LETTER)

    def pick_day(self, label: str, day: str) -> None:
        self._field(label).fill(day)

    def choose(self, label: str, option: str) -> None:
        self._field(label).select_option(label=option)

    def add_file(self, label: str, path: Path) -> None:
        self._field(label).set_input_files(path)

    def print(self) -> None:
        """By the button of the browser, which the manual need not name."""
        self._pause()
        self.steps += 1
        self.page.emulate_media(media="print")

    def waits_for(self, words: str) -> None:
        """What the worker puts on the page a little later."""
        deadline = time.monotonic() + SECONDS_TO_WAIT
        while words not in self.visitor.text():
            assert time.monotonic() < deadline, words
            self.page.wait_for_timeout(500)
            self.page.reload()

    def has_read_all(self) -> None:
        assert self.to_come == []

    def _reads(self, label: str) -> None:
        assert self.to_come[:1] == [label]
        del self.to_come[0]

    def _step(self, label: str) -> None:
        self._reads(label)
        self._pause()
        self.steps += 1

    def _pause(self) -> None:
        self.page.wait_for_timeout(PACE * 1000)

    def _named(self, label: str, role: str, about: str = "") -> Locator:
        behind = rf"(\s*:?\s*{re.escape(about)})?" if about else ""
        return self.page.get_by_role(role, name=re.compile(f"^{re.escape(label)}{behind}$"))

    def _field(self, label: str) -> Locator:
        self._step(label)
        return self.page.get_by_label(re.compile(rf"^\s*{re.escape(label)}\s*(\(|$)"))


def tell(question: str, *walks: ByTheManual) -> None:
    if PACE:
        took = ", ".join(f"{walk.steps} steps in {walk.seconds:.0f} s" for walk in walks)
        print(f"\n{question}: {took}")


def erased_reference(visitor: Visitor) -> str:
    """What the question is about; then back to where the officer begins."""
    visitor.open("/archief/bewaren/")
    row = visitor.page.get_by_role("row").filter(has=visitor.page.get_by_role("link", name="Wisbewijs"))
    reference = row.first.get_by_role("rowheader").inner_text()
    visitor.open("/")
    return reference


def test_the_officer_shows_that_the_data_of_a_request_are_gone(visit, tmp_path):
    visitor = visit(OFFICER)
    erased = erased_reference(visitor)
    officer = ByTheManual(visitor, "fg", "Laat zien dat de gegevens van een verzoek weg zijn")
    page = officer.page

    officer.finds("Start")
    officer.press("Wisbewijs", role="link")
    officer.fill("Kenmerk van het verzoek", erased)
    officer.press("Toon het wisbewijs")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Wisbewijs: {erased}")
    expect(page.locator("#proof-outcome")).to_contain_text("waarden zijn gezocht en nergens gevonden")
    officer.print()
    tell("Show me that it is gone", officer)
    assert officer.steps <= MOST_STEPS_TO_PROVE

    expect(page.locator("#proof-outcome")).to_be_visible()
    for on_screen_only in (page.get_by_label("Kenmerk van het verzoek"), page.get_by_text("Terug naar bewaren")):
        expect(on_screen_only).to_be_hidden()
    assert WAS_ERASED not in page.content()
    paper = tmp_path / "paper.pdf"
    page.pdf(path=paper)
    with pikepdf.open(paper) as printed:
        assert len(printed.pages) <= 3

    page.emulate_media(media="screen")
    officer.press("Bewaren en wissen", role="link")
    officer.pick_day(
        "Doe alsof het deze dag is", page.evaluate("new Date(Date.now() + 864e7).toISOString().slice(0, 10)")
    )
    officer.press("Laat zien wat er zou gebeuren")
    officer.has_read_all()


def test_the_lawyer_answers_with_a_colleague_what_the_desk_holds_on_a_person(visit, tmp_path):
    lawyer = ByTheManual(visit(LAWYER), "jurist", "Iemand vraagt wat de balie over hem heeft")
    page = lawyer.page
    today = page.evaluate("new Date().toISOString().slice(0, 10)")

    lawyer.press("Verzoeken van betrokkenen", role="link")
    lawyer.press("Verzoek van een betrokkene registreren", role="link")
    lawyer.choose("Wat vraagt de betrokkene?", "inzage")
    lawyer.pick_day("Ontvangen op", today)
    lawyer.fill("Achternaam", NAME)
    lawyer.press("Registreren")
    number = page.url.rstrip("/").rsplit("/", 1)[-1]
    lawyer.press("Om een zoekactie vragen")

    colleague = ByTheManual(visit(ADMINISTRATOR), "imi-beheerder", "Een zoekactie vrijgeven")
    colleague.finds("Start")
    colleague.press("Bekijk de brief van de betrokkene en geef de zoekactie vrij", role="link", about=number)
    assert NAME not in colleague.page.content()
    colleague.press("Zoekactie vrijgeven", about=number)
    colleague.has_read_all()

    lawyer.press("Start", role="link")
    lawyer.waits_for("De zoekactie is klaar: antwoord de betrokkene")
    lawyer.press("De zoekactie is klaar: antwoord de betrokkene", role="link", about=number)
    lawyer.waits_for("concept-antwoord.pdf")
    lawyer.finds("Stukken")
    answer = Path(lawyer.download("concept-antwoord.pdf").path()).read_bytes()
    tell("What do you hold on me", lawyer, colleague)
    assert lawyer.steps <= MOST_STEPS_TO_ANSWER
    assert colleague.steps <= MOST_STEPS_TO_RELEASE
    assert answer.startswith(b"%PDF-")
    assert re.search(r"NB-\d{4}-\d{5}: als dienstverlener", lawyer.visitor.text())
    assert TOWN not in page.content()

    lawyer.choose("Welk stuk?", "verstuurd antwoord")
    sent = tmp_path / "antwoord.pdf"
    sent.write_bytes(pdf_bytes("Antwoord (verzonnen)"))
    lawyer.add_file("Bestand", sent)
    lawyer.press("Stuk toevoegen")
    lawyer.choose("Wat is geantwoord?", "ingewilligd")
    lawyer.pick_day("Beantwoord op", today)
    lawyer.press("Antwoord vastleggen")
    assert "Het antwoord is vastgelegd." in lawyer.visitor.text()
    lawyer.has_read_all()
