"""Reminders that are due leave as mail rows, once each, however often the job runs (design idea 5)."""

import logging
from collections.abc import Callable, Iterable
from datetime import date

from django.db import transaction
from django.db.models import Q

from authorities.models import User
from imidesk.core import clock, outbox
from requests_app import reminders
from requests_app.models import InformationRequest, Reminder
from requests_app.recipients import replaced_by_deputies
from requests_app.reminders import RULES, ReminderRule
from requests_app.vocabulary import OPEN_STATES, DataState, State

logger = logging.getLogger(__name__)


class RemindersFailed(RuntimeError):
    """Some requests could not be reminded of; the next run tries them again, and the heartbeat is red until then."""


def send_due_reminders() -> int:
    """What is due today or was missed; of each matter of a request only the last. Returns how many requests."""
    due = Reminder.objects.filter(sent_at__isnull=True, due_on__lte=clock.today())
    return _for_each(due.values_list("info_request", flat=True), _remind)


def rearm() -> int:
    """The rows of every request that may want some: after an upgrade, or a holiday added late (pitfall 19)."""
    may_want = (
        (Q(state__in=OPEN_STATES) & ~Q(state=State.DRAFT))
        | Q(ended_at__isnull=False, data_state=DataState.OPEN)
        | Q(pk__in=Reminder.objects.filter(sent_at__isnull=True).values("info_request"))
    )
    return _for_each(InformationRequest.objects.filter(may_want).values_list("pk", flat=True), _rearm)


def _for_each(requests: Iterable[int], act: Callable[[int], bool]) -> int:
    """One failure never stops the rest; the log names its kind, never its words (SP-16)."""
    done = failed = 0
    for pk in sorted(set(requests)):
        try:
            done += act(pk)
        except Exception as fault:
            failed += 1
            logger.error("reminder_failed", extra={"pk": pk, "fault": type(fault).__name__})
    if failed:
        raise RemindersFailed(failed)
    return done


@transaction.atomic(durable=True)
def _rearm(pk: int) -> bool:
    reminders.sync([_locked(pk)])
    return True


@transaction.atomic(durable=True)
def _remind(pk: int) -> bool:
    """None on a weekend or a holiday: what was missed waits for the next working day, past the date if need be."""
    info_request = _locked(pk)
    today = clock.today()
    if not reminders.calendar_of(info_request).is_working_day(today):
        return False
    reminders.sync([info_request])
    rules = _claim(info_request, today)
    if rules:
        _plan_mails(info_request, rules, today)
    return bool(rules)


def _locked(pk: int) -> InformationRequest:
    rows = InformationRequest.objects.select_related("home", "requester")
    return rows.select_for_update(of=("self",)).get(pk=pk)


def _claim(info_request: InformationRequest, today: date) -> list[ReminderRule]:
    """The last due reminder of each matter, the most pressing first; those missed before it are not sent any more."""
    wanted = reminders.wanted(info_request, today)
    waiting = Reminder.objects.filter(info_request=info_request, sent_at__isnull=True, due_on__lte=today)
    due = [(reminder, wanted[reminder.kind, reminder.due_on]) for reminder in waiting]
    last_day = {rule.matter: reminder.due_on for reminder, rule in sorted(due, key=lambda pair: pair[0].due_on)}
    found = []
    for reminder, rule in due:
        row = waiting.filter(pk=reminder.pk)
        if reminder.due_on < last_day[rule.matter]:
            row.delete()
        elif row.update(sent_at=clock.now()):
            found.append(rule)
    return sorted(found, key=RULES.index)


def _plan_mails(info_request: InformationRequest, rules: list[ReminderRule], today: date) -> None:
    """One mail to each person and one to the general mailbox; what else is due that day stands in it as a line."""
    told: dict[User, list[ReminderRule]] = {}
    in_own_name = set()
    for rule in rules:
        people = {user for recipients in rule.recipients_on(info_request, today) for user in recipients(info_request)}
        for recipient in replaced_by_deputies(info_request, people, today):
            told.setdefault(recipient.user, []).append(rule)
            if not recipient.as_deputy:
                in_own_name.add(recipient.user)
    to_people = (
        outbox.message(
            template=own_rules[0].template,
            event=None,
            subject=info_request.uuid,
            user_id=user.pk,
            facts=reminders.mail_facts(own_rules, today, as_deputy=user not in in_own_name),
        )
        for user, own_rules in told.items()
    )
    to_mailbox = outbox.message(
        template=rules[0].template,
        event=None,
        subject=info_request.uuid,
        mailbox=info_request.home.uuid,
        facts=reminders.mail_facts(rules, today),
    )
    outbox.plan(*to_people, to_mailbox)
