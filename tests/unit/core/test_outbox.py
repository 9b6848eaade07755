import time
from datetime import timedelta

import pytest
from celery import Celery
from django.core import mail
from django.db import IntegrityError, transaction

from imidesk.core import clock, outbox
from imidesk.core.ids import uuid7
from imidesk.core.models import OutgoingMessage
from imidesk.core.outbox import RenderedMail

pytestmark = pytest.mark.django_db
State = OutgoingMessage.State


@pytest.fixture(autouse=True)
def renderers(monkeypatch):
    monkeypatch.setattr(outbox, "_renderers", {})

    def broken(message):
        raise ConnectionRefusedError("Ada Voorbeeld")

    outbox.register("news", lambda m: RenderedMail("team@voorbeeld.example", f"IMI {m.facts['number']}", "Tekst"))
    outbox.register("gone", lambda m: None)
    outbox.register("broken", broken)


def plan(template="news", *, subject=None, mailbox=None, **facts):
    outbox.plan(
        outbox.message(
            template=template,
            event=None,
            subject=subject or uuid7(),
            mailbox=mailbox or uuid7(),
            facts={"number": "NB-2026-00042", **facts},
        )
    )


def make_due():
    OutgoingMessage.objects.update(next_try_at=clock.now() - timedelta(seconds=1))


def test_a_planned_message_is_sent_once():
    """SP-35."""
    plan()

    assert outbox.send_pending() == 1
    make_due()
    assert outbox.send_pending() == 0

    (sent,) = mail.outbox
    message = OutgoingMessage.objects.get()
    assert sent.subject == "IMI NB-2026-00042" and sent.to == ["team@voorbeeld.example"]
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"
    assert str(message.uuid) in sent.extra_headers["Message-ID"]
    assert (message.state, message.tries) == (State.SENT, 1)
    assert outbox.counts() == {State.SENT: 1}


def test_the_same_message_is_planned_once():
    subject, mailbox = uuid7(), uuid7()
    for _ in range(2):
        plan(subject=subject, mailbox=mailbox, due_on="2026-11-21")
    plan(subject=subject, mailbox=mailbox, due_on="2026-11-22")
    plan(subject=subject, due_on="2026-11-22")

    assert OutgoingMessage.objects.count() == 3


def test_a_message_may_do_without_facts_but_not_hold_a_page_of_them():
    outbox.plan(outbox.message(template="news", event=None, subject=uuid7(), mailbox=uuid7()))
    assert OutgoingMessage.objects.get().facts == {}

    with pytest.raises(ValueError, match="facts"):
        plan(**{f"fact_{number}": "x" * 60 for number in range(5)})


