"""Start: per role what is to be done, and until when (design 1 and 5)."""

import re
from datetime import datetime, timedelta

import pytest
from django.urls import reverse

from authorities.models import Authority, Membership
from authorities.vocabulary import Module, Role
from imidesk.core import clock
from imidesk.monitoring.help import NIMIC_ADDRESS
from requests_app.deadlines import AMSTERDAM, working_days
from requests_app.models.access import Access
from requests_app.selectors import lists, work
from requests_app.services import answering, assigning, ending
from requests_app.vocabulary import Channel, Procedure
from tests.factories.pages import rows_behind
from tests.factories.world import SUBJECT, make_user, member

START = reverse("monitoring:start")
OF_ALLOCATOR = ["toe_te_wijzen", "geen_behandelaar", "nog_in_imi", "in_corsa", "te_laat", "wacht_op_verzoeker"]
OF_HANDLER = ["nu_te_doen", "oppakken", "nog_in_imi", "in_corsa", "te_laat", "wacht_op_verzoeker"]
OF_WATCHER = ["te_laat", "wacht_op_verzoeker", "open", "blokkeren_90", "wissen_90"]
OF_BASIC = ["te_laat", "wacht_op_verzoeker", "open"]


def sections(answer):
    return {section.name: section for section in answer.context["sections"]}


def references(section):
    return [line.info_request.reference for line in section.lines]


@pytest.mark.parametrize(
    ("person", "names"),
    [
        ("allocator", OF_ALLOCATOR),
        ("handler", OF_HANDLER),
        ("jurist", OF_WATCHER),
        ("basic", OF_BASIC),
        ("stranger", []),
    ],
)
def test_each_role_sees_its_own_lists(world, sign_in, person, names):
    answer = sign_in(getattr(world, person)).get(START)

    assert answer.status_code == 200
    assert [section.name for section in answer.context["sections"]] == names


@pytest.mark.parametrize("person", ["allocator", "handler", "jurist"])
def test_each_list_opens_the_page_with_as_many_requests(world, sign_in, person):
    world.received(received_at=clock.now() - timedelta(days=9))
    assigning.choose_team(info_request=world.received(), actor=world.allocator, team=world.team)
    world.assigned()
    answering.prepare_answer(info_request=world.complete(), actor=world.handler)
    world.answered()
    world.closed()
    client = sign_in(getattr(world, person))

    found = sections(client.get(START))

    assert sum(section.count for section in found.values()) > 0
    for section in found.values():
        assert len(rows_behind(client, section.url)) == section.count, section.name


def test_the_allocator_sees_what_nobody_took_and_for_how_long(world, sign_in):
    old = world.received(received_at=clock.now() - timedelta(days=9))
    fresh = world.received()
    answer = sign_in(world.allocator).get(START)

    untaken, to_allocate = sections(answer)["niet_opgepakt"], sections(answer)["toe_te_wijzen"]

    assert (references(untaken), references(to_allocate)) == ([old.reference], [fresh.reference])
    assert [line.untaken_days > 2 for line in (*untaken.lines, *to_allocate.lines)] == [True, False]
    assert untaken.lines[0].step.due_on == old.accept_by
    page = answer.content.decode()
    assert page.index(old.reference) < page.index(fresh.reference)
    assert f'href="{reverse("requests_app:assign", args=[old.reference])}"' in page
    assert (untaken.count, to_allocate.count) == (1, 2)


