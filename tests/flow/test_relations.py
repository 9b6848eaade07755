"""After acceptance: a second handler, who reads along, advice of the lawyer, and what the requester asks further."""

from datetime import UTC, datetime, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from archive.services import reporting, retaining
from authorities.models import Mandate, Membership
from imidesk.core import audit, clock
from imidesk.core.errors import DomainError, StepNotPossible
from imidesk.core.models import OutgoingMessage
from requests_app.models import AdviceRequest, InformationRequest, ReadRecord, Reminder, SealedFile, Viewer
from requests_app.models.access import Access
from requests_app.permissions import look
from requests_app.selectors import relations as found
from requests_app.selectors import work
from requests_app.services import answering, assigning, ending, receiving, relations
from requests_app.services.receiving import LateActs
from requests_app.vocabulary import Action, FileKind, MailTemplate, Part, Purpose, State
from requests_app.writing import NewQuestion
from tests.factories.world import SUBJECT

NAME = SUBJECT["family_name"]
TICKS = {"competent": "on", "able": "on"}
WORDS = "Wat bedoel je met vraag 2?"


def url(name, info_request, *args):
    return reverse(f"requests_app:{name}", args=[info_request.reference, *args])


def fresh(info_request):
    return InformationRequest.objects.get(pk=info_request.pk)


def last_event(info_request):
    return list(audit.events_of("request", info_request.uuid))[-1]


def text_of(response):
    return response.content.decode()


def typed(moment):
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def for_two(world, **changes):
    """Allocated to two handlers, accepted by the first."""
    info_request = assigning.allocate(
        info_request=world.received(**changes), actor=world.allocator, handlers=[world.handler, world.other_handler]
    )
    return answering.accept_request(info_request=info_request, actor=world.handler, done_at=clock.now())


def later(months=0, days=0):
    return clock.today() + relativedelta(months=months, days=days)


def reads_along(world, info_request, user, until=None):
    return relations.add_viewer(
        info_request=info_request,
        actor=world.handler,
        user=user,
        reason="viewer.expertise",
        until=until or later(days=10),
    )


# The second handler


def test_the_second_handler_accepts_for_himself_and_only_then_sees_the_person(world, sign_in):
    """IN-03, design idea 2."""
    info_request = for_two(world)
    client = sign_in(world.other_handler)
    before = client.get(info_request.get_absolute_url())
    assert url("join", info_request) in text_of(before) and NAME not in text_of(before)
    assert client.get(url("accept", info_request)).url == url("join", info_request)
    assert client.post(url("accept", info_request), TICKS).url == url("join", info_request)

    page = client.get(url("join", info_request))
    assert "Wij controleren de vestiging." in text_of(page) and NAME not in text_of(page)
    for missing in TICKS:
        refused = client.post(url("join", info_request), {key: "on" for key in TICKS if key != missing})
        assert refused.status_code == 422 and missing in refused.context["form"].errors
    assert client.post(url("join", info_request), TICKS).url == info_request.get_absolute_url()

    assert NAME in text_of(client.get(info_request.get_absolute_url()))
    event = last_event(info_request)
    assert event.action == Action.JOINED and event.details["mandate"]
    assert fresh(info_request).accepted_at == info_request.accepted_at
    assert client.post(url("join", info_request), TICKS).status_code == 403


def test_accepting_too_needs_an_allocation_and_a_mandate(world, sign_in):
    info_request = for_two(world)
    for user, status in ((world.allocator, 403), (world.handler, 403), (world.jurist, 403), (world.stranger, 404)):
        assert sign_in(user).get(url("join", info_request)).status_code == status
        assert sign_in(user).post(url("join", info_request), TICKS).status_code == status
    Mandate.objects.filter(holder=world.other_handler).delete()
    client = sign_in(world.other_handler)

    assert "Carla Voorbeeld" in text_of(client.get(url("join", info_request)))
    refused = client.post(url("join", info_request), TICKS)

    assert refused.status_code == 422
    assert NAME not in text_of(client.get(info_request.get_absolute_url()))


