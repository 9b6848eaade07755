"""What the start page shows: the lists that fit somebody's roles, with the first lines of each (design 1 and 5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from archive.models import PersonRequest, PersonSearch
from archive.person_rights.access import KEEPERS, RELEASERS
from archive.person_rights.selectors import to_answer, waiting_searches
from archive.selectors import granted_openings, last_day_to_begin
from authorities.models import User
from authorities.vocabulary import Role
from imidesk.monitoring.next_steps import Step, step_of
from imidesk.monitoring.selectors import Place
from requests_app.deadlines import working_days
from requests_app.models import DataDecision, InformationRequest
from requests_app.selectors import lists
from requests_app.selectors.first_lines import Work, first_lines
from requests_app.selectors.work import UNTAKEN_WORKING_DAYS
from requests_app.vocabulary import State

LINES = 5
LINES_NOW = 15

# In the order of the page: what is to be done now, then each place where it is done, then what is waited for.
GROUPS: tuple[tuple[str, str | Promise, tuple[str, ...]], ...] = (
    (
        "nu",
        _("Now to do"),
        (
            "niet_opgepakt",
            "nu_te_doen",
            "ook_aanvaarden",
            "brief_te_versturen",
            "betrokkene_inlichten",
            "advies_gevraagd",
            "oppakken",
            "toe_te_wijzen",
            "vraagt_toewijzing",
            "geen_behandelaar",
            "behandelaar_weg",
            "taak_niet_geplaatst",
            "te_corrigeren",
            "te_beslissen",
            "advies_ontvangen",
            "vertraging",
        ),
    ),
    ("imi", _("Still to do in IMI"), ("nog_in_imi",)),
    ("corsa", _("Still to do in Corsa"), ("in_corsa",)),
    ("laat", _("Late"), ("te_laat", "niet_in_corsa")),
    ("bewaren", _("Blocked or erased soon"), ("blokkeren_14", "wissen_14")),
    ("wacht", _("Waiting for the requester"), ("wacht_op_verzoeker",)),
    ("meelezen", _("You read along"), ("ik_lees_mee",)),
    ("figures", "", ("open", "blokkeren_90", "wissen_90")),
)

# The lists of a role, and whether only somebody's own requests in it.
OF_ALLOCATOR = {
    "niet_opgepakt": False,
    "toe_te_wijzen": False,
    "vraagt_toewijzing": False,
    "geen_behandelaar": False,
    "behandelaar_weg": False,
    "taak_niet_geplaatst": False,
    "te_corrigeren": False,
    "vertraging": False,
    "nog_in_imi": False,
    "in_corsa": False,
    "te_laat": False,
    "wacht_op_verzoeker": False,
    "niet_in_corsa": False,
    "te_beslissen": False,
    "blokkeren_14": False,
    "wissen_14": False,
}
OF_HANDLER = {
    "nu_te_doen": False,
    "ook_aanvaarden": False,
    "brief_te_versturen": True,
    "betrokkene_inlichten": True,
    "oppakken": False,
    "te_corrigeren": True,
    "advies_ontvangen": False,
    "nog_in_imi": True,
    "in_corsa": True,
    "te_laat": True,
    "wacht_op_verzoeker": True,
}
OF_WATCHER = {"te_laat": False, "wacht_op_verzoeker": False, "open": False, "blokkeren_90": False, "wissen_90": False}
OF_ROLE: tuple[tuple[frozenset[Role], Mapping[str, bool]], ...] = (
    (frozenset({Role.TOEWIJZER}), OF_ALLOCATOR),
    (frozenset({Role.BEHANDELAAR}), OF_HANDLER),
    (frozenset({Role.JURIST}), {"advies_gevraagd": False, "niet_in_corsa": False}),
    (frozenset({Role.JURIST, Role.TOEZICHTHOUDER}), {"te_beslissen": False}),
    (frozenset({Role.JURIST, Role.TOEZICHTHOUDER}), OF_WATCHER),
    (frozenset({Role.BASISGEBRUIKER}), {"open": False, "te_laat": False, "wacht_op_verzoeker": False}),
)
# Shown only when there is something in it; a zero of the others says that all is well.
ONLY_WHEN_FILLED = frozenset(
    {
        "niet_opgepakt",
        "ook_aanvaarden",
        "brief_te_versturen",
        "betrokkene_inlichten",
        "advies_gevraagd",
        "advies_ontvangen",
        "vraagt_toewijzing",
        "behandelaar_weg",
        "taak_niet_geplaatst",
        "te_corrigeren",
        "vertraging",
        "ik_lees_mee",
        "niet_in_corsa",
        "te_beslissen",
        "blokkeren_14",
        "wissen_14",
    }
)
NOBODYS = frozenset({"niet_opgepakt", "toe_te_wijzen", "geen_behandelaar", "oppakken"})
TONES = {"te_laat": "late", "niet_opgepakt": "late", "niet_in_corsa": "late"} | dict.fromkeys(
    ("nu_te_doen", "toe_te_wijzen", "geen_behandelaar", "behandelaar_weg", "nog_in_imi", "vraagt_toewijzing"), "soon"
)
FIGURES_ONLY = frozenset({"open", "blokkeren_90", "wissen_90"})
OWN_LABELS = {
    "te_laat": _("Mine, late"),
    "nog_in_imi": _("Mine, still to be done in IMI"),
    "wacht_op_verzoeker": _("Mine, waiting for the requester"),
    "in_corsa": _("Mine, to do in Corsa"),
}


@dataclass(frozen=True)
class Line:
    info_request: InformationRequest
    step: Step
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
class Task:
    """What waits for one person without standing in a list of requests."""

    name: str
    about: str | Promise
    task: str | Promise
    url: str
    due_on: date
    due_label: str | Promise


@dataclass(frozen=True)
class Section:
    """One list: its figure, and the lines of it that stand on the page."""

    name: str
    label: str | Promise
    description: str | Promise
    count: int
    url: str
    tone: str
    lines: tuple[Line, ...] = ()

    @property
    def number(self) -> str:
        return lists.in_figures(self.count)


@dataclass(frozen=True)
class Group:
    name: str
    label: str | Promise
    sections: tuple[Section, ...]
    tasks: tuple[Task, ...] = ()

    @property
    def lines(self) -> list[Line]:
        return [line for section in self.sections for line in section.lines]

    @property
    def with_more(self) -> list[Section]:
        """Whose list has more than stands here."""
        return [section for section in self.sections if section.count > len(section.lines)]


def list_url(**filters: object) -> str:
    """The list page with the same filter."""
    return with_query(reverse("requests_app:list"), **filters)


def with_query(address: str, **filters: object) -> str:
    query = urlencode({name: value for name, value in filters.items() if value not in ("", None, False)})
    return f"{address}?{query}" if query else address


def groups_for(user: User, place: Place) -> list[Group]:
    """What somebody sees of it at all, and of that what his roles bring; nothing stands on the page twice."""
    access = place.access(user)
    wanted = {name: lists.Filters(list_name=name, mine=mine) for name, mine in _wanted(place).items()}
    totals = lists.counts(access, wanted)
    filled = {name: filters for name, filters in wanted.items() if totals[name] and name not in FIGURES_ONLY}
    found = first_lines(access, filled, LINES_NOW) if filled else {}
    shown: set[int] = set()
    groups = []
    for group, label, names in GROUPS:
        room = LINES_NOW if group == "nu" else LINES
        sections = []
        for name in names:
            if name in wanted and (totals[name] or name not in ONLY_WHEN_FILLED):
                works = _not_shown(found.get(name, ()), shown)[:room]
                room -= len(works)
                shown.update(work.info_request.pk for work in works)
                lines = tuple(_line(work, name, place) for work in works)
                sections.append(_section(wanted[name], totals[name], lines))
        tasks = tasks_for(user, place) if group == "nu" else ()
        if sections or tasks:
            groups.append(Group(group, label, tuple(sections), tasks))
    return groups


def tasks_for(user: User, place: Place) -> tuple[Task, ...]:
    """Openings granted to this user, searches that wait for a second person, and requests of persons to be answered."""
    found = []
    if place.has({Role.BEHANDELAAR}):
        found += [_opening(row) for row in granted_openings(user)]
    if place.has(RELEASERS):
        found += [_search(row) for row in waiting_searches(user)]
    if place.has(KEEPERS):
        found += [_answer(row) for row in to_answer(user)]
    return tuple(sorted(found, key=lambda task: (task.due_on, task.name)))


def _opening(row: DataDecision) -> Task:
    return Task(
        name=row.info_request.reference,
        about=row.get_kind_display(),
        task=_("Open the blocked data: two people agreed"),
        url=reverse("archive:decision", args=[row.pk]),
        due_on=last_day_to_begin(row),
        due_label=_("Begin by"),
    )


def _search(row: PersonSearch) -> Task:
    return Task(
        name=row.person_request.number,
        about=_("Request of a person"),
        task=_("See the letter of the person, and release the search"),
        url=reverse("archive:person_release"),
        due_on=row.person_request.answer_by,
        due_label=_("Answer by"),
    )


def _answer(row: PersonRequest) -> Task:
    return Task(
        name=row.number,
        about=_("Request of a person"),
        task=_("The search is done: answer the person") if row.searched else _("Answer the person"),  # type: ignore[attr-defined]
        url=reverse("archive:person", args=[row.number]),
        due_on=row.answer_by,
        due_label=_("Answer by"),
    )


def _not_shown(works: Iterable[Work], shown: set[int]) -> list[Work]:
    return [work for work in works if work.info_request.pk not in shown]


def _wanted(place: Place) -> dict[str, bool]:
    """What an allocator sees whole is not shown to him a second time as his own."""
    wanted: dict[str, bool] = {}
    for roles, entries in OF_ROLE:
        if place.has(roles):
            for name, mine in entries.items():
                wanted.setdefault(name, mine)
    return wanted | {"ik_lees_mee": False} if place.memberships else wanted


def _section(filters: lists.Filters, count: int, lines: tuple[Line, ...]) -> Section:
    name = filters.list_name
    work = lists.LISTS[name]
    return Section(
        name=name,
        label=OWN_LABELS.get(name, work.label) if filters.mine else work.label,
        description=work.description,
        count=count,
        url=list_url(lijst=name, mine="1" if filters.mine else ""),
        tone=TONES.get(name, "") if count else "",
        lines=lines,
    )


def _line(work: Work, name: str, place: Place) -> Line:
    days = working_days(work.info_request.received_at, place.today) if name in NOBODYS else 0
    return Line(work.info_request, step_of(work, name, place), days if days > UNTAKEN_WORKING_DAYS else 0)
