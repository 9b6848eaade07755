"""Which reminder goes when to whom: a table, printed in docs/workflow.md, and the rows that follow it (ADR 9).

The days are reckoned anew from the dates that count now, each time; nothing counts up (pitfall 19). A row is a day on
which a reminder is due. It goes when the table wants it no more, and is sent once.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date

from django.db.models import Max

from imidesk.core import clock, once
from requests_app.deadlines import HERE, Calendar, Rhythm, Unit, local_day
from requests_app.models import DataDecision, InformationRequest, Preparation, ProviderLetter, Reminder
from requests_app.recipients import (
    Recipients,
    allocators,
    jurists,
    owners_of_holds_and_deciders,
    who_has_it,
    who_has_it_and_allocators,
)
from requests_app.vocabulary import BEFORE_ACCEPTANCE, DataState, MailTemplate, Procedure, ReminderKind, State

Base = Callable[[InformationRequest], date | None]


def receipt(info_request: InformationRequest) -> date | None:
    """The day of receipt, until acceptance."""
    return local_day(info_request.received_at) if info_request.state in BEFORE_ACCEPTANCE else None


def answer_date(info_request: InformationRequest) -> date | None:
    """The answer date that counts, from acceptance until the answer."""
    return info_request.answer_due_on if info_request.state == State.ACCEPTED else None


def preparation(info_request: InformationRequest) -> date | None:
    """The day on which a step was prepared, until it is done in IMI or taken back."""
    if not info_request.prepared_step:
        return None
    made_at = Preparation.objects.filter(info_request=info_request, ended_at=None).values_list("made_at", flat=True)
    return local_day(made_at.first() or clock.now())  # at the step itself the form is about to be written


def letter(info_request: InformationRequest) -> date | None:
    """The day on which the letter to the provider is due, until it is sent."""
    if info_request.data_state != DataState.OPEN or info_request.procedure != Procedure.GOOD_REPUTE:
        return None
    return (
        ProviderLetter.objects.filter(info_request=info_request, sent_on=None).values_list("due_on", flat=True).first()
    )


def end_to_file(info_request: InformationRequest) -> date | None:
    """The day of the end, until the case is filed."""
    return local_day(info_request.ended_at) if info_request.ended_at and _to_file(info_request) else None


def block_date(info_request: InformationRequest) -> date | None:
    """The day of blocking, until the case is filed."""
    return _block_day(info_request) if _to_file(info_request) else None


def blocking(info_request: InformationRequest) -> date | None:
    """The day of blocking, until it is done."""
    return _block_day(info_request) if info_request.has_ended and info_request.data_state == DataState.OPEN else None


def hold_end(info_request: InformationRequest) -> date | None:
    """The last day of the hold that lasts longest, until the data are erased."""
    known = _known_holds.get()
    if known is None:
        known = once.per_page(("last_hold", info_request.pk), lambda: _last_holds([info_request]))
    return known.get(info_request.pk)


def _last_holds(info_requests: Iterable[InformationRequest]) -> dict[int, date]:
    pks = [found.pk for found in info_requests if found.has_ended and found.data_state != DataState.ERASED]
    holds = DataDecision.objects.holding(clock.today()).filter(info_request__in=pks).order_by()
    return dict(holds.values_list("info_request").annotate(Max("until")))


_known_holds: ContextVar[dict[int, date] | None] = ContextVar("known_holds", default=None)
"""Those of many requests, read together by who reckons the reminders of all of them."""


def answer(info_request: InformationRequest) -> date | None:
    """The day of the answer, until the requester closes."""
    answered_at = info_request.answered_at
    return local_day(answered_at) if answered_at and info_request.state == State.ANSWERED else None


def _to_file(info_request: InformationRequest) -> bool:
    return info_request.needs_filing and info_request.data_state == DataState.OPEN


def _no_block_day(info_request: InformationRequest) -> date | None:
    return None


_block_day: Base = _no_block_day


def register_block_day(block_day: Base) -> None:
    """The legal periods belong to an upper app (house style 4)."""
    global _block_day
    _block_day = block_day


@dataclass(frozen=True)
class Later:
    """Who is told too, from so many working days after the date on."""

    working_days: int
    recipients: Recipients


@dataclass(frozen=True)
class ReminderRule:
    kind: ReminderKind
    base: Base
    rhythm: Rhythm
    template: MailTemplate
    recipients: Recipients
    source: str
    later: Later | None = None

    @property
    def matter(self) -> MailTemplate:
        """Of several reminders of one matter that were missed only the last is sent."""
        late = self.template == MailTemplate.REMINDER_LATE
        return MailTemplate.REMINDER_ANSWER if late else self.template

    def recipients_on(self, info_request: InformationRequest, day: date) -> Iterator[Recipients]:
        yield self.recipients
        base = self.base(info_request)
        if self.later and base and calendar_of(info_request).working_days(base, day) >= self.later.working_days:
            yield self.later.recipients


# The most pressing first: of two on one day it names the mail. The general mailbox gets a copy of each (AUT-22).
RULES: tuple[ReminderRule, ...] = (
    ReminderRule(
        ReminderKind.ANSWER_LATE,
        answer_date,
        Rhythm(2, Unit.WORKING_DAYS, every=2),
        MailTemplate.REMINDER_LATE,
        who_has_it_and_allocators,
        "STA-05, IN-22",
        later=Later(5, jurists),
    ),
    ReminderRule(
        ReminderKind.ANSWER_DAY,
        answer_date,
        Rhythm(0, Unit.WORKING_DAYS),
        MailTemplate.REMINDER_ANSWER,
        who_has_it,
        "STA-05",
    ),
    ReminderRule(
        ReminderKind.ANSWER_DAY_BEFORE,
        answer_date,
        Rhythm(-1, Unit.WORKING_DAYS),
        MailTemplate.REMINDER_ANSWER,
        who_has_it,
        "STA-05",
    ),
    ReminderRule(
        ReminderKind.ANSWER_WEEK_BEFORE,
        answer_date,
        Rhythm(-5, Unit.WORKING_DAYS),
        MailTemplate.REMINDER_ANSWER,
        who_has_it,
        "STA-05",
    ),
    ReminderRule(
        ReminderKind.ACCEPT_DAY_6,
        receipt,
        Rhythm(6, Unit.DAYS),
        MailTemplate.REMINDER_ACCEPT,
        who_has_it,
        "STA-03",
    ),
    ReminderRule(
        ReminderKind.ACCEPT_DAY_4,
        receipt,
        Rhythm(4, Unit.DAYS),
        MailTemplate.REMINDER_ACCEPT,
        who_has_it,
        "STA-03",
    ),
    ReminderRule(
        ReminderKind.ACCEPT_DAY_2,
        receipt,
        Rhythm(2, Unit.DAYS),
        MailTemplate.REMINDER_ACCEPT,
        who_has_it,
        "STA-03",
    ),
    ReminderRule(
        ReminderKind.DO_IN_IMI,
        preparation,
        Rhythm(1, Unit.WORKING_DAYS, every=2),
        MailTemplate.REMINDER_IMI,
        who_has_it,
        "IMI-01",
        later=Later(5, allocators),
    ),
    ReminderRule(
        ReminderKind.SEND_LETTER,
        letter,
        Rhythm(0, Unit.WORKING_DAYS, every=2),
        MailTemplate.REMINDER_LETTER,
        who_has_it,
        "ANS-17",
        later=Later(5, allocators),
    ),
    ReminderRule(
        ReminderKind.FILE_REPORTS,
        block_date,
        Rhythm(-30, Unit.DAYS, every=7),
        MailTemplate.REMINDER_FILE,
        who_has_it_and_allocators,
        "ARC-08",
    ),
    ReminderRule(
        ReminderKind.FILE_REPORTS,
        end_to_file,
        Rhythm(5, Unit.WORKING_DAYS, every=20),
        MailTemplate.REMINDER_FILE,
        who_has_it,
        "ARC-01, ARC-08",
    ),
    ReminderRule(
        ReminderKind.BLOCKED_SOON,
        blocking,
        Rhythm(-14, Unit.DAYS),
        MailTemplate.REMINDER_BLOCK,
        allocators,
        "design 3",
    ),
    ReminderRule(
        ReminderKind.HOLD_ENDS,
        hold_end,
        Rhythm(-14, Unit.DAYS),
        MailTemplate.REMINDER_HOLD,
        owners_of_holds_and_deciders,
        "design 3, pitfall 12",
    ),
    ReminderRule(
        ReminderKind.CLOSING_ESCALATES,
        answer,
        Rhythm(2, Unit.MONTHS, every=1),
        MailTemplate.REMINDER_CLOSING,
        who_has_it_and_allocators,
        "design 3, Regulation (EU) 1024/2012, article 14(7)",
    ),
    ReminderRule(
        ReminderKind.CLOSING_WAITS,
        answer,
        Rhythm(1, Unit.MONTHS),
        MailTemplate.REMINDER_CLOSING,
        who_has_it,
        "design 3, Regulation (EU) 1024/2012, article 14(7)",
    ),
)


def calendar_of(info_request: InformationRequest) -> Calendar:
    """Working days here and at the asking authority."""
    return Calendar.of(info_request.requester.country or HERE)


def days_of(rule: ReminderRule, info_request: InformationRequest, today: date) -> list[date]:
    """On which days this rule reminds: those that have come, and the next one."""
    base = rule.base(info_request)
    if base is None:
        return []
    return rule.rhythm.until_next(base, calendar_of(info_request), today)


def wanted(info_request: InformationRequest, today: date) -> dict[tuple[str, date], ReminderRule]:
    """Every reminder that has come or comes next, with the rule that wants it."""
    found: dict[tuple[str, date], ReminderRule] = {}
    for rule in RULES:
        for day in days_of(rule, info_request, today):
            found.setdefault((rule.kind, day), rule)
    return found


def mail_facts(rules: list[ReminderRule], day: date, *, as_deputy: bool = False) -> dict[str, str | int]:
    """What names a reminder's mail: its kind, its day, which other mails it takes the place of, and for whom it is."""
    others = {rule.template: None for rule in rules if rule.matter != rules[0].matter}
    facts: dict[str, str | int] = {"kind": rules[0].kind, "day": day.isoformat()}
    if others:
        facts["also"] = "+".join(others)
    return facts | ({"deputy": 1} if as_deputy else {})


def sync(info_requests: Collection[InformationRequest]) -> None:
    """Reminders follow the dates that count now: those no longer wanted go, new ones come, what was sent stays."""
    today = clock.today()
    token = _known_holds.set(_last_holds(info_requests))
    try:
        rows = {info_request.pk: wanted(info_request, today) for info_request in info_requests}
    finally:
        _known_holds.reset(token)
    known, surplus = set(), []
    for reminder in Reminder.objects.filter(info_request__in=list(rows)):
        key = (reminder.kind, reminder.due_on)
        known.add((reminder.info_request_id, *key))
        if reminder.sent_at is None and key not in rows[reminder.info_request_id]:
            surplus.append(reminder.pk)
    if surplus:
        Reminder.objects.filter(pk__in=surplus).delete()
    new = [(pk, *key) for pk, found in rows.items() for key in found if key[1] >= today and (pk, *key) not in known]
    Reminder.objects.bulk_create(
        [Reminder(info_request_id=pk, kind=kind, due_on=day) for pk, kind, day in new], ignore_conflicts=True
    )
