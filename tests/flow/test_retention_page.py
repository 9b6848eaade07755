"""What the retention page shows, the rehearsal, and the calendar feed (design 5, SP-17)."""

import re
from datetime import timedelta

import pytest
from dateutil.relativedelta import relativedelta
from django.urls import reverse

from archive import feed, services
from archive.models import RetentionFeed
from archive.selectors import forecast
from authorities.vocabulary import Role, UserStatus
from imidesk.core import clock, heartbeat
from imidesk.core.templatetags.desk import dutch_date
from requests_app.models import DataDecision, InformationRequest
from requests_app.services import assigning, ending, letters
from requests_app.vocabulary import Channel
from tests.factories.steps import again, pass_days, run_jobs
from tests.factories.time import stand_at
from tests.factories.world import make_user, member

PAGE = "archive:retention"

pytestmark = pytest.mark.usefixtures("quick_pdf")


def closed(world, **changes):
    info_request = world.closed(channel=Channel.DESK, **changes)
    run_jobs()
    return InformationRequest.objects.get(pk=info_request.pk)


def filed(world):
    info_request = closed(world)
    services.file_request(info_request=info_request, actor=world.handler, case_number="C2026-1")
    return info_request


def near_erasure(info_request):
    """Blocked, and twenty days before the erasure date, where a hold puts something off."""
    record = info_request.retention_record
    services.block_due(record.block_on)
    stand_at(record.erase_on - timedelta(days=20))
    return info_request


def section(text, name):
    return text[text.index(f'id="{name}"') :].split("</section>")[0]


def lines(answer):
    return answer.content.decode().replace("\r\n ", "").split("\r\n")


def test_what_goes_within_two_weeks_stands_there_with_its_source(world, sign_in):
    """Design 3: before blocking, and before erasing."""
    info_request = filed(world)
    client = sign_in(world.allocator)
    block_on = clock.today() + relativedelta(months=6)
    pass_days((block_on - clock.today()).days - 15)
    to_block = section(client.get(reverse(PAGE)).content.decode(), "to-block")
    assert "Blokkeren op" in to_block and "Wissen op" in to_block and "Geblokkeerd op" not in to_block
    assert info_request.reference not in section(client.get(reverse(PAGE)).content.decode(), "soon")
    pass_days(1)
    soon = section(client.get(reverse(PAGE)).content.decode(), "soon")
    assert info_request.reference in soon
    assert "Vastgelegd door Carla Voorbeeld" in soon
    pass_days(14)
    services.block_due(clock.today())
    assert info_request.reference not in section(client.get(reverse(PAGE)).content.decode(), "soon")
    erase_on = info_request.retention_record.erase_on
    pass_days((erase_on - clock.today()).days - 14)
    soon = section(client.get(reverse(PAGE)).content.decode(), "soon")
    assert info_request.reference in soon
    assert "Vastgelegd door Carla Voorbeeld" in soon


def test_what_is_not_filed_is_red_from_thirty_days_before_blocking_on(world, sign_in):
    """Design 8: for the IMI administrator and the lawyer, on the page and on Start."""
    info_request = closed(world)
    block_on = clock.today() + relativedelta(months=6)
    pass_days((block_on - clock.today()).days - 31)
    for person in (world.allocator, world.jurist):
        client = sign_in(person)
        assert "desk-badge--late" not in section(client.get(reverse(PAGE)).content.decode(), "unfiled")
        assert "lijst=niet_in_corsa" not in client.get(reverse("monitoring:start")).content.decode()
    pass_days(1)
    for person in (world.allocator, world.jurist):
        client = sign_in(person)
        unfiled = section(client.get(reverse(PAGE)).content.decode(), "unfiled")
        assert info_request.reference in unfiled and "desk-badge--late" in unfiled
        start = client.get(reverse("monitoring:start")).content.decode()
        assert "lijst=niet_in_corsa" in start and info_request.reference in start


def test_start_says_until_when_what_is_blocked_can_still_be_filed(world, sign_in):
    """Design 9: until 30 days after the erasure date at the latest. What happened, or cannot be done, is not late."""
    info_request = world.answered(channel=Channel.DESK)
    assigning.place_task(info_request=info_request, actor=world.allocator, task_number="T-1", sent_on=clock.today())
    letters.tell_person(info_request=info_request, actor=world.handler, sent_on=clock.today(), reason="")
    info_request = ending.close_request(info_request=info_request, actor=world.handler, closed_at=clock.now())
    run_jobs()
    blocked_on = clock.today() + relativedelta(months=6)
    pass_days((blocked_on - clock.today()).days - 10)
    before = line_of(sign_in(world.handler), info_request)
    assert f"Persoonsgegevens worden geblokkeerd op: <time>{dutch_date(blocked_on)}" in before
    pass_days(10)

    services.block_due(blocked_on)
    pass_days(40)
    last = again(info_request).retention_record.erase_on + timedelta(days=30)
    for person, task in (
        (world.handler, "Rapporten opslaan in Corsa"),
        (world.allocator, f"Wacht tot {world.handler}"),
    ):
        line = line_of(sign_in(person), info_request)
        until = f"Geblokkeerd op {dutch_date(blocked_on)}; opslaan kan nog tot: <time>{dutch_date(last)}"
        assert task in line and until in line and "te laat" not in line
    page = sign_in(world.allocator).get(reverse("monitoring:start")).content.decode()
    assert "Niet in Corsa en (bijna) geblokkeerd" in page

    assert services.erase_due(last).erased == [info_request.reference]
    pass_days((last - clock.today()).days)
    for person in (world.handler, world.allocator):
        line = line_of(sign_in(person), info_request)
        assert "Meld de taak af in Corsa" in line
        assert "te laat" not in line and "opsla" not in line
    assert sign_in(world.handler).get(reverse("archive:file", args=[info_request.reference])).status_code == 409


