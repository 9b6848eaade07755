"""The main job in a browser, from arrival to the filed report, through three sign-ins (issue: the twelve steps)."""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.factories.files import pdf_bytes

pytestmark = pytest.mark.browser

ADMINISTRATOR, HANDLER, OTHER_HANDLER, LAWYER = "Hilde", "Noor", "Teun", "Femke"
NAME = "Größenwahn-Łódź"
PRIMARY = "main button.utrecht-button--primary-action[type=submit]:not(aside *)"


def submit(visitor, selector: str = PRIMARY) -> None:
    with visitor.page.expect_navigation():
        visitor.page.locator(selector).first.click()
    visitor.judge()


def choose(visitor, name: str, words: str) -> None:
    """The first option of a list whose text holds these words."""
    options = visitor.page.locator(f"select[name={name}] option")
    value = options.filter(has_text=re.compile(words, re.IGNORECASE)).first.get_attribute("value")
    visitor.page.select_option(f"select[name={name}]", value=value)


def register(visitor, *, channel: str, number: str) -> str:
    """Step 1 and 2: six fields, then the questions; gives the address of the request."""
    visitor.open("/verzoeken/registreren/")
    page = visitor.page
    page.fill("[name=imi_number]", number)
    choose(visitor, "module", "informatieverzoek")
    choose(visitor, "requester", "Musterhausen")
    choose(visitor, "service_activity", "vuurwerk ontbranden")
    page.fill("[name=reply_days]", "14")
    if channel == "desk":
        page.locator("details:has([name=channel]) > summary").first.click()
        page.check("[name=channel][value=fictitious]")
    submit(visitor)
    for tick in page.locator("input[name=codes]").all()[:4]:
        tick.check()
    submit(visitor)
    found = re.search(r"/verzoeken/NB-[0-9-]+/", page.url)
    assert found, page.url
    return found.group()


def allocate(visitor, address: str) -> None:
    """Step 3 and 4: the suggested team, and its task in Corsa."""
    visitor.open(f"{address}toewijzen/")
    visitor.page.locator("input[name=team]").first.check()
    submit(visitor, "button[name=to][value=team]")
    visitor.open(f"{address}taak/")
    visitor.page.fill("[name=task_number]", "C2026-00042")
    submit(visitor)


def accept(visitor, address: str) -> None:
    """Step 5, 6 and 7."""
    visitor.open(address)
    assert NAME not in visitor.text()
    submit(visitor, "form[action$='/in-behandeling/'] button")
    visitor.open(f"{address}aanvaarden/")
    visitor.page.check("[name=competent]")
    visitor.page.check("[name=able]")
    submit(visitor)
    visitor.open(f"{address}dienstverlener/")
    visitor.page.check("[name=kind][value=natural]")
    visitor.page.fill("[name=given_names]", "Αθηνά")
    visitor.page.fill("[name=family_name]", NAME)
    submit(visitor)
    visitor.open(address)
    assert NAME in visitor.text()


def answer(visitor, address: str, *, leave_open: int) -> None:
    """Step 8: every question a standard answer or words of its own, one tab after the other."""
    visitor.open(address)
    links = visitor.page.locator("a[href*='/tab/']").all()
    letters = sorted({link.get_attribute("href").rstrip("/")[-1] for link in links})
    left = leave_open
    for letter in letters:
        visitor.open(f"{address}tab/{letter}/")
        page = visitor.page
        for select in page.locator("select[name^='standard-']").all():
            key = select.get_attribute("name").removeprefix("standard-")
            if left:
                left -= 1
                continue
            select.select_option("data_protection")
            page.fill(f"[name='text-{key}']", "Bitte wenden Sie sich an Dienst Justis.")
        submit(visitor)
        expect(page.locator("body")).to_contain_text(re.compile(r"[Oo]pgeslagen om \d\d\.\d\d uur"))


def eventually(visitor, address: str, text: str) -> None:
    """The worker makes reports by itself; the page shows them when they are there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        visitor.page.goto(f"{visitor.desk.address}{address}")
        if visitor.page.locator(text).count():
            visitor.judge()
            return
        time.sleep(0.5)
    raise AssertionError(f"{text} did not come at {address}")


@pytest.mark.parametrize("channel", ["imi", "desk"])
def test_a_request_goes_from_arrival_to_the_filed_report(visit, desk, channel, tmp_path):
    administrator = visit(ADMINISTRATOR)
    address = register(administrator, channel=channel, number="990001" if channel == "imi" else "")
    allocate(administrator, address)
    assert NAME not in administrator.text()

    handler = visit(HANDLER)
    accept(handler, address)
    answer(handler, address, leave_open=1)
    handler.open(f"{address}verzenden/")
    assert "[A] 1" in handler.text()
    answer(handler, address, leave_open=0)
    handler.open(f"{address}verzenden/")
    handler.page.check("[name=needed]")
    handler.page.check("[name=within_powers]")
    submit(handler)
    if channel == "imi":
        handler.open(f"{address}invullen-in-imi/")
        submit(handler)

    outsider = visit(OTHER_HANDLER)
    outsider.open(address)
    assert NAME not in outsider.page.content()

    reference = address.rstrip("/").split("/")[-1]
    handler.open(f"/oefenen/verzoeker/{reference}/")
    submit(handler, "button[name=act][value=close]")

    eventually(handler, f"{address.replace('verzoeken', 'archief')}rapporten/", "a[href*='/bestand/']")
    filing = f"{address.replace('verzoeken', 'archief')}opslaan/"
    eventually(handler, filing, "#case-files li:has(a[href*='/bestand/']) + li a[href*='/bestand/']")
    assert NAME in handler.text() or NAME in handler.page.content()
    if channel == "imi":
        pdf = tmp_path / "imi.pdf"
        pdf.write_bytes(pdf_bytes("IMI report"))
        handler.page.set_input_files("#case-files input[type=file]", pdf)
        submit(handler, "#case-files button[type=submit]")
    with handler.page.expect_download() as download:
        handler.page.locator("#case-files a[href*='/bestand/']").first.click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
    handler.page.fill("[name$=case_number]", "Z2026-00042")
    if handler.page.locator("[name$=signed_off_on]").count():
        handler.page.fill("[name$=signed_off_on]", handler.page.evaluate("new Date().toISOString().slice(0, 10)"))
    submit(handler, "#case-number button[type=submit]")
    assert "Z2026-00042" in handler.text()

    lawyer = visit(LAWYER)
    for path in ("/", "/overzicht/", address, f"{address}verloop/", "/verzoeken/"):
        lawyer.open(path)
        assert NAME not in lawyer.page.content()

    mails = "\n".join(path.read_text(errors="replace") for path in (desk.var / "mail").rglob("*.log"))
    assert reference in mails
    assert NAME not in mails
    assert NAME not in (desk.var / "desk.log").read_text(errors="replace")
