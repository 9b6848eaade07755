"""Accepting, and what stands in its way (issue step 6)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from authorities.models import Mandate, Registration
from imidesk.core import audit, clock
from imidesk.core.models import OutgoingMessage
from requests_app.catalogue import set_for
from requests_app.models import InformationRequest, ReadRecord
from requests_app.permissions import look
from requests_app.selectors import case
from requests_app.services import answering, receiving
from requests_app.services.receiving import LateActs
from requests_app.vocabulary import Action, Channel, MailTemplate, Part, Procedure, Purpose, State
from requests_app.writing import NewQuestion
from tests.factories.world import SUBJECT

BOTH = {"competent": "on", "able": "on", "date_choice": "asked"}


def url(name, info_request):
    return reverse(f"requests_app:{name}", args=[info_request.reference])


def fresh(info_request):
    return InformationRequest.objects.get(pk=info_request.pk)


def last_event(info_request):
    return list(audit.events_of("request", info_request.uuid))[-1]


def text_of(response):
    return response.content.decode()


def typed(moment):
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def criminal_questions():
    every = set_for(Procedure.INFORMATION_REQUEST, False).questions
    return tuple(NewQuestion(code=question.code) for question in every if question.is_criminal)


def test_questions_and_motivation_are_readable_before_acceptance_and_nothing_else(world, sign_in):
    """ANS-01, IN-08; the look leaves its record (SEC-10)."""
    info_request = world.assigned()

    page = sign_in(world.handler).get(url("accept", info_request))

    assert page.status_code == 200
    assert "Wij controleren de vestiging." in text_of(page)
    assert page.context["tabs"]
    assert SUBJECT["family_name"] not in text_of(page)
    record = ReadRecord.objects.get(request_uuid=info_request.uuid)
    assert (record.user, record.part, record.purpose) == (world.handler, Part.QUESTIONS, Purpose.JUDGE)


@pytest.mark.parametrize("missing", ["competent", "able", "date_choice", "done_at"])
def test_both_confirmations_are_needed(world, sign_in, missing):
    """IN-12"""
    info_request = world.assigned()
    posted = {**BOTH, "done_at": typed(clock.now())}
    del posted[missing]
    client = sign_in(world.handler)

    refused = client.post(url("accept", info_request), posted)

    assert refused.status_code == 422 and missing in refused.context["form"].errors
    assert fresh(info_request).state == State.ASSIGNED
    done = client.post(url("accept", info_request), {**BOTH, "done_at": typed(clock.now())})
    assert done.status_code == 302
    assert fresh(info_request).state == State.ACCEPTED


def test_accepting_opens_the_person_to_this_handler(world, sign_in):
    """IN-08, ANS-04: the asked date is taken over, the moment in IMI counts, the allocators hear of it."""
    info_request = world.assigned()
    done_at = clock.now() - timedelta(hours=1)

    sign_in(world.handler).post(url("accept", info_request), {**BOTH, "done_at": typed(done_at)})

    after = fresh(info_request)
    assert after.accepted_at == done_at.replace(second=0, microsecond=0)
    assert after.agreed_on == after.asked_on
    event = last_event(after)
    assert event.action == Action.ACCEPTED
    assert event.details["mandate"] == Mandate.objects.get(holder=world.handler).pk
    assert OutgoingMessage.objects.filter(template=MailTemplate.ACCEPTED, user_id=world.allocator.pk).exists()
    assert case.subject(after, look(world.handler, after, Part.PERSON, Purpose.ANSWER))["family_name"]


def test_an_empty_motivation_is_not_laid_on_the_requester(world, sign_in):
    client = sign_in(world.handler)
    words = "Er is geen motivering van de verzoeker overgenomen."
    assert words in client.get(url("accept", world.assigned(motivation=""))).content.decode()
    assert words not in client.get(url("accept", world.assigned())).content.decode()


def test_another_date_is_proposed_and_agreed_later(world, sign_in):
    """ANS-04: until the requester agrees, the asked date counts."""
    info_request = world.assigned()
    later = info_request.asked_on + timedelta(days=10)
    client = sign_in(world.handler)
    posted = {**BOTH, "date_choice": "other", "done_at": typed(clock.now())}

    assert client.post(url("accept", info_request), posted).status_code == 422
    past = {**posted, "proposed_on": clock.today() - timedelta(days=1)}
    refused = client.post(url("accept", info_request), past)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["proposed_on"])
    assert client.post(url("accept", info_request), {**posted, "proposed_on": later}).status_code == 302
    after = fresh(info_request)
    assert (after.proposed_on, after.agreed_on, after.answer_due_on) == (later, None, info_request.asked_on)

    assert client.get(url("agree_date", after)).context["form"].initial["agreed_on"] == later
    assert client.post(url("agree_date", after), {"agreed_on": clock.today() - timedelta(days=9)}).status_code == 422
    assert client.post(url("agree_date", after), {"agreed_on": later}).status_code == 302
    assert fresh(after).answer_due_on == later
    assert last_event(after).action == Action.DATE_AGREED
    assert sign_in(world.allocator).get(url("agree_date", after)).status_code == 403


def test_a_date_that_was_typed_but_not_chosen_is_asked_about(world, sign_in):
    """Nothing that somebody typed is dropped in silence: another date would be agreed than he meant."""
    info_request = world.assigned()
    later = info_request.asked_on + timedelta(days=10)
    client = sign_in(world.handler)
    posted = {**BOTH, "date_choice": "asked", "done_at": typed(clock.now()), "proposed_on": later}

    refused = client.post(url("accept", info_request), posted)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["proposed_on"])
    assert fresh(info_request).accepted_at is None

    assert client.post(url("accept", info_request), {**posted, "proposed_on": ""}).status_code == 302
    assert fresh(info_request).agreed_on == info_request.asked_on


@pytest.mark.parametrize("hours", [1, -5])
def test_the_moment_is_not_in_the_future_nor_before_receipt(world, sign_in, hours):
    """Design 9."""
    info_request = world.assigned()
    posted = {**BOTH, "done_at": typed(clock.now() + timedelta(hours=hours))}

    assert sign_in(world.handler).post(url("accept", info_request), posted).status_code == 422
    assert fresh(info_request).state == State.ASSIGNED


def test_without_a_mandate_the_page_says_whom_to_ask(world, sign_in):
    """Design 8: never a dead end; the mandate of the day of the act counts (design 9)."""
    info_request = world.assigned(received_at=clock.now() - timedelta(days=3))
    yesterday = clock.now() - timedelta(days=1)
    Mandate.objects.filter(holder=world.handler).update(valid_until=clock.today() - timedelta(days=1))
    client = sign_in(world.handler)

    page = client.get(url("accept", info_request))
    refused = client.post(url("accept", info_request), {**BOTH, "done_at": typed(clock.now())})

    assert "Dirk Voorbeeld" in text_of(page) and "+31 73 000 0001" in text_of(page)
    assert url("give_back", info_request) + "?reason=return.no_mandate" in text_of(page)
    assert refused.status_code == 422 and "Dirk Voorbeeld" in text_of(refused)
    assert client.post(url("accept", info_request), {**BOTH, "done_at": typed(yesterday)}).status_code == 302
    assert fresh(info_request).state == State.ACCEPTED


def test_without_questions_the_page_leads_to_taking_them_over(world, sign_in):
    """Issue step 2."""
    info_request = world.assigned(questions=())
    client = sign_in(world.handler)

    page = client.get(url("accept", info_request))

    assert url("choose_questions", info_request) in text_of(page)
    assert client.post(url("accept", info_request), {**BOTH, "done_at": typed(clock.now())}).status_code == 422
    assert fresh(info_request).state == State.ASSIGNED


def test_at_the_desk_accepting_is_one_act(world, sign_in):
    """Design 9, "Channel desk": no moment is asked, nothing waits."""
    info_request = world.assigned(channel=Channel.DESK)
    client = sign_in(world.handler)

    assert "done_at" not in client.get(url("accept", info_request)).context["form"].fields
    assert client.post(url("accept", info_request), {**BOTH, "later": "1"}).status_code == 302
    assert fresh(info_request).state == State.ACCEPTED


def test_with_allocation_off_a_handler_accepts_from_received(world, sign_in):
    """Design 3: two events, one step for the user."""
    Registration.objects.filter(module="services").update(works_with_allocation=False)
    info_request = world.received()

    response = sign_in(world.handler).post(url("accept", info_request), {**BOTH, "done_at": typed(clock.now())})

    assert response.status_code == 302
    actions = [event.action for event in audit.events_of("request", info_request.uuid)]
    assert actions[-2:] == [Action.TAKEN_UP, Action.ACCEPTED]


def test_who_may_not_accept(world, sign_in):
    """IN-04; not seen 404, seen but not allowed 403, not possible now 409."""
    info_request = world.assigned()

    for user, status in (
        (world.allocator, 403),
        (world.other_handler, 403),
        (world.jurist, 403),
        (world.stranger, 404),
    ):
        client = sign_in(user)
        assert client.get(url("accept", info_request)).status_code == status
        assert client.post(url("accept", info_request), BOTH).status_code == status
    accepted = world.accepted()
    assert sign_in(world.handler).post(url("accept", accepted), BOTH).status_code == 409
    assert fresh(info_request).state == State.ASSIGNED


def test_where_preference_3_is_no_the_coordinator_gets_it(world, sign_in):
    """AUT-30"""
    info_request = world.assigned()
    Registration.objects.filter(module="services").update(may_accept=False)
    client = sign_in(world.handler)

    assert url("forward", info_request) + "?to=nimic" in text_of(client.get(url("accept", info_request)))
    assert client.post(url("accept", info_request), {**BOTH, "done_at": typed(clock.now())}).status_code == 409


def test_questions_on_criminal_sanctions_point_to_justis(world, sign_in):
    """IN-15, IN-16"""
    only = world.assigned(questions=criminal_questions())
    mixed = world.assigned(questions=(NewQuestion(tab="A", text="Bent u bevoegd?", kind="text"), *criminal_questions()))
    client = sign_in(world.handler)

    for info_request, is_all in ((only, True), (mixed, False)):
        page = client.get(url("accept", info_request))
        assert page.context["criminal"].is_all == is_all
        assert url("forward", info_request) + "?to=justis" in text_of(page)
    form = client.get(url("forward", only)).context["form"]
    assert form.initial == {"to": world.justis.pk, "reason": "forward.criminal_sanctions"}


def test_only_the_named_handler_confirms_a_late_acceptance(world, sign_in):
    """IMI-04: the person opens to nobody before that."""
    now = clock.now()
    late = LateActs(handler=world.handler, accepted_at=now - timedelta(days=2))
    info_request = receiving.register_request(
        actor=world.allocator, new=world.new_request(received_at=now - timedelta(days=4), late=late)
    )

    assert sign_in(world.allocator).get(url("confirm_acceptance", info_request)).status_code == 403
    assert sign_in(world.allocator).post(url("confirm_acceptance", info_request)).status_code == 403
    client = sign_in(world.handler)
    assert SUBJECT["family_name"] not in text_of(client.get(url("confirm_acceptance", info_request)))
    assert client.post(url("confirm_acceptance", info_request)).status_code == 302

    assert last_event(info_request).action == Action.ACCEPTANCE_CONFIRMED
    assert look(world.handler, info_request, Part.PERSON, Purpose.READ)


def test_a_request_accepted_elsewhere_meanwhile_is_told(world, sign_in):
    """Two tabs, one act (SP-29)."""
    info_request = world.assigned()
    client = sign_in(world.handler)
    answering.accept_request(info_request=info_request, actor=world.handler)

    assert client.post(url("accept", info_request), {**BOTH, "done_at": typed(clock.now())}).status_code == 409
    assert [event.action for event in audit.events_of("request", info_request.uuid)].count(Action.ACCEPTED) == 1
