"""A request finds its team and its handler, and its task goes to Corsa (IN-03 to IN-10, IN-22)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dateutil.relativedelta import relativedelta
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from authorities.models import Team, User
from authorities.permissions import mandate_of, users_with_role
from authorities.vocabulary import Role
from imidesk.core import clock
from imidesk.core.errors import DomainError
from requests_app import workflow
from requests_app.deadlines import local_day
from requests_app.models import Allocation, AllocationWish, InformationRequest
from requests_app.models.allocation import seen as seen_by_now
from requests_app.vocabulary import Action, State, TextKind
from requests_app.writing import check_day_not_future, check_reason, checked_records_number, locked, write_text


@transaction.atomic(durable=True)
def choose_team(
    *, info_request: InformationRequest, actor: User, team: Team, note: str = "", seen: str = ""
) -> InformationRequest:
    """Its handlers see it and may take it up; nobody has it yet (IN-07). Pressed twice is once: `_is_done`."""
    request = locked(info_request)
    _check_team(request, team)
    if _is_done(request, seen, team, []):
        return request
    now = clock.now()
    ended = sorted(_having(request))
    workflow.perform(request.choose_team, action=Action.TEAM_CHOSEN, actor=actor, at=now, team=team.pk, ended=ended)
    write_text(request, TextKind.ALLOCATION_NOTE, note, by=actor, at=now)
    return request


def _check_team(request: InformationRequest, team: Team) -> None:
    if team.authority_id != request.home_id:
        raise DomainError(_("Choose a team of your own authority."))


@transaction.atomic(durable=True)
def allocate(
    *,
    info_request: InformationRequest,
    actor: User,
    handlers: list[User],
    team: Team | None = None,
    note: str = "",
    seen: str = "",
) -> InformationRequest:
    """One press, one or several handlers, each with the role and a mandate today (IN-03, IN-05, design 9 "Mandate").

    With a team beside them the task goes to its tray. Pressed twice is once: `_is_done`.
    """
    request = locked(info_request)
    if not handlers:
        raise DomainError(_("Choose at least one handler."))
    if team is not None:
        _check_team(request, team)
    if _is_done(request, seen, team, handlers):
        return request
    _check_able(request, handlers)
    _allocate(request, actor, handlers, team, note)
    return request


def _is_done(request: InformationRequest, seen: str, team: Team | None, handlers: list[User]) -> bool:
    """What is asked stands already, though the page did not show it: the same press once more (pitfall 24).

    `seen` is what the page showed of who has it. Raises DomainError when somebody chose otherwise since.
    """
    rows = list(Allocation.objects.filter(info_request=request).current().select_related("team", "handler"))
    if seen == seen_by_now(rows):
        return False
    having = {row.handler for row in rows if row.handler}
    teams = {row.team for row in rows if not row.handler}
    if having == set(handlers) and (team is None or team in teams):
        return bool(rows)
    if not seen:
        return False
    raise DomainError(
        _("In the meantime %(who)s got this request. Look again at what you choose.")
        % {"who": ", ".join(str(row.handler or row.team) for row in rows)}
        if rows
        else _("In the meantime nobody has this request any more. Look again at what you choose.")
    )


def _allocate(
    request: InformationRequest, actor: User, handlers: list[User], team: Team | None = None, note: str = ""
) -> None:
    chosen = {user.pk for user in handlers}
    now = clock.now()
    workflow.perform(
        request.allocate,
        action=Action.ALLOCATED,
        actor=actor,
        at=now,
        handlers=sorted(chosen),
        ended=sorted(_having(request) - chosen),
        team=team.pk if team else None,
    )
    write_text(request, TextKind.ALLOCATION_NOTE, note, by=actor, at=now)


def _check_able(request: InformationRequest, handlers: list[User]) -> None:
    today = local_day(clock.now())
    able = set(users_with_role(Role.BEHANDELAAR, request.home, request.module).values_list("pk", flat=True))
    for handler in handlers:
        if handler.pk not in able:
            raise DomainError(_("%(person)s is not a handler of this module.") % {"person": handler})
        if mandate_of(handler, request.home, request.service_activity, today) is None:
            raise DomainError(_("%(person)s has no mandate today.") % {"person": handler})


def _having(request: InformationRequest) -> set[int]:
    rows = Allocation.objects.filter(info_request=request, handler__isnull=False).current()
    return {pk for pk in rows.values_list("handler", flat=True) if pk}


@transaction.atomic(durable=True)
def take_up(*, info_request: InformationRequest, actor: User, beside: bool = False) -> InformationRequest:
    """ "Ik neem dit in behandeling": by a handler of the chosen team, or where preference 4 is Nee by any (NOT-08).

    Who comes second hears who was first; in a team he may still take it up `beside` the other (pitfall 24).
    """
    request = locked(info_request)
    having = _having(request)
    if actor.pk in having:
        return request
    if having and not beside:
        raise workflow.TakenByOther(request)
    now = clock.now()
    workflow.require_mandate(request, actor, now)
    workflow.perform(
        request.allocate_to_self if request.state == State.RECEIVED else request.take_up,
        action=Action.TAKEN_UP,
        actor=actor,
        at=now,
        handlers=[actor.pk],
    )
    return request


@transaction.atomic(durable=True)
def ask_allocation(*, info_request: InformationRequest, actor: User, note: str = "") -> InformationRequest:
    """ "Vraag om toewijzing aan mij": the allocator hears of it and decides (IN-06, NOT-05). Asked twice is once."""
    request = locked(info_request)
    if actor.pk in _having(request):
        raise DomainError(_("This request is allocated to you already."))
    if AllocationWish.objects.filter(info_request=request, user=actor, ended_at__isnull=True).exists():
        return request
    now = clock.now()
    workflow.perform(request.ask_allocation, action=Action.ALLOCATION_ASKED, actor=actor, at=now, handlers=[actor.pk])
    AllocationWish.objects.create(info_request=request, user=actor, asked_at=now)
    write_text(request, TextKind.WISH_NOTE, note, by=actor, at=now)
    return request


@transaction.atomic(durable=True)
def give_back(*, info_request: InformationRequest, actor: User, reason: str, words: str = "") -> InformationRequest:
    """Ends the handler's allocation; the last one puts the request back to received, with its deadline (IN-22)."""
    request = locked(info_request)
    check_reason("return", reason, words)
    now = clock.now()
    workflow.perform(
        request.give_back,
        action=Action.RETURNED,
        actor=actor,
        at=now,
        last=not _having(request) - {actor.pk},
        reason=reason,
        handlers=[actor.pk],
    )
    write_text(request, TextKind.RETURN_REASON, words, by=actor, at=now)
    return request