@pytest.mark.parametrize(
    ("now", "received", "stands_on_top"),
    [
        ("2026-11-26", "2026-11-24", False),  # Thursday: Wednesday and today
        ("2026-11-26", "2026-11-23", True),
        ("2026-11-29", "2026-11-25", False),  # Sunday: Thursday and Friday
        ("2026-11-29", "2026-11-24", True),
        ("2026-12-28", "2026-12-23", False),  # Monday: after Thursday and two days of Christmas
        ("2026-12-29", "2026-12-23", True),
    ],
)
def test_nobody_took_it_after_more_than_two_working_days(now, received, stands_on_top):
    """The list of the database and the number of days on the page agree."""
    today, receipt = (datetime.fromisoformat(day).replace(tzinfo=AMSTERDAM) for day in (now, received))
    assert (work.first_day_in_time(today.date()) > receipt.date()) == stands_on_top
    assert (working_days(receipt, today.date()) > work.UNTAKEN_WORKING_DAYS) == stands_on_top


def test_a_handler_sees_his_own_and_what_his_team_may_take_up(world, sign_in):
    own = world.assigned()
    of_team = assigning.choose_team(info_request=world.received(), actor=world.allocator, team=world.team)
    not_chosen = world.received()

    handler = sections(sign_in(world.handler).get(START))
    assert references(handler["nu_te_doen"]) == [own.reference]
    assert references(handler["oppakken"]) == [of_team.reference]

    other = sections(sign_in(world.other_handler).get(START))
    assert other["nu_te_doen"].count == other["oppakken"].count == 0
    assert not_chosen.reference not in str(other)


def test_without_allocation_every_handler_of_the_module_may_take_it_up(world, sign_in):
    """NOT-08: preference 4 is Nee for sdg_evidence."""
    found = world.received(
        module=Module.SDG_EVIDENCE, procedure=Procedure.SDG_EVIDENCE, service_activity=None, questions=()
    )

    assert references(sections(sign_in(world.handler).get(START))["oppakken"]) == [found.reference]
    assert sections(sign_in(world.other_handler).get(START))["oppakken"].count == 0


def test_each_line_says_what_to_do_and_until_when(world, sign_in):
    accepted = world.accepted()
    prepared = world.complete()
    answering.prepare_answer(info_request=prepared, actor=world.handler)
    answered = world.answered()
    closed = world.closed()

    found = sections(sign_in(world.handler).get(START))
    assert found["nu_te_doen"].lines[0].step.due_on == accepted.asked_on
    assert references(found["nu_te_doen"]) == [accepted.reference]
    assert references(found["nog_in_imi"]) == [prepared.reference]
    assert references(found["wacht_op_verzoeker"]) == [answered.reference]
    assert references(found["in_corsa"]) == [closed.reference]


def test_practice_requests_are_marked(world, sign_in):
    world.received(channel=Channel.DESK, fictitious=True)

    assert "FICTIEF" in sign_in(world.allocator).get(START).content.decode()


@pytest.mark.parametrize("person", ["allocator", "handler", "jurist", "basic", "stranger"])
def test_start_shows_no_person_and_no_text(world, sign_in, person):
    """SEC-10: no list opens what is sealed; the handler who accepted does see the name on the request itself."""
    accepted = world.accepted()
    browser = sign_in(world.handler)
    assert (
        SUBJECT["family_name"]
        in browser.get(reverse("requests_app:subject", args=[accepted.reference])).content.decode()
    )

    page = sign_in(getattr(world, person)).get(START).content.decode()

    assert SUBJECT["family_name"] not in page
    assert "Wij controleren de vestiging" not in page


def test_who_has_no_role_reads_why_and_whom_to_ask(world, sign_in):
    nobody = sign_in(world.stranger).get(START)
    assert nobody.context["place"].memberships == ()
    assert "mailto:" not in re.sub(r"<footer.*?</footer>", "", nobody.content.decode(), flags=re.S)

    watcher = make_user("hugo", "Hugo", "Voorbeeld")
    member(watcher, world.home, Role.FG)
    page = sign_in(watcher).get(START).content.decode()
    assert str(world.allocator) in page and world.allocator.phone in page
    assert str(world.backup) in page
    assert "houdt in de gaten hoe de balie met persoonsgegevens omgaat" in page
    assert "aan jou zijn toegewezen" not in page
    assert f'href="{reverse("archive:proof")}"' in page


