"""AVG article 14: the data subject is told in a letter, or a reason of the law says why not (DP-10)."""

from datetime import timedelta

import pytest
from dateutil.relativedelta import relativedelta
from django.urls import reverse
from django.utils.formats import date_format

from imidesk.core import audit, clock
from requests_app.deadlines import local_day
from requests_app.models import InformationRequest, ReadRecord
from requests_app.services import ending
from requests_app.vocabulary import Action
from tests.factories.steps import again
from tests.factories.world import SUBJECT

START = reverse("monitoring:start")
STEP = "Licht de betrokkene in, of zeg waarom niet"


@pytest.fixture
def accepted(world):
    return world.accepted()


def page_of(info_request, query=""):
    return reverse("requests_app:tell_person", args=[info_request.reference]) + query


def last_event(info_request):
    return audit.events_of("request", info_request.uuid).last()


def test_the_letter_stands_ready_in_two_languages_and_each_look_is_recorded(world, accepted, sign_in):
    client = sign_in(world.handler)
    before = ReadRecord.objects.count()

    dutch = client.get(page_of(accepted)).content.decode()
    english = client.get(page_of(accepted, "?language=en")).content.decode()

    for page in (dutch, english):
        assert SUBJECT["family_name"] in page and accepted.reference in page and world.home.email in page
    assert "Autoriteit Persoonsgegevens" in dutch and "Uw rechten" in dutch
    assert "Your rights" in english and "data protection officer" in english
    assert ReadRecord.objects.count() == before + 2


def test_the_day_of_the_letter_is_recorded_and_shown(world, accepted, sign_in):
    client = sign_in(world.handler)
    assert "Betrokkene inlichten (AVG)" in client.get(accepted.get_absolute_url()).content.decode()

    answer = client.post(page_of(accepted), {"sent_on": clock.today().isoformat()}, follow=True)

    assert again(accepted).told_on == clock.today()
    assert last_event(accepted).action == Action.PERSON_TOLD
    assert "Betrokkene inlichten (AVG)" not in answer.content.decode()
    assert "Vastgelegd: de brief is verstuurd op" in client.get(page_of(accepted)).content.decode()
    timeline = reverse("requests_app:timeline", args=[accepted.reference])
    assert "met een brief ingelicht" in client.get(timeline).content.decode()


def test_a_reason_of_the_law_takes_the_place_of_the_letter_and_may_be_replaced(world, accepted, sign_in):
    client = sign_in(world.handler)

    assert client.post(page_of(accepted), {"reason": "not_told.known"}).status_code == 302
    assert (again(accepted).told_on, again(accepted).not_told_reason) == (None, "not_told.known")
    assert last_event(accepted).details["reason"] == "not_told.known"

    assert client.post(page_of(accepted), {"sent_on": clock.today().isoformat()}).status_code == 302
    assert (again(accepted).told_on, again(accepted).not_told_reason) == (clock.today(), "")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "sent_on"),
        ({"sent_on": "today", "reason": "not_told.known"}, "reason"),
        ({"sent_on": "tomorrow"}, "sent_on"),
        ({"sent_on": "before"}, "sent_on"),
        ({"reason": "hold.lawsuit"}, "reason"),
    ],
    ids=["nothing", "both", "future", "before acceptance", "no reason of this list"],
)
def test_what_cannot_be_is_said_beside_its_field(world, accepted, sign_in, data, field):
    today = clock.today()
    days = {"today": today, "tomorrow": today + timedelta(days=1), "before": today - timedelta(days=9)}
    filled = {name: days[value].isoformat() if value in days else value for name, value in data.items()}

    answer = sign_in(world.handler).post(page_of(accepted), filled)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert (again(accepted).told_on, again(accepted).not_told_reason) == (None, "")


def test_it_is_for_who_accepted_alone(world, accepted, sign_in):
    assert sign_in(world.handler).get(page_of(accepted)).status_code == 200
    for user in (world.allocator, world.other_handler, world.jurist):
        assert sign_in(user).get(page_of(accepted)).status_code == 403
    assert sign_in(world.stranger).get(page_of(accepted)).status_code == 404


def test_it_stands_on_start_two_weeks_before_the_last_day_until_it_is_recorded(world, sign_in):
    info_request = world.answered()
    client = sign_in(world.handler)
    assert STEP not in client.get(START).content.decode()
    last = info_request.tell_by
    assert last == local_day(info_request.accepted_at) + relativedelta(months=1)

    early = info_request.accepted_at - relativedelta(days=20)
    InformationRequest.objects.filter(pk=info_request.pk).update(accepted_at=early, received_at=early)
    assert STEP in client.get(START).content.decode()

    client.post(page_of(info_request), {"reason": "not_told.no_person"})
    assert STEP not in client.get(START).content.decode()


def test_it_is_the_next_step_once_nothing_else_is(world, sign_in):
    ended = world.closed()
    client = sign_in(world.handler)
    assert "Licht de betrokkene in" not in client.get(ended.get_absolute_url()).content.decode()
    InformationRequest.objects.filter(pk=ended.pk).update(filed_at=clock.now())

    page = client.get(ended.get_absolute_url())
    day = date_format(ended.tell_by, "j F Y")
    assert f"Licht de betrokkene in of zeg waarom niet, uiterlijk op {day} (AVG)." in page.content.decode()
    assert [step.name for step in page.context["frame"].first_steps] == ["tell_person"]

    client.post(page_of(ended), {"reason": "not_told.known"})
    assert "Niets. Dit verzoek is klaar." in client.get(ended.get_absolute_url()).content.decode()


def test_blocking_at_once_warns_while_nobody_was_told(world, sign_in):
    ended = ending.withdraw_request(
        info_request=world.accepted(),
        actor=world.handler,
        withdrawn_at=clock.now(),
        reason="withdrawn.no_longer_needed",
    )
    page = reverse("archive:block_now", args=[ended.reference])
    client = sign_in(world.handler)
    assert "nog niet ingelicht" in client.get(page).content.decode()

    client.post(page_of(ended), {"reason": "not_told.known"})
    assert "nog niet ingelicht" not in client.get(page).content.decode()
