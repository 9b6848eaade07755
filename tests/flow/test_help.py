"""What the desk says beside each page, and the help page that lists it (IN-21, REM-05)."""

import re

import pytest
from django.urls import reverse

from imidesk.monitoring.page_help import PAGES, Reader
from tests.browser.screenshots import names_of_pages

SUMMARY = "Wat doe je hier?"

# Buttons, files and a page to print: addresses of one request that show no page of the desk.
NO_PAGE = {"download", "letter_print", "save_answer", "take_up", "unprepare"}


def own_pages_of_a_request():
    return {name for name, arguments in names_of_pages().items() if "reference" in arguments}


def test_every_page_of_a_request_has_help():
    wanted = {name for name in own_pages_of_a_request() if name.split(":")[-1] not in NO_PAGE}

    assert wanted <= set(PAGES), sorted(wanted - set(PAGES))
    assert set(PAGES) <= set(names_of_pages())


@pytest.mark.parametrize("name", ["detail", "accept", "forward", "timeline"])
def test_the_page_shows_its_help_folded(world, sign_in, name):
    info_request = world.assigned()

    page = sign_in(world.handler).get(reverse(f"requests_app:{name}", args=[info_request.reference])).content.decode()

    folded = re.search(
        rf"<details class=\"desk-help\">\s*<summary>{re.escape(SUMMARY)}</summary>.*?</details>", page, re.S
    )
    assert folded
    for sentence in PAGES[f"requests_app:{name}"].sentences:
        assert str(sentence) in folded[0]


def test_the_help_page_opens_what_is_for_the_reader(world, sign_in):
    page = sign_in(world.allocator).get(reverse("monitoring:help")).content.decode()

    opened = re.findall(r"<details open>\s*<summary>([^<]+)</summary>", page)
    folded = re.findall(r"<details>\s*<summary>([^<]+)</summary>", page)
    assert opened == [Reader.EVERYBODY.label, Reader.ALLOCATOR.label]
    assert folded == [Reader.HANDLER.label, Reader.LAWYER.label]
    for shown in PAGES.values():
        assert str(shown.sentences[0]) in page
