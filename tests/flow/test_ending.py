"""Forwarding, refusing, closing, withdrawing, and what was entered in error (issue steps 6 and 10)."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from archive import retention, tasks
from archive.models import Report, ReportKind, RetentionRecord
from archive.services import reporting, retaining
from authorities.models import Mandate, Registration
from imidesk.core import audit, clock, jobs
from imidesk.core.models import OutgoingMessage
from requests_app.models import AdviceRequest, EndCorrection, InformationRequest, Preparation, SealedFile
from requests_app.permissions import look
from requests_app.selectors import case
from requests_app.services import answering, ending, relations
from requests_app.vocabulary import Action, Channel, FileKind, MailTemplate, Part, Purpose, State, TextKind
from requests_app.writing import NewFile
from tests.factories.files import pdf_bytes
from tests.factories.world import SUBJECT

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

    refused = client.post(url("forward", info_request), forward(world, reason=reason))
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"to"}
    assert 'id="id_to_error"' in refused.content.decode()
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
    unsaid = client.post(url("forward", info_request), {**silent, "to": ""})
    assert unsaid.status_code == 422 and set(unsaid.context["form"].errors) == {"to", "words"}, "both at once"
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


def test_a_note_that_is_too_long_is_refused_and_comes_back_whole(world, sign_in):
    info_request = world.answered()
    client = sign_in(world.handler)
    page = reverse("requests_app:close", args=[info_request.reference])
    assert "Hoogstens 5.000 tekens." in client.get(page).content.decode()
    closed_at = timezone.localtime(clock.now()).strftime("%Y-%m-%dT%H:%M")

    refused = client.post(page, {"closed_at": closed_at, "note": "x" * 20_000})
    assert refused.status_code == 422
    assert "x" * 20_000 in refused.content.decode()
    assert client.post(page, {"closed_at": closed_at, "note": "x" * 5_000}).status_code == 302


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


@pytest.mark.parametrize("fictitious", [False, True])
def test_what_does_not_run_in_imi_sends_nobody_to_imi(world, sign_in, fictitious):
    """Design 9: what IMI shows, on channel imi alone."""
    said = {
        "close": "Het moment dat IMI laat zien",
        "withdraw": "ingetrokken in IMI|in IMI heeft ingetrokken",
        "clarify": "na het antwoord in IMI verder vraagt",
        "detail": "Ontvangen in IMI.*zoals het scorebord van IMI telt",
        "start": "De verzoeker sluit het af in IMI",
    }

    def pages(info_request):
        client = sign_in(world.handler)
        found = {name: client.get(url(name, info_request)) for name in said if name != "start"}
        found["start"] = client.get(reverse("monitoring:start"))
        return {name: page.content.decode() for name, page in found.items()}

    at_desk = pages(world.answered(channel=Channel.DESK, fictitious=fictitious))
    through_imi = pages(world.answered())
    for name, words in said.items():
        assert re.search(words, through_imi[name], re.S), name
        assert not re.search(words, at_desk[name], re.S), name
    assert "De verzoeker sluit het af; leg dan de datum vast" in at_desk["start"]


def test_closing_in_the_minute_of_the_answer_counts_as_after_it(world, sign_in):
    """A form knows whole minutes; at the desk an answer has seconds."""
    info_request = world.answered(channel=Channel.DESK)

    sign_in(world.handler).post(url("close", info_request), {"closed_at": typed(info_request.answered_at)})

    assert fresh(info_request).ended_at == info_request.answered_at


def withdrawal(**changes):
    return {"withdrawn_at": typed(clock.now()), "reason": "withdrawn.no_longer_needed", **changes}


@pytest.mark.parametrize("state", ["received", "assigned", "accepted", "answered"])
def test_the_requester_withdraws(world, sign_in, state):
    """IMI-03: in every open state, with its reason; what was visible stays so."""
    info_request = getattr(world, state)()
    for user, status in ((world.other_handler, 403), (world.stranger, 404)):
        assert sign_in(user).post(url("withdraw", info_request), withdrawal()).status_code == status
    client = sign_in(world.allocator)
    for wrong in (
        {"withdrawn_at": typed(clock.now() + timedelta(hours=1))},
        {"withdrawn_at": typed(clock.now() - timedelta(days=400))},
        {"reason": ""},
        {"reason": "refuse.outside_scope"},
    ):
        assert client.post(url("withdraw", info_request), withdrawal(**wrong)).status_code == 422
    assert fresh(info_request).state == state

    assert client.post(url("withdraw", info_request), withdrawal()).status_code == 302

    after = fresh(info_request)
    assert (after.state, after.end_reason) == (State.WITHDRAWN, "withdrawn.no_longer_needed")
    event = last_event(info_request)
    assert (event.action, event.details["reason"]) == (Action.WITHDRAWN, "withdrawn.no_longer_needed")
    told = client.get(url("timeline", info_request)).content.decode()
    assert "De verzoeker heeft de informatie niet meer nodig" in told
    if state in ("accepted", "answered"):
        assert look(world.handler, info_request, Part.PERSON, Purpose.READ)


def test_a_withdrawal_takes_what_was_prepared_along_and_leaves_viewers(world, sign_in):
    """Prepared, with a viewer and advice open: the advice closes, the viewer reads on until the date."""
    info_request = world.complete()
    reads = {"user": world.basic, "reason": "viewer.check", "until": clock.today() + timedelta(days=9)}
    relations.add_viewer(info_request=info_request, actor=world.handler, **reads)
    relations.ask_advice(info_request=info_request, actor=world.handler, question="Mag dit?")
    answering.prepare_answer(info_request=info_request, actor=world.handler)

    assert sign_in(world.handler).post(url("withdraw", info_request), withdrawal()).status_code == 302

    assert fresh(info_request).prepared_step == ""
    assert not Preparation.objects.filter(info_request=info_request, ended_at=None).exists()
    assert AdviceRequest.objects.get(info_request=info_request).answered_at
    assert SUBJECT["family_name"] in sign_in(world.basic).get(info_request.get_absolute_url()).content.decode()


# Two people correct the date of the end


def proposal(moment, **changes):
    evidence = SimpleUploadedFile("imi.pdf", pdf_bytes(), content_type="application/pdf")
    return {"ended_at": typed(moment), "evidence": evidence, "words": "IMI toont een andere dag.", **changes}


def closed_long_ago(world, **changes):
    """Answered, and 20 days later recorded as closed, wrongly as of that day."""
    info_request = world.answered(**changes)
    clock.move(timedelta(days=20))
    info_request = ending.close_request(info_request=info_request, actor=world.handler, closed_at=clock.now())
    reporting.make_end_reports(info_request.uuid)
    return info_request


def decision(info_request, decided):
    row = EndCorrection.objects.get(info_request=info_request, decided_at=None)
    return {"proposal": row.pk, "decision": decided}


def test_two_people_correct_the_end_and_the_clocks_follow(world, sign_in):
    """Design 3, DP-03: with IMI's report as evidence; the reports are made anew and say where the date comes from."""
    info_request = closed_long_ago(world)
    record = RetentionRecord.objects.get(info_request=info_request)
    moment = info_request.answered_at + timedelta(days=3)

    proposed = sign_in(world.allocator).post(url("correct_end", info_request), proposal(moment))

    assert proposed.status_code == 302
    row = EndCorrection.objects.get(info_request=info_request)
    assert row.evidence.kind == FileKind.IMI_FULL
    assert fresh(info_request).ended_at == info_request.ended_at
    own = sign_in(world.allocator)
    assert "decision" not in own.get(url("correct_end", info_request)).content.decode()
    assert own.post(url("correct_end", info_request), decision(info_request, "approve")).status_code == 422
    second = sign_in(world.handler)
    page = second.get(url("correct_end", info_request)).content.decode()
    assert "IMI toont een andere dag." in page and str(row.evidence_id) in page and 'value="approve"' in page
    assert url("correct_end", info_request) in second.get(info_request.get_absolute_url()).content.decode()

    done = second.post(url("correct_end", info_request), decision(info_request, "approve"))

    assert done.status_code == 302
    after = fresh(info_request)
    assert typed(after.ended_at) == typed(moment)
    jobs.run_due()
    moved = RetentionRecord.objects.get(pk=record.pk)
    assert moved.block_on == retention.block_on(after.ended_at, after.module) < record.block_on
    assert moved.erase_on == retention.erase_on(after.ended_at) < record.erase_on
    numbers = list(Report.objects.filter(info_request=after, kind=ReportKind.END_FULL).values_list("event_number"))
    assert len(numbers) == 2
    overview = second.get(info_request.get_absolute_url()).content.decode()
    assert "Gecorrigeerd door twee personen, Anna Voorbeeld en Carla Voorbeeld" in overview
    told = second.get(url("timeline", info_request)).content.decode()
    assert "Er is een andere einddatum voorgesteld" in told and "De einddatum is gecorrigeerd van" in told
    event = next(e for e in audit.events_of("request", after.uuid) if e.action == Action.END_CORRECTED)
    assert event.details["proposed_by"] == world.allocator.pk and event.actor == world.handler
    again = {"proposal": row.pk, "decision": "approve"}
    assert second.post(url("correct_end", info_request), again).status_code == 422


