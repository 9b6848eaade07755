"""Who stands in what relation to one request after acceptance: second handlers, viewers, advice, further questions."""

from dataclasses import dataclass
from datetime import date, datetime

from dateutil.relativedelta import relativedelta
from django.utils.translation import gettext as _

from authorities.models import Membership, User
from authorities.vocabulary import UserStatus
from imidesk.core import audit, clock, once, vault
from imidesk.core.models import AuditEvent
from imidesk.core.templatetags.desk import dutch_date
from requests_app import catalogue
from requests_app.deadlines import local_day
from requests_app.models import AdviceRequest, Allocation, EndCorrection, InformationRequest, Viewer
from requests_app.selectors import case
from requests_app.selectors.lists import BLOCKED_AFTER_MONTHS
from requests_app.selectors.requests import is_of_page, listed_viewers, may_have, open_one
from requests_app.vocabulary import END_ACTIONS, END_STATES, Action, TextKind

LONGEST_VIEW_MONTHS = 6


def is_recorded_for(info_request: InformationRequest, user: User) -> bool:
    """Whether the acceptance was recorded afterwards in this handler's name: he confirms, everybody else joins."""
    if not info_request.registered_late:
        return False
    recorded = audit.events_of("request", info_request.uuid).filter(action=Action.ACCEPTANCE_RECORDED).last()
    return recorded is not None and user.pk in recorded.details["handlers"]


def accepted_by(info_request: InformationRequest) -> list[str]:
    """Who has the person open by his own acceptance."""
    rows = Allocation.objects.filter(info_request=info_request, accepted_at__isnull=False).current()
    return [str(row.handler) for row in rows.select_related("handler").order_by("accepted_at")]


def has_accepted(user: User, info_request: InformationRequest) -> bool:
    """Whether this user ever accepted it himself, also when somebody else has it now."""
    return Allocation.objects.filter(info_request=info_request, handler=user, accepted_at__isnull=False).exists()


def latest_viewing_day(info_request: InformationRequest, today: date) -> date:
    """Six months at most, and never beyond the day of blocking."""
    latest = today + relativedelta(months=LONGEST_VIEW_MONTHS)
    if info_request.ended_at is None:
        return latest
    return min(latest, local_day(info_request.ended_at) + relativedelta(months=BLOCKED_AFTER_MONTHS))


def possible_viewers(info_request: InformationRequest) -> list[User]:
    """Any active member of the home authority who has not got it yet, in whatever role."""
    today = clock.today()
    members = Membership.objects.valid_on(today).filter(authority=info_request.home)
    having = Allocation.objects.filter(info_request=info_request, handler__isnull=False).current()
    reading = Viewer.objects.on(today).filter(info_request=info_request)
    return list(
        User.objects.filter(pk__in=members.values("user"), status=UserStatus.ACTIVE)
        .exclude(pk__in=having.values("handler"))
        .exclude(pk__in=reading.values("user"))
    )


def viewing(user: User, info_request: InformationRequest) -> Viewer | None:
    """The row by which this user reads along today."""
    today = clock.today()
    own = (row for row in _viewers(info_request) if row.user_id == user.pk)
    return next((row for row in own if _ended_on(row, today) is None), None)


def _viewers(info_request: InformationRequest) -> list[Viewer]:
    if is_of_page(info_request):
        return listed_viewers(info_request)
    rows = (
        Viewer.objects.filter(info_request=info_request).select_related("user", "added_by").order_by("added_at", "pk")
    )
    return once.per_page(("viewers", info_request.pk), lambda: list(rows))


@dataclass(frozen=True)
class Reader:
    """Who reads along, or did; the date alone ends it too."""

    pk: int
    who: str
    added_by: str
    added_at: datetime
    until: date
    reason: object
    ended_on: date | None


def readers(info_request: InformationRequest) -> list[Reader]:
    today = clock.today()
    return [
        Reader(
            pk=row.pk,
            who=str(row.user),
            added_by=str(row.added_by),
            added_at=row.added_at,
            until=row.until,
            reason=catalogue.reason(row.reason).text,
            ended_on=_ended_on(row, today),
        )
        for row in _viewers(info_request)
    ]


def _ended_on(row: Viewer, today: date) -> date | None:
    if row.ended_at is not None:
        return min(local_day(row.ended_at), row.until)
    return row.until if row.until < today else None


def open_advice(info_request: InformationRequest) -> AdviceRequest | None:
    return next((row for row in _advice_rows(info_request) if row.answered_at is None), None)


def was_advised(info_request: InformationRequest) -> bool:
    """A lawyer answered; what an end closed has no answer."""
    return any(row.answered_by_id for row in _advice_rows(info_request))


