"""The night's work. A task takes nothing and decides nothing: the rows and the database's clock do (house rule 8)."""

from datetime import date

from celery import shared_task

from archive.person_rights.services import erase_due_person_requests
from archive.selectors import undecided_at_blocking
from archive.services import (
    Run,
    anchor_audit,
    block_due,
    erase_due,
    forget_papers,
    keep_keys,
    lapse_decisions,
    raise_alarms,
    refuse_silence,
)
from authorities import accounts
from imidesk.core import clock, heartbeat, vault
from requests_app.services.ending import lapse_correction

BLOCKING = "blocking"
ERASING = "erasing"
ANCHORING = "anchoring"
KEEPING_KEYS = "keeping_keys"
ALARMING = "alarming"


class ClockJumped(RuntimeError):
    """More than 35 days since the last run: a person looks first and runs `manage.py retention` (SP-40)."""


@shared_task(name="archive.tasks.block_due_requests", acks_late=True)
def block_due_requests() -> None:
    with vault.key_scope(), heartbeat.beat(BLOCKING):
        _refuse_after_a_jump(BLOCKING)
        refuse_silence(block_all(clock.today()))


@shared_task(name="archive.tasks.erase_due_requests", acks_late=True)
def erase_due_requests() -> None:
    with vault.key_scope(), heartbeat.beat(ERASING):
        _refuse_after_a_jump(ERASING)
        refuse_silence(erase_all(clock.today()))


def block_all(day: date) -> Run:
    """What ends or is blocked by this day; the same at night, by hand and where a practice desk moves its clock."""
    lapse_decisions(day)
    for info_request in undecided_at_blocking(day):
        lapse_correction(info_request)
    return block_due(day)


def erase_all(day: date) -> Run:
    """What goes by this day, each under its own clock; the same at night, by hand and on a practice desk."""
    erase_due_person_requests(day)
    forget_papers(day)
    accounts.erase_left(day)
    return erase_due(day)


@shared_task(name="archive.tasks.keep_keys_fresh", acks_late=True)
def keep_keys_fresh() -> None:
    with vault.key_scope(), heartbeat.beat(KEEPING_KEYS):
        keep_keys()


@shared_task(name="archive.tasks.anchor_audit_trail", acks_late=True)
def anchor_audit_trail() -> None:
    with vault.key_scope(), heartbeat.beat(ANCHORING):
        anchor_audit()


@shared_task(name="archive.tasks.raise_alarms", acks_late=True)
def raise_due_alarms() -> None:
    with vault.key_scope(), heartbeat.beat(ALARMING):
        raise_alarms()


def _refuse_after_a_jump(name: str) -> None:
    if heartbeat.jumped(name):
        raise ClockJumped(name)
