"""Forwarding, refusing, closing, withdrawing, and what was entered in error (issue steps 6 and 10)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from authorities.models import Mandate, Registration
from imidesk.core import audit, clock
from imidesk.core.models import OutgoingMessage
from requests_app.models import InformationRequest
from requests_app.permissions import look
from requests_app.selectors import case
from requests_app.vocabulary import Action, Channel, MailTemplate, Part, Purpose, State, TextKind

WORDS = "De dienst is gezondheidszorg."


def url(name, info_request):
    return reverse(f"requests_app:{name}", args=[info_request.reference])


def fresh(info_request):
    return InformationRequest.objects.get(pk=info_request.pk)


def last_event(info_request):
    return list(audit.events_of("request", info_request.uuid))[-1]


def typed(moment):
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def may_refuse(world, yes):
    Registration.objects.filter(module="services").update(may_refuse=yes)


def forward(world, **changes):
    posted = {"reason": "forward.not_competent", "to": world.nimic.pk, "done_at": typed(clock.now())}
    return {**posted, **changes}


def test_a_request_is_forwarded_with_reason_and_target(world, sign_in):
    """IN-14, IN-19: receipt and deadline stay, the allocators hear of it, the person never opened."""
    info_request = world.assigned()

    response = sign_in(world.handler).post(url("forward", info_request), forward(world, words=WORDS))

    assert response.url == info_request.get_absolute_url()
    after = fresh(info_request)
    assert (after.state, after.forwarded_to, after.end_reason) == (
        State.FORWARDED,
        world.nimic,
        "forward.not_competent",
    )
    assert (after.received_at, after.asked_on) == (info_request.received_at, info_request.asked_on)
    assert last_event(after).action == Action.FORWARDED
    assert OutgoingMessage.objects.filter(template=MailTemplate.ENDED, user_id=world.allocator.pk).exists()
    assert sign_in(world.handler).get(response.url).status_code == 200


@pytest.mark.parametrize("changes", [{"reason": ""}, {"to": ""}, {"to": "999999"}, {"reason": "refuse.outside_scope"}])
def test_a_forward_needs_reason_and_target(world, sign_in, changes):
    info_request = world.assigned()

    response = sign_in(world.handler).post(url("forward", info_request), forward(world, words=WORDS, **changes))

    assert response.status_code == 422 and WORDS in response.content.decode()
    assert fresh(info_request).state == State.ASSIGNED


def test_never_to_ourselves_nor_abroad(world, sign_in):
    """IN-14: within the country."""
    page = sign_in(world.handler).get(url("forward", world.assigned()))

    targets = set(page.context["form"].targets.values())
    assert {world.justis, world.nimic} <= targets
    assert not {world.home, world.germany} & targets


def test_criminal_sanctions_go_to_justis_alone(world, sign_in):
    """IN-15"""
    info_request = world.assigned()
    client = sign_in(world.handler)
    reason = "forward.criminal_sanctions"

    assert client.post(url("forward", info_request), forward(world, reason=reason)).status_code == 422
    done = client.post(url("forward", info_request), forward(world, reason=reason, to=world.justis.pk))

    assert done.status_code == 302
    assert fresh(info_request).forwarded_to == world.justis


def test_forwarding_is_possible_after_acceptance(world, sign_in):
    """IN-17, with its own reason."""
    info_request = world.accepted()
    client = sign_in(world.handler)
    offered = [reason.code for reason in client.get(url("forward", info_request)).context["form"].reasons]
    assert "forward.not_competent_after_acceptance" in offered and "forward.not_competent" not in offered

    posted = forward(world, reason="forward.not_competent_after_acceptance", words=WORDS)
    assert client.post(url("forward", info_request), posted).status_code == 302

    opened = look(world.handler, info_request, Part.PERSON, Purpose.READ)
    assert [view.text for view in case.text_views(info_request, opened, TextKind.FORWARD_REASON)] == [WORDS]


def test_a_ground_of_refusal_is_put_to_the_coordinator(world, sign_in):
    """Design 8, AUT-29: where preference 2 is Nee refusing is a forward that carries the ground."""
    may_refuse(world, False)
    info_request = world.assigned()
    client = sign_in(world.handler)

    page = client.get(url("refuse", info_request))
    assert url("forward", info_request) + "?to=nimic" in page.content.decode()
    assert page.context["may_refuse"] is False
    posted = {"reason": "refuse.outside_scope", "words": WORDS, "done_at": typed(clock.now())}
    assert client.post(url("refuse", info_request), posted).status_code == 409

    form = client.get(url("forward", info_request) + "?to=nimic").context["form"]
    assert form.initial["to"] == world.nimic.pk
    silent = forward(world, reason="forward.outside_scope")
    assert client.post(url("forward", info_request), silent).status_code == 422
    assert client.post(url("forward", info_request), {**silent, "words": WORDS}).status_code == 302
    assert fresh(info_request).end_reason == "forward.outside_scope"


def test_who_may_refuse_is_offered_no_grounds_at_forwarding(world, sign_in):
    may_refuse(world, True)

    form = sign_in(world.handler).get(url("forward", world.assigned())).context["form"]

    assert not [reason for reason in form.reasons if reason.ground]


def test_refusing_on_a_ground_with_words(world, sign_in):
    """IN-13"""
    may_refuse(world, True)
    info_request = world.assigned()
    client = sign_in(world.handler)
    posted = {"reason": "refuse.outside_scope", "words": WORDS, "done_at": typed(clock.now())}

    for wrong in ({"words": ""}, {"reason": ""}, {"reason": "refuse.no_time"}):
        assert client.post(url("refuse", info_request), {**posted, **wrong}).status_code == 422
        assert fresh(info_request).state == State.ASSIGNED
    assert client.post(url("refuse", info_request), posted).status_code == 302
    assert (fresh(info_request).state, fresh(info_request).end_reason) == (State.REFUSED, "refuse.outside_scope")
    assert client.post(url("refuse", info_request), posted).status_code == 409
    assert sign_in(world.handler).get(url("refuse", world.accepted())).status_code == 409


@pytest.mark.parametrize("name", ["forward", "refuse"])
def test_ending_needs_the_right_and_a_mandate(world, sign_in, name):
    """USR-34, SP-29"""
    may_refuse(world, True)
    info_request = world.assigned()
    for user, status in ((world.allocator, 403), (world.other_handler, 403), (world.stranger, 404)):
        assert sign_in(user).get(url(name, info_request)).status_code == status
        assert sign_in(user).post(url(name, info_request), {}).status_code == status
    Mandate.objects.filter(holder=world.handler).delete()
    posted = {
        "forward": forward(world),
        "refuse": {"reason": "refuse.outside_scope", "words": WORDS, "done_at": typed(clock.now())},
    }[name]

    refused = sign_in(world.handler).post(url(name, info_request), posted)

    assert refused.status_code == 422 and "Dirk Voorbeeld" in refused.content.decode()
    assert fresh(info_request).state == State.ASSIGNED


@pytest.mark.parametrize("who", ["handler", "allocator"])
def test_closing_is_recorded_with_the_moment_of_the_requester(world, sign_in, who):
    """Design 3: by the handler or an allocator; the handler hears that it is to be filed."""
    info_request = world.answered()
    client = sign_in(getattr(world, who))
    assert client.get(url("close", info_request)).status_code == 200

    response = client.post(url("close", info_request), {"closed_at": typed(clock.now()), "note": "Dank gezegd."})

    assert response.status_code == 302
    after = fresh(info_request)
    assert after.state == State.CLOSED and after.ended_at >= after.answered_at
    assert last_event(after).action == Action.CLOSED
    if who == "allocator":
        assert OutgoingMessage.objects.filter(template=MailTemplate.CLOSED, user_id=world.handler.pk).exists()
    assert "Dank gezegd." not in sign_in(world.allocator).get(after.get_absolute_url()).content.decode()


def test_never_closed_before_the_answer_nor_in_the_future(world, sign_in):
    """Design 3"""
    info_request = world.answered()
    client = sign_in(world.handler)

    for moment in (info_request.answered_at - timedelta(minutes=2), clock.now() + timedelta(minutes=2)):
        refused = client.post(url("close", info_request), {"closed_at": typed(moment), "note": "Blijft staan"})
        assert refused.status_code == 422 and "Blijft staan" in refused.content.decode()
    assert client.post(url("close", info_request), {"closed_at": ""}).status_code == 422
    assert fresh(info_request).state == State.ANSWERED
    assert sign_in(world.handler).get(url("close", world.accepted())).status_code == 409
    assert sign_in(world.other_handler).post(url("close", info_request), {}).status_code == 403


def test_closing_in_the_minute_of_the_answer_counts_as_after_it(world, sign_in):
    """A form knows whole minutes; at the desk an answer has seconds."""
    info_request = world.answered(channel=Channel.DESK)

    sign_in(world.handler).post(url("close", info_request), {"closed_at": typed(info_request.answered_at)})

    assert fresh(info_request).ended_at == info_request.answered_at


def test_the_requester_withdraws(world, sign_in):
    """IMI-03: what was visible stays so."""
    info_request = world.accepted()

    for user, status in ((world.other_handler, 403), (world.stranger, 404)):
        assert sign_in(user).post(url("withdraw", info_request), {}).status_code == status
    client = sign_in(world.handler)
    future = {"withdrawn_at": typed(clock.now() + timedelta(hours=1))}
    assert client.post(url("withdraw", info_request), future).status_code == 422
    assert client.post(url("withdraw", info_request), {"withdrawn_at": typed(clock.now())}).status_code == 302

    assert fresh(info_request).state == State.WITHDRAWN
    assert last_event(info_request).action == Action.WITHDRAWN
    assert look(world.handler, info_request, Part.PERSON, Purpose.READ)


def test_entered_in_error_ends_at_once_and_frees_the_number(world, sign_in):
    """Design 3"""
    info_request = world.received()
    client = sign_in(world.allocator)
    assert sign_in(world.handler).get(url("mark_error", info_request)).status_code == 403

    client = sign_in(world.allocator)
    assert client.post(url("mark_error", info_request), {}).status_code == 422
    by_desk = {"reason": "entered_in_error.stale_draft"}
    assert client.post(url("mark_error", info_request), by_desk).status_code == 422
    done = client.post(url("mark_error", info_request), {"reason": "entered_in_error.duplicate", "words": WORDS})

    assert done.status_code == 302
    assert fresh(info_request).state == State.ENTERED_IN_ERROR
    assert last_event(info_request).details["reason"] == "entered_in_error.duplicate"
    assert world.received(imi_number=info_request.imi_number).reference != info_request.reference
