"""Which act tells whom, by which mail, and which work it leaves for the desk. A table, printed in docs/workflow.md."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from authorities.models import User
from authorities.permissions import users_with_role
from authorities.vocabulary import Role, UserStatus
from imidesk.core import clock, jobs, outbox
from imidesk.core.models import AuditEvent
from requests_app.models import Allocation, InformationRequest, Reminder
from requests_app.vocabulary import (
    BEFORE_ACCEPTANCE,
    Action,
    MailTemplate,
    ReminderKind,
    State,
)

Recipients = Callable[[InformationRequest], Iterable[User]]


def allocators(info_request: InformationRequest) -> Iterable[User]:
    return users_with_role(Role.TOEWIJZER, info_request.home, info_request.module)


def handlers_of_module(info_request: InformationRequest) -> Iterable[User]:
    return users_with_role(Role.BEHANDELAAR, info_request.home, info_request.module)


def jurists(info_request: InformationRequest) -> Iterable[User]:
    return users_with_role(Role.JURIST, info_request.home)


def allocated_handlers(info_request: InformationRequest) -> Iterable[User]:
    """Those who still have the role; without them a reminder goes to who must see to it (pitfall 18)."""
    current = Allocation.objects.filter(info_request=info_request, handler__isnull=False).current()
    role = Role.BEHANDELAAR
    return users_with_role(role, info_request.home, info_request.module).filter(pk__in=current.values("handler"))


def handlers_of_team(info_request: InformationRequest) -> Iterable[User]:
    team = Allocation.objects.filter(info_request=info_request, handler__isnull=True).current().values("team")
    return [user for user in handlers_of_module(info_request) if user.memberships.filter(team__in=team).exists()]


def nobody(info_request: InformationRequest) -> Iterable[User]:
    return ()


def receivers_of_new(info_request: InformationRequest) -> Iterable[User]:
    """Matrix of NOT-01 and NOT-02: with allocation the allocators, without it the handlers."""
    if info_request.registration.works_with_allocation:
        return allocators(info_request)
    return handlers_of_module(info_request)


def pool(info_request: InformationRequest) -> Iterable[User]:
    """Handlers of the area read along where the authority says so (NOT-02, NOT-05)."""
    if info_request.registration.works_with_allocation and info_request.home.pool_reads_along:
        return handlers_of_module(info_request)
    return ()


@dataclass(frozen=True)
class Notice:
    template: MailTemplate
    recipients: Recipients
    source: str
    general_mailbox: bool = True  # the authority's address gets a copy of every mail (AUT-22), once per event
    named: str = ""  # the detail of the event that names the recipients, instead of the function


NOTICES: dict[Action, tuple[Notice, ...]] = {
    Action.RECEIVED: (
        Notice(MailTemplate.NEW_REQUEST, receivers_of_new, "NOT-01, NOT-02, MSG-11"),
        Notice(MailTemplate.POOL_NOTICE, pool, "NOT-02, NOT-05", general_mailbox=False),
        Notice(MailTemplate.JURIST_NOTICE, jurists, "USR-33", general_mailbox=False),
    ),
    Action.TEAM_CHOSEN: (Notice(MailTemplate.TEAM_CHOSEN, handlers_of_team, "NOT-03, IN-07"),),
    Action.ALLOCATED: (Notice(MailTemplate.ALLOCATED, allocated_handlers, "NOT-03"),),
    Action.ACCEPTANCE_RECORDED: (Notice(MailTemplate.ALLOCATED, allocated_handlers, "NOT-03, IMI-04"),),
    Action.RETURNED: (Notice(MailTemplate.RETURNED, allocators, "IN-22"),),
    Action.TEAM_RETURNED: (Notice(MailTemplate.RETURNED, allocators, "IN-22, REM-21"),),
    Action.ALLOCATION_ASKED: (Notice(MailTemplate.ALLOCATION_ASKED, allocators, "IN-06, NOT-05"),),
    Action.REALLOCATED: (
        Notice(MailTemplate.ALLOCATED, nobody, "NOT-03, IN-05", named="handlers"),
        Notice(MailTemplate.NO_LONGER_YOURS, nobody, "IN-05", general_mailbox=False, named="ended"),
    ),
    Action.DELAY_REPORTED: (Notice(MailTemplate.DELAY_REPORTED, allocators, "IN-22, REM-21"),),
    Action.VIEWER_ADDED: (Notice(MailTemplate.VIEWER_ADDED, nobody, "design 9", named="user"),),
    Action.ADVICE_ASKED: (Notice(MailTemplate.ADVICE_ASKED, jurists, "USR-33"),),
    Action.ADVICE_GIVEN: (Notice(MailTemplate.ADVICE_GIVEN, allocated_handlers, "USR-33"),),
    Action.CLARIFICATION_ASKED: (Notice(MailTemplate.CLARIFICATION_ASKED, allocated_handlers, "IMI-02"),),
    Action.END_CORRECTION_PROPOSED: (Notice(MailTemplate.CORRECTION_PROPOSED, allocators, "design 3"),),
    Action.END_CORRECTED: (Notice(MailTemplate.END_CORRECTED, allocators, "design 3"),),
    Action.ACCEPTED: (Notice(MailTemplate.ACCEPTED, allocators, "ANS-10"),),
    Action.ANSWERED: (Notice(MailTemplate.ANSWERED, allocators, "ANS-10"),),
    Action.CLOSED: (Notice(MailTemplate.CLOSED, allocated_handlers, "ARC-01"),),
    Action.FORWARDED: (Notice(MailTemplate.ENDED, allocators, "ARC-13"),),
    Action.REFUSED: (Notice(MailTemplate.ENDED, allocators, "ARC-13"),),
    Action.WITHDRAWN: (Notice(MailTemplate.ENDED, allocated_handlers, "ARC-13"),),
    Action.ENTERED_IN_ERROR: (Notice(MailTemplate.ENDED, allocated_handlers, "design 3"),),
}

# Work that an upper app does; it registers what runs in its AppConfig.ready (house style 4).
JOBS: dict[Action, tuple[str, ...]] = {
    Action.TEAM_CHOSEN: ("task_report",),
    Action.ALLOCATED: ("task_report",),
    Action.ANSWERED: ("sent_copy",),
    Action.ANSWER_RECORDED: ("sent_copy",),
    Action.CLOSED: ("end_reports",),
    Action.FORWARDED: ("end_reports",),
    Action.REFUSED: ("end_reports",),
    Action.WITHDRAWN: ("end_reports",),
    Action.ENTERED_IN_ERROR: ("end_reports",),
    Action.END_CORRECTED: ("end_reports",),
}


def plan(event: AuditEvent, info_request: InformationRequest) -> None:
    """Write the mails and the work that an event causes, in its transaction; nothing leaves here."""
    action = Action(event.action)
    for notice in NOTICES.get(action, ()):
        named = _named(event, notice.named) if notice.named else notice.recipients(info_request)
        for user in named:
            if user.pk != event.actor_id:
                outbox.plan(template=notice.template, event=event, subject=info_request.uuid, user_id=user.pk)
        if notice.general_mailbox:
            outbox.plan(
                template=notice.template, event=event, subject=info_request.uuid, mailbox=info_request.home.uuid
            )
    for kind in JOBS.get(action, ()):
        jobs.plan(kind, info_request.uuid)
    sync_reminders(info_request)


def _named(event: AuditEvent, detail: str) -> Iterable[User]:
    value = event.details.get(detail) or []
    return User.objects.filter(pk__in=value if isinstance(value, list) else [value], status=UserStatus.ACTIVE)


def sync_reminders(info_request: InformationRequest) -> None:
    """Reminders follow the dates that count now: those no longer wanted go, new ones come, what was sent stays."""
    wanted = set()
    if info_request.state in BEFORE_ACCEPTANCE:
        wanted.add((ReminderKind.ACCEPT_DAY_6, info_request.accept_by - timedelta(days=1)))
    if info_request.state == State.ACCEPTED and info_request.answer_due_on:
        wanted.add((ReminderKind.ANSWER_DAY_BEFORE, info_request.answer_due_on - timedelta(days=1)))
        wanted.add((ReminderKind.ANSWER_DAY, info_request.answer_due_on))
    today = clock.today()
    waiting = Reminder.objects.filter(info_request=info_request, sent_at__isnull=True)
    for reminder in waiting:
        if (reminder.kind, reminder.due_on) not in wanted:
            reminder.delete()
    for kind, due_on in wanted:
        if due_on >= today:
            Reminder.objects.get_or_create(info_request=info_request, kind=kind, due_on=due_on)


REMINDER_TEMPLATES = {
    ReminderKind.ACCEPT_DAY_6: MailTemplate.REMINDER_ACCEPT,
    ReminderKind.ANSWER_DAY_BEFORE: MailTemplate.REMINDER_ANSWER,
    ReminderKind.ANSWER_DAY: MailTemplate.REMINDER_ANSWER,
}


def reminded(info_request: InformationRequest) -> list[User]:
    """The handlers who have it; as long as nobody has, who must see to it (pitfall 20)."""
    handlers = list(allocated_handlers(info_request))
    return handlers or list(receivers_of_new(info_request))
