"""The list of requests: one queryset, named lists, filters in the address (SP-29)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from authorities.models import Authority, Membership, ServiceActivity, User
from authorities.vocabulary import Module
from imidesk.core import clock
from requests_app.models import InformationRequest
from requests_app.models.access import Access
from requests_app.selectors import lists
from requests_app.services import answering, assigning
from requests_app.vocabulary import Channel
from tests.factories.pages import rows_behind

LIST = reverse("requests_app:list")


@pytest.fixture
def world(world):
    """Everybody reads English, the language of the texts in the code."""
    User.objects.update(language="en")
    with translation.override("en"):
        yield world


@pytest.fixture
def several(world):
    return {
        "received": world.received(),
        "assigned": world.assigned(),
        "answered": world.answered(),
        "closed": world.closed(),
    }


def references(answer) -> set[str]:
    return {row.info_request.reference for row in answer.context["rows"]}


def test_every_list_counts_what_it_shows(world, several, sign_in):
    for user in (world.allocator, world.handler, world.jurist, world.basic, world.stranger):
        counts = lists.counts(Access(user))
        assert set(counts) == set(lists.LISTS)
        client = sign_in(user)
        for name, number in counts.items():
            assert len(rows_behind(client, f"{LIST}?lijst={name}")) == number, name


def test_named_lists_hold_what_they_say(world, several, sign_in):
    team_chosen = assigning.choose_team(info_request=world.received(), actor=world.allocator, team=world.team)
    late = world.received(received_at=clock.now() - timedelta(days=9))
    prepared = world.complete()
    answering.prepare_answer(info_request=prepared, actor=world.handler)
    client = sign_in(world.handler)

    def shown(name: str) -> set[str]:
        return references(client.get(LIST, {"lijst": name}))

    assert shown("toe_te_wijzen") == {several["received"].reference, late.reference}
    assert shown("geen_behandelaar") == {team_chosen.reference}
    assert shown("van_mij") == {
        several["assigned"].reference,
        several["answered"].reference,
        prepared.reference,
    }
    assert shown("te_laat") == {late.reference}
    assert shown("nog_in_imi") == {prepared.reference}
    assert shown("wacht_op_verzoeker") == {several["answered"].reference}
    assert shown("in_corsa") == {several["closed"].reference}


def test_blocking_and_erasing_are_seen_ninety_days_ahead(world):
    """DP-03: half a year and three years after the end, on the day itself and not a day earlier."""
    info_request = world.closed()

    def found(name: str) -> bool:
        return lists.counts(Access(world.jurist))[name] == 1

    days_to_block = (lists.BLOCKED_AFTER_MONTHS * 30) - lists.DAYS_AHEAD
    for days, block, erase in (
        (days_to_block - 5, False, False),
        (days_to_block + 10, True, False),
        (1100, True, True),
    ):
        ended_at = clock.now() - timedelta(days=days)
        InformationRequest.objects.filter(pk=info_request.pk).update(
            received_at=ended_at, accepted_at=ended_at, answered_at=ended_at, ended_at=ended_at
        )
        assert (found("blokkeren_90"), found("wissen_90")) == (block, erase), days


@pytest.mark.parametrize("person", ["allocator", "handler", "other_handler", "basic", "jurist"])
def test_the_list_shows_exactly_what_may_be_known(world, several, sign_in, person):
    user = getattr(world, person)
    visible = set(InformationRequest.objects.visible(user).values_list("reference", flat=True))
    assert references(sign_in(user).get(LIST)) == visible == {found.reference for found in several.values()}


def test_a_stranger_gets_an_empty_list_and_the_door_without_an_account(world, several, sign_in, client):
    assert client.get(LIST).status_code == 302
    answer = sign_in(world.stranger).get(LIST)
    assert references(answer) == set()
    assert "desk-empty" in answer.content.decode()


@pytest.mark.parametrize("role", ["withdrawn", "of another module", "at another authority"])
def test_who_asks_the_same_again_sees_what_may_be_known_by_then(world, several, sign_in, role):
    """Statements are kept compiled, never what somebody may see."""
    client = sign_in(world.allocator)
    before = client.get(f"{LIST}?lijst=open")
    assert references(before) and before.context["number"]

    own = Membership.objects.filter(user=world.allocator)
    if role == "withdrawn":
        own.delete()
    elif role == "of another module":
        own.exclude(module=Module.SERVICES).delete()
        own.update(module=Module.SDG_EVIDENCE)
    else:
        own.update(authority=Authority.objects.exclude(pk=world.home.pk).first())

    after = client.get(f"{LIST}?lijst=open")
    assert not references(after) and not after.context["number"]
    assert not any(entry.number for entry in after.context["entries"])


def test_filters_in_the_address(world, several, sign_in):
    other = ServiceActivity.objects.create(code="soil_energy", name_nl="bodemenergie", name_en="ground source energy")
    soil = world.received(service_activity=other)
    client = sign_in(world.allocator)

    def found(**filters: object) -> set[str]:
        answer = client.get(LIST, filters)
        assert answer.status_code == 200
        return references(answer)

    everything = found()
    assert found(q=soil.imi_number) == {soil.reference}
    assert found(q=soil.reference.lower()) == {soil.reference}
    assert found(state="closed") == {several["closed"].reference}
    assert found(activity="soil_energy") == {soil.reference}
    assert found(module="sdg_evidence") == set()
    assert found(handler=world.handler.pk) == everything - {several["received"].reference, soil.reference}
    assert found(team=world.team.pk) == found(handler=world.handler.pk)
    assert found(team=99999) == set()
    assert found(mine="1") == set()
    assert found(fictitious="no") == everything
    assert found(requester=world.germany.pk) == everything
    tomorrow = clock.today() + timedelta(days=1)
    assert found(received_from=tomorrow.isoformat()) == set()
    assert found(received_until=tomorrow.isoformat()) == everything


def test_a_wrong_filter_is_said_and_shows_nothing(world, several, sign_in):
    answer = sign_in(world.allocator).get(LIST, {"state": "nonsense"})
    assert answer.status_code == 422
    assert several["received"].reference not in answer.content.decode()


def test_practice_requests_can_be_left_out(world, sign_in):
    invented = world.received(channel=Channel.DESK, fictitious=True)
    client = sign_in(world.allocator)
    assert references(client.get(LIST)) == {invented.reference}
    assert "FICTIEF" in client.get(LIST).content.decode()
    assert references(client.get(LIST, {"fictitious": "no"})) == set()
    filters = {
        fictitious: lists.Filters("toe_te_wijzen", fictitious=fictitious == "yes") for fictitious in ("yes", "no")
    }
    assert lists.counts(Access(world.allocator), filters) == {"yes": 1, "no": 0}


def test_pages_follow_the_rows_and_keep_the_filter(world, sign_in):
    """Forwards and back; what comes in meanwhile moves nothing (STA-01)."""
    received = [world.received() for _ in range(52)]
    newest = [one.reference for one in InformationRequest.objects.order_by("-received_at", "-pk")]
    client = sign_in(world.allocator)

    def shown(url):
        answer = client.get(url)
        return answer.context, [row.info_request.reference for row in answer.context["rows"]]

    first, top = shown(f"{LIST}?lijst=toe_te_wijzen")
    assert top == newest[:25] and not first["newer"] and "lijst=toe_te_wijzen" in first["older"]
    assert first["shown_number"] == "52"
    second, middle = shown(first["older"])
    world.received(received_at=clock.now())
    assert shown(first["older"])[1] == middle == newest[25:50]
    third, last = shown(second["older"])
    assert last == newest[50:] and not third["older"]
    back, again = shown(third["newer"])
    assert again == middle
    assert len(received) == 52
    assert len(shown(back["newer"])[1]) == 25, "the first page again, whole, with what came in"


def test_rows_of_one_moment_stand_on_one_page_each(world, sign_in):
    moment = clock.now() - timedelta(days=1)
    made = {world.received(received_at=moment).reference for _ in range(27)}
    rows = rows_behind(sign_in(world.allocator), LIST)
    assert len(rows) == 27 and {row.reference for row in rows} == made


@pytest.mark.parametrize(
    "place", ["na=nonsense", "na=1", "voor=-1-2", "na=99999999999999999-999999999999999999", "na=%00"]
)
def test_a_broken_place_in_the_list_breaks_nothing(world, several, sign_in, place):
    answer = sign_in(world.allocator).get(f"{LIST}?{place}")
    assert answer.status_code == 200
    assert len(answer.context["rows"]) == len(several)


def test_open_work_is_counted_as_far_as_two_hundred(world, sign_in, monkeypatch):
    monkeypatch.setattr(lists, "COUNTED", 26)
    for _ in range(28):
        world.received()
    client = sign_in(world.allocator)
    answer = client.get(LIST, {"lijst": "toe_te_wijzen"})
    numbers = {entry.url: entry.number for entry in answer.context["entries"]}
    assert numbers[f"{LIST}?lijst=toe_te_wijzen"] == answer.context["shown_number"] == "26+"
    start = client.get(reverse("monitoring:start"))
    assert {s.name: s.number for s in start.context["sections"]}["toe_te_wijzen"] == "26+"


def test_history_is_not_counted(world, sign_in):
    for _ in range(26):
        world.received()
    answer = sign_in(world.allocator).get(LIST)
    assert answer.context["number"] is None and not answer.context["shown_number"]
    assert "25 requests on this page" in answer.content.decode()


def test_eight_queries_however_many_rows(world, sign_in):
    """The clock's own question to the database is not counted."""
    client = sign_in(world.allocator)
    client.get(LIST)
    asked = []
    for _ in range(2):
        for _ in range(3):
            world.assigned()
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        asked.append(sum("clock_offset" not in query["sql"] for query in captured.captured_queries))
    assert asked[0] == asked[1] <= 8