@transaction.atomic(durable=True)
def return_for_team(
    *, info_request: InformationRequest, actor: User, reason: str, returned_on: date, words: str = ""
) -> InformationRequest:
    """By a handler of the team, or by the allocator when the task came back in Corsa (IN-22, REM-21)."""
    request = locked(info_request)
    check_reason("return", reason, words)
    team = Allocation.objects.filter(info_request=request, handler__isnull=True).current().first()
    if team is None:
        raise DomainError(_("No team has this request, so no team can return it."))
    if _having(request):
        raise DomainError(_("A handler has this request. That handler can return it, or the allocator chooses again."))
    check_day_not_future(returned_on, field="returned_on")
    if returned_on < (chosen_on := local_day(team.made_at)):
        raise DomainError(
            _("The team got the request on %(day)s. It cannot have returned it before.")
            % {"day": date_format(chosen_on, "j F Y")}
        )
    now = clock.now()
    workflow.perform(
        request.give_back_for_team,
        action=Action.TEAM_RETURNED,
        actor=actor,
        at=now,
        reason=reason,
        team=team.team_id,
        returned_on=returned_on,
    )
    write_text(request, TextKind.RETURN_REASON, words, by=actor, at=now)
    return request


@transaction.atomic(durable=True)
def report_delay(
    *, info_request: InformationRequest, actor: User, reason: str, expected_on: date, words: str = ""
) -> InformationRequest:
    """Said in time and with a date; a later one takes its place (IN-22, ANS-11)."""
    request = locked(info_request)
    check_reason("delay", reason, words)
    if expected_on < clock.today():
        raise DomainError(_("The expected date lies in the past. Enter a day from today on."), field="expected_on")
    if expected_on > clock.today() + relativedelta(years=1):
        raise DomainError(_("This date lies more than a year ahead. Check the year."), field="expected_on")
    now = clock.now()
    workflow.perform(
        request.report_delay, action=Action.DELAY_REPORTED, actor=actor, at=now, reason=reason, expected_on=expected_on
    )
    write_text(request, TextKind.DELAY_REASON, words, by=actor, at=now)
    return request


