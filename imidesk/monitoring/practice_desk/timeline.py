"""Moves the clock of a practice desk through time, doing the work of the nights it passes (design 9, "Clock")."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Min, QuerySet

from archive import retention
from archive.models import RetentionRecord
from archive.selectors import UNFILED
from archive.services import KeysOverdue
from archive.tasks import (
    BLOCKING,
    ERASING,
    anchor_audit_trail,
    block_all,
    erase_all,
    keep_keys_fresh,
    raise_due_alarms,
)
from imidesk.core import clock, heartbeat
from imidesk.core.models import Installation, OutgoingMessage
from imidesk.core.tasks import run_due_jobs, send_pending_messages
from requests_app.models import InformationRequest, Reminder
from requests_app.tasks import count_months, rearm_reminders, send_due_reminders
from requests_app.vocabulary import DataState

NIGHT = time(5, 30)
LONGEST_STEP = timedelta(days=30)
"""Under the 35 days after which the jobs would wait for a person (SP-40)."""


@dataclass(frozen=True)
class Tally:
    """What the desk had done by itself at one moment."""

    blocked: int
    erased: int
    mails: int

    @classmethod
    def now(cls) -> "Tally":
        requests = InformationRequest.objects
        erased = requests.filter(data_state=DataState.ERASED).count()
        return cls(
            blocked=requests.filter(data_state=DataState.BLOCKED).count() + erased,
            erased=erased,
            mails=OutgoingMessage.objects.filter(state=OutgoingMessage.State.SENT).count(),
        )

    def since(self, before: "Tally") -> "Tally":
        return Tally(self.blocked - before.blocked, self.erased - before.erased, self.mails - before.mails)


def run_worker() -> None:
    """What the worker does as soon as something is written."""
    run_due_jobs()
    send_pending_messages()


def run_night() -> None:
    """What beat starts. Moving the clock is a person's doing, so a jump over 35 days needs no other to look (SP-40)."""
    send_due_reminders()
    with heartbeat.beat(BLOCKING):
        block_all(clock.today())
    with heartbeat.beat(ERASING):
        erase_all(clock.today())
    run_worker()


def run_last_night() -> None:
    """With what looks at the whole desk: once at the end does as well as every night."""
    run_night()
    rearm_reminders()
    count_months()
    anchor_audit_trail()
    raise_due_alarms()
    with suppress(KeysOverdue):  # red on the page of the automatic tasks, as on any desk
        keep_keys_fresh()
    run_worker()


class Traveller:
    """Stops at every night on which something is due, and at least every 30 days.

    Without each reminder it wakes for blocking and erasing alone: of the reminders it slept through the last one goes,
    as after a run that was missed, and three years do not become thousands of mails.
    """

    def __init__(self, *, each_reminder: bool = True) -> None:
        self._last_night = clock.today()
        self._each_reminder = each_reminder

    def go_to(self, moment: datetime) -> None:
        """Not back: a moment that has passed changes nothing."""
        while (night := self._next_night()) < moment:
            _move_to(night)
            run_night()
            self._last_night = clock.today()
        _move_to(moment)

    def _next_night(self) -> datetime:
        longest = (clock.now() + LONGEST_STEP).astimezone(clock.AMSTERDAM).date()
        due = [
            *_days_of_retention(self._last_night),
            *(_days_of_reminders(self._last_night) if self._each_reminder else []),
        ]
        return at(min([longest, *due]), NIGHT)


def at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=clock.AMSTERDAM)


def back_to_real_time() -> None:
    offset = Installation.objects.get().clock_offset
    if offset < timedelta(0):
        clock.move(-offset)


def _move_to(moment: datetime) -> None:
    step = moment - clock.now()
    if step > timedelta(0):
        clock.move(step)


def _days_of_reminders(after: date) -> list[date]:
    day = Reminder.objects.filter(sent_at__isnull=True, due_on__gt=after).aggregate(day=Min("due_on"))["day"]
    return [day] if day else []


def _days_of_retention(after: date) -> list[date]:
    """The first day of each kind that the last night has not done; what failed then does not hold us up."""
    to_erase = RetentionRecord.objects.filter(erased_at__isnull=True)
    waiting = to_erase.filter(UNFILED, erase_on__gt=retention.erased_unfiled_from(after))
    found = [
        _first(RetentionRecord.objects.filter(blocked_at__isnull=True, block_on__gt=after), "block_on"),
        _first(to_erase.filter(erase_on__gt=after), "erase_on"),
    ]
    if last := _first(waiting, "erase_on"):
        found.append(retention.unfiled_until(last))
    return [day for day in found if day]


def _first(records: QuerySet[RetentionRecord], name: str) -> date | None:
    day: date | None = records.aggregate(day=Min(name))["day"]
    return day
