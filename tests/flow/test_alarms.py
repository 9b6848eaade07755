"""Twenty refusals in an hour, or a hundred looks on a day, by one user are told (SP-12)."""

from datetime import datetime, time, timedelta

import pytest
from django.core import mail
from django.urls import reverse

from archive.services import raise_alarms
from archive.services.alarming import LOOKS_A_DAY, REFUSALS_AN_HOUR
from archive.tasks import raise_due_alarms
from authorities.vocabulary import Role
from imidesk.core import clock, heartbeat, outbox, vault
from imidesk.core.models import OutgoingMessage, SecurityEvent
from requests_app.models import ReadRecord
from requests_app.permissions import look
from requests_app.vocabulary import Part, Purpose
from tests.factories.world import make_user, member

PAGE = reverse("monitoring:heartbeat")


@pytest.fixture
def officer(world):
    """The day is young, so that no midnight and no full hour comes in between."""
    tomorrow = datetime.combine(clock.today() + timedelta(days=1), time(10, 5), clock.AMSTERDAM)
    clock.move(tomorrow - clock.now())
    user = make_user("henk", "Henk", "Voorbeeld")
    member(user, world.home, Role.FG)
    return user


def be_refused(sign_in, user, times):
    """A page that this role may not open."""
    browser = sign_in(user)
    for _ in range(times):
        assert browser.get(reverse("archive:retention")).status_code == 403


def look_often(world, info_request, times):
    with vault.key_scope():
        for _ in range(times):
            look(world.handler, info_request, Part.PERSON, Purpose.READ)


def looks_of(world):
    return ReadRecord.objects.filter(user=world.handler).count()


def raised():
    return list(SecurityEvent.objects.filter(result="alarm").order_by("pk").values_list("action", flat=True))


def test_twenty_refusals_in_an_hour_raise_one_alarm(world, sign_in, officer):
    be_refused(sign_in, world.basic, REFUSALS_AN_HOUR - 1)
    assert raise_alarms() == 0 and raised() == []

    be_refused(sign_in, world.basic, 1)

    assert raise_alarms() == 1
    assert raised() == ["alarm_refusals"]
    assert SecurityEvent.objects.get(result="alarm").object.split()[0] == f"user:{world.basic.pk}"
    be_refused(sign_in, world.basic, 5)
    recipients = set(OutgoingMessage.objects.filter(template="alarm").values_list("user", flat=True))
    assert recipients == {world.jurist.pk, officer.pk}


def test_refusals_spread_over_a_day_are_no_alarm(world, sign_in, officer):
    for _ in range(4):
        be_refused(sign_in, world.basic, REFUSALS_AN_HOUR // 2 - 1)
        clock.move(timedelta(hours=1))

    assert raise_alarms() == 0


def test_refusals_of_several_people_do_not_add_up(world, sign_in, officer):
    be_refused(sign_in, world.basic, REFUSALS_AN_HOUR - 1)
    be_refused(sign_in, world.handler, REFUSALS_AN_HOUR - 1)

    assert raise_alarms() == 0
    be_refused(sign_in, world.handler, 1)
    assert raise_alarms() == 1


def test_a_run_that_was_missed_is_caught_up(world, sign_in, officer):
    be_refused(sign_in, world.basic, REFUSALS_AN_HOUR)
    clock.move(timedelta(hours=5))

    assert raise_alarms() == 1
    assert raise_alarms() == 0


def test_a_hundred_looks_on_a_day_raise_one_alarm(world, officer):
    info_request = world.accepted()
    look_often(world, info_request, LOOKS_A_DAY - 1 - looks_of(world))
    raise_alarms()
    assert raised() == []

    look_often(world, info_request, 1)

    raise_alarms()
    assert raised() == ["alarm_looks"]
    look_often(world, info_request, 5)
    assert raise_alarms() == 0


def test_the_mail_says_that_there_is_one_and_no_more(world, sign_in, officer):
    be_refused(sign_in, world.basic, REFUSALS_AN_HOUR)
    raise_alarms()
    outbox.send_pending()

    sent = [one for one in mail.outbox if "bijzonder gebruik" in one.subject]
    assert {one.to[0] for one in sent} == {world.jurist.email, officer.email}
    for one in sent:
        assert PAGE in one.body
        assert not any(word in one.subject + one.body for word in ("Eva", "Voorbeeld", "NB-", "bewaren"))


def test_who_is_no_lawyer_any_more_gets_no_mail(world, sign_in, officer):
    be_refused(sign_in, world.basic, REFUSALS_AN_HOUR)
    raise_alarms()
    world.jurist.memberships.all().delete()
    outbox.send_pending()

    assert {one.to[0] for one in mail.outbox if "bijzonder gebruik" in one.subject} == {officer.email}


def test_the_page_of_automatic_tasks_shows_it_and_names_the_person_to_whom_it_concerns(world, sign_in, officer):
    assert "Geen melding in de afgelopen dertig dagen" in sign_in(world.allocator).get(PAGE).content.decode()
    be_refused(sign_in, world.basic, REFUSALS_AN_HOUR)
    raise_alarms()

    pages = {user: sign_in(user).get(PAGE).content.decode() for user in (world.allocator, world.jurist, officer)}
    assert all("twintig keer in een uur geweigerd" in page for page in pages.values())
    assert "Eva Voorbeeld" in pages[officer] and "Eva Voorbeeld" in pages[world.jurist]
    assert "Eva Voorbeeld" not in pages[world.allocator]


def test_the_beat_does_it_and_leaves_a_heartbeat(world, sign_in, officer):
    be_refused(sign_in, world.basic, REFUSALS_AN_HOUR)

    raise_due_alarms()

    assert raised() == ["alarm_refusals"]
    assert next(state for state in heartbeat.states() if state.name == "alarming").succeeded_at is not None