@transaction.atomic(durable=True)
def reassign(
    *, info_request: InformationRequest, actor: User, handlers: list[User], ended: list[User], note: str = ""
) -> InformationRequest:
    """After acceptance: others get it, some lose it, and somebody always has it (IN-05, pitfall 18).

    What was typed stays; a new handler accepts for himself before the person opens to him.
    """
    request = locked(info_request)
    _reassign(request, actor, handlers, ended, note)
    return request


def _reassign(
    request: InformationRequest, actor: User, handlers: list[User], ended: list[User], note: str = ""
) -> None:
    having = _having(request)
    coming = {user.pk for user in handlers} - having
    going = {user.pk for user in ended} & having
    if going & {user.pk for user in handlers}:
        raise DomainError(_("Somebody cannot get the request and lose it at the same time."))
    if not coming and not going:
        raise DomainError(_("Choose who gets the request, or who no longer has it."))
    if not (having | coming) - going:
        raise DomainError(_("Then nobody would have this request. Choose who gets it."))
    _check_able(request, [user for user in handlers if user.pk in coming])
    now = clock.now()
    workflow.perform(
        request.reallocate,
        action=Action.REALLOCATED,
        actor=actor,
        at=now,
        handlers=sorted(coming),
        ended=sorted(going),
    )
    write_text(request, TextKind.ALLOCATION_NOTE, note, by=actor, at=now)


@transaction.atomic(durable=True)
def hand_over_one(*, info_request: InformationRequest, actor: User, giver: User, taker: User) -> InformationRequest:
    """One request of the open work of somebody, before or after acceptance; who handles it with him keeps it."""
    request = locked(info_request)
    if giver.pk not in _having(request):
        raise DomainError(_("%(person)s does not have this request any more.") % {"person": giver})
    if giver.pk == taker.pk:
        raise DomainError(_("Choose somebody else to hand the work to."))
    if request.accepted_at is None:
        _check_able(request, [taker])
        staying = User.objects.filter(pk__in=_having(request) - {giver.pk, taker.pk})
        _allocate(request, actor, [*staying, taker])
    else:
        _reassign(request, actor, [taker], [giver])
    return request


@dataclass(frozen=True)
class HandOver:
    """What went, and what stayed with the reason; never "all" where one stayed (pitfall 24)."""

    done: tuple[InformationRequest, ...]
    refused: tuple[tuple[InformationRequest, str], ...]


def hand_over(*, info_requests: Sequence[InformationRequest], actor: User, giver: User, taker: User) -> HandOver:
    """All open work of somebody in one step, each request in a transaction of its own (IN-05, pitfall 18)."""
    done, refused = [], []
    for info_request in info_requests:
        try:
            done.append(hand_over_one(info_request=info_request, actor=actor, giver=giver, taker=taker))
        except PermissionDenied:
            refused.append((info_request, _("You may not allocate this request.")))
        except DomainError as error:
            refused.append((info_request, str(error)))
    return HandOver(tuple(done), tuple(refused))


@transaction.atomic(durable=True)
def place_task(*, info_request: InformationRequest, actor: User, task_number: str, sent_on: date) -> InformationRequest:
    """The task stands in the team's tray in Corsa (IN-09)."""
    request = locked(info_request)
    check_day_not_future(sent_on, field="sent_on")
    workflow.perform(
        request.place_task,
        action=Action.TASK_PLACED,
        actor=actor,
        at=clock.now(),
        task_number=checked_records_number(task_number),
        sent_on=sent_on,
    )
    return request
