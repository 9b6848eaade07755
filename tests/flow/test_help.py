"""What the desk says beside each page, and the help page that lists it (IN-21, REM-05)."""

import re

import pytest
from django.urls import reverse

from imidesk.monitoring.page_help import PAGES, Reader
from requests_app.vocabulary import Channel
from tests.browser.screenshots import names_of_pages

SUMMARY = "Wat doe je hier?"

# Buttons, files and a page to print: addresses of one request that show no page of the desk.
NO_PAGE = {"download", "letter_print", "remove_viewer", "save_answer", "take_up", "unprepare"}


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
    assert folded == [Reader.HANDLER.label, Reader.LAWYER.label, Reader.REGISTER.label, Reader.TECHNICAL.label]
    for shown in PAGES.values():
        assert str(shown.sentences[0]) in page


@pytest.mark.parametrize(
    "name", ["requests_app:detail", "requests_app:timeline", "archive:reports", "requests_app:assign"]
)
def test_the_next_step_comes_first_and_what_is_hidden_says_why(world, sign_in, name):
    info_request = world.received()

    page = sign_in(world.allocator).get(reverse(name, args=[info_request.reference])).content.decode()

    assert (
        page.index("Volgende stap") < page.index("Kies een team of een behandelaar") < page.index('class="desk-tabs"')
    )
    assert "Waarom zie ik dit nog niet?" in page


def test_each_page_of_paper_names_desk_request_and_fictief(world, sign_in):
    real, exercise = world.received(), world.received(fictitious=True, channel=Channel.DESK)
    client = sign_in(world.allocator)

    marks = [
        re.search(r'<html [^>]*data-mark="([^"]*)"', client.get(each.get_absolute_url()).content.decode())
        for each in (real, exercise)
    ]

    desk = "IMI-balie · Oefenbalie – verzonnen gegevens"
    assert [mark[1] for mark in marks if mark] == [
        f"{desk} · {real.reference}",
        f"{desk} · {exercise.reference} · FICTIEF",
    ]
