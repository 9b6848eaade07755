"""The one door: a request changes only through `perform` (design idea 2)."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_fsm import can_proceed, has_transition_perm

from authorities.models import Mandate, User
from authorities.permissions import mandate_holders, mandate_of
from imidesk.core import audit, clock, processing
from imidesk.core.errors import DomainError, StepNotPossible
from imidesk.core.models import AuditEvent
from requests_app import guards, notifications, permissions
from requests_app.deadlines import local_day
from requests_app.models import AdviceRequest, Allocation, AllocationWish, InformationRequest, MonthToCount, Viewer
from requests_app.models.figures import month_of
from requests_app.vocabulary import EVENT_DETAILS, MANDATED, ON_DATA, Action, DataState, PreparedStep, State

Guard = Callable[[InformationRequest], bool]

# What stops a step besides the state, where one sentence tells it.
WHY_NOT: dict[Guard, str | Promise] = {
    guards.not_filed: gettext_lazy("This case is saved in Corsa already."),
    guards.done_with: gettext_lazy("First save the case in Corsa."),
    guards.has_questions: gettext_lazy("First take over the questions."),
    guards.was_accepted: gettext_lazy("Nobody accepted this request."),
    guards.through_imi: gettext_lazy("This request does not run in IMI."),
}


class NoMandate(DomainError):
    """Never a dead end: says whom to ask, with telephone (design 8)."""


class TakenByOther(DomainError):
    """Two wanted it and one was first: says who has it (NOT-08, pitfall 24)."""

    def __init__(self, info_request: InformationRequest) -> None:
        having = Allocation.objects.filter(info_request=info_request, handler__isnull=False).current()
        people = ", ".join(str(row.handler) for row in having.select_related("handler").order_by("pk"))
        super().__init__(
            _("%(people)s has taken this request up already.") % {"people": people}
            if people
            else _("Nobody has this request any more. Open it again.")
        )


def perform(
    step: Callable[..., None], /, *, action: Action, actor: User | None, at: datetime, **facts: Any
) -> AuditEvent:
    """Take one step in the life of a request; nothing else calls a transition method.

    `at` is when the act happened (in IMI, or now); the server adds when it was recorded. Without an actor it is the
    desk itself. Facts that the event's schema names go into the trail, the others only to the step. The caller holds
    the row lock and the transaction. Raises StepNotPossible (409), PermissionDenied (403), NoMandate or DomainError.
    """
    info_request: InformationRequest = step.__self__  # type: ignore[attr-defined]
    now = _now_not_before(at)
    require_possible(step, actor, action.label)
    if action == Action.PREPARED:
        later = PreparedStep(facts["step"])
        require_possible(getattr(info_request, later.value), actor, later.label)
    if action in MANDATED and actor is not None:
        facts["mandate"] = require_mandate(info_request, actor, at).pk
    details = _take(step, action, at, facts)
    info_request.save()
    if action in ALLOCATION_EFFECTS:
        ALLOCATION_EFFECTS[action](info_request, actor, at, now, facts)
    event = audit.record("request", info_request.uuid, action, actor=actor, at=at, details=details, recorded_at=now)
    if action in ON_DATA:
        data_subject = facts.get("data_subject") or processing.pseudonym(info_request.uuid)
        processing.note(action, data_subject, at=at, trace=processing.trace_of(event))
    elif info_request.has_ended:  # what is done to the data afterwards changes no figure
        month = month_of(info_request.received_at)
        MonthToCount.objects.create(home_id=info_request.home_id, module=info_request.module, month=month)
    permissions.sync_grants([info_request])
    notifications.plan([(event, info_request)])
    return event


def perform_many(
    info_requests: Collection[InformationRequest],
    step: Callable[..., None],
    /,
    *,
    action: Action,
    at: datetime,
    facts: Callable[[InformationRequest], dict[str, Any]],
) -> None:
    """An act of the night on many requests: the rows that `perform` writes for each, set-based (design idea 2).

    `step` is the method of the class, the actor the desk itself. The caller holds the row locks and the transaction;
    one request that cannot take the step fails them all. Raises as `perform` does.
    """
    if action not in ON_DATA:
        raise ValueError(f"{action} is no act of the night.")
    now = _now_not_before(at)
    told: dict[UUID, audit.Told] = {}
    data_subjects = processing.pseudonyms(info_request.uuid for info_request in info_requests)
    changed: dict[tuple[tuple[str, Any], ...], list[int]] = {}
    for info_request in info_requests:
        own_step = getattr(info_request, step.__name__)
        require_possible(own_step, None, action.label)
        before = _columns(info_request)
        own = facts(info_request)
        details = _take(own_step, action, at, own)
        data_subjects[info_request.uuid] = own.get("data_subject") or data_subjects[info_request.uuid]
        told[info_request.uuid] = audit.tell(action, None, at, details)
        changed.setdefault(tuple(sorted(_columns(info_request) - before)), []).append(info_request.pk)
    for columns, pks in changed.items():
        InformationRequest.objects.filter(pk__in=pks).update(**dict(columns))
    if action == Action.BLOCKED:
        _end_viewing(info_requests, now)
    events = audit.record_many("request", told, recorded_at=now)
    traces = ((action, data_subjects[subject], processing.trace_of(event)) for subject, event in events.items())
    processing.note_all(traces, at=at)
    permissions.sync_grants(info_requests)
    notifications.plan([(events[info_request.uuid], info_request) for info_request in info_requests])


def _now_not_before(at: datetime) -> datetime:
    now = clock.now()
    if at > now:
        raise DomainError(_("This moment lies in the future. Enter when it was done."))
    return now


def _take(step: Callable[..., None], action: Action, at: datetime, facts: dict[str, Any]) -> dict[str, Any]:
    """The step itself; what the trail says of it."""
    info_request: InformationRequest = step.__self__  # type: ignore[attr-defined]
    state = "data_state" if action in ON_DATA else "state"
    before = getattr(info_request, state)
    step(at=at, **facts)
    details = {name: value for name, value in facts.items() if name in EVENT_DETAILS[action] and value is not None}
    return {**details, "from": before, "to": getattr(info_request, state)}


def _columns(info_request: InformationRequest) -> set[tuple[str, Any]]:
    return {(field.attname, getattr(info_request, field.attname)) for field in info_request._meta.concrete_fields}


def require_possible(step: Callable[..., None], actor: User | None, label: str | Promise) -> None:
    """Refuses before anything is written for a step. Raises StepNotPossible (409) or PermissionDenied (403)."""
    if not can_proceed(step):
        raise refusal(step.__self__, label, _stopped_by(step))  # type: ignore[attr-defined]
    if not has_transition_perm(step, actor):
        raise PermissionDenied


def _stopped_by(step: Callable[..., None]) -> Guard | None:
    """The first condition that does not hold; None where the state itself does not fit."""
    if not can_proceed(step, check_conditions=False):
        return None
    info_request = step.__self__  # type: ignore[attr-defined]
    meta = step._django_fsm  # type: ignore[attr-defined]
    conditions = meta.get_transition(meta.field.get_state(info_request)).conditions
    return next((guard for guard in conditions if not guard(info_request)), None)


def refusal(info_request: InformationRequest, label: str | Promise, stopped_by: Guard | None = None) -> StepNotPossible:
    """Says why a step is not possible now; it blames the state only where that is the reason (SP-29)."""
    facts = {"step": label, "state": state_in_words(info_request)}
    if stopped_by is None or stopped_by in guards.TOLD_BY_STATE:
        text = _("“%(step)s” is not possible now: the request is %(state)s.") % facts
    elif guards.is_about_preparation(stopped_by):
        facts["state"] = _("prepared and still to be done in IMI")
        text = (
            _("“%(step)s” is not possible now: the request is %(state)s. First choose “Back to editing” there.") % facts
        )
    elif stopped_by in WHY_NOT:
        text = _("“%(step)s” is not possible now. %(why)s") % {**facts, "why": WHY_NOT[stopped_by]}
    else:
        text = _(
            "“%(step)s” is not possible any more: it was done already, or something changed in the meantime."
            " Open the request again."
        ) % {"step": label}
    return StepNotPossible(text, step=label, state=facts["state"])


def require_mandate(info_request: InformationRequest, actor: User, at: datetime) -> Mandate:
    """The mandate on the day of the act. Raises NoMandate, which names those who hold one."""
    day = local_day(at)
    mandate = mandate_of(actor, info_request.home, info_request.service_activity, day)
    if mandate is None:
        holders = mandate_holders(info_request.home, info_request.service_activity, day)
        people = "; ".join(f"{user} ({user.phone})" if user.phone else str(user) for user in holders[:5])
        contact = info_request.home.first_contact
        raise NoMandate(
            _("You have no mandate for this on that day. Ask somebody who has one: %(people)s.") % {"people": people}
            if people
            else _("Nobody has a mandate for this on that day. Ask the IMI administrator: %(contact)s.")
            % {"contact": contact or info_request.home.email}
        )
    return mandate


def state_in_words(info_request: InformationRequest) -> str:
    if info_request.data_state != DataState.OPEN:
        return str(DataState(info_request.data_state).label)
    return str(State(info_request.state).label)


Effect = Callable[[InformationRequest, "User | None", datetime, datetime, dict[str, Any]], None]


def _end_current(info_request: InformationRequest, now: datetime, **only: Any) -> None:
    Allocation.objects.filter(info_request=info_request, **only).current().update(ended_at=now)


def _end_wishes(info_request: InformationRequest, now: datetime) -> None:
    """Who asked for it has it now, or somebody else has (IN-06)."""
    AllocationWish.objects.filter(info_request=info_request, ended_at__isnull=True).update(ended_at=now)


def _to_team(info_request: InformationRequest, actor: User | None, at: datetime, now: datetime, facts: Any) -> None:
    _end_current(info_request, now)
    Allocation.objects.create(info_request=info_request, team_id=facts["team"], made_by=actor, made_at=now)


def _to_handlers(info_request: InformationRequest, actor: User | None, at: datetime, now: datetime, facts: Any) -> None:
    """In the place of those in `ended`; a team, chosen before or with them, stays beside them for its task in Corsa."""
    if facts.get("team"):
        _end_current(info_request, now, handler__isnull=True)
        Allocation.objects.create(info_request=info_request, team_id=facts["team"], made_by=actor, made_at=now)
    _replaced(info_request, actor, at, now, facts)


def _to_self(info_request: InformationRequest, actor: User | None, at: datetime, now: datetime, facts: Any) -> None:
    Allocation.objects.create(info_request=info_request, handler=actor, made_by=actor, made_at=now)
    _end_wishes(info_request, now)


def _returned(info_request: InformationRequest, actor: User | None, at: datetime, now: datetime, facts: Any) -> None:
    _end_current(info_request, now, handler=actor)
    if facts["last"]:
        _end_current(info_request, now)


def _accepted(info_request: InformationRequest, actor: User | None, at: datetime, now: datetime, facts: Any) -> None:
    """Acceptance by that handler himself opens the person to him, and to nobody else.

    Where preference 4 is Nee somebody else may have taken it up: then it is not his to accept (NOT-08, pitfall 24).
    """
    own = Allocation.objects.filter(info_request=info_request, handler=actor).current()
    if not own.update(accepted_at=at):
        raise TakenByOther(info_request)
    _end_wishes(info_request, now)


def _recorded(info_request: InformationRequest, actor: User | None, at: datetime, now: datetime, facts: Any) -> None:
    _end_current(info_request, now)
    _end_wishes(info_request, now)
    for handler_id in facts["handlers"]:
        Allocation.objects.create(info_request=info_request, handler_id=handler_id, made_by=actor, made_at=now)


def _team_returned(
    info_request: InformationRequest, actor: User | None, at: datetime, now: datetime, facts: Any
) -> None:
    _end_current(info_request, now)


def _replaced(info_request: InformationRequest, actor: User | None, at: datetime, now: datetime, facts: Any) -> None:
    """Who stays keeps his acceptance; who comes accepts for himself; who goes loses the person at once."""
    _end_current(info_request, now, handler__in=facts["ended"])
    current = Allocation.objects.filter(info_request=info_request).current()
    staying = set(current.filter(handler__isnull=False).values_list("handler", flat=True))
    for handler_id in facts["handlers"]:
        if handler_id not in staying:
            Allocation.objects.create(info_request=info_request, handler_id=handler_id, made_by=actor, made_at=now)
    _end_wishes(info_request, now)


def _advice_closes(
    info_request: InformationRequest, actor: User | None, at: datetime, now: datetime, facts: Any
) -> None:
    """Nobody waits for advice on what has ended, and with it the lawyer's reading ends."""
    AdviceRequest.objects.filter(info_request=info_request, answered_at__isnull=True).update(answered_at=now)


def _viewing_ends(
    info_request: InformationRequest, actor: User | None, at: datetime, now: datetime, facts: Any
) -> None:
    _end_viewing([info_request], now)


def _end_viewing(info_requests: Collection[InformationRequest], now: datetime) -> None:
    Viewer.objects.filter(info_request__in=info_requests, ended_at__isnull=True).update(ended_at=now)


ALLOCATION_EFFECTS: dict[Action, Effect] = {
    Action.CLOSED: _advice_closes,
    Action.FORWARDED: _advice_closes,
    Action.REFUSED: _advice_closes,
    Action.WITHDRAWN: _advice_closes,
    Action.ENTERED_IN_ERROR: _advice_closes,
    Action.BLOCKED: _viewing_ends,
    Action.TEAM_RETURNED: _team_returned,
    Action.REALLOCATED: _replaced,
    Action.JOINED: _accepted,
    Action.TEAM_CHOSEN: _to_team,
    Action.ALLOCATED: _to_handlers,
    Action.TAKEN_UP: _to_self,
    Action.RETURNED: _returned,
    Action.ACCEPTED: _accepted,
    Action.ACCEPTANCE_RECORDED: _recorded,
    Action.ACCEPTANCE_CONFIRMED: _accepted,
}