def test_the_night_blocks_by_the_corrected_end_also_when_no_worker_ran(world):
    """A later end: what would have been blocked on the old day is not (pitfall 21)."""
    info_request = world.closed()
    reporting.make_end_reports(info_request.uuid)
    old = RetentionRecord.objects.get(info_request=info_request).block_on
    clock.move(timedelta(days=30))
    evidence = NewFile("imi.pdf", "application/pdf", pdf_bytes())
    row = ending.propose_end(
        info_request=info_request, actor=world.handler, ended_at=clock.now(), evidence=evidence, words="Later."
    )
    ending.decide_end(info_request=info_request, actor=world.allocator, proposal=row.pk, approved=True)

    assert retaining.block_due(old).blocked == []
    assert retaining.block_due(old + timedelta(days=31)).blocked == [info_request.reference]


def test_a_proposal_that_nobody_decided_lapses_at_blocking_and_the_trail_says_so(world):
    """Design 3: it does not vanish without a word; the date stays."""
    info_request = world.closed()
    reporting.make_end_reports(info_request.uuid)
    record = RetentionRecord.objects.get(info_request=info_request)
    evidence = NewFile("imi.pdf", "application/pdf", pdf_bytes())
    clock.move(timedelta(days=2))
    ending.propose_end(
        info_request=info_request, actor=world.handler, ended_at=clock.now(), evidence=evidence, words="Later."
    )
    tasks.block_all(record.block_on - timedelta(days=1))
    assert last_event(info_request).action == Action.END_CORRECTION_PROPOSED

    assert tasks.block_all(record.block_on).blocked == [info_request.reference]

    lapsed, blocked = list(audit.events_of("request", info_request.uuid))[-2:]
    assert (lapsed.action, lapsed.actor) == (Action.END_CORRECTION_LAPSED, None)
    assert blocked.action == Action.BLOCKED
    row = info_request.end_corrections.get()
    assert (row.approved, row.decided_by, row.evidence) == (False, None, None)
    assert fresh(info_request).ended_at == info_request.ended_at


