"""The three clocks of a request, each with its article; pure arithmetic in calendar months and years (design 3)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from imidesk.core.clock import AMSTERDAM
from requests_app.deadlines import local_day

FICTITIOUS_ERASE_DAYS = 30
STALE_DRAFT_DAYS = 180
FILING_GRACE_DAYS = 30
WARN_UNFILED_DAYS = 30
LONGEST_HOLD_MONTHS = 12
PROPOSAL_DAYS = 30
OPENING_START_DAYS = 7
OPENING_MINUTES = 30
CASE_TYPE = "Informatieverzoeken algemeen"


@dataclass(frozen=True)
class Period:
    months: int
    article: str | Promise


# A module may have a longer period, up to 18 months, only where its Union act
# says so (article 14(1), DP-04): none does.
BLOCK = Period(6, _("Regulation (EU) 1024/2012, article 14(1)"))
BLOCK_BY_MODULE: dict[str, Period] = {}
ERASE = Period(36, _("Regulation (EU) 1024/2012, article 14; three years after the end"))
SHORT = _("Practice request: 30 days after the last step")
CASE = Period(120, _("Work instruction of the province; Archiefwet, selection list of the provinces (PROVISA)"))


def block_on(ended_at: datetime, module: str) -> date:
    """Last day of the month where the day is missing (Regulation 1182/71)."""
    return _after(ended_at, BLOCK_BY_MODULE.get(module, BLOCK))


def erase_on(ended_at: datetime) -> date:
    """Three years after the end, not after blocking (DP-05)."""
    return _after(ended_at, ERASE)


def case_until(ended_at: datetime) -> date:
    """The records system's own clock, never the desk's (C2)."""
    return _after(ended_at, CASE)


def fictitious_until(last_step_at: datetime) -> date:
    """A practice request goes 30 days after its last step (design 8)."""
    return local_day(last_step_at) + timedelta(days=FICTITIOUS_ERASE_DAYS)


def draft_until(last_step_at: datetime) -> date:
    """A draft that nobody touched (design 3)."""
    return local_day(last_step_at) + timedelta(days=STALE_DRAFT_DAYS)


def unfiled_until(erase_on: date) -> date:
    """Until when the erasure of what was never filed waits for its receipt, at most (design 8)."""
    return erase_on + timedelta(days=FILING_GRACE_DAYS)


def erased_unfiled_from(day: date) -> date:
    """The latest erasure date of what is erased on this day without a filing receipt (design 8)."""
    return day - timedelta(days=FILING_GRACE_DAYS)


def longest_hold(today: date) -> date:
    """A hold never lasts longer at a time (design 3)."""
    return today + relativedelta(months=LONGEST_HOLD_MONTHS)


def first_day_to_hold(erase_on: date) -> date:
    """The first day from which the longest hold reaches the erasure date."""
    day = erase_on - relativedelta(months=LONGEST_HOLD_MONTHS)
    return day if longest_hold(day) >= erase_on else day + timedelta(days=1)  # 29 February


def start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=AMSTERDAM)


def _after(ended_at: datetime, period: Period) -> date:
    return local_day(ended_at) + relativedelta(months=period.months)
