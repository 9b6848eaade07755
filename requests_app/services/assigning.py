"""A request finds its team and its handler, and its task goes to Corsa (IN-03 to IN-10)."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from authorities.models import Team, User
from authorities.permissions import mandate_of, users_with_role
from authorities.vocabulary import Role
from imidesk.core import clock
from imidesk.core.errors import DomainError
from requests_app import workflow
from requests_app.deadlines import local_day
from requests_app.models import Allocation, InformationRequest
from requests_app.vocabulary import Action, TextKind
from requests_app.writing import check_reason, locked, write_text


@transaction.atomic(durable=True)
def choose_team(*, info_request: InformationRequest, actor: User, team: Team, note: str = "") -> InformationRequest:
    """Its handlers see it and may take it up; nobody has it yet (IN-07)."""
    request = locked(info_request)
    if team.authority_id != request.home_id:
        raise DomainError(_("Choose a team of your own authority."))
    now = clock.now()
    workflow.perform(request.choose_team, action=Action.TEAM_CHOSEN, actor=actor, at=now, team=team.pk)
    write_text(request, TextKind.ALLOCATION_NOTE, note, by=actor, at=now)
    return request


@transaction.atomic(durable=True)
def allocate(
    *, info_request: InformationRequest, actor: User, handlers: list[User], note: str = ""
) -> InformationRequest:
    """One press, one or several handlers, each with the role and a mandate today (IN-03, IN-05, design 9 "Mandate")."""
    request = locked(info_request)
    if not handlers:
        raise DomainError(_("Choose at least one handler."))
    now = clock.now()
    able = set(users_with_role(Role.BEHANDELAAR, request.home, request.module).values_list("pk", flat=True))
    for handler in handlers:
        if handler.pk not in able:
            raise DomainError(_("%(person)s is not a handler of this module.") % {"person": handler})
        if mandate_of(handler, request.home, request.service_activity, local_day(now)) is None:
            raise DomainError(_("%(person)s has no mandate today.") % {"person": handler})
    workflow.perform(
        request.allocate, action=Action.ALLOCATED, actor=actor, at=now, handlers=sorted(user.pk for user in handlers)
    )
    write_text(request, TextKind.ALLOCATION_NOTE, note, by=actor, at=now)
    return request


@transaction.atomic(durable=True)
def take_up(*, info_request: InformationRequest, actor: User) -> InformationRequest:
    """ "Ik neem dit in behandeling": a handler of the chosen team makes it his own (design idea 1)."""
    request = locked(info_request)
    if Allocation.objects.filter(info_request=request, handler=actor).current().exists():
        return request
    workflow.require_mandate(request, actor, clock.now())
    workflow.perform(request.take_up, action=Action.TAKEN_UP, actor=actor, at=clock.now(), handlers=[actor.pk])
    return request


@transaction.atomic(durable=True)
def give_back(*, info_request: InformationRequest, actor: User, reason: str, words: str = "") -> InformationRequest:
    """Ends the handler's allocation; the last one puts the request back to received, with its deadline (IN-22)."""
    request = locked(info_request)
    check_reason("return", reason, words)
    others = Allocation.objects.filter(info_request=request, handler__isnull=False).current().exclude(handler=actor)
    now = clock.now()
    workflow.perform(
        request.give_back,
        action=Action.RETURNED,
        actor=actor,
        at=now,
        last=not others.exists(),
        reason=reason,
        handlers=[actor.pk],
    )
    write_text(request, TextKind.RETURN_REASON, words, by=actor, at=now)
    return request


@transaction.atomic(durable=True)
def place_task(*, info_request: InformationRequest, actor: User, task_number: str, sent_on: date) -> InformationRequest:
    """The task stands in the team's tray in Corsa (IN-09)."""
    request = locked(info_request)
    if sent_on > clock.today():
        raise DomainError(_("This date lies in the future. Enter when it was done."))
    workflow.perform(
        request.place_task,
        action=Action.TASK_PLACED,
        actor=actor,
        at=clock.now(),
        task_number=task_number,
        sent_on=sent_on,
    )
    return request