def test_who_was_a_second_too_late_is_led_to_accept_too(world, sign_in, monkeypatch):
    """Two press at once: one accepts, the other comes to the page of his own acceptance."""
    info_request = assigning.allocate(
        info_request=world.received(), actor=world.allocator, handlers=[world.handler, world.other_handler]
    )
    real = answering.accept_request

    def after_the_other(**facts):
        real(info_request=info_request, actor=world.handler, done_at=clock.now())
        return real(**facts)

    monkeypatch.setattr(answering, "accept_request", after_the_other)
    posted = {**TICKS, "date_choice": "asked", "done_at": typed(clock.now())}

    response = sign_in(world.other_handler).post(url("accept", info_request), posted)

    assert response.url == url("join", info_request)
    assert [event.action for event in audit.events_of("request", info_request.uuid)].count(Action.ACCEPTED) == 1


def test_confirming_is_only_for_who_was_named_at_late_registration(world, sign_in):
    """IMI-04: a handler who came in later accepts for himself, with both ticks."""
    received_at = clock.now() - timedelta(days=2)
    new = world.new_request(
        received_at=received_at, late=LateActs(world.handler, received_at + timedelta(hours=1), None, None)
    )
    named = receiving.register_request(actor=world.allocator, new=new)
    client = sign_in(world.handler)
    assert client.get(url("join", named)).url == url("confirm_acceptance", named)
    assert client.post(url("confirm_acceptance", named)).status_code == 302

    second = for_two(world)
    client = sign_in(world.other_handler)
    assert client.post(url("confirm_acceptance", second)).url == url("join", second)
    with pytest.raises(DomainError):
        answering.confirm_acceptance(info_request=second, actor=world.other_handler)


def test_nobody_joins_what_was_never_accepted(world, sign_in):
    info_request = ending.forward_request(
        info_request=world.assigned(), actor=world.handler, to=world.justis, reason="forward.not_competent"
    )
    client = sign_in(world.handler)

    assert url("join", info_request) not in text_of(client.get(info_request.get_absolute_url()))
    assert client.get(url("join", info_request)).status_code == 409


def test_after_the_end_a_new_handler_takes_it_over_without_ticks(world, sign_in):
    info_request = for_two(world)
    ending.withdraw_request(
        info_request=info_request, actor=world.handler, withdrawn_at=clock.now(), reason="withdrawn.unknown"
    )
    client = sign_in(world.other_handler)

    assert not client.get(url("join", info_request)).context["form"].fields
    assert client.post(url("join", info_request)).status_code == 302
    assert NAME in text_of(client.get(info_request.get_absolute_url()))


# Who reads along


PAGES = ("detail", "files", "timeline")


def test_a_viewer_reads_everything_and_changes_nothing(world, sign_in):
    """Design 9: read-only, with a badge, a read record and a mail without content."""
    info_request = world.complete()
    posted = {"person": world.basic.pk, "reason": "viewer.expertise", "until": later(days=10).isoformat()}
    assert sign_in(world.basic).get(url("timeline", info_request)).status_code == 403
    assert NAME not in text_of(sign_in(world.basic).get(info_request.get_absolute_url()))

    response = sign_in(world.handler).post(url("add_viewer", info_request), {**posted, "words": "Weet veel van vuur."})

    assert response.url == info_request.get_absolute_url()
    event = last_event(info_request)
    assert (event.action, event.details["user"]) == (Action.VIEWER_ADDED, world.basic.pk)
    mail = OutgoingMessage.objects.get(template=MailTemplate.VIEWER_ADDED, user_id=world.basic.pk)
    assert mail.subject == info_request.uuid
    client = sign_in(world.basic)
    page = client.get(info_request.get_absolute_url())
    assert NAME in text_of(page) and "Weet veel van vuur." in text_of(page)
    assert "Je leest mee tot en met" in text_of(page) and "Carla Voorbeeld" in text_of(page)
    letter = info_request.questions.first().tab
    assert "Ja, dat klopt." in text_of(client.get(url("tab", info_request, letter)))
    for address in (*(url(name, info_request) for name in PAGES), reverse("archive:reports", args=[info_request])):
        assert "Je leest mee tot en met" in text_of(client.get(address)), address
    assert set(ReadRecord.objects.filter(user=world.basic).values_list("purpose", flat=True)) == {Purpose.READ}
    for name in ("subject", "send", "add_viewer", "ask_advice", "forward", "withdraw", "already_answered"):
        assert url(name, info_request) not in text_of(page), name
        assert client.get(url(name, info_request)).status_code == 403, name
        assert client.post(url(name, info_request), {}).status_code == 403, name
    assert client.post(url("tab", info_request, letter), {}).status_code in (403, 409, 422)
    with pytest.raises(PermissionDenied):
        answering.complete_subject(info_request=info_request, actor=world.basic, subject={})


