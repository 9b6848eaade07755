"""The careless user and the one who means harm: nonsense, gone sessions, lost roles, and what is left behind."""

from datetime import date, timedelta

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from authorities.models import Membership
from authorities.vocabulary import UserStatus
from imidesk.core import clock, outbox
from imidesk.core.models import AuditChain, OutgoingMessage, SecurityEvent
from requests_app.models import InformationRequest
from requests_app.services import answering, assigning, reminding
from requests_app.vocabulary import Grant, MailTemplate
from requests_app.writing import NewQuestion
from tests.factories.time import stand_at
from tests.factories.world import PASSWORD, SUBJECT

TEXT = "Ja, sinds 2019: Łódź, Straße, Ἀθῆναι, שלום."


def page(name, info_request, *args):
    return reverse(f"requests_app:{name}", args=[info_request.reference, *args])


def notes(action):
    return list(SecurityEvent.objects.filter(action=action).values_list("object", "result", "actor_id"))


# Nonsense in addresses, cookies and forms


@pytest.mark.parametrize("name", ["detail", "timeline", "files", "assign", "close"])
def test_a_nul_in_an_address_is_a_page_that_does_not_exist(sign_in, world, name):
    """PostgreSQL refuses such a text with an error."""
    address = reverse(f"requests_app:{name}", args=["XX"]).replace("XX", "NB%00")
    answer = sign_in(world.handler).get(address)
    assert answer.status_code == 404
    assert answer["Cache-Control"] == "no-store, private"
    assert sign_in(world.handler).post(address).status_code == 404


def test_a_nul_in_a_cookie_is_refused(client, db):
    assert client.get("/", HTTP_COOKIE='sessionid="\\000aaaaaaaaaa"').status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "handler=" + "9" * 5000,
        "team=" + "9" * 30,
        "team=" + "9" * 19,
        "handler=9223372036854775807",
        "requester=" + "9" * 19,
        "organisation=" + "9" * 30,
        "organisation=-" + "9" * 30,
        "received_from=0001-01-01",
        "received_until=9999-12-31",
        "received_from=1800-01-01&received_until=2099-12-31",
        "q=%00",
        "page=" + "9" * 100,
        "lijst=%00&state=%00&module=x",
    ],
)
def test_no_filter_of_the_list_breaks_it(sign_in, world, query):
    assert sign_in(world.handler).get(f"{reverse('requests_app:list')}?{query}").status_code in (200, 422)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "1999-12-31T23:59", "9999-12-31T23:59", "2026-13-01T00:00"])
def test_a_moment_that_no_calendar_can_count_with_is_refused_in_the_form(sign_in, world, moment):
    data = {
        "imi_number": "712345",
        "module": f"{world.home.pk}:services",
        "requester": str(world.germany.pk),
        "service_activity": world.activity.code,
        "received_at": moment,
        "reply_days": "14",
    }
    answer = sign_in(world.allocator).post(reverse("requests_app:register"), data)
    assert answer.status_code == 422
    assert "received_at" in answer.context["form"].errors
    closing = sign_in(world.handler).post(page("close", world.answered()), {"closed_at": moment})
    assert closing.status_code == 422


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1799-12-31", "2100-01-01"])
def test_a_day_that_no_calendar_can_count_with_is_refused_in_the_form(sign_in, world, day):
    client = sign_in(world.handler)
    assert client.post(page("agree_date", world.accepted()), {"agreed_on": day}).status_code == 422
    subject = {"birth_date": day, "numbers-TOTAL_FORMS": "0", "numbers-INITIAL_FORMS": "0"}
    assert client.post(page("subject", world.accepted()), subject).status_code == 422


def test_a_tab_named_with_one_sign_keeps_its_name(world):
    tabs = [NewQuestion(tab=name, text="Waarom?", kind="text") for name in ("ß", "1", "é")]
    info_request = world.received(questions=tuple(tabs))
    assert all(bytes(question.own_tab_name) for question in info_request.questions.all())


# What was typed is not lost


def test_a_form_sent_after_the_session_has_gone_gives_the_text_back(client, sign_in, world):
    """SP-14: signed out in another tab, or the page stood open for a night."""
    info_request = world.accepted()
    browser = sign_in(world.handler)
    Session.objects.all().delete()
    question = info_request.questions.first()
    answer = browser.post(page("tab", info_request, question.tab), {f"text-{question.pk}": TEXT})
    assert answer.status_code == 403
    assert TEXT in answer.content.decode()
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert SUBJECT["family_name"] not in answer.content.decode()


def test_words_typed_at_a_step_that_is_not_possible_any_more_come_back(sign_in, world):
    """SP-14: the allocator gave it to a colleague while the reason was being written."""
    info_request = world.assigned()
    assigning.allocate(info_request=info_request, actor=world.allocator, handlers=[world.other_handler])
    answering.accept_request(info_request=info_request, actor=world.other_handler, done_at=clock.now())
    data = {"reason": "refuse.out_of_scope", "words": f"<b>Omdat</b> {TEXT}", "later": "1"}
    answer = sign_in(world.handler).post(page("refuse", info_request), data)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert f"&lt;b&gt;Omdat&lt;/b&gt; {TEXT}" in text
    assert "refuse.out_of_scope" not in text


def test_a_form_without_text_leads_to_the_sign_in_page(client, world):
    answer = client.post(page("take_up", world.received()))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