def test_a_message_to_nobody_or_to_two_is_refused():
    for recipient in ({}, {"user_id": 1, "mailbox": uuid7()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            OutgoingMessage.objects.create(
                key="k", template="news", subject=uuid7(), created_at=clock.now(), next_try_at=clock.now(), **recipient
            )


@pytest.mark.parametrize("fact", ["Ada Voorbeeld", "a\r\nBcc: x", "x" * 65, ""])
def test_facts_are_codes(fact):
    """SP-35: a row holds ids and codes only, refused when it is written."""
    with pytest.raises(ValueError, match="code"):
        plan(note=fact)
    assert not OutgoingMessage.objects.exists()


@pytest.mark.parametrize("head", ["IMI\r\nBcc: x@y.example", "IMI\n", "IMI\x00", "IMI\u2028", ""])
def test_no_control_gets_into_the_head_of_a_mail(head):
    """SP-35."""
    with pytest.raises(ValueError, match="head"):
        RenderedMail("team@voorbeeld.example", head, "Tekst")
    with pytest.raises(ValueError, match="head"):
        RenderedMail(head, "IMI", "Tekst")


def test_a_recipient_who_is_no_longer_valid_gets_nothing():
    plan("gone")

    assert outbox.send_pending() == 0
    assert OutgoingMessage.objects.get().state == State.DROPPED
    assert mail.outbox == []


def test_ten_failures_park_a_message_and_hold_up_nothing(caplog):
    """SP-40."""
    plan("broken")
    plan("unknown_template")
    waits = []
    for _ in range(12):
        plan()
        make_due()
        assert outbox.send_pending() == 1
        row = OutgoingMessage.objects.get(template="broken")
        waits.append(row.next_try_at - clock.now())

    assert waits[2] > waits[1] > waits[0] > timedelta(0)
    row = OutgoingMessage.objects.get(template="broken")
    assert (row.state, row.tries, row.fault) == (State.PARKED, 10, "ConnectionRefusedError")
    assert OutgoingMessage.objects.get(template="unknown_template").fault == "KeyError"
    assert "Voorbeeld" not in caplog.text
    assert outbox.unpark() == 2
    assert OutgoingMessage.objects.get(template="broken").state == State.PENDING


def test_a_failed_message_is_sent_when_the_mail_server_is_back(monkeypatch):
    plan("broken")
    outbox.send_pending()
    outbox._renderers["broken"] = outbox._renderers["news"]

    assert outbox.send_pending() == 0, "it waits first"
    make_due()
    assert outbox.send_pending() == 1


def test_a_claimed_message_is_left_alone_and_comes_back_when_its_worker_died(monkeypatch):
    """SP-40: claimed by a conditional update."""
    plan()
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_deliver", lambda message: False)
        outbox.send_pending()

    assert outbox.send_pending() == 0
    clock.move(timedelta(minutes=11))
    assert outbox.send_pending() == 1


def test_a_message_that_kills_its_worker_each_time_is_parked():
    plan()
    OutgoingMessage.objects.update(tries=10)

    assert outbox.send_pending() == 0
    assert OutgoingMessage.objects.get().state == State.PARKED


def test_the_worker_is_woken_on_commit_once(django_capture_on_commit_callbacks, monkeypatch):
    """Rule 5, design idea 5."""
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        plan()
        plan()
        assert mail.outbox == []

    assert len(callbacks) == 1
    assert len(mail.outbox) == 2


def test_a_wake_up_of_a_savepoint_rolled_back_is_asked_again(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            plan()
            raise ZeroDivisionError
        plan()

    assert len(callbacks) == 1


def test_a_broker_that_is_down_stops_nothing(django_capture_on_commit_callbacks, monkeypatch, caplog):
    """Design idea 5: it costs time, never work."""
    monkeypatch.setattr("imidesk.core.wake.app", Celery("nobody", broker="redis://127.0.0.1:1/0", set_as_current=False))
    started = time.monotonic()
    with django_capture_on_commit_callbacks(execute=True):
        plan()

    (record,) = [record for record in caplog.records if record.message == "wake_up_failed"]
    assert record.fault == "OperationalError"
    assert time.monotonic() - started < 3
    assert OutgoingMessage.objects.get().state == State.PENDING


def test_more_than_twenty_mails_an_hour_leave_in_one_digest():
    """SP-35."""
    mailbox = uuid7()
    for number in range(25):
        plan(mailbox=mailbox, number=f"NB-2026-{number:05d}")
    plan()

    assert outbox.send_pending() == 21
    assert outbox.send_pending() == 0
    assert OutgoingMessage.objects.filter(state=State.PENDING, held=True).count() == 5

    clock.move(timedelta(hours=1, minutes=1))
    assert outbox.send_pending() == 1
    digest = mail.outbox[-1]
    assert len(mail.outbox) == 22
    assert "5" in digest.subject and "NB-2026-00024" in digest.body and "NB-2026-00001" not in digest.body
    assert outbox.counts() == {State.SENT: 26}


def test_a_digest_is_sent_again_when_the_mail_server_is_back(monkeypatch):
    mailbox = uuid7()
    for number in range(23):
        plan(mailbox=mailbox, number=f"NB-2026-{number:05d}")
    outbox.send_pending()
    clock.move(timedelta(hours=1, minutes=1))
    with monkeypatch.context() as broken:
        broken.setattr(outbox, "_send", lambda message, mail: 1 / 0)
        assert outbox.send_pending() == 0

    make_due_pending = OutgoingMessage.objects.filter(state=State.PENDING)
    make_due_pending.update(next_try_at=clock.now() - timedelta(seconds=1))
    assert outbox.send_pending() == 1
    assert outbox.counts() == {State.SENT: 23}