def test_only_that_colleague_and_only_until_that_day(world, sign_in):
    """It ends by itself at midnight in Amsterdam, whatever the server's own day is."""
    info_request = world.accepted()
    reads_along(world, info_request, world.jurist, until=clock.today())
    jurist = sign_in(world.jurist)
    assert NAME in text_of(jurist.get(info_request.get_absolute_url()))
    for user in (world.basic, world.other_handler, world.allocator):
        assert NAME not in text_of(sign_in(user).get(info_request.get_absolute_url()))
    midnight = datetime.combine(later(days=1), datetime.min.time(), clock.AMSTERDAM)

    clock.move(midnight - clock.now() - timedelta(minutes=1))
    assert NAME in text_of(sign_in(world.jurist).get(info_request.get_absolute_url()))
    clock.move(timedelta(minutes=2))

    assert clock.now().astimezone(UTC).date() < clock.today()
    page = text_of(sign_in(world.jurist).get(info_request.get_absolute_url()))
    assert NAME not in page and "Je leest mee" not in page
    assert sign_in(world.jurist).get(url("files", info_request)).status_code == 403
    again = reads_along(world, info_request, world.jurist)
    assert Viewer.objects.get(info_request=info_request, ended_at=None) == again


def test_a_viewer_is_taken_away_and_gone(world, sign_in):
    info_request = world.accepted()
    row = reads_along(world, info_request, world.basic)
    client = sign_in(world.basic)
    assert NAME in text_of(client.get(info_request.get_absolute_url()))
    remove = url("remove_viewer", info_request, row.pk)
    assert client.post(remove).status_code == 403
    assert remove not in text_of(client.get(info_request.get_absolute_url()))
    assert remove in text_of(sign_in(world.handler).get(info_request.get_absolute_url()))
    opened = sign_in(world.handler).get(remove)
    assert (opened.status_code, opened["Allow"]) == (405, "POST")
    assert "Dit adres kun je niet als pagina openen" in text_of(opened)
    assert f'href="{info_request.get_absolute_url()}"' in text_of(opened)

    assert sign_in(world.handler).post(remove).url == info_request.get_absolute_url()

    assert last_event(info_request).action == Action.VIEWER_REMOVED
    assert NAME not in text_of(sign_in(world.basic).get(info_request.get_absolute_url()))
    sign_in(world.handler).post(remove)
    assert [event.action for event in audit.events_of("request", info_request.uuid)].count(Action.VIEWER_REMOVED) == 1


def test_who_leaves_the_authority_reads_along_no_more(world, sign_in):
    info_request = world.accepted()
    reads_along(world, info_request, world.basic)
    assert NAME in text_of(sign_in(world.basic).get(info_request.get_absolute_url()))

    Membership.objects.filter(user=world.basic).update(valid_until=later(days=-1))

    assert sign_in(world.basic).get(info_request.get_absolute_url()).status_code == 404


