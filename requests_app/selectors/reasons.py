"""Why requests were forwarded, refused, returned or delayed, and which questions could not be answered: open data.

The reason of an end stands with the request, those of returning and delay in its audit trail. Which standard answer
excused a question is sealed; that the question was excused is not (design 4).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, Q, QuerySet, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from imidesk.core.models import AuditEvent
from requests_app.models import RequestQuestion
from requests_app.models.request import InformationRequestQuerySet
from requests_app.vocabulary import Action, AnswerStatus, State

OWN_WORDS = "-"  # in the place of a code: a question in the requester's own words
EXCUSED = "excused"

# By the first word of a reason's code: the actions that carry it in the trail.
_IN_TRAIL: Mapping[str, tuple[Action, ...]] = {
    "return": (Action.RETURNED, Action.TEAM_RETURNED),
    "delay": (Action.DELAY_REPORTED,),
}


@dataclass(frozen=True)
class Reason:
    kind: str
    code: str
    requests: int


def with_reason(code: str) -> Q:
    actions = _IN_TRAIL.get(code.partition(".")[0])
    if actions is None:
        return Q(end_reason=code)
    return Q(uuid__in=_events(actions).filter(details__reason=code).values("chain__subject"))


def with_excused(code: str) -> Q:
    """Requests whose answer left this question of the catalogue unanswered, with a standard answer."""
    answered = _excused().filter(info_request__answered_at__isnull=False)
    return Q(pk__in=answered.filter(code="" if code == OWN_WORDS else code).values("info_request"))


def counted(requests: InformationRequestQuerySet) -> list[Reason]:
    """In how many of these requests each reason occurs, most first; one query."""
    ends = (
        requests.filter(state__in=(State.FORWARDED, State.REFUSED))
        .order_by()
        .values(about=_text("state"), why=_text("end_reason"))
        .annotate(requests=Count("pk"))
    )
    excused = (
        _excused()
        .filter(info_request__in=requests.filter(answered_at__isnull=False).order_by().values("pk"))
        .order_by()
        .values(about=Value(EXCUSED, output_field=CharField()), why=_text("code"))
        .annotate(requests=Count("info_request", distinct=True))
    )
    actions = [action for actions in _IN_TRAIL.values() for action in actions]
    in_trail = (
        _events(actions)
        .filter(chain__subject__in=requests.order_by().values("uuid"))
        .order_by()
        .values(about=Value("", output_field=CharField()), why=_text(KT("details__reason")))
        .annotate(requests=Count("chain__subject", distinct=True))
    )
    rows = ends.union(excused, in_trail, all=True).values_list("about", "why", "requests")
    found = [Reason(kind or code.partition(".")[0], code, number) for kind, code, number in rows]
    return sorted(found, key=lambda reason: (-reason.requests, reason.code))


def _excused() -> QuerySet[RequestQuestion]:
    return RequestQuestion.objects.filter(answer__status=AnswerStatus.EXCUSED)


def _events(actions: Iterable[Action]) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(chain__kind="request", action__in=actions)


def _text(expression: Any) -> Cast:
    """One type in every part of the union."""
    return Cast(expression, CharField())
