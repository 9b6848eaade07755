"""From received to a team or a handler, and its task in Corsa (issue steps 3 to 5)."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from authorities.models import Mandate, Membership, Team
from authorities.vocabulary import Module, Role
from imidesk.core import audit, clock
from imidesk.core.models import OutgoingMessage
from requests_app.models import Allocation, InformationRequest
from requests_app.permissions import look
from requests_app.selectors import case
from requests_app.services import assigning
from requests_app.vocabulary import Action, Channel, MailTemplate, Part, Purpose, State, TextKind
from tests.factories.files import docx_bytes, pdf_bytes
from tests.factories.world import SUBJECT, make_user, member


def url(name, info_request):
    return reverse(f"requests_app:{name}", args=[info_request.reference])


def fresh(info_request):
    return InformationRequest.objects.get(pk=info_request.pk)


def last_event(info_request):
    return list(audit.events_of("request", info_request.uuid))[-1]


def text_of(response):
    return response.content.decode()


def test_the_team_of_the_activity_is_suggested_first_and_says_why(world, sign_in):
    """IN-07"""
    fitting = Team.objects.create(authority=world.home, name="Zeevaart", corsa_tray="Taakbak Zee")
    fitting.service_activities.add(world.activity)
    info_request = world.received()

    page = sign_in(world.allocator).get(url("assign", info_request))

    choices = page.context["form"].team_choices
    assert [choice.team for choice in choices] == [fitting, world.team]
    assert str(world.activity) in choices[0].why
    assert choices[0].why.replace("“", "").split("”")[0] in text_of(page)
    assert page.context["form"].initial["team"] == str(fitting.pk)


def test_one_press_gives_it_to_a_team(world, sign_in):
    """IN-03, IN-07: state, event, mail and sealed note; then the task in Corsa."""
    info_request = world.received()
    client = sign_in(world.allocator)

    response = client.post(
        url("assign", info_request), {"to": "team", "team": world.team.pk, "note": "Graag voor vrijdag."}
    )

    assert response.status_code == 302 and response.url == url("task", info_request)
    after = fresh(info_request)
    assert after.state == State.ASSIGNED
    assert last_event(after).action == Action.TEAM_CHOSEN
    assert Allocation.objects.current().get(info_request=after).team == world.team
    assert OutgoingMessage.objects.filter(template=MailTemplate.TEAM_CHOSEN).exists()
    opened = look(world.allocator, after, Part.QUESTIONS, Purpose.READ)
    assert [view.text for view in case.text_views(after, opened, TextKind.ALLOCATION_NOTE)] == ["Graag voor vrijdag."]


def test_one_press_gives_it_to_several_handlers(world, sign_in):
    """IN-03, IN-04: those who did not get it cannot handle it."""
    info_request = world.received()

    response = sign_in(world.allocator).post(
        url("assign", info_request), {"to": "handlers", "handlers": [world.handler.pk, world.other_handler.pk]}
    )

    assert response.status_code == 302
    handlers = Allocation.objects.current().filter(info_request=info_request).values_list("handler", flat=True)
    assert set(handlers) == {world.handler.pk, world.other_handler.pk}
    assert last_event(info_request).details["handlers"] == sorted([world.handler.pk, world.other_handler.pk])
    third = make_user("hanna", "Hanna", "Voorbeeld")
    member(third, world.home, Role.BEHANDELAAR, Module.SERVICES)
    assert sign_in(third).get(url("accept", info_request)).status_code == 403


@pytest.mark.parametrize(
    "posted", [{"to": "team"}, {"to": "handlers"}, {}, {"to": "team", "team": "1", "handlers": "x"}, {"to": "nobody"}]
)
def test_nothing_chosen_is_told_and_keeps_the_note(world, sign_in, posted):
    info_request = world.received()

    response = sign_in(world.allocator).post(url("assign", info_request), {**posted, "note": "Let op de termijn"})

    assert response.status_code == 422
    assert "Let op de termijn" in text_of(response)
    assert fresh(info_request).state == State.RECEIVED


def test_team_and_ticks_together_are_refused(world, sign_in):
    info_request = world.received()
    both = {"to": "team", "team": world.team.pk, "handlers": [world.handler.pk]}

    assert sign_in(world.allocator).post(url("assign", info_request), both).status_code == 422
    assert fresh(info_request).state == State.RECEIVED


def test_who_cannot_be_chosen_stands_there_with_the_reason(world, sign_in):
    """Design 9, "Mandate": greyed on the page, refused by the desk."""
    yesterday = clock.today() - timedelta(days=1)
    Mandate.objects.filter(holder=world.other_handler).update(valid_until=yesterday)
    elsewhere = make_user("ilse", "Ilse", "Voorbeeld")
    member(elsewhere, world.home, Role.BEHANDELAAR, Module.SDG_EVIDENCE)
    info_request = world.received()
    client = sign_in(world.allocator)

    page = client.get(url("assign", info_request))

    choices = {choice.user: choice for choice in page.context["form"].handler_choices}
    assert choices[world.handler].is_able
    assert not choices[world.other_handler].is_able and not choices[elsewhere].is_able
    assert choices[world.other_handler].why in text_of(page) and choices[elsewhere].why in text_of(page)
    assert f'value="{world.other_handler.pk}" id="id_handlers_1" disabled' in " ".join(text_of(page).split())
    refused = client.post(url("assign", info_request), {"to": "handlers", "handlers": [world.other_handler.pk]})
    assert refused.status_code == 422 and str(world.other_handler) in text_of(refused)
    assert fresh(info_request).state == State.RECEIVED


def test_load_counts_open_requests(world, sign_in):
    world.assigned()
    world.accepted()
    world.closed()

    page = sign_in(world.allocator).get(url("assign", world.received()))

    assert {choice.user: choice.load for choice in page.context["form"].handler_choices}[world.handler] == 2


def test_an_absent_handler_is_replaced(world, sign_in):
    """IN-05: receipt and deadline stay."""
    info_request = world.assigned()
    before = (info_request.received_at, info_request.accept_by, info_request.asked_on)

    sign_in(world.allocator).post(url("assign", info_request), {"to": "handlers", "handlers": world.other_handler.pk})

    after = fresh(info_request)
    assert (after.received_at, after.accept_by, after.asked_on) == before
    assert [row.handler for row in Allocation.objects.current().filter(info_request=after)] == [world.other_handler]
    assert sign_in(world.handler).get(url("accept", after)).status_code == 403


def test_only_the_allocator_assigns_and_only_before_acceptance(world, sign_in):
    info_request = world.received()

    for user, status in ((world.handler, 403), (world.jurist, 403), (world.basic, 403), (world.stranger, 404)):
        assert sign_in(user).get(url("assign", info_request)).status_code == status
        posted = sign_in(user).post(url("assign", info_request), {"to": "team", "team": world.team.pk})
        assert posted.status_code == status
    assert sign_in(world.allocator).get(url("assign", world.accepted())).status_code == 409
    assert fresh(info_request).state == State.RECEIVED


def test_the_task_of_a_request_outside_imi_does_not_speak_of_imi(world, sign_in):
    def task(**changes):
        info_request = assigning.choose_team(
            info_request=world.received(**changes), actor=world.allocator, team=world.team
        )
        return sign_in(world.allocator).get(url("task", info_request))

    through_imi, outside = task(), task(channel=Channel.DESK)
    asked_date = task(channel=Channel.DESK, reply_days=None, asked_on=clock.today() + timedelta(days=30))
    for words in ("IMI-verzoek over", "antwoord in IMI"):
        assert words in through_imi.context["memo"]
        assert words not in outside.context["memo"] + asked_date.context["memo"]
    assert "antwoord binnen 14 dagen" in outside.context["memo"]
    assert "vraagt om een antwoord uiterlijk op" in asked_date.context["memo"]
    assert "De pdf van IMI is hier nog niet opgeslagen" in text_of(through_imi)
    assert "De pdf van IMI is hier nog niet opgeslagen" not in text_of(outside)


def test_the_memo_has_its_facts_and_no_person(world, sign_in):
    """IN-10"""
    info_request = world.received()
    before = text_of(sign_in(world.allocator).get(url("task", info_request)))
    assert "Het open rapport komt zodra je een team of een behandelaar kiest." in before
    info_request = assigning.choose_team(info_request=info_request, actor=world.allocator, team=world.team)

    page = sign_in(world.allocator).get(url("task", info_request))

    assert "Het open rapport wordt gemaakt." in text_of(page)
    memo = page.context["memo"]
    for fact in (info_request.reference, "Anna Voorbeeld (+31 73 000 0001)", "Bram Voorbeeld", "14"):
        assert fact in memo
    assert str(info_request.asked_on.day) in memo and str(info_request.accept_by.year) in memo
    assert str(world.activity.name_nl) in memo
    assert "Taakbak Vergunningen" in text_of(page)
    for personal in (SUBJECT["family_name"], SUBJECT["given_names"], "Wij controleren"):
        assert personal not in text_of(page)


def test_the_task_is_recorded_with_number_and_day(world, sign_in):
    """IN-09, also for a team alone."""
    info_request = assigning.choose_team(info_request=world.received(), actor=world.allocator, team=world.team)
    client = sign_in(world.allocator)
    today = clock.today()

    future = client.post(url("task", info_request), {"task_number": "T-1", "sent_on": today + timedelta(days=1)})
    assert future.status_code == 422 and fresh(info_request).task_number == ""
    done = client.post(url("task", info_request), {"task_number": "T-1", "sent_on": today})

    assert done.status_code == 302
    assert (fresh(info_request).task_number, fresh(info_request).task_sent_on) == ("T-1", today)
    assert last_event(info_request).details["sent_on"] == today.isoformat()
    assert sign_in(world.handler).get(url("task", info_request)).status_code == 403


def test_a_pdf_of_imi_goes_along_with_the_task(world, sign_in):
    """IN-09, SP-30: only a PDF, stored unchanged, offered on the task page."""
    info_request = world.assigned()
    client = sign_in(world.allocator)

    def post(name, content):
        file = SimpleUploadedFile(name, content, content_type="application/octet-stream")
        return client.post(url("imi_report", info_request), {"file": file})

    assert client.get(url("imi_report", info_request)).status_code == 200
    assert post("imi.docx", docx_bytes()).status_code == 422
    assert post("imi.pdf", b"geen pdf").status_code == 422
    assert post("imi.pdf", pdf_bytes()).url == url("task", info_request)
    assert last_event(info_request).details["kind"] == "imi_before"
    offered = client.get(url("task", info_request)).context["files"]
    assert [item.file is not None for item in offered if item.kind == "imi_before"] == [True]
    assert sign_in(world.other_handler).get(url("imi_report", info_request)).status_code == 403


def test_a_handler_of_the_team_takes_it_up(world, sign_in):
    """Design idea 1: the team opens the step, taking up opens the questions."""
    info_request = assigning.choose_team(info_request=world.received(), actor=world.allocator, team=world.team)

    assert sign_in(world.other_handler).get(url("take_up", info_request)).status_code == 403
    client = sign_in(world.handler)
    assert client.get(url("accept", info_request)).status_code == 403
    assert client.get(url("take_up", info_request)).status_code == 200
    assert fresh(info_request).state == State.ASSIGNED
    assert last_event(info_request).action == Action.TEAM_CHOSEN
    response = client.post(url("take_up", info_request))

    assert response.url == fresh(info_request).get_absolute_url()
    assert last_event(info_request).action == Action.TAKEN_UP
    assert client.get(url("accept", info_request)).status_code == 200


def test_without_a_mandate_taking_up_says_whom_to_ask(world, sign_in):
    """Never a dead end (design 8)."""
    info_request = assigning.choose_team(info_request=world.received(), actor=world.allocator, team=world.team)
    Mandate.objects.filter(holder=world.handler).delete()
    world.other_handler.phone = "+31 73 000 0009"
    world.other_handler.save()

    for response in (
        sign_in(world.handler).get(url("take_up", info_request)),
        sign_in(world.handler).post(url("take_up", info_request)),
    ):
        assert "Dirk Voorbeeld (+31 73 000 0009)" in text_of(response)
    assert response.status_code == 422
    assert last_event(info_request).action == Action.TEAM_CHOSEN


def test_returning_asks_a_reason_and_puts_it_back(world, sign_in):
    """IN-22: receipt and deadline stay; the allocators hear of it."""
    info_request = world.assigned()
    client = sign_in(world.handler)

    assert client.post(url("give_back", info_request), {}).status_code == 422
    no_words = client.post(url("give_back", info_request), {"reason": "return.other", "words": " "})
    assert no_words.status_code == 422
    assert fresh(info_request).state == State.ASSIGNED
    returned = client.post(url("give_back", info_request), {"reason": "return.other", "words": "Met verlof."})

    assert returned.status_code == 302
    after = fresh(info_request)
    assert after.state == State.RECEIVED and after.accept_by == info_request.accept_by
    assert last_event(after).details["reason"] == "return.other"
    assert OutgoingMessage.objects.filter(template=MailTemplate.RETURNED, user_id=world.allocator.pk).exists()
    assert client.post(url("give_back", info_request), {"reason": "return.absent"}).status_code == 409


def test_no_mail_carries_what_was_written(world, sign_in):
    sign_in(world.allocator).post(
        url("assign", world.received()), {"to": "team", "team": world.team.pk, "note": "GEHEIME-NOTITIE"}
    )

    assert OutgoingMessage.objects.filter(template=MailTemplate.TEAM_CHOSEN).exists()
    assert not [message for message in mail.outbox if "GEHEIME-NOTITIE" in message.body + message.subject]


def test_a_role_that_ended_is_no_role(world, sign_in):
    Membership.objects.filter(user=world.other_handler).update(valid_until=date(2024, 1, 1))

    page = sign_in(world.allocator).get(url("assign", world.received()))

    choice = next(c for c in page.context["form"].handler_choices if c.user == world.other_handler)
    assert not choice.is_able