def test_a_viewer_is_a_colleague_with_a_reason_and_a_date(world, sign_in):
    info_request = world.accepted()
    client = sign_in(world.handler)
    offered = client.get(url("add_viewer", info_request)).context["form"].people.values()
    assert {world.jurist, world.basic, world.other_handler} <= set(offered)
    assert not {world.handler, world.stranger} & set(offered)
    good = {"person": world.jurist.pk, "reason": "viewer.check", "until": later(days=3).isoformat(), "words": "x"}
    for wrong in (
        {"person": world.stranger.pk},
        {"person": world.handler.pk},
        {"reason": ""},
        {"reason": "viewer.other", "words": ""},
        {"until": later(days=-1).isoformat()},
        {"until": later(months=6, days=1).isoformat()},
        {"until": ""},
    ):
        refused = client.post(url("add_viewer", info_request), {**good, **wrong})
        assert refused.status_code == 422, wrong
    assert not Viewer.objects.exists()
    with pytest.raises(DomainError):
        reads_along(world, info_request, world.stranger)

    assert client.post(url("add_viewer", info_request), good).status_code == 302
    assert client.post(url("add_viewer", info_request), good).status_code == 422
    for user, status in ((world.allocator, 403), (world.jurist, 403), (world.stranger, 404)):
        assert sign_in(user).post(url("add_viewer", info_request), good).status_code == status
    assert sign_in(world.handler).get(url("add_viewer", world.assigned())).status_code == 409


def test_viewing_never_outlives_blocking(world, sign_in):
    info_request = world.closed()
    clock.move(timedelta(days=35))
    with pytest.raises(DomainError):
        reads_along(world, info_request, world.basic, until=later(months=6))
    row = reads_along(world, info_request, world.basic, until=found.latest_viewing_day(info_request, clock.today()))
    reporting.make_end_reports(info_request.uuid)
    assert NAME in text_of(sign_in(world.basic).get(info_request.get_absolute_url()))

    retaining.block_due(row.until)

    assert Viewer.objects.get(pk=row.pk).ended_at is not None
    page = text_of(sign_in(world.basic).get(info_request.get_absolute_url()))
    assert NAME not in page and "Je leest mee" not in page


# Advice of the lawyer


def test_the_lawyer_reads_the_questions_and_never_the_person(world, sign_in):
    """Design 1: until the answer; the question and the advice stay with who may read the questions."""
    info_request = world.accepted()
    closed = text_of(sign_in(world.jurist).get(info_request.get_absolute_url()))
    assert "Wij controleren de vestiging." not in closed
    asking = sign_in(world.handler)
    unasked = asking.post(url("ask_advice", info_request), {"question": " "})
    assert unasked.status_code == 422 and 'id="id_question_error"' in text_of(unasked)
    assert "niet verplicht" not in text_of(unasked)

    done = asking.post(url("ask_advice", info_request), {"question": "Valt dit onder de richtlijn?"})

    assert done.url == info_request.get_absolute_url()
    assert OutgoingMessage.objects.filter(template=MailTemplate.ADVICE_ASKED, user_id=world.jurist.pk).exists()
    assert asking.post(url("ask_advice", info_request), {"question": "En dit?"}).status_code == 422
    client = sign_in(world.jurist)
    assert info_request.reference in text_of(client.get(reverse("monitoring:start")))
    page = text_of(client.get(info_request.get_absolute_url()))
    assert "Wij controleren de vestiging." in page and "Valt dit onder de richtlijn?" in page
    assert NAME not in page and "Vraag dan Carla Voorbeeld" in page
    form = text_of(client.get(url("ask_advice", info_request)))
    assert "Valt dit onder de richtlijn?" in form and NAME not in form
    assert set(ReadRecord.objects.filter(user=world.jurist).values_list("purpose", flat=True)) == {Purpose.JUDGE}
    with pytest.raises(PermissionDenied):
        look(world.jurist, info_request, Part.PERSON, Purpose.READ)

    unsaid = client.post(url("ask_advice", info_request), {"answer": " "})
    assert unsaid.status_code == 422 and 'id="id_answer_error"' in text_of(unsaid)
    assert "niet verplicht" not in text_of(unsaid)
    assert client.post(url("ask_advice", info_request), {"answer": "Ja, artikel 10."}).status_code == 302

    assert last_event(info_request).action == Action.ADVICE_GIVEN
    assert OutgoingMessage.objects.filter(template=MailTemplate.ADVICE_GIVEN, user_id=world.handler.pk).exists()
    after = text_of(client.get(info_request.get_absolute_url()))
    assert "Valt dit onder de richtlijn?" not in after and "Wij controleren de vestiging." not in after
    for user in (world.handler, world.allocator):
        assert "Ja, artikel 10." in text_of(sign_in(user).get(info_request.get_absolute_url()))
    assert "Ja, artikel 10." not in text_of(sign_in(world.other_handler).get(info_request.get_absolute_url()))
    second = client.post(url("ask_advice", info_request), {"answer": "Nog iets."})
    assert second.status_code == 409
    assert "Het advies is al gegeven." in text_of(second) and "de status van" not in text_of(second)
    unknowing = sign_in(world.basic).post(url("ask_advice", info_request), {"answer": "Nog iets."})
    assert unknowing.status_code == 409 and "Het advies is al gegeven." not in text_of(unknowing)


