"""The three clocks of a request, each with its article; pure arithmetic in calendar months and years (design 3)."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LONGEST_BLOCK_MONTHS = 18
FICTITIOUS_ERASE_DAYS = 30
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


def _after(ended_at: datetime, period: Period) -> date:
    return ended_at.astimezone(AMSTERDAM).date() + relativedelta(months=period.months)