def line_of(client, info_request):
    """Its row on Start, without what only the browser reads."""
    page = client.get(reverse("monitoring:start")).content.decode()
    row = next(row for row in re.findall(r"<tr>.*?</tr>", page, re.S) if info_request.reference in row)
    return re.sub(r'<time datetime="[^"]*">', "<time>", row)


def test_decisions_and_the_last_run_stand_on_the_page(world, sign_in):
    info_request = near_erasure(filed(world))
    row = services.propose_hold(
        info_request=info_request,
        actor=world.jurist,
        ground="hold.court",
        words="",
        until=clock.today() + timedelta(days=60),
        owner=world.jurist,
    )
    officer = make_user("hilde", "Hilde", "Voorbeeld")
    member(officer, world.home, Role.FG)
    with heartbeat.beat("blocking"):
        services.block_due(clock.today())
    for person in (world.jurist, world.allocator, officer):
        text = sign_in(person).get(reverse(PAGE)).content.decode()
        assert reverse("archive:decision", args=[row.pk]) in section(text, "decisions")
        assert "wacht op een tweede persoon" in section(text, "decisions")
        assert str(clock.today().year) in section(text, "last-run")
    services.approve(decision=row, actor=world.allocator)
    assert "wissen uitgesteld tot" in section(sign_in(officer).get(reverse(PAGE)).content.decode(), "decisions")
    elsewhere = make_user("joris", "Joris", "Elders")
    member(elsewhere, world.nimic, Role.JURIST)
    text = sign_in(elsewhere).get(reverse(PAGE)).content.decode()
    assert info_request.reference not in text and str(row.pk) not in text


def test_a_rehearsal_says_what_the_command_says_and_changes_nothing(world, sign_in):
    info_request = filed(world)
    day = clock.today() + relativedelta(months=37)
    address = reverse("archive:rehearsal")
    for person in (world.handler, world.basic, world.stranger):
        assert sign_in(person).get(address).status_code == 403
    client = sign_in(world.jurist)
    assert client.get(address).status_code == 200
    assert client.get(address, {"day": "geen"}).status_code == 422

    text = client.get(address, {"day": day.isoformat()}).content.decode()

    told = forecast(day)
    assert told.blocked == told.erased == [info_request.reference]
    assert section(text, "rehearsal").count(info_request.reference) == 2
    assert InformationRequest.objects.get(pk=info_request.pk).data_state == "open"
    elsewhere = make_user("joris", "Joris", "Elders")
    member(elsewhere, world.nimic, Role.JURIST)
    text = sign_in(elsewhere).get(address, {"day": day.isoformat()}).content.decode()
    assert info_request.reference not in text, "of another authority"


def test_the_feed_holds_references_and_days_and_nothing_else(world, sign_in, client):
    """SP-17: found by a token of which only the digest is stored."""
    info_request = near_erasure(filed(world))
    services.propose_hold(
        info_request=info_request,
        actor=world.jurist,
        ground="hold.court",
        words="Łukasiewicz",
        until=clock.today() + timedelta(days=60),
        owner=world.jurist,
    )
    services.approve(decision=DataDecision.objects.get(), actor=world.allocator)
    for person in (world.handler, world.basic):
        assert sign_in(person).post(reverse("archive:feed_link")).status_code == 403
    page = sign_in(world.jurist).post(reverse("archive:feed_link"), {"act": "renew"}).content.decode()
    token = page.split("sleutel=")[1].split('"')[0]
    row = RetentionFeed.objects.get()
    assert row.digest == feed.digest(token) and token not in row.digest
    assert token not in sign_in(world.jurist).get(reverse("archive:feed_link")).content.decode(), "shown once"
    client.logout()

    answer = client.get(reverse("archive:feed"), {"sleutel": token})

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/calendar")
    found = lines(answer)
    erase_on = info_request.retention_record.erase_on
    assert f"DTSTART;VALUE=DATE:{erase_on:%Y%m%d}" in found
    assert [line for line in found if line.startswith("SUMMARY")] == [
        f"SUMMARY:{info_request.reference} wissen",
        f"SUMMARY:Uitstel van {info_request.reference} eindigt",
    ]
    assert all(len(line.encode()) <= 75 for line in answer.content.decode().split("\r\n"))
    assert "Łukasiewicz" not in answer.content.decode() and "http" not in answer.content.decode()


@pytest.mark.parametrize("end", ["renewed", "ended", "left", "role"])
def test_the_feed_dies_with_the_account_and_with_a_new_address(world, client, end):
    filed(world)
    token = services.renew_feed(user=world.jurist)
    address = reverse("archive:feed")
    assert client.get(address, {"sleutel": token}).status_code == 200
    assert client.get(address).status_code == client.get(address, {"sleutel": "x" + token}).status_code == 404

    if end == "renewed":
        services.renew_feed(user=world.jurist)
    elif end == "ended":
        services.end_feed(user=world.jurist)
    elif end == "left":
        world.jurist.status = UserStatus.LEFT
        world.jurist.save()
    else:
        world.jurist.memberships.update(valid_until=clock.today() - timedelta(days=1))

    assert client.get(address, {"sleutel": token}).status_code == 404
