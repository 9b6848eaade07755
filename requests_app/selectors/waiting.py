"""What waits with a request: who asks for it, and which delay was reported; open data (IN-06, IN-22)."""

from dataclasses import dataclass
from datetime import date, datetime

from authorities.models import User
from imidesk.core import once
from requests_app.models import AllocationWish, InformationRequest
from requests_app.selectors.requests import may_have
from requests_app.vocabulary import BEFORE_ACCEPTANCE, RUNNING


@dataclass(frozen=True)
class Wish:
    person: str
    asked_at: datetime
    is_own: bool


@dataclass(frozen=True)
class Delay:
    reported_at: datetime
    until: date | None


def wishes(user: User, info_request: InformationRequest) -> list[Wish]:
    if info_request.state not in BEFORE_ACCEPTANCE:
        return []
    return [Wish(str(row.user), row.asked_at, row.user_id == user.pk) for row in open_wishes(info_request)]


def open_wishes(info_request: InformationRequest) -> list[AllocationWish]:
    """In the order in which they were asked."""
    if not may_have(info_request, AllocationWish):
        return []
    rows = AllocationWish.objects.filter(info_request=info_request, ended_at__isnull=True).select_related("user")
    return once.per_page(("wishes", info_request.pk), lambda: list(rows.order_by("asked_at", "pk")))


def delay(info_request: InformationRequest) -> Delay | None:
    """As long as the answer is still to come."""
    waits = info_request.state in RUNNING
    if info_request.delay_reported_at is None or not waits:
        return None
    return Delay(info_request.delay_reported_at, info_request.delay_until)