def test_a_declined_proposal_changes_nothing(world, sign_in):
    info_request = closed_long_ago(world)
    moment = info_request.answered_at + timedelta(days=3)
    sign_in(world.handler).post(url("correct_end", info_request), proposal(moment))
    assert SealedFile.objects.filter(info_request=info_request, kind=FileKind.IMI_FULL).exists()

    sign_in(world.allocator).post(url("correct_end", info_request), decision(info_request, "decline"))

    assert fresh(info_request).ended_at == info_request.ended_at
    assert last_event(info_request).action == Action.END_CORRECTION_DECLINED
    assert not SealedFile.objects.filter(info_request=info_request, kind=FileKind.IMI_FULL).exists()
    assert sign_in(world.handler).get(url("correct_end", info_request)).context["form"].fields["evidence"]


def test_another_end_is_in_order_with_evidence_and_by_who_may(world, sign_in):
    info_request = closed_long_ago(world)
    client = sign_in(world.handler)
    good = info_request.answered_at + timedelta(days=3)
    for wrong in (
        proposal(info_request.answered_at - timedelta(minutes=3)),
        proposal(clock.now() + timedelta(minutes=3)),
        proposal(good, evidence=""),
        proposal(good, evidence=SimpleUploadedFile("imi.pdf", b"MZ", content_type="application/pdf")),
        proposal(good, words=" "),
        proposal(good, ended_at=""),
    ):
        assert client.post(url("correct_end", info_request), wrong).status_code == 422
    assert not EndCorrection.objects.exists()
    for user, status in ((world.other_handler, 403), (world.jurist, 403), (world.stranger, 404)):
        assert sign_in(user).post(url("correct_end", info_request), proposal(good)).status_code == status
    assert sign_in(world.handler).get(url("correct_end", world.answered())).status_code == 409
    retaining.block_due(clock.today() + timedelta(days=400))
    assert sign_in(world.handler).get(url("correct_end", info_request)).status_code == 409


def test_outside_imi_another_end_is_explained_in_words(world, sign_in):
    """No PDF of IMI is asked for where there is none, and no page names IMI."""
    client = sign_in(world.handler)
    through_imi = client.get(url("correct_end", closed_long_ago(world))).content.decode()
    assert "met de pdf van IMI" in through_imi and 'name="evidence"' in through_imi

    info_request = closed_long_ago(world, channel=Channel.DESK)
    page = client.get(url("correct_end", info_request)).content.decode()
    assert "een tweede persoon beslist" in page
    assert "pdf van IMI" not in page and 'name="evidence"' not in page
    moment = info_request.answered_at + timedelta(days=3)
    assert client.post(url("correct_end", info_request), proposal(moment, words=" ", evidence="")).status_code == 422
    assert client.post(url("correct_end", info_request), proposal(moment, evidence="")).status_code == 302

    second = sign_in(world.allocator)
    page = second.get(url("correct_end", info_request)).content.decode()
    assert "Vraag wie de datum voorstelde" in page and "in IMI" not in page
    assert second.post(url("correct_end", info_request), decision(info_request, "approve")).status_code == 302
    assert typed(fresh(info_request).ended_at) == typed(moment)


def test_a_missing_explanation_stands_beside_its_field_with_what_else_is_wrong(world, sign_in):
    info_request = closed_long_ago(world)
    client = sign_in(world.handler)
    assert "niet verplicht" not in client.get(url("correct_end", info_request)).content.decode()

    refused = client.post(url("correct_end", info_request), proposal(clock.now(), words=" ", ended_at="gisteren"))

    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"words", "ended_at"}
    assert 'id="id_words_error"' in refused.content.decode()
    good = proposal(info_request.answered_at + timedelta(days=3))
    assert client.post(url("correct_end", info_request), good).status_code == 302


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
