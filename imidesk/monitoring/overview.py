"""The figures of the lawyer: counts of open columns, never a person, each opening its list (ANS-10, STA-08)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from babel import Locale
from dateutil.relativedelta import relativedelta
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from authorities.models import User
from authorities.vocabulary import Module
from imidesk.core.together import begun
from imidesk.monitoring import charts, indicators
from imidesk.monitoring.indicators import MINIMUM, Mark, Scale
from imidesk.monitoring.start import list_url
from requests_app import catalogue
from requests_app.deadlines import DAYS_TO_ACCEPT
from requests_app.selectors import measures
from requests_app.selectors.lists import LISTS, NO_ACTIVITY
from requests_app.selectors.measures import COLUMNS, DAYS, MOST_REQUESTERS, NOW, OUTCOMES, Measures, Period, Row
from requests_app.selectors.reasons import EXCUSED, OWN_WORDS, Reason
from requests_app.selectors.units import Unit
from requests_app.vocabulary import State

CAME_IN = "binnengekomen"


@dataclass(frozen=True)
class Figure:
    label: str | Promise
    value: int
    url: str
    tone: str = ""
    note: str = ""


@dataclass(frozen=True)
class Group:
    """One row of a table: a label, per column a figure that opens its list, and a bar for the first of them."""

    label: str
    figures: tuple[Figure, ...]
    bar: str = ""


@dataclass(frozen=True)
class Table:
    title: str
    note: str
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Indicator:
    """`part` of `whole`, or `whole` alone; without a mark there were too few to judge."""

    name: str
    meaning: str
    counted: str
    whole: Figure
    part: Figure | None
    mark: Mark | None
    scale: Scale

    @property
    def bands(self) -> Iterable[tuple[indicators.Colour, str | Promise]]:
        return zip(self.scale.colours, self.scale.texts, strict=True)


@dataclass(frozen=True)
class Overview:
    now: tuple[Figure, ...]
    came_in: tuple[Figure, ...]
    columns: tuple[str | Promise, ...]
    bars: tuple[charts.Bar, ...]
    by_time: Table
    indicators: tuple[Indicator, ...]
    tables: tuple[Table, ...]
    reasons: tuple[Table, ...]
    counted_at: datetime | None = None
    """Since when some months stand as they were counted ahead; None where all is counted now."""

    @property
    def total(self) -> int:
        return self.came_in[0].value

    @property
    def busiest(self) -> Group:
        return max(self.by_time.groups, key=lambda group: group.figures[0].value)


def overview_for(user: User, today: date, period: Period) -> Overview:
    asked = Measures(user, period)
    beside = begun(lambda: (asked.now(), asked.reasons(), asked.per_requester()))
    rows = asked.per_activity()
    pages = _Pages(period)
    total = measures.added(rows)
    by_time = _by_time(asked, period, pages)
    units = _per_unit(asked.per_unit(), pages)
    now, reasons, requesters = beside()
    return Overview(
        now=_now(now),
        came_in=_came_in(total, pages),
        columns=tuple(_label(name) for name in COLUMNS),
        bars=by_time.bars if total.get(CAME_IN, 0) >= MINIMUM else (),
        by_time=by_time.table,
        indicators=_indicators(total, pages),
        tables=(
            _per_module(rows, pages),
            _per_activity(rows, pages),
            *units,
            _per_requester(requesters, pages),
        ),
        reasons=_reasons(reasons, pages),
        counted_at=asked.counted_at,
    )


@dataclass(frozen=True)
class _Pages:
    """Figures of one period, with the address of the list that each counts."""

    period: Period

    def url(self, name: str = CAME_IN, **filters: object) -> str:
        bounds = {"received_from": self.period.since, "received_until": self.period.until}
        return list_url(**{"lijst": name, **bounds, **filters}, fictitious="no")

    def figure(self, row: Row, name: str, **filters: object) -> Figure:
        return Figure(_label(name), row.get(name, 0), self.url(name, **filters))

    def group(self, label: str, row: Row, **filters: object) -> Group:
        average = indicators.average_days(row.get(DAYS), row.get("beantwoord", 0))
        note = _("on average %(days)s") % {"days": average.text} if average else ""
        figures = (self.figure(row, name, **filters) for name in COLUMNS)
        return Group(
            label,
            tuple(
                replace(figure, note=note) if name == "beantwoord" else figure
                for name, figure in zip(COLUMNS, figures, strict=True)
            ),
        )


def _label(name: str) -> str | Promise:
    """Short enough for the head of a column."""
    return _("Waiting for the requester") if name == "wacht_op_verzoeker" else LISTS[name].label


def _now(counts: Mapping[str, int]) -> tuple[Figure, ...]:
    is_small = counts["open"] < MINIMUM
    return tuple(
        Figure(
            LISTS[name].label,
            counts[name],
            list_url(lijst=name, fictitious="no"),
            "late" if name == "te_laat" and counts[name] and not is_small else "",
        )
        for name in NOW
    )


def _came_in(total: Row, pages: _Pages) -> tuple[Figure, ...]:
    names = (CAME_IN, "beantwoord", "open")
    ends = (
        Figure(capfirst(state.label), total.get(state.value, 0), pages.url(state=state.value)) for state in OUTCOMES
    )
    return (*(pages.figure(total, name) for name in names), *ends)


@dataclass(frozen=True)
class _ByTime:
    bars: tuple[charts.Bar, ...]
    table: Table


def _by_time(asked: Measures, period: Period, pages: _Pages) -> _ByTime:
    """By month of receipt, over more than two years by year; a month without requests stands there too."""
    by_year = charts.by_year(period.since, period.until)
    rows = asked.per_month(by_year)
    if by_year:
        years = range(min(rows).year, max(rows).year + 1) if rows else ()
        begins = [date(year, 1, 1) for year in years]
    else:
        begins = charts.months(period.since, period.until)
    groups, columns = [], []
    for begin in begins:
        last = begin + relativedelta(years=by_year, months=not by_year) - timedelta(days=1)
        name = str(begin.year) if by_year else date_format(begin, "F Y")
        bounds = {"received_from": max(begin, period.since), "received_until": min(last, period.until)}
        row = rows.get(begin, {})
        groups.append(pages.group(name, row, **bounds))
        columns.append(
            (str(begin.year), "", row.get(CAME_IN, 0))
            if by_year
            else (charts.month_name(begin), str(begin.year), row.get(CAME_IN, 0))
        )
    title = _("Came in per year") if by_year else _("Came in per month")
    return _ByTime(charts.columns(columns), Table(title, "", tuple(groups)))


def _indicators(total: Row, pages: _Pages) -> tuple[Indicator, ...]:
    in_time, judged = total.get("op_tijd_aanvaard", 0), total.get("aanvaarding_geteld", 0)
    met, with_date = total.get("antwoorddatum_gehaald", 0), total.get("antwoorddatum_geteld", 0)
    return (
        Indicator(
            _("Accepted within seven days"),
            _("Which part of the requests was accepted at the latest %(days)d calendar days after receipt.")
            % {"days": DAYS_TO_ACCEPT},
            _("Counted: requests that were accepted, and requests that wait for acceptance longer than seven days."),
            pages.figure(total, "aanvaarding_geteld"),
            pages.figure(total, "op_tijd_aanvaard"),
            indicators.percentage(in_time, judged),
            indicators.PERCENTAGE,
        ),
        Indicator(
            _("Days until the answer"),
            _("How many calendar days lie on average between receipt and the first answer."),
            _("Counted: requests that were answered."),
            pages.figure(total, "beantwoord"),
            None,
            indicators.average_days(total.get(DAYS), total.get("beantwoord", 0)),
            indicators.DAYS,
        ),
        Indicator(
            _("Answered by the agreed date"),
            _("Which part of the requests was answered at the latest on the date agreed with the requester."),
            _(
                "Counted: requests with an agreed date that were answered, or whose date has gone by."
                " Without an agreed date a request does not count."
            ),
            pages.figure(total, "antwoorddatum_geteld"),
            pages.figure(total, "antwoorddatum_gehaald"),
            indicators.percentage(met, with_date),
            indicators.PERCENTAGE,
        ),
    )


def _per_module(rows: Iterable[Row], pages: _Pages) -> Table:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["module"], []).append(row)
    groups = [
        pages.group(str(Module(module).label), measures.added(same), module=module) for module, same in found.items()
    ]
    return _table(_("Per module"), groups)


def _per_activity(rows: Iterable[Row], pages: _Pages) -> Table:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["service_activity__code"] or NO_ACTIVITY, []).append(row)
    groups = [pages.group(_activity_name(same[0]), measures.added(same), activity=code) for code, same in found.items()]
    return _table(_("Per service activity"), groups)


def _per_unit(rows: Mapping[Unit, list[Row]], pages: _Pages) -> tuple[Table, Table]:
    teams = [pages.group(row["unit_name"], row, team=row["unit"]) for row in rows[Unit.TEAM]]
    organisations = [pages.group(row["unit_name"], row, organisation=row["unit"]) for row in rows[Unit.ORGANISATION]]
    return (
        _table(
            _("Per team"),
            teams,
            _("The team that was chosen, and the team of each handler. A request counts for every team that has it."),
        ),
        _table(
            _("Per organisation of the handlers"),
            organisations,
            _("For whom the handlers work: the authority itself, or for example an environment agency."),
        ),
    )


def _per_requester(rows: Iterable[Row], pages: _Pages) -> Table:
    countries = Locale(get_language() or "nl").territories
    groups = [
        pages.group(
            f"{countries.get(row['requester__country'], row['requester__country'])} – {row['requester__name']}",
            row,
            requester=row["requester"],
        )
        for row in rows
    ]
    note = _("The %(number)d with the most requests.") % {"number": MOST_REQUESTERS}
    return _table(_("Per requesting authority"), groups, note if len(groups) == MOST_REQUESTERS else "")


def _table(title: str, groups: list[Group], note: str = "") -> Table:
    """The most requests first, with bars where there are enough to compare (design 8)."""
    ordered = sorted(groups, key=lambda group: (-group.figures[0].value, group.label))
    numbers = [group.figures[0].value for group in ordered]
    if sum(numbers) >= MINIMUM:
        ordered = [
            replace(group, bar=charts.share(number, max(numbers)))
            for group, number in zip(ordered, numbers, strict=True)
        ]
    return Table(title, note, tuple(ordered))


def _reasons(found: Iterable[Reason], pages: _Pages) -> tuple[Table, ...]:
    by_kind: dict[str, list[Group]] = {}
    for reason in found:
        figure = Figure(_("Requests"), reason.requests, _reason_url(reason, pages))
        by_kind.setdefault(reason.kind, []).append(Group(_reason_name(reason), (figure,)))
    excused = _(
        "Questions that were answered with “cannot be answered”. Which standard answer was chosen is sealed, so the"
        " question is counted."
    )
    titles = (
        (State.FORWARDED, _("Why requests were forwarded"), ""),
        (State.REFUSED, _("Why requests were refused"), ""),
        (EXCUSED, _("Which questions could not be answered"), excused),
        ("return", _("Why handlers and teams returned a request"), ""),
        ("delay", _("Why answering took longer"), _("Delays that were reported.")),
    )
    return tuple(_table(title, by_kind.get(kind, []), note) for kind, title, note in titles)


def _reason_url(reason: Reason, pages: _Pages) -> str:
    if reason.kind == EXCUSED:
        return pages.url("beantwoord", excused=reason.code or OWN_WORDS)
    state = reason.kind if reason.kind in OUTCOMES else ""
    return pages.url(state=state, reason=reason.code)


def _reason_name(reason: Reason) -> str:
    if reason.kind != EXCUSED:
        return str(catalogue.reason(reason.code).text)
    return str(catalogue.question(reason.code).text) if reason.code else _("Questions in the requester's own words")


def _activity_name(row: Row) -> str:
    if not row["service_activity__code"]:
        return _("Without a service activity, or not in the list")
    return str(row["service_activity__name_en" if get_language() == "en" else "service_activity__name_nl"])
