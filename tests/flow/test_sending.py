"""Sending: complete, declared, mandated; in IMI with a page in between, at the desk at once (ANS-23, design idea 8)."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from authorities.models import Mandate
from imidesk.core import audit, clock
from requests_app.models import InformationRequest, Preparation, SealedFile
from requests_app.services import answering
from requests_app.vocabulary import Action, Channel, FileKind, PreparedStep, State
from requests_app.writing import NewFile
from tests.factories.files import pdf_bytes, png_bytes
from tests.flow.test_answering import body_for, tab_url

DECLARED = {"needed": "on", "within_powers": "on"}


def url_of(name, info_request):
    return reverse(f"requests_app:{name}", args=[info_request.reference])


def fresh(info_request):
    return InformationRequest.objects.get(pk=info_request.pk)


def last_action(info_request):
    return list(audit.events_of("request", info_request.uuid))[-1].action


def typed(moment):
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def test_open_questions_are_listed_with_links_and_stop_sending(world, sign_in):
    """ANS-23."""
    info_request = world.accepted()
    client = sign_in(world.handler)
    client.post(tab_url(info_request), body_for(info_request, value_1="yes"))

    page = client.get(url_of("send", info_request)).content.decode()
    assert f'href="{tab_url(info_request)}#question-A-2">[A] 2</a>' in page
    assert f'href="{tab_url(info_request)}#question-A-1">[A] 1</a>' not in page
    assert 'name="needed"' not in page
    response = client.post(url_of("send", info_request), DECLARED)
    assert response.status_code == 422
    assert fresh(info_request).state == State.ACCEPTED
    assert fresh(info_request).prepared_step == ""


@pytest.mark.parametrize("missing", ["needed", "within_powers"])
def test_both_declarations_are_needed(world, sign_in, missing):
    """ANS-23."""
    info_request = world.complete()
    client = sign_in(world.handler)

    response = client.post(url_of("send", info_request), {key: "on" for key in DECLARED if key != missing})
    assert response.status_code == 422
    assert f'id="id_{missing}_error"' in response.content.decode()
    assert fresh(info_request).prepared_step == ""

    assert client.post(url_of("send", info_request), DECLARED).status_code == 302
    assert fresh(info_request).prepared_step == PreparedStep.ANSWER


def test_through_imi_it_is_prepared_entered_and_recorded(world, sign_in):
    info_request = world.complete()
    question = info_request.questions.order_by("position").first()
    answering.add_attachments(
        info_request=info_request,
        actor=world.handler,
        question=question.pk,
        files=[NewFile("bewijs-ß.pdf", "application/pdf", pdf_bytes())],
    )
    client = sign_in(world.handler)
    assert "Ja, dat klopt." in client.get(url_of("send", info_request)).content.decode()

    response = client.post(url_of("send", info_request), DECLARED)
    assert response["Location"] == url_of("enter_in_imi", info_request)
    assert (fresh(info_request).state, last_action(info_request)) == (State.ACCEPTED, Action.PREPARED)
    page = client.get(url_of("enter_in_imi", info_request)).content.decode()
    assert page.index("[A] 1") < page.index("[A] 2") < page.index("[A] 3")
    assert page.count('data-copy="copy-question-A-') == 3
    assert "bewijs-ß.pdf" in page
    assert page.count('type="checkbox"') == 3
    assert 'type="checkbox" name' not in page
    assert client.get(url_of("send", info_request))["Location"] == url_of("enter_in_imi", info_request)

    response = client.post(url_of("enter_in_imi", info_request), {"done_at": typed(clock.now())})
    assert response["Location"] == url_of("detail", info_request)
    assert (fresh(info_request).state, last_action(info_request)) == (State.ANSWERED, Action.ANSWERED)
    event = list(audit.events_of("request", info_request.uuid))[-1]
    assert (event.details["answered"], event.details["excused"]) == (0, 3)
    for name in ("enter_in_imi", "send", "already_answered"):
        again = client.get(url_of(name, info_request))
        assert again.status_code == 409
        assert "Dit kan nu niet" in again.content.decode() and url_of("detail", info_request) in again.content.decode()
    for user in (world.other_handler, world.allocator):
        client = sign_in(user)
        assert client.get(url_of("detail", info_request)).status_code == 200
        assert client.get(url_of("enter_in_imi", info_request)).status_code == 403


def test_the_moment_in_imi_is_not_in_the_future_nor_before_acceptance(world, sign_in):
    info_request = world.complete()
    client = sign_in(world.handler)
    client.post(url_of("send", info_request), DECLARED)

    for wrong in (typed(clock.now() + timedelta(days=1)), typed(clock.now() - timedelta(days=2)), "gisteren", ""):
        response = client.post(url_of("enter_in_imi", info_request), {"done_at": wrong})
        assert response.status_code == 422
        assert 'id="id_done_at_error"' in response.content.decode()
    assert fresh(info_request).state == State.ACCEPTED


def test_at_the_desk_sending_is_the_whole_act(world, sign_in):
    """Design 9, "Channel desk"."""
    info_request = world.complete(channel=Channel.DESK)
    client = sign_in(world.handler)

    response = client.post(url_of("send", info_request), DECLARED)

    assert response["Location"] == url_of("detail", info_request)
    assert (fresh(info_request).state, last_action(info_request)) == (State.ANSWERED, Action.ANSWERED)
    assert client.get(url_of("enter_in_imi", world.complete(channel=Channel.DESK)))["Location"].endswith("/verzenden/")


def test_without_a_mandate_it_says_whom_to_ask(world, sign_in):
    """USR-34, design 8: never a dead end."""
    info_request = world.complete()
    Mandate.objects.filter(holder=world.handler).update(valid_until=clock.today() - timedelta(days=1))
    world.other_handler.phone = "+31 73 000 0004"
    world.other_handler.save()
    client = sign_in(world.handler)

    page = client.get(url_of("send", info_request)).content.decode()
    assert "+31 73 000 0004" in page
    assert 'name="needed"' not in page
    assert client.post(url_of("send", info_request), DECLARED).status_code == 422
    assert fresh(info_request).prepared_step == ""


@pytest.mark.parametrize("name", ["send", "enter_in_imi", "already_answered"])
def test_only_the_handler_who_accepted_sends(world, sign_in, name):
    info_request = world.complete()
    if name == "enter_in_imi":
        answering.prepare_answer(info_request=info_request, actor=world.handler)

    for user, status in ((world.allocator, 403), (world.other_handler, 403), (world.basic, 403), (world.stranger, 404)):
        assert sign_in(user).get(url_of(name, info_request)).status_code == status
        response = sign_in(user).post(url_of(name, info_request), DECLARED)
        assert response.status_code == status
        assert "Ja, dat klopt." not in response.content.decode()
    assert sign_in(world.handler).get(url_of(name, info_request)).status_code == 200
    assert fresh(info_request).state == State.ACCEPTED


def short_route(info_request, excused=(), **changes):
    data = {
        "done_at": typed(clock.now()),
        "report": SimpleUploadedFile("IMI-report.pdf", pdf_bytes(), "application/pdf"),
    }
    for question in info_request.questions.all():
        data[f"result-{question.pk}"] = "excused" if question.pk in excused else "answered"
    return {key: value for key, value in {**data, **changes}.items() if value is not None}


def test_the_short_route_records_what_was_done_in_imi(world, sign_in):
    """Design idea 8."""
    info_request = world.accepted()
    second = info_request.questions.order_by("position")[1]
    client = sign_in(world.handler)
    assert client.get(url_of("already_answered", info_request)).status_code == 200

    response = client.post(url_of("already_answered", info_request), short_route(info_request, excused={second.pk}))

    assert response["Location"] == url_of("detail", info_request)
    after = fresh(info_request)
    assert (after.state, after.answered_in_imi_only) == (State.ANSWERED, True)
    event = list(audit.events_of("request", info_request.uuid))[-1]
    assert (event.details["answered"], event.details["excused"], event.details["in_imi_only"]) == (2, 1, True)
    assert SealedFile.objects.filter(info_request=after, kind=FileKind.IMI_FULL).count() == 1
    page = client.get(tab_url(info_request)).content.decode()
    assert "<textarea" not in page
    assert "Beantwoord in IMI" in page or "Answered in IMI" in page


def test_the_short_route_needs_the_pdf_of_imi(world, sign_in):
    info_request = world.accepted()
    client = sign_in(world.handler)
    question = info_request.questions.first()
    picture = SimpleUploadedFile("IMI.png", png_bytes(), "image/png")

    for wrong in (
        {"report": None},
        {"report": picture},
        {f"result-{question.pk}": None},
        {"done_at": "2999-01-01T10:00"},
    ):
        response = client.post(url_of("already_answered", info_request), short_route(info_request, **wrong))
        assert response.status_code == 422, wrong
    assert fresh(info_request).state == State.ACCEPTED
    assert not SealedFile.objects.filter(info_request=info_request).exists()


def test_the_short_route_after_preparing_leaves_nothing_to_do(world, sign_in):
    info_request = world.complete()
    answering.prepare_answer(info_request=info_request, actor=world.handler)

    sign_in(world.handler).post(url_of("already_answered", info_request), short_route(info_request))

    assert fresh(info_request).state == State.ANSWERED
    assert not Preparation.objects.filter(info_request=info_request, ended_at__isnull=True).exists()


def test_the_short_route_is_for_imi_alone(world, sign_in):
    info_request = world.accepted(channel=Channel.DESK)
    client = sign_in(world.handler)
    assert client.get(url_of("already_answered", info_request)).status_code == 409
    assert client.post(url_of("already_answered", info_request), short_route(info_request)).status_code == 409
    assert fresh(info_request).state == State.ACCEPTED