def test_start_asks_as_much_for_many_requests_as_for_few(world, sign_in, django_assert_max_num_queries):
    client = sign_in(world.handler)
    for _ in range(7):
        world.assigned()
    client.get(START)

    with django_assert_max_num_queries(12):
        section = sections(client.get(START))["nu_te_doen"]
    assert (section.count, len(section.lines)) == (7, 7)


@pytest.mark.parametrize(
    ("person", "names"),
    [
        ("allocator", {"start", "list", "overview", "retention", "heartbeat", "help"}),
        ("jurist", {"start", "list", "overview", "retention", "heartbeat", "help"}),
        ("handler", {"start", "list", "help"}),
        ("basic", {"start", "list", "help"}),
        ("stranger", {"start", "list", "help"}),
    ],
)
def test_the_menu_offers_the_pages_somebody_may_open(world, sign_in, person, names):
    pages = {
        "start": START,
        "list": reverse("requests_app:list"),
        "overview": reverse("monitoring:overview"),
        "retention": reverse("archive:retention"),
        "heartbeat": reverse("monitoring:heartbeat"),
        "help": reverse("monitoring:help"),
    }
    client = sign_in(getattr(world, person))
    page = client.get(START).content.decode()
    menu = re.search(r'<nav class="desk-navigation".*?</nav>', page, re.S).group()

    assert {name for name, url in pages.items() if f'href="{url}"' in menu} == names
    assert f'<a href="{START}" aria-current="page">' in menu
    for name in names:
        assert client.get(pages[name]).status_code == 200, name
    for name in set(pages) - names:
        assert client.get(pages[name]).status_code == 403, name


def test_every_page_of_a_request_belongs_to_the_requests_in_the_menu(world, sign_in):
    info_request = world.received()
    page = sign_in(world.allocator).get(reverse("requests_app:detail", args=[info_request.reference]))

    assert f'<a href="{reverse("requests_app:list")}" aria-current="page">' in page.content.decode()


def test_help_names_the_contacts_the_steps_and_the_browsers(world, sign_in):
    """AUT-06, REM-05."""
    page = sign_in(world.basic).get(reverse("monitoring:help")).content.decode()

    assert world.allocator.phone in page and str(world.backup) in page
    assert NIMIC_ADDRESS in page
    assert page.count("<li><strong>") == 12
    assert "Firefox" in page


def test_a_role_elsewhere_opens_nothing_here(world, sign_in):
    other = Authority.objects.create(
        name="Provincie Voorbeeld", is_home=True, email="imi@voorbeeld.example", reference_prefix="VB"
    )
    Membership.objects.create(user=world.stranger, authority=other, role=Role.JURIST)
    world.received(received_at=clock.now() - timedelta(days=9))

    assert lists.counts(Access(world.stranger))["te_laat"] == 0
    assert sections(sign_in(world.stranger).get(START))["te_laat"].count == 0
    assert sections(sign_in(world.jurist).get(START))["te_laat"].count == 1


def test_to_accept_as_well_is_only_what_was_accepted(world, sign_in):
    """Forwarded before anybody accepted: nobody joins that any more (IN-03)."""
    accepted, passed_on = (
        assigning.allocate(
            info_request=world.received(), actor=world.allocator, handlers=[world.handler, world.other_handler]
        )
        for _number in range(2)
    )
    answering.accept_request(info_request=accepted, actor=world.handler, done_at=clock.now())
    ending.forward_request(
        info_request=passed_on,
        actor=world.handler,
        to=world.justis,
        reason="forward.not_competent",
        done_at=clock.now(),
    )

    found = sections(sign_in(world.other_handler).get(START))

    assert found["ook_aanvaarden"].count == 1
    assert references(found["nu_te_doen"]) == [accepted.reference]
    assert references(found["ook_aanvaarden"]) == []
