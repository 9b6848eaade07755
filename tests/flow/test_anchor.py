"""The anchor of the audit trail reaches the lawyer, by number and digest alone (SP-09)."""

from datetime import timedelta

import pytest
from django.core import mail

from archive.services import anchor_audit
from imidesk.core import clock, outbox


@pytest.fixture(autouse=True)
def sink(settings, tmp_path):
    settings.IMIDESK_ANCHORS_DIR = tmp_path


def mails_of(user):
    while outbox.send_pending():
        pass
    return [message for message in mail.outbox if message.to == [user.email]]


def test_the_lawyer_gets_the_anchor_of_a_day_on_which_something_was_recorded(world):
    info_request = world.accepted()
    clock.move(timedelta(days=1))
    made = anchor_audit()

    (told,) = [message for message in mails_of(world.jurist) if made.digest in message.body]
    assert made.signature in told.body
    assert info_request.reference not in told.body

    clock.move(timedelta(days=1))
    assert anchor_audit().digest == made.digest
    assert len([message for message in mails_of(world.jurist) if made.digest in message.body]) == 1


def test_nobody_else_gets_it(world):
    world.accepted()
    clock.move(timedelta(days=1))
    made = anchor_audit()

    assert [message for message in mails_of(world.jurist) if made.digest in message.body]
    assert [message.to for message in mail.outbox if made.digest in message.body] == [[world.jurist.email]]
