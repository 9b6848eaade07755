"""The figures of the overview: counts of open columns, set-based, in as many queries for ten requests as for a million.

They stay when the personal data are erased (STA-08). FICTIEF requests and wrong entries are counted nowhere (design 8).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache, reduce
from itertools import zip_longest
from operator import or_
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, Q, Sum
from django.db.models.functions import TruncMonth

from authorities.models import User
from imidesk.core.together import grouped
from requests_app.deadlines import AMSTERDAM, local_day
from requests_app.models import CountedMonth, InformationRequest
from requests_app.models.access import NOTHING, Access, Place
from requests_app.models.figures import received
from requests_app.models.request import InformationRequestQuerySet
from requests_app.selectors import reasons, timeliness
from requests_app.selectors.lists import LISTS, Filters, full_counts
from requests_app.selectors.units import Unit, with_units
from requests_app.vocabulary import OPEN_STATES, State

Row = Mapping[str, Any]

NOW = ("open", "te_laat", "wacht_op_verzoeker", "in_corsa", "blokkeren_90", "wissen_90")
COLUMNS = ("binnengekomen", "open", "te_laat", "wacht_op_verzoeker", "beantwoord", "te_laat_beantwoord")
INDICATORS = ("aanvaarding_geteld", "op_tijd_aanvaard", "antwoorddatum_geteld", "antwoorddatum_gehaald")
OUTCOMES = (State.FORWARDED, State.REFUSED, State.WITHDRAWN)
ACTIVITY = ("module", "service_activity__code", "service_activity__name_nl", "service_activity__name_en")
REQUESTER = ("requester", "requester__country", "requester__name")
UNIT = ("about", "unit", "unit_name")
BEGIN = "begin"
DAYS = "days"
FIGURES = (*COLUMNS, *INDICATORS, *(state.value for state in OUTCOMES), DAYS)
MOST_REQUESTERS = 20


@dataclass(frozen=True)
class Period:
    """Requests received from the first day up to and with the last."""

    since: date
    until: date


class Counted:
    """The figures of some requests, grouped; a group is a row, whose figures stand under the names of the lists."""

    def __init__(self, requests: InformationRequestQuerySet, access: Access) -> None:
        self._requests = requests
        self._access = access

    def per_activity(self) -> list[Row]:
        """And per month of receipt: `BEGIN` is its first day."""
        outcomes = {state.value: Count("pk", filter=Q(state=state)) for state in OUTCOMES}
        rows = self._requests.values(*ACTIVITY, **{BEGIN: TruncMonth("received_at", tzinfo=AMSTERDAM)})
        found = rows.annotate(**self._counts((*COLUMNS, *INDICATORS)), **outcomes, **_days()).order_by()
        return [{**row, BEGIN: local_day(row[BEGIN])} for row in found]

    def per_requester(self) -> list[Row]:
        return list(self._measured(self._requests.values(*REQUESTER)).order_by())

    def per_unit(self) -> list[Row]:
        """Two handlers of one unit on one request count once."""
        rows = with_units(self._requests).order_by()
        conditions = {name: LISTS[name].condition(self._access) for name in COLUMNS}
        marks = {name: ExpressionWrapper(condition, BooleanField()) for name, condition in conditions.items()}
        ways = {unit.value: (unit.value, f"{unit}_name") for unit in Unit}
        units = [name for way in ways.values() for name in way]
        rows = rows.values("pk", *units, **marks, **{DAYS: timeliness.days_to_answer()})
        return [dict(zip((*UNIT, *COLUMNS, DAYS), row, strict=True)) for row in grouped(rows, ways, COLUMNS, DAYS)]

    def reasons(self) -> list[reasons.Reason]:
        return reasons.counted(self._requests)

    def _measured(self, rows: Any) -> Any:
        return rows.annotate(**self._counts(COLUMNS), **_days())

    def _counts(self, names: Iterable[str]) -> dict[str, Count]:
        return {name: Count("pk", filter=LISTS[name].condition(self._access)) for name in names}


def to_keep(counted: Counted) -> dict[str, list[Any]]:
    """As JSON, for a month that is counted ahead; `_kept` reads it back."""
    return {
        "activity": [_plain({name: row[name] for name in row if name != BEGIN}) for row in counted.per_activity()],
        "requester": [_plain(row) for row in counted.per_requester()],
        "unit": [_plain(row) for row in counted.per_unit()],
        "reasons": [[one.kind, one.code, one.requests] for one in counted.reasons()],
    }


def _plain(row: Row) -> dict[str, Any]:
    return {name: value.days if name == DAYS and value is not None else value for name, value in row.items()}


def _read(row: Row) -> Row:
    return row if row[DAYS] is None else {**row, DAYS: timedelta(days=row[DAYS])}


@dataclass(frozen=True)
class _Kept:
    """What was counted ahead of some months, added up; the months by their first day."""

    activity: list[Row]
    requester: list[Row]
    unit: list[Row]
    reasons: list[tuple[str, str, int]]
    months: list[tuple[date, Row]]


@lru_cache(maxsize=20)
def _kept(counts: tuple[tuple[int, datetime], ...]) -> _Kept | None:
    """Of these numbers of `CountedMonth`, each with when it was counted: they never change. None once one is gone."""
    months = CountedMonth.objects.filter(pk__in=[pk for pk, _ in counts]).order_by("month", "pk")
    contents = [(month.month, month.content) for month in months]
    if len(contents) < len(counts):
        return None

    def rows(name: str, keys: tuple[str, ...]) -> list[Row]:
        return together([_read(row) for _, content in contents for row in content[name]], keys)

    return _Kept(
        activity=rows("activity", ACTIVITY),
        requester=rows("requester", REQUESTER),
        unit=rows("unit", UNIT),
        reasons=[tuple(one) for _, content in contents for one in content["reasons"]],
        months=[(month, added(map(_read, content["activity"]))) for month, content in contents],
    )


_NONE_KEPT = _Kept([], [], [], [], [])


class Measures:
    """Counts what one user may see; `period` bounds everything but `now`.

    What ended in a month that was counted ahead is not counted again; open requests always are, as all that changed.
    """

    def __init__(self, user: User, period: Period) -> None:
        self._access = Access(user)
        self._ahead = _counted_ahead(self._access, period)
        kept = _kept(tuple((month.pk, month.counted_at) for month in self._ahead))
        if kept is None:  # counted anew at this very moment
            self._ahead, kept = [], _NONE_KEPT
        self._kept = kept
        came_in = Filters(
            list_name="binnengekomen",
            received_from=period.since,
            received_until=period.until,
            fictitious=False,
        )
        rest = _not_counted_ahead(self._access, self._ahead, period)
        self._live = Counted(InformationRequest.objects.filter(rest, came_in.condition(self._access)), self._access)

    @cached_property
    def _live_activity(self) -> list[Row]:
        return self._live.per_activity()

    @property
    def counted_at(self) -> datetime | None:
        """When the oldest was counted of the months that were counted ahead."""
        return min((month.counted_at for month in self._ahead), default=None)

    def now(self) -> dict[str, int]:
        return full_counts(self._access, {name: Filters(list_name=name, fictitious=False) for name in NOW})

    def per_activity(self) -> list[Row]:
        """Per module and service activity: every request stands in exactly one row, and one of these in several."""
        return [*self._live_activity, *self._kept.activity]

    def per_requester(self) -> list[Row]:
        """Those with the most requests."""
        rows = together([*self._live.per_requester(), *self._kept.requester], REQUESTER)
        return sorted(rows, key=lambda row: (-row[COLUMNS[0]], row["requester__name"]))[:MOST_REQUESTERS]

    def per_month(self, by_year: bool = False) -> dict[date, Row]:
        """By the first day of the month of receipt, or of the year."""
        found: dict[date, list[Row]] = {}
        for month, row in (*((row[BEGIN], row) for row in self._live_activity), *self._kept.months):
            found.setdefault(month.replace(month=1) if by_year else month, []).append(row)
        return {begin: added(rows) for begin, rows in found.items()}

    def per_unit(self) -> dict[Unit, list[Row]]:
        """Per team and per organisation; a request counts for each that has it."""
        rows = together([*self._live.per_unit(), *self._kept.unit], UNIT)
        return {unit: [row for row in rows if row["about"] == unit] for unit in Unit}

    def reasons(self) -> list[reasons.Reason]:
        numbers: dict[tuple[str, str], int] = {}
        live = ((one.kind, one.code, one.requests) for one in self._live.reasons())
        for kind, code, number in (*live, *self._kept.reasons):
            numbers[kind, code] = numbers.get((kind, code), 0) + number
        found = [reasons.Reason(kind, code, number) for (kind, code), number in numbers.items()]
        return sorted(found, key=lambda reason: (-reason.requests, reason.code))


def _counted_ahead(access: Access, period: Period) -> list[CountedMonth]:
    """Whole months of the period, of the places where a role opens the list."""
    homes = {home for home, _ in access.listed}
    day_after = period.until + timedelta(days=1)
    months = CountedMonth.objects.valid().filter(home__in=homes, month__gte=period.since, month__lt=day_after)
    return [
        month
        for month in months.defer("content").order_by("month")
        if (month.home_id, month.module) in access.listed and month.next_month <= day_after
    ]


def _not_counted_ahead(access: Access, ahead: Iterable[CountedMonth], period: Period) -> Q:
    """What somebody sees, but for what ended in those months.

    Every piece says its place again: the planner takes out what all have in common, and with it the index.
    """
    by_place: dict[Place, list[CountedMonth]] = {}
    for month in ahead:
        by_place.setdefault((month.home_id, month.module), []).append(month)
    found = NOTHING
    for part, place in zip_longest(access.parts(), access.listed):
        pieces = _outside(by_place[place], period) if place in by_place else [Q()]
        found |= reduce(or_, (part & piece for piece in pieces))
    return found


def _outside(months: Iterable[CountedMonth], period: Period) -> list[Q]:
    pieces = [Q(state__in=OPEN_STATES)]
    begin = period.since
    for month in months:
        if begin < month.month:
            pieces.append(received(begin, month.month))
        begin = month.next_month
    return [*pieces, received(begin, period.until + timedelta(days=1))]


def together(rows: Iterable[Row], keys: tuple[str, ...]) -> list[Row]:
    """The rows of one group added to one row."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return [{DAYS: None, **added(same), **dict(zip(keys, key, strict=True))} for key, same in groups.items()]


def added(rows: Iterable[Row]) -> dict[str, Any]:
    """The sum of rows that share no request, in the figures that they have."""
    same = list(rows)
    columns = {name: [value for row in same if (value := row.get(name)) is not None] for name in FIGURES}
    return {name: sum(values[1:], values[0]) for name, values in columns.items() if values}


def _days() -> dict[str, Sum]:
    return {DAYS: Sum(timeliness.days_to_answer())}