@pytest.mark.parametrize("end", ["withdraw", "error", "forward"])
def test_an_end_closes_advice_that_was_asked(world, sign_in, end):
    info_request = world.assigned()
    relations.ask_advice(info_request=info_request, actor=world.handler, question="Mag dit?")
    assert "Mag dit?" in text_of(sign_in(world.jurist).get(info_request.get_absolute_url()))

    if end == "withdraw":
        ending.withdraw_request(
            info_request=info_request, actor=world.allocator, withdrawn_at=clock.now(), reason="withdrawn.replaced"
        )
    elif end == "error":
        ending.mark_entered_in_error(
            info_request=info_request, actor=world.allocator, reason="entered_in_error.duplicate"
        )
    else:
        ending.forward_request(
            info_request=info_request, actor=world.handler, to=world.nimic, reason="forward.not_competent"
        )

    row = AdviceRequest.objects.get(info_request=info_request)
    assert row.answered_at is not None and row.answered_by is None
    page = text_of(sign_in(world.jurist).get(info_request.get_absolute_url()))
    assert "Mag dit?" not in page and "Wij controleren de vestiging." not in page
    with pytest.raises(StepNotPossible):
        relations.give_advice(info_request=info_request, actor=world.jurist, answer="Ja.")


# What the requester asks further


def further(**changes):
    return {"asked_at": typed(clock.now()), "reply_by": later(days=5).isoformat(), "words": WORDS, **changes}


