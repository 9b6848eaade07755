"""Which act tells whom, by which mail, and which work it leaves for the desk. A table, printed in docs/workflow.md."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from authorities.models import User
from authorities.vocabulary import UserStatus
from imidesk.core import clock, jobs, outbox
from imidesk.core.models import AuditEvent, OutgoingMessage
from requests_app import reminders
from requests_app.models import InformationRequest
from requests_app.recipients import (
    Recipient,
    Recipients,
    allocated_handlers,
    allocators,
    deciders,
    handlers_of_team,
    jurists,
    nobody,
    pool,
    receivers_of_new,
    with_deputies,
)
from requests_app.vocabulary import Action, MailTemplate, State


@dataclass(frozen=True)
class Notice:
    template: MailTemplate
    recipients: Recipients
    source: str
    general_mailbox: bool = True  # the authority's address gets a copy of every mail (AUT-22), once per event
    named: str = ""  # the detail of the event that names the recipients, instead of the function
    to_deputies: bool = True  # the deputy of who is absent gets a copy; not where it says something of that person only


NOTICES: dict[Action, tuple[Notice, ...]] = {
    Action.RECEIVED: (
        Notice(MailTemplate.NEW_REQUEST, receivers_of_new, "NOT-01, NOT-02, MSG-11"),
        Notice(MailTemplate.POOL_NOTICE, pool, "NOT-02, NOT-05", general_mailbox=False, to_deputies=False),
        Notice(MailTemplate.JURIST_NOTICE, jurists, "USR-33", general_mailbox=False, to_deputies=False),
    ),
    Action.TEAM_CHOSEN: (
        Notice(MailTemplate.TEAM_CHOSEN, handlers_of_team, "NOT-03, IN-07"),
        Notice(MailTemplate.NO_LONGER_YOURS, nobody, "IN-05", general_mailbox=False, named="ended", to_deputies=False),
    ),
    Action.ALLOCATED: (
        Notice(MailTemplate.ALLOCATED, allocated_handlers, "NOT-03"),
        Notice(MailTemplate.NO_LONGER_YOURS, nobody, "IN-05", general_mailbox=False, named="ended", to_deputies=False),
    ),
    Action.ACCEPTANCE_RECORDED: (Notice(MailTemplate.ALLOCATED, allocated_handlers, "NOT-03, IMI-04"),),
    Action.RETURNED: (Notice(MailTemplate.RETURNED, allocators, "IN-22"),),
    Action.TEAM_RETURNED: (Notice(MailTemplate.RETURNED, allocators, "IN-22, REM-21"),),
    Action.ALLOCATION_ASKED: (Notice(MailTemplate.ALLOCATION_ASKED, allocators, "IN-06, NOT-05"),),
    Action.REALLOCATED: (
        Notice(MailTemplate.ALLOCATED, nobody, "NOT-03, IN-05", named="handlers"),
        Notice(MailTemplate.NO_LONGER_YOURS, nobody, "IN-05", general_mailbox=False, named="ended", to_deputies=False),
    ),
    Action.DELAY_REPORTED: (Notice(MailTemplate.DELAY_REPORTED, allocators, "IN-22, REM-21"),),
    Action.VIEWER_ADDED: (Notice(MailTemplate.VIEWER_ADDED, nobody, "design 9", named="user", to_deputies=False),),
    Action.ADVICE_ASKED: (Notice(MailTemplate.ADVICE_ASKED, jurists, "USR-33"),),
    Action.ADVICE_GIVEN: (Notice(MailTemplate.ADVICE_GIVEN, allocated_handlers, "USR-33"),),
    Action.CLARIFICATION_ASKED: (Notice(MailTemplate.CLARIFICATION_ASKED, allocated_handlers, "IMI-02"),),
    Action.END_CORRECTION_PROPOSED: (Notice(MailTemplate.CORRECTION_PROPOSED, allocators, "design 3"),),
    Action.END_CORRECTED: (Notice(MailTemplate.END_CORRECTED, allocators, "design 3"),),
    Action.DECISION_PROPOSED: (Notice(MailTemplate.DECISION_ASKED, deciders, "design 3, DP-09"),),
    Action.OPENING_ASKED: (Notice(MailTemplate.DECISION_ASKED, deciders, "DP-06"),),
    Action.DECISION_APPROVED: (Notice(MailTemplate.DECISION_TAKEN, nobody, "design 3, DP-06", named="people"),),
    Action.DECISION_DECLINED: (Notice(MailTemplate.DECISION_TAKEN, nobody, "design 3, DP-06", named="people"),),
    Action.DECISION_ENDED: (Notice(MailTemplate.DECISION_TAKEN, nobody, "design 3", named="people"),),
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
    Action.TAKEN_UP: ("task_report",),
    Action.ACCEPTANCE_RECORDED: ("task_report",),
    Action.ANSWERED: ("sent_copy",),
    Action.ANSWER_RECORDED: ("sent_copy",),
    Action.CLOSED: ("end_reports",),
    Action.FORWARDED: ("end_reports",),
    Action.REFUSED: ("end_reports",),
    Action.WITHDRAWN: ("end_reports",),
    Action.ENTERED_IN_ERROR: ("end_reports",),
    Action.END_CORRECTED: ("end_reports",),
}


def plan(events: Collection[tuple[AuditEvent, InformationRequest]]) -> None:
    """Write the mails and the work that events cause, in their transaction; nothing leaves here."""
    outbox.plan(*(message for event, info_request in events for message in _messages(event, info_request)))
    for event, info_request in events:
        for kind in _jobs(event):
            jobs.plan(kind, info_request.uuid)
    reminders.sync([info_request for _event, info_request in events])


def _jobs(event: AuditEvent) -> tuple[str, ...]:
    """Taken up from a team, its report was made when the team was chosen (IN-09)."""
    if event.action == Action.TAKEN_UP and event.details["from"] != State.RECEIVED:
        return ()
    return JOBS.get(Action(event.action), ())


def _messages(event: AuditEvent, info_request: InformationRequest) -> Iterator[OutgoingMessage]:
    for notice in NOTICES.get(Action(event.action), ()):
        named = _named(event, notice.named) if notice.named else notice.recipients(info_request)
        people = (
            with_deputies(info_request, named, clock.today())
            if notice.to_deputies
            else [Recipient(user) for user in named]
        )
        own = partial(outbox.message, template=notice.template, event=event, subject=info_request.uuid)
        for recipient in people:
            if recipient.user.pk != event.actor_id:
                yield own(user_id=recipient.user.pk, facts={"deputy": 1} if recipient.as_deputy else None)
        if notice.general_mailbox:
            yield own(mailbox=info_request.home.uuid)


def _named(event: AuditEvent, detail: str) -> Iterable[User]:
    value = event.details.get(detail) or []
    return User.objects.filter(pk__in=value if isinstance(value, list) else [value], status=UserStatus.ACTIVE)
