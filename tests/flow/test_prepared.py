""" "Ik doe dit straks in IMI": the filled form waits, the state stays (design idea 8, IMI-01)."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from authorities.models import Registration
from imidesk.core import audit, clock
from requests_app.models import InformationRequest, Preparation
from requests_app.permissions import look_as_writer
from requests_app.services import answering, assigning, ending
from requests_app.vocabulary import Action, PreparedStep, Purpose, State, TextKind

WORDS = "De motivering noemt geen dienst."
BOTH = {"competent": "on", "able": "on", "date_choice": "asked", "later": "1"}


@pytest.fixture
def info_request(world):
    """Of two handlers, and of an authority that may refuse."""
    found = world.received()
    Registration.objects.filter(module="services").update(may_refuse=True)
    both = [world.handler, world.other_handler]
    return assigning.allocate(info_request=found, actor=world.allocator, handlers=both)


def url(name, info_request):
    return reverse(f"requests_app:{name}", args=[info_request.reference])


def fresh(info_request):
    return InformationRequest.objects.get(pk=info_request.pk)


def actions(info_request):
    return [event.action for event in audit.events_of("request", info_request.uuid)]


def typed(moment):
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def forward_later(client, world, info_request):
    return client.post(
        url("forward", info_request),
        {"reason": "forward.not_competent", "to": world.justis.pk, "words": WORDS, "later": "1"},
    )


def test_acceptance_waits_and_is_finished_with_its_own_date(world, sign_in, info_request):
    later = info_request.asked_on + timedelta(days=7)
    client = sign_in(world.handler)

    response = client.post(url("accept", info_request), {**BOTH, "date_choice": "other", "proposed_on": later})

    assert response.url == url("prepared", info_request)
    waiting = fresh(info_request)
    assert (waiting.state, waiting.prepared_step) == (State.ASSIGNED, PreparedStep.ACCEPT)
    assert client.get(url("accept", info_request)).url == url("prepared", info_request)
    assert client.get(url("prepared", info_request)).status_code == 200
    done_at = clock.now()
    assert client.post(url("prepared", info_request), {"done_at": typed(done_at)}).status_code == 302
    after = fresh(info_request)
    assert (after.state, after.prepared_step, after.proposed_on) == (State.ACCEPTED, "", later)
    assert actions(after)[-2:] == [Action.PREPARED, Action.ACCEPTED]
    assert not Preparation.objects.filter(info_request=after, ended_at=None).exists()


def test_even_later_both_confirmations_are_asked(world, sign_in, info_request):
    """IN-12"""
    refused = sign_in(world.handler).post(url("accept", info_request), {"date_choice": "asked", "later": "1"})

    assert refused.status_code == 422
    assert fresh(info_request).prepared_step == ""


def test_a_moment_of_the_future_is_refused(world, sign_in, info_request):
    """Design 9: not in the future nor before the previous act."""
    client = sign_in(world.handler)
    client.post(url("accept", info_request), BOTH)

    for moment in (clock.now() + timedelta(hours=1), info_request.received_at - timedelta(hours=1)):
        assert client.post(url("prepared", info_request), {"done_at": typed(moment)}).status_code == 422
    assert client.post(url("prepared", info_request), {}).status_code == 422
    assert fresh(info_request).state == State.ASSIGNED


def test_what_is_prepared_is_frozen(world, sign_in, info_request):
    """Design 9: every other step says so."""
    client = sign_in(world.handler)
    forward_later(client, world, info_request)

    assert client.post(url("give_back", info_request), {"reason": "return.absent"}).status_code == 409
    assert client.get(url("give_back", info_request)).status_code == 409
    assert client.post(url("accept", info_request), BOTH).url == url("prepared", info_request)
    assert sign_in(world.allocator).get(url("assign", info_request)).status_code == 409
    assert fresh(info_request).state == State.ASSIGNED


def test_a_forward_waits_with_words_that_only_the_writer_reads(world, sign_in, info_request):
    """Design 4: reasons in words, also by their writer."""
    forward_later(sign_in(world.handler), world, info_request)
    waiting = Preparation.objects.get(info_request=info_request)
    assert WORDS.encode() not in bytes(waiting.words)

    assert WORDS in sign_in(world.handler).get(url("prepared", info_request)).content.decode()
    other = sign_in(world.other_handler).get(url("prepared", info_request))
    assert other.status_code == 200 and WORDS not in other.content.decode()
    assert sign_in(world.allocator).get(url("prepared", info_request)).status_code == 403
    with pytest.raises(PermissionDenied):
        look_as_writer(world.other_handler, waiting, Purpose.READ)


@pytest.mark.parametrize("finisher", ["handler", "other_handler"])
def test_a_prepared_forward_is_finished_with_its_facts(world, sign_in, info_request, finisher):
    forward_later(sign_in(world.handler), world, info_request)

    response = sign_in(getattr(world, finisher)).post(url("prepared", info_request), {"done_at": typed(clock.now())})

    assert response.status_code == 302
    after = fresh(info_request)
    assert (after.state, after.forwarded_to, after.end_reason) == (
        State.FORWARDED,
        world.justis,
        "forward.not_competent",
    )
    written = after.sealedtext_set.get(kind=TextKind.FORWARD_REASON)
    assert written.written_by == world.handler
    assert WORDS.encode() not in bytes(written.text)


def test_a_prepared_refusal_is_finished(world, sign_in, info_request):
    client = sign_in(world.handler)
    client.post(url("refuse", info_request), {"reason": "refuse.outside_scope", "words": WORDS, "later": "1"})
    assert fresh(info_request).prepared_step == PreparedStep.REFUSE

    assert client.post(url("prepared", info_request), {"done_at": typed(clock.now())}).status_code == 302

    assert (fresh(info_request).state, fresh(info_request).end_reason) == (State.REFUSED, "refuse.outside_scope")


def test_back_to_editing_returns_what_was_filled_in(world, sign_in, info_request):
    """Design 9: "Terug naar bewerken"."""
    client = sign_in(world.handler)
    forward_later(client, world, info_request)
    assert client.get(url("unprepare", info_request)).status_code == 405
    assert sign_in(world.jurist).post(url("unprepare", info_request)).status_code == 403

    response = sign_in(world.handler).post(url("unprepare", info_request))

    assert fresh(info_request).prepared_step == ""
    assert actions(info_request)[-1] == Action.PREPARATION_WITHDRAWN
    form = sign_in(world.handler).get(response.url).context["form"]
    assert form.initial == {"reason": "forward.not_competent", "to": world.justis.pk, "words": WORDS}
    second = sign_in(world.handler).post(url("unprepare", info_request))
    assert second.status_code == 409
    assert "De stap ‘Terug naar bewerken’ kan nu niet meer: het is al gebeurd" in second.content.decode()
    assert sign_in(world.other_handler).get(response.url).context["form"].initial.get("words") is None


def test_a_prepared_answer_has_its_own_page(world, sign_in):
    info_request = world.complete()
    answering.prepare_answer(info_request=info_request, actor=world.handler)

    assert sign_in(world.handler).get(url("prepared", info_request)).url == url("enter_in_imi", info_request)


def test_without_anything_waiting_the_page_leads_back(world, sign_in, info_request):
    client = sign_in(world.handler)

    assert client.get(url("prepared", info_request)).url == info_request.get_absolute_url()
    assert client.post(url("prepared", info_request), {"done_at": typed(clock.now())}).status_code == 302
    assert fresh(info_request).state == State.ASSIGNED


def test_a_withdrawal_by_the_requester_ends_what_waits(world, sign_in, info_request):
    forward_later(sign_in(world.handler), world, info_request)

    ending.withdraw_request(
        info_request=info_request, actor=world.allocator, withdrawn_at=clock.now(), reason="withdrawn.unknown"
    )

    assert (fresh(info_request).state, fresh(info_request).prepared_step) == (State.WITHDRAWN, "")
    assert sign_in(world.handler).get(url("prepared", info_request)).status_code == 302