def test_the_requester_asks_further_and_gets_a_second_answer(world, sign_in):
    """IMI-02: answered → accepted → answered; what was sent stays, the figures keep the first answer."""
    info_request = world.answered()
    reporting.make_sent_copy(info_request.uuid)
    first = fresh(info_request).answered_at
    client = sign_in(world.handler)
    clock.move(timedelta(days=20))

    assert client.post(url("clarify", info_request), further()).url == info_request.get_absolute_url()

    after = fresh(info_request)
    assert (after.state, after.clarify_by, after.answer_due_on) == (State.ACCEPTED, later(days=5), later(days=5))
    assert not InformationRequest.objects.filter(work.late(Access(world.handler)), pk=info_request.pk).exists()
    assert Reminder.objects.filter(info_request=info_request, sent_at=None).exists()
    assert last_event(info_request).action == Action.CLARIFICATION_ASKED
    letter = info_request.questions.first().tab
    tab = text_of(client.get(url("tab", info_request, letter)))
    assert WORDS in tab and "Ja, dat klopt." in tab and "<form" in tab
    overview = text_of(client.get(info_request.get_absolute_url()))
    assert url("send", info_request) in overview and "De verzoeker vraagt verder." in overview
    assert WORDS not in text_of(sign_in(world.allocator).get(info_request.get_absolute_url()))

    clock.move(timedelta(hours=1))
    receiving.choose_questions(
        info_request=info_request,
        actor=world.handler,
        questions=(NewQuestion(tab=letter, text="En sinds wanneer?", kind="text"),),
    )
    with pytest.raises(DomainError):
        answering.prepare_answer(info_request=info_request, actor=world.handler)
    world.answer_all(info_request, text="Nader bekeken: nee.")
    answering.prepare_answer(info_request=info_request, actor=world.handler)
    with pytest.raises(DomainError):
        early = after.clarified_at - timedelta(minutes=2)
        answering.send_answer(info_request=info_request, actor=world.handler, done_at=early)
    answering.send_answer(info_request=info_request, actor=world.handler, done_at=clock.now())
    reporting.make_sent_copy(info_request.uuid)

    again = fresh(info_request)
    assert again.state == State.ANSWERED and again.first_answered_at == first < again.answered_at
    assert SealedFile.objects.filter(info_request=info_request, kind=FileKind.SENT_COPY).count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"words": " "},
        {"reply_by": ""},
        {"asked_at": ""},
        {"reply_by": "2020-01-01"},
        {"asked_at": "2020-01-01T10:00"},
    ],
)
def test_a_further_question_has_words_a_moment_and_a_date(world, sign_in, wrong):
    info_request = world.answered()

    refused = sign_in(world.handler).post(url("clarify", info_request), further(**wrong))

    assert refused.status_code == 422 and (WORDS in text_of(refused) or "words" in wrong)
    assert set(refused.context["form"].errors) == set(wrong)
    assert fresh(info_request).state == State.ANSWERED


def test_asking_further_is_recorded_after_the_answer_by_who_may(world, sign_in):
    info_request = world.answered()
    for user, status in ((world.other_handler, 403), (world.jurist, 403), (world.stranger, 404)):
        assert sign_in(user).post(url("clarify", info_request), further()).status_code == status
    assert sign_in(world.handler).get(url("clarify", world.accepted())).status_code == 409

    assert sign_in(world.allocator).post(url("clarify", info_request), further()).status_code == 302
    assert OutgoingMessage.objects.filter(template=MailTemplate.CLARIFICATION_ASKED, user_id=world.handler.pk).exists()
    assert sign_in(world.handler).post(url("clarify", info_request), further()).status_code == 409


def test_the_end_comes_after_the_further_question(world):
    """Moments in order, also where the requester withdraws instead of waiting for the second answer."""
    info_request = world.answered()
    clock.move(timedelta(days=2))
    relations.clarify(
        info_request=info_request, actor=world.handler, asked_at=clock.now(), reply_by=later(days=5), words=WORDS
    )
    early = clock.now() - timedelta(days=1)
    with pytest.raises(DomainError):
        ending.withdraw_request(
            info_request=info_request, actor=world.handler, withdrawn_at=early, reason="withdrawn.unknown"
        )

    done = ending.withdraw_request(
        info_request=info_request, actor=world.handler, withdrawn_at=clock.now(), reason="withdrawn.unknown"
    )

    assert done.state == State.WITHDRAWN and done.ended_at >= fresh(info_request).clarified_at


def test_every_relation_reads_well_in_the_timeline(world, sign_in):
    info_request = for_two(world)
    relations.join(info_request=info_request, actor=world.other_handler)
    row = reads_along(world, info_request, world.basic)
    relations.remove_viewer(info_request=info_request, actor=world.handler, viewer=row.pk)
    relations.ask_advice(info_request=info_request, actor=world.handler, question="Mag dit?")
    relations.give_advice(info_request=info_request, actor=world.jurist, answer="Ja.")

    page = text_of(sign_in(world.allocator).get(url("timeline", info_request)))

    for sentence in (
        "Een tweede behandelaar heeft het verzoek ook aanvaard.",
        "Eva Voorbeeld is toegevoegd als raadpleger tot en met",
        "Eva Voorbeeld leest niet meer mee.",
        "Er is advies gevraagd aan JZ.",
        "JZ heeft advies gegeven.",
    ):
        assert sentence in page
