"""The figures of the lawyer: counts of open columns, never a person, each opening its list (design 1, STA-08)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from babel import Locale
from django.db.models import Count, Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from authorities.models import User
from authorities.vocabulary import Module
from imidesk.core import clock
from imidesk.monitoring.start import list_url
from requests_app import catalogue
from requests_app.models import Allocation, InformationRequest
from requests_app.selectors import lists
from requests_app.vocabulary import OPEN_STATES, State

FIGURES = ("binnengekomen", "open", "te_laat", "wacht_op_verzoeker", "in_corsa", "blokkeren_90", "wissen_90")
COLUMNS = ("binnengekomen", "open", "te_laat")


@dataclass(frozen=True)
class Figure:
    label: Any
    value: int
    url: str
    tone: str = ""


@dataclass(frozen=True)
class Group:
    """One row of a table: a label, and per column a figure that opens its list."""

    label: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Table:
    title: str
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Overview:
    figures: tuple[Figure, ...]
    columns: tuple[Any, ...]
    tables: tuple[Table, ...]
    reasons: tuple[tuple[str, tuple[Figure, ...]], ...]


def overview_for(user: User) -> Overview:
    """Real requests only: FICTIEF ones are counted nowhere (design 8)."""
    counter = _Counter(user)
    totals, reasons = counter.totals(), counter.reasons()
    return Overview(
        figures=tuple(
            Figure(lists.LISTS[name].label, totals[name], _url(lijst=name), _tone(name, totals[name]))
            for name in FIGURES
        ),
        columns=tuple(lists.LISTS[name].label for name in COLUMNS),
        tables=(
            Table(_("Per module"), counter.per_module()),
            Table(_("Per service activity"), counter.per_activity()),
            Table(_("Per requesting authority"), counter.per_requester()),
            Table(_("Per team"), counter.per_team()),
            Table(_("Per organisation of the handler"), counter.per_organisation()),
        ),
        reasons=(
            (_("Reasons of forwarding"), reasons[State.FORWARDED]),
            (_("Reasons of refusing"), reasons[State.REFUSED]),
        ),
    )


class _Counter:
    """Counts what one user may see, grouped; each table is one query."""

    def __init__(self, user: User) -> None:
        self._today = clock.today()
        self._user = user
        self._base = InformationRequest.objects.visible(user).filter(fictitious=False)

    def totals(self) -> dict[str, int]:
        return self._base.aggregate(**self._counted(FIGURES))

    def per_module(self) -> tuple[Group, ...]:
        rows = self._grouped("module")
        return tuple(
            _group(str(Module(row["module"]).label), row, module=row["module"])
            for row in sorted(rows, key=lambda row: row["module"])
        )

    def per_activity(self) -> tuple[Group, ...]:
        rows = self._grouped("service_activity__code", "service_activity__name_nl", "service_activity__name_en")
        known = [row for row in rows if row["service_activity__code"]]
        return tuple(
            _group(_activity_name(row), row, activity=row["service_activity__code"])
            for row in sorted(known, key=_activity_name)
        )

    def per_requester(self) -> tuple[Group, ...]:
        rows = self._grouped("requester", "requester__country", "requester__name")
        countries = Locale(get_language() or "nl").territories
        named = [(countries.get(row["requester__country"], row["requester__country"]), row) for row in rows]
        return tuple(
            _group(f"{country} – {row['requester__name']}", row, requester=row["requester"])
            for country, row in sorted(named, key=lambda pair: (pair[0], pair[1]["requester__name"]))
        )

    def per_team(self) -> tuple[Group, ...]:
        rows = self._by_allocation("team", "team__name").order_by("team__name")
        return tuple(_group(row["team__name"], row, team=row["team"]) for row in rows if row["team"])

    def per_organisation(self) -> tuple[Group, ...]:
        """The organisation a handler works for, where that is another than the authority itself (IN-20)."""
        pk, name = "handler__memberships__organisation", "handler__memberships__organisation__name"
        rows = self._by_allocation(pk, name).order_by(name)
        return tuple(_group(row[name], row, organisation=row[pk]) for row in rows if row[pk])

    def reasons(self) -> dict[State, tuple[Figure, ...]]:
        """Per end, the most frequent reason first."""
        ends = (State.FORWARDED, State.REFUSED)
        rows = list(
            self._base.filter(state__in=ends)
            .values("state", "end_reason")
            .annotate(number=Count("pk"))
            .order_by("-number", "end_reason")
        )
        return {
            end: tuple(
                Figure(_reason(row["end_reason"]), row["number"], _url(state=end.value, reason=row["end_reason"]))
                for row in rows
                if row["state"] == end
            )
            for end in ends
        }

    def _counted(self, names: Iterable[str]) -> dict[str, Count]:
        return {name: Count("pk", filter=lists.LISTS[name].condition(self._user, self._today)) for name in names}

    def _grouped(self, *fields: str) -> Iterable[dict[str, Any]]:
        return self._base.values(*fields).annotate(**self._counted(COLUMNS)).order_by()

    def _by_allocation(self, *fields: str) -> Any:
        """A request with two handlers of one organisation counts once there."""
        late = InformationRequest.objects.overdue(self._today).values("pk")
        wanted = {
            "binnengekomen": ~Q(info_request__state=State.ENTERED_IN_ERROR),
            "open": Q(info_request__state__in=OPEN_STATES),
            "te_laat": Q(info_request__in=late),
        }
        counted = {name: Count("info_request", filter=where, distinct=True) for name, where in wanted.items()}
        allocations = Allocation.objects.current().filter(info_request__in=self._base.values("pk"))
        return allocations.values(*fields).annotate(**counted)


def _group(label: str, row: dict[str, Any], **filters: object) -> Group:
    return Group(
        label,
        tuple(
            Figure(lists.LISTS[name].label, row[name], _url(lijst=name, **filters), _tone(name, row[name]))
            for name in COLUMNS
        ),
    )


def _url(**filters: object) -> str:
    return list_url(**filters, fictitious="no")


def _tone(name: str, number: int) -> str:
    return "late" if name == "te_laat" and number else ""


def _activity_name(row: dict[str, Any]) -> str:
    return str(row["service_activity__name_en" if get_language() == "en" else "service_activity__name_nl"])


def _reason(code: str) -> str:
    return str(catalogue.reason(code).text) if code else _("no reason recorded")
