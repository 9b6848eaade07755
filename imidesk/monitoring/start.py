"""What the start page shows: the lists that fit somebody's roles, with the first lines of each (design 1 and 5)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

import holidays
from django.db.models import Case, F, QuerySet, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from authorities.models import User
from authorities.vocabulary import Role
from imidesk.core import clock
from imidesk.monitoring.selectors import Place
from requests_app.deadlines import local_day
from requests_app.models import InformationRequest
from requests_app.selectors import lists
from requests_app.selectors.letters import with_letter_due
from requests_app.selectors.requests import visible_requests
from requests_app.vocabulary import BEFORE_ACCEPTANCE, PreparedStep, State

LINES = 5
UNTAKEN_WORKING_DAYS = 2

# The lists of a role, most pressing first, and whether only somebody's own requests in it.
OF_ALLOCATOR = tuple(
    (name, False)
    for name in (
        "te_laat",
        "toe_te_wijzen",
        "geen_behandelaar",
        "nog_in_imi",
        "brief_te_versturen",
        "in_corsa",
        "wacht_op_verzoeker",
    )
)
OF_HANDLER = (
    ("te_laat", True),
    ("van_mij", False),
    ("oppakken", False),
    ("nog_in_imi", True),
    ("brief_te_versturen", True),
    ("in_corsa", True),
    ("wacht_op_verzoeker", True),
)
OF_WATCHER = tuple((name, False) for name in ("te_laat", "wacht_op_verzoeker", "blokkeren_90", "wissen_90"))
OF_ROLE = (
    (frozenset({Role.TOEWIJZER}), OF_ALLOCATOR),
    (frozenset({Role.BEHANDELAAR}), OF_HANDLER),
    (frozenset({Role.JURIST, Role.TOEZICHTHOUDER}), OF_WATCHER),
)
NOBODYS = frozenset({"toe_te_wijzen", "geen_behandelaar", "oppakken"})
TONES = {
    "te_laat": "late",
    "toe_te_wijzen": "soon",
    "geen_behandelaar": "soon",
    "nog_in_imi": "soon",
    "brief_te_versturen": "soon",
}
FIGURES_ONLY = frozenset({"blokkeren_90", "wissen_90"})


@dataclass(frozen=True)
class Line:
    info_request: InformationRequest
    task: str
    due_label: str
    due_on: date | None
    untaken_days: int = 0
    """Working days, once nobody took it for more than two."""

    @property
    def answered_on(self) -> datetime | None:
        """The answer date no longer counts once there is an answer."""
        return self.info_request.answered_at if self.info_request.state == State.ANSWERED else None

    @property
    def about(self) -> str:
        return str(self.info_request.service_activity or self.info_request.get_procedure_display())


@dataclass(frozen=True)
class Section:
    name: str
    label: str | Promise
    description: str | Promise
    count: int
    url: str
    tone: str
    lines: tuple[Line, ...]

    @property
    def more(self) -> int:
        return self.count - len(self.lines)


def list_url(**filters: object) -> str:
    """The list page with the same filter."""
    query = urlencode({name: value for name, value in filters.items() if value not in ("", None, False)})
    return f"{reverse('requests_app:list')}?{query}" if query else reverse("requests_app:list")


def sections_for(user: User, place: Place) -> list[Section]:
    wanted = {name: lists.Filters(list_name=name, mine=mine) for name, mine in _wanted(place)}
    if not wanted:
        return []
    today = clock.today()
    totals = lists.counts(user, wanted)
    rows = with_letter_due(visible_requests(user).select_related("retention_record"))
    return [_section(filters, totals[name], rows, user, today) for name, filters in wanted.items()]


def _section(
    filters: lists.Filters, number: int, rows: QuerySet[InformationRequest], user: User, today: date
) -> Section:
    name = filters.list_name
    work = lists.LISTS[name]
    shown: tuple[Line, ...] = ()
    if number and name not in FIGURES_ONLY:
        found = _by_urgency(rows.filter(filters.condition(user, today)))[:LINES]
        shown = tuple(_line(info_request, name, today) for info_request in found)
    return Section(
        name=name,
        label=OWN_LABELS.get(name, work.label) if filters.mine else work.label,
        description=work.description,
        count=number,
        url=list_url(lijst=name, mine="1" if filters.mine else ""),
        tone=TONES.get(name, "") if number else "",
        lines=shown,
    )


def _wanted(place: Place) -> list[tuple[str, bool]]:
    """What an allocator sees whole is not shown to him a second time as his own."""
    wanted: dict[str, bool] = {}
    for roles, entries in OF_ROLE:
        if place.has(roles):
            for name, mine in entries:
                wanted.setdefault(name, mine)
    return list(wanted.items())


OWN_LABELS = {
    "te_laat": gettext_lazy("Mine, late"),
    "nog_in_imi": gettext_lazy("Mine, still to be done in IMI"),
    "wacht_op_verzoeker": gettext_lazy("Mine, waiting for the requester"),
    "brief_te_versturen": gettext_lazy("Mine, letter to send"),
    "in_corsa": gettext_lazy("Mine, to do in Corsa"),
}


def _by_urgency(rows: QuerySet[InformationRequest]) -> QuerySet[InformationRequest]:
    due = Case(When(state__in=BEFORE_ACCEPTANCE, then=F("accept_by")), default=Coalesce("agreed_on", "asked_on"))
    return rows.order_by(F("ended_at").asc(nulls_last=True), due.asc(nulls_last=True), "received_at", "pk")


def _line(info_request: InformationRequest, name: str, today: date) -> Line:
    task, due_label, due_on = _task(info_request, name)
    return Line(info_request, task, due_label, due_on, _untaken_days(info_request, today) if name in NOBODYS else 0)


def _task(info_request: InformationRequest, name: str) -> tuple[str, str, date | None]:
    """What is to be done and until when."""
    accept_by = (_("Accept by"), info_request.accept_by)
    answer_by = (_("Answer by"), info_request.answer_due_on)
    if name == "brief_te_versturen":
        return (
            _("Send the letter to the provider"),
            _("At the latest on"),
            getattr(info_request, "letter_due_on", None),
        )
    if info_request.has_ended:
        record = getattr(info_request, "retention_record", None)
        return (_to_do_in_corsa(info_request), _("Personal data blocked on"), record.block_on if record else None)
    if info_request.state == State.ANSWERED:
        return (_("The requester closes it in IMI; then record the date"), "", None)
    if info_request.prepared_step:
        step = PreparedStep(info_request.prepared_step).label
        by = answer_by if info_request.state == State.ACCEPTED else accept_by
        return (_("Do in IMI: %(step)s") % {"step": step}, *by)
    if info_request.state == State.ACCEPTED:
        return (_("Answer the questions"), *answer_by)
    if name == "toe_te_wijzen" or (name == "te_laat" and info_request.state == State.RECEIVED):
        return (_("Choose a team or a handler"), *accept_by)
    if name == "geen_behandelaar":
        return (_("Ask the team, or choose a handler"), *accept_by)
    if name == "oppakken":
        return (_("Take it up"), *accept_by)
    return (_("Accept, forward or refuse"), *accept_by)


def _to_do_in_corsa(info_request: InformationRequest) -> str:
    if info_request.accepted_at and not info_request.filed_at:
        return _("File the reports in Corsa")
    return _("Sign the task off in Corsa")


def _untaken_days(info_request: InformationRequest, today: date) -> int:
    days = working_days(info_request.received_at, today)
    return days if days > UNTAKEN_WORKING_DAYS else 0


def working_days(since: datetime, today: date) -> int:
    """Dutch working days after a day, up to and with today."""
    first = local_day(since)
    free = holidays.country_holidays("NL", years=range(first.year, today.year + 1))
    days = (first + timedelta(days=number) for number in range(1, (today - first).days + 1))
    return sum(day.weekday() < 5 and day not in free for day in days)
