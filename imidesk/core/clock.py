"""The desk's time: the database server's, plus the offset that only a practice desk may hold (design 9, "Clock")."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from imidesk.core import once
from imidesk.core.errors import DomainError
from imidesk.core.models import Installation

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LONGEST_STEP = timedelta(days=35)


def now() -> datetime:
    moment, _installation = _ask()
    return moment


def moment() -> datetime:
    """When this HTTP request began to ask, for all of it; outside one it is now."""
    return once.per_request(_ask, _ask)[0]


def today() -> date:
    return moment().astimezone(AMSTERDAM).date()


def installation() -> UUID:
    """Comes with the time, so that a page asks one row for both."""
    return once.per_request(_ask, _ask)[1]


def _ask() -> tuple[datetime, UUID]:
    moment, offset, installation = Installation.objects.values_list(Now(), "clock_offset", "uuid").get()
    return moment + offset, installation


def asked_along() -> dict[str, Combinable]:
    """The time as annotations of a row that is read anyway, for `keep`."""
    only = Installation.objects.order_by()
    return {
        "desk_now": Now(),
        "desk_offset": Subquery(only.values("clock_offset")[:1]),
        "desk_installation": Subquery(only.values("uuid")[:1]),
    }


def keep(row: Any) -> None:
    """What `asked_along` told is the time of this HTTP request; without an installation row it is asked, and fails."""
    if row.desk_installation is not None:
        once.per_request(_ask, lambda: (row.desk_now + row.desk_offset, row.desk_installation))


def move(by: timedelta) -> None:
    """Forward, at most 35 days: over a longer jump the jobs wait for a person (SP-40)."""
    if not timedelta(0) < by <= LONGEST_STEP:
        raise DomainError(_("The clock of a practice desk moves forward by at most 35 days at a time."))
    _shift(by)


def set_back(by: timedelta) -> None:
    """Only for making the practice desk, which lives through its past before a visitor sees it."""
    if by <= timedelta(0):
        raise DomainError(_("The clock can be set back only by a positive period."))
    _shift(-by)


@transaction.atomic
def _shift(by: timedelta) -> None:
    installation = Installation.objects.select_for_update().get()
    if installation.kind != Installation.Kind.PRACTICE:
        raise DomainError(_("Only a practice desk has a clock that moves."))
    installation.clock_offset += by
    installation.save(update_fields=["clock_offset"])