def _advice_rows(info_request: InformationRequest) -> list[AdviceRequest]:
    if not may_have(info_request, AdviceRequest):
        return []
    rows = AdviceRequest.objects.filter(info_request=info_request).order_by("asked_at")
    rows = rows.select_related("asked_by", "answered_by", "info_request")
    return once.per_page(("advice", info_request.pk), lambda: list(rows))


@dataclass(frozen=True)
class Advice:
    """A question to the lawyer; without advice when the request ended before she gave it."""

    asked_by: str
    asked_at: datetime
    question: str
    answered_by: str
    answered_at: datetime | None
    answer: str


def advice(info_request: InformationRequest, look: vault.Look) -> list[Advice]:
    """For whoever may read the questions."""
    return [
        Advice(
            asked_by=str(row.asked_by),
            asked_at=row.asked_at,
            question=vault.open_text(look, row, "question"),
            answered_by=str(row.answered_by or ""),
            answered_at=row.answered_at,
            answer=vault.open_text(look, row, "answer"),
        )
        for row in _advice_rows(info_request)
    ]


def asked_further(info_request: InformationRequest, look: vault.Look) -> list[case.TextView]:
    """What the requester asked after the answer, oldest first (IMI-02)."""
    if info_request.clarified_at is None:
        return []
    return case.text_views(info_request, look, TextKind.CLARIFICATION)


def open_correction(info_request: InformationRequest) -> EndCorrection | None:
    if info_request.state not in END_STATES:
        return None
    rows = EndCorrection.objects.filter(info_request=info_request, decided_at__isnull=True)
    return open_one(info_request, "open_correction", rows.select_related("proposed_by", "evidence").first)


def correction_words(info_request: InformationRequest, look: vault.Look) -> str:
    """Why the open proposal was made."""
    return next((view.text for view in reversed(case.text_views(info_request, look, TextKind.CORRECTION_REASON))), "")


def was_added(info_request: InformationRequest, viewer: int) -> bool:
    """To this request, and not to another one (pitfall 17); also when the time is over by now."""
    return Viewer.objects.filter(pk=viewer, info_request=info_request).exists()


def source_of_end(info_request: InformationRequest) -> str:
    """Where the date comes from that blocking and erasing count from (design 3); empty while there is none."""
    if info_request.ended_at is None:
        return ""
    return once.per_page(("source_of_end", info_request.pk), lambda: _source_of_end(info_request))


_PROPOSED = (Action.DECISION_PROPOSED, Action.OPENING_ASKED)
OF_THE_END = (*END_ACTIONS, Action.END_CORRECTION_PROPOSED, Action.END_CORRECTED)
_TOLD = (
    Action.RETURNED,
    Action.CLARIFICATION_ASKED,
    Action.ANSWERED,
    Action.ANSWER_RECORDED,
    *OF_THE_END,
    *_PROPOSED,
    Action.BLOCKED,
    Action.ERASED,
)


def events_told(info_request: InformationRequest) -> list[AuditEvent]:
    """What pages tell of beside the timeline, oldest first: answers, ends, why, and what became of the data since."""
    events = audit.events_of("request", info_request.uuid).filter(action__in=_TOLD)
    return once.per_page(("events_told", info_request.pk), lambda: list(events))


def has_decisions(info_request: InformationRequest) -> bool:
    return any(event.action in _PROPOSED for event in events_told(info_request))


def _source_of_end(info_request: InformationRequest) -> str:
    return end_in_words([event for event in events_told(info_request) if event.action in OF_THE_END])


def end_in_words(events: list[AuditEvent]) -> str:
    """Of the events OF_THE_END, oldest first."""
    corrected = next((event for event in reversed(events) if event.action == Action.END_CORRECTED), None)
    if corrected is not None:
        before = events[: events.index(corrected)]
        proposed = next(event for event in reversed(before) if event.action == Action.END_CORRECTION_PROPOSED)
        return _("Corrected by two people, %(first)s and %(second)s, on %(day)s. It was %(was)s.") % {
            "first": proposed.actor,
            "second": corrected.actor,
            "day": dutch_date(local_day(corrected.recorded_at)),
            "was": dutch_date(date.fromisoformat(corrected.details["was"])),
        }
    ended = next((event for event in reversed(events) if event.action in END_ACTIONS), None)
    if ended is None:
        return ""
    return _("Recorded by %(who)s on %(day)s.") % {
        "who": ended.actor or _("the desk"),
        "day": dutch_date(local_day(ended.recorded_at)),
    }