def test_choosing_a_language_on_the_sign_in_page_is_no_lost_text(client, db):
    back = f"{reverse('account_login')}?next=/verzoeken/"
    answer = client.post(reverse("set_language"), {"language": "en", "next": back})
    assert answer.status_code == 302


# Who lost the right


def test_who_lost_the_role_has_lost_his_requests_too(sign_in, world):
    """Design idea 1, pitfall 18: an allocation holds as long as the role for which it was given."""
    info_request = world.complete()
    question = info_request.questions.first()
    client = sign_in(world.handler)
    assert SUBJECT["family_name"] in client.get(page("detail", info_request)).content.decode()
    Membership.objects.filter(user=world.handler).update(valid_until=clock.today() - timedelta(days=1))
    for name, args in [("detail", ()), ("files", ()), ("subject", ()), ("send", ()), ("tab", (question.tab,))]:
        assert client.get(page(name, info_request, *args)).status_code == 404
    assert client.post(page("tab", info_request, question.tab), {f"text-{question.pk}": TEXT}).status_code == 404
    assert not InformationRequest.objects.allowed(world.handler, Grant.READ_PERSON).exists()
    call_command("verify_grants")


def test_who_has_another_role_left_sees_what_that_role_opens(sign_in, world):
    info_request = world.complete()
    Membership.objects.filter(user=world.handler).update(role="basisgebruiker")
    client = sign_in(world.handler)
    detail = client.get(page("detail", info_request))
    assert detail.status_code == 200
    assert SUBJECT["family_name"] not in detail.content.decode()
    assert client.get(page("subject", info_request)).status_code == 403


def test_a_reminder_of_a_case_whose_handler_lost_the_role_goes_to_who_must_see_to_it(world):
    """Pitfalls 18 and 20."""
    stand_at(date(2026, 11, 18))
    info_request = world.assigned(received_at=clock.now() - timedelta(days=6))
    Membership.objects.filter(user=world.handler).update(valid_until=clock.today() - timedelta(days=1))
    assert reminding.send_due_reminders() == 1
    reminders = OutgoingMessage.objects.filter(subject=info_request.uuid, template=MailTemplate.REMINDER_ACCEPT)
    told = set(reminders.values_list("user", flat=True))
    assert told == {world.allocator.pk, world.backup.pk, None}


def test_a_superuser_has_nothing(sign_in, world):
    """Design 8."""
    info_request = world.accepted()
    world.stranger.is_superuser = True
    world.stranger.save()
    client = sign_in(world.stranger)
    assert client.get(page("detail", info_request)).status_code == 404
    assert not InformationRequest.objects.visible(world.stranger).exists()


def test_a_blocked_account_leaves_no_session_behind(sign_in, world):
    browser = sign_in(world.handler)
    world.handler.status = UserStatus.BLOCKED
    world.handler.save()
    answer = browser.get(reverse("monitoring:start"))
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert SESSION_KEY not in browser.session


def test_a_blocked_account_gets_no_mail_that_was_already_planned(world, mailoutbox):
    world.assigned()
    world.handler.status = UserStatus.BLOCKED
    world.handler.save()
    outbox.send_pending()
    assert mailoutbox
    assert all(world.handler.email not in mail.to for mail in mailoutbox)
    assert all(mail.extra_headers["Auto-Submitted"] == "auto-generated" for mail in mailoutbox)


# The security log (SP-12)


def test_signing_in_failing_and_signing_out_are_kept(client, world):
    address = reverse("account_login")
    client.post(address, {"login": "carla", "password": "wrong"})
    client.post(address, {"login": "een-wachtwoord-als-naam", "password": "wrong"})
    client.post(address, {"login": "carla", "password": PASSWORD})
    client.post(reverse("account_logout"))
    carla = world.handler.pk
    assert notes("sign_in") == [
        (f"user:{carla}", "refused", None),
        ("user:unknown", "refused", None),
        (f"user:{carla}", "ok", carla),
    ]
    assert notes("sign_out") == [(f"user:{carla}", "ok", carla)]
    assert set(SecurityEvent.objects.values_list("origin", flat=True)) == {"127.0.0.1"}


def test_a_refusal_is_kept_by_page_and_reference(sign_in, world):
    info_request = world.accepted()
    sign_in(world.basic).get(page("subject", info_request))
    assert notes("request_refused") == [
        (f"page:requests_app:subject {info_request.reference}", "refused", world.basic.pk)
    ]


def test_a_form_from_elsewhere_is_kept_as_a_refusal_without_its_address(world):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(world.handler)
    answer = browser.post("/verzoeken/Mevrouw Jansen/tab/A/", {"text": TEXT})
    assert answer.status_code == 403
    assert TEXT in answer.content.decode()
    assert notes("request_refused") == [("page:requests_app:tab", "refused", world.handler.pk)]


def test_commands_at_the_terminal_are_kept(world):
    world.received()
    call_command("verify_audit")
    call_command("verify_grants")
    call_command("load_lists")
    call_command("make_keys")
    assert notes("audit_verified") == [("audit", "ok", None)]
    assert notes("grants_verified") == [("grants", "ok", None)]
    assert notes("lists_loaded") and notes("keys_checked")
    AuditChain.objects.update(length=9)
    with pytest.raises(CommandError):
        call_command("verify_audit")
    assert notes("audit_verified")[-1] == ("audit", "fault", None)
    assert all(origin.startswith("terminal:") for origin in SecurityEvent.objects.values_list("origin", flat=True))
