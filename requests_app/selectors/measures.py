"""The figures of the overview: counts of open columns, set-based, in as many queries for ten requests as for a million.

They stay when the personal data are erased (STA-08). FICTIEF requests and wrong entries are counted nowhere (design 8).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import CharField, Count, Q, Sum, Value
from django.db.models.functions import TruncMonth, TruncYear

from authorities.models import User
from requests_app.deadlines import AMSTERDAM, local_day
from requests_app.models import InformationRequest
from requests_app.models.access import Access
from requests_app.selectors import reasons, timeliness
from requests_app.selectors.lists import LISTS, Filters, full_counts
from requests_app.selectors.units import Unit, with_unit
from requests_app.vocabulary import State

Row = Mapping[str, Any]

NOW = ("open", "te_laat", "wacht_op_verzoeker", "in_corsa", "blokkeren_90", "wissen_90")
COLUMNS = ("binnengekomen", "open", "te_laat", "wacht_op_verzoeker", "beantwoord", "te_laat_beantwoord")
INDICATORS = ("aanvaarding_geteld", "op_tijd_aanvaard", "antwoorddatum_geteld", "antwoorddatum_gehaald")
OUTCOMES = (State.FORWARDED, State.REFUSED, State.WITHDRAWN)
DAYS = "days"
MOST_REQUESTERS = 20


@dataclass(frozen=True)
class Period:
    """Requests received from the first day up to and with the last."""

    since: date
    until: date


class Measures:
    """Counts what one user may see; `period` bounds everything but `now`."""

    def __init__(self, user: User, period: Period) -> None:
        self._access = Access(user)
        self._visible = InformationRequest.objects.filter(self._access.visible())
        came_in = Filters(
            list_name="binnengekomen",
            received_from=period.since,
            received_until=period.until,
            fictitious=False,
        )
        self._came_in = self._visible.filter(came_in.condition(self._access))

    def now(self) -> dict[str, int]:
        return full_counts(self._access, {name: Filters(list_name=name, fictitious=False) for name in NOW})

    def per_activity(self) -> list[Row]:
        """Per module and service activity: every request stands in exactly one row."""
        outcomes = {state.value: Count("pk", filter=Q(state=state)) for state in OUTCOMES}
        activity = ("service_activity__code", "service_activity__name_nl", "service_activity__name_en")
        rows = self._came_in.values("module", *activity)
        return list(rows.annotate(**self._counts((*COLUMNS, *INDICATORS)), **outcomes, **_days()).order_by())

    def per_requester(self) -> list[Row]:
        """Those with the most requests."""
        rows = self._came_in.values("requester", "requester__country", "requester__name")
        return list(self._measured(rows).order_by("-binnengekomen", "requester__name")[:MOST_REQUESTERS])

    def per_month(self, by_year: bool = False) -> dict[date, Row]:
        """By the first day of the month of receipt, or of the year."""
        trunc = TruncYear if by_year else TruncMonth
        rows = self._came_in.values(begin=trunc("received_at", tzinfo=AMSTERDAM))
        return {local_day(row["begin"]): row for row in self._measured(rows).order_by()}

    def per_unit(self) -> dict[Unit, list[Row]]:
        """Per team and per organisation; a request counts for each that has it."""
        first, second = (self._of_unit(unit) for unit in Unit)
        rows = list(first.union(second, all=True))
        return {unit: [row for row in rows if row["about"] == unit] for unit in Unit}

    def reasons(self) -> list[reasons.Reason]:
        return reasons.counted(self._came_in)

    def _of_unit(self, unit: Unit) -> Any:
        kind = Value(unit.value, output_field=CharField())
        rows = with_unit(self._came_in, unit).order_by().values("unit", "unit_name", about=kind)
        return self._measured(rows)

    def _measured(self, rows: Any) -> Any:
        return rows.annotate(**self._counts(COLUMNS), **_days())

    def _counts(self, names: Iterable[str]) -> dict[str, Count]:
        return {name: Count("pk", filter=LISTS[name].condition(self._access)) for name in names}


def added(rows: Iterable[Row]) -> dict[str, Any]:
    """The sum of rows that share no request."""
    total: dict[str, Any] = {}
    for row in rows:
        for name, value in row.items():
            if isinstance(value, int | timedelta) and not isinstance(value, bool):
                total[name] = total[name] + value if name in total else value
    return total


def _days() -> dict[str, Sum]:
    return {DAYS: Sum(timeliness.days_to_answer())}
