"""Which requests stand in which list: one table, for the list itself, for Start and for the figures that open it."""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from operator import itemgetter

from dateutil.relativedelta import relativedelta
from django.db.models import Q, Value
from django.db.models.functions import Concat
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from authorities.models import Membership, User
from authorities.vocabulary import Module, Role
from imidesk.core import together
from requests_app.deadlines import AMSTERDAM
from requests_app.models import Allocation, InformationRequest
from requests_app.models.access import Access, memberships_today
from requests_app.selectors import reasons, timeliness, work
from requests_app.selectors.units import Unit, held_by
from requests_app.vocabulary import END_STATES, OPEN_STATES, DataState, State

PAGE_SIZE = 25
COUNTED = 200
DAYS_AHEAD = 90
DAYS_TO_CHECK = 14  # the IMI administrator checks the date of the end (design 3)
DAYS_TO_FILE = 30  # red from then on (design 8)
BLOCKED_AFTER_MONTHS = 6  # article 14(1)
ERASED_AFTER_MONTHS = 36  # article 14; three years after the end
NO_ACTIVITY = "-"  # in the place of a code: without a service activity

# What a line of the list says; a request has three times as many columns.
SHOWN_COLUMNS = (
    *("reference", "imi_number", "fictitious", "module", "state", "data_state", "prepared_step", "received_at"),
    *("accept_by", "asked_on", "agreed_on", "clarify_by", "delay_reported_at"),
    *("requester__name", "requester__country"),
    *("service_activity__name_nl", "service_activity__name_en"),
)

Condition = Callable[[Access], Q]


@dataclass(frozen=True)
class WorkList:
    label: str | Promise
    description: str | Promise
    condition: Condition
    offered: bool = True
    """Whether the list page offers it; the others open from a figure alone."""
    is_work: bool = True
    """Something somebody has to do or to wait for, and so little enough to count; history is not."""
    practice: Condition | None = None
    """Practice requests (FICTIEF) in it; not asked for where they do not count, as no index follows an `or`."""

    def of(self, access: Access, fictitious: bool | None = None) -> Q:
        own = self.condition(access)
        return own if self.practice is None or fictitious is False else own | self.practice(access)


def _arrived(access: Access) -> Q:
    return ~Q(state=State.ENTERED_IN_ERROR)


def _open(access: Access) -> Q:
    return Q(state__in=OPEN_STATES)


def _to_block(access: Access) -> Q:
    return Q(data_state=DataState.OPEN) & _ended_before(BLOCKED_AFTER_MONTHS, access.today, DAYS_AHEAD)


def _to_erase(access: Access) -> Q:
    return ~Q(data_state=DataState.ERASED) & _ended_before(ERASED_AFTER_MONTHS, access.today, DAYS_AHEAD)


def _practice_to_block(access: Access) -> Q:
    """FICTIEF requests go sooner."""
    return Q(data_state=DataState.OPEN, state__in=END_STATES, fictitious=True)


def _practice_to_erase(access: Access) -> Q:
    return ~Q(data_state=DataState.ERASED) & Q(state__in=END_STATES, fictitious=True)


def _blocked_soon(access: Access) -> Q:
    soon = _ended_before(BLOCKED_AFTER_MONTHS, access.today, DAYS_TO_CHECK)
    return Q(data_state=DataState.OPEN, fictitious=False) & soon


def _erased_soon(access: Access) -> Q:
    soon = _ended_before(ERASED_AFTER_MONTHS, access.today, DAYS_TO_CHECK)
    return Q(fictitious=False) & ~Q(data_state=DataState.ERASED) & soon


def _unfiled_soon(access: Access) -> Q:
    """Accepted once, not filed, and blocked within a month, or blocked already (ARC-08)."""
    soon = _ended_before(BLOCKED_AFTER_MONTHS, access.today, DAYS_TO_FILE)
    unfiled = Q(accepted_at__isnull=False, filed_at__isnull=True, fictitious=False)
    return unfiled & ~Q(data_state=DataState.ERASED) & ~Q(state=State.ENTERED_IN_ERROR) & soon


def _ended_before(months: int, today: date, days: int) -> Q:
    """So long ago that so many months after it is a day before the horizon."""
    limit = today + timedelta(days=days)
    last = limit - relativedelta(months=months)
    while last + timedelta(days=1) + relativedelta(months=months) <= limit:
        last += timedelta(days=1)
    before = datetime.combine(last + timedelta(days=1), time(), AMSTERDAM)
    return Q(state__in=END_STATES, ended_at__lt=before)


def _counted(condition: Callable[[date], Q]) -> Condition:
    """What the figures count is never a wrong entry."""
    return lambda access: _arrived(access) & condition(access.today)


# By the word in the address: `?lijst=te_laat`. The first ones are work, in the order in which it is pressing.
LISTS: dict[str, WorkList] = {
    "niet_opgepakt": WorkList(
        _("Nobody took this up"), _("For longer than two working days nobody has it."), work.untaken
    ),
    "nu_te_doen": WorkList(_("Yours to handle"), _("Allocated to you, and it is your turn."), work.to_do_now),
    "ook_aanvaarden": WorkList(
        _("Accept as well"), _("Allocated to you and accepted, but not by you yourself yet."), work.to_join
    ),
    "brief_te_versturen": WorkList(
        _("Letter to send"),
        _("Information on good repute was given. The provider is still to be told in a letter."),
        work.letter_to_send,
    ),
    "betrokkene_inlichten": WorkList(
        _("Data subject to tell"),
        _("Within a month after acceptance the person learns what is done with his data (AVG, article 14)."),
        work.person_to_tell,
    ),
    "advies_ontvangen": WorkList(_("Advice received"), _("The lawyer answered what you asked."), work.advice_received),
    "advies_gevraagd": WorkList(
        _("Advice asked"), _("A handler asked the lawyer for advice, and waits for it."), work.advice_asked
    ),
    "oppakken": WorkList(
        _("You can take these up"), _("Your team has it, or nobody does: “I take this up”."), work.to_take_up
    ),
    "toe_te_wijzen": WorkList(_("To allocate"), _("Received, and nobody has it yet."), work.to_allocate),
    "vraagt_toewijzing": WorkList(
        _("Asked for by a handler"), _("A handler asks you to allocate this to him."), work.asked_for
    ),
    "geen_behandelaar": WorkList(
        _("Team chosen, no handler yet"), _("A team has it, but nobody has taken it up."), work.without_handler
    ),
    "behandelaar_weg": WorkList(
        _("Work of somebody who is gone"), _("Who has it left, or is no handler any more."), work.of_who_left
    ),
    "taak_niet_geplaatst": WorkList(
        _("Task not in Corsa"), _("Somebody has it, but no task was sent in Corsa."), work.task_not_placed
    ),
    "vertraging": WorkList(_("Delay reported"), _("It takes longer than planned."), work.delayed),
    "te_corrigeren": WorkList(
        _("Date of the end to decide"),
        _("Somebody proposed another date, and a second person decides."),
        work.to_correct,
    ),
    "te_beslissen": WorkList(
        _("Decision on the data"),
        _("Somebody proposed a hold, an early erasure or an opening, and a second person decides."),
        work.to_decide,
    ),
    "nog_in_imi": WorkList(
        _("Still to be done in IMI"), _("Prepared here. It counts when it is done in IMI."), work.to_do_in_imi
    ),
    "in_corsa": WorkList(
        _("To do in Corsa"),
        _("Ended. The reports are not in Corsa yet, or the task is not signed off."),
        work.to_do_in_corsa,
    ),
    "niet_in_corsa": WorkList(
        _("Not in Corsa, and (nearly) blocked"),
        _("Blocked within 30 days, or blocked already, and not saved in Corsa."),
        _unfiled_soon,
    ),
    "blokkeren_14": WorkList(
        _("Blocked within two weeks"),
        _("Check the date of the end, and where that date comes from. It can be corrected until blocking."),
        _blocked_soon,
    ),
    "wissen_14": WorkList(
        _("Erased within two weeks"),
        _("Check the date of the end, and where that date comes from. A hold can be set until erasing."),
        _erased_soon,
    ),
    "te_laat": WorkList(_("Late"), _("Not accepted within seven days, or not answered by the answer date."), work.late),
    "wacht_op_verzoeker": WorkList(
        _("Answered, waiting for the requester"), _("Answered. The requester closes the request."), work.waiting
    ),
    "van_mij": WorkList(_("Mine"), _("Allocated to you and not finished."), work.mine),
    "ik_lees_mee": WorkList(_("You read along"), _("A handler added you, until a date."), work.read_along),
    "open": WorkList(_("Still open"), _("Not ended yet."), _open),
    "binnengekomen": WorkList(
        _("Came in"), _("Everything that came in, except wrong entries."), _arrived, is_work=False
    ),
    "blokkeren_90": WorkList(
        _("Blocked within 90 days"),
        _("Six months after the end nobody reads the personal data any more (article 14)."),
        _to_block,
        is_work=False,
        practice=_practice_to_block,
    ),
    "wissen_90": WorkList(
        _("Erased within 90 days"),
        _("Three years after the end the personal data are erased (article 14)."),
        _to_erase,
        is_work=False,
        practice=_practice_to_erase,
    ),
    "beantwoord": WorkList(
        _("Answered"),
        _("An answer was sent, whatever came after."),
        _counted(lambda today: timeliness.answered()),
        offered=False,
        is_work=False,
    ),
    "te_laat_beantwoord": WorkList(
        _("Answered late"),
        _("Answered after the agreed date, or without one after the date asked."),
        _counted(lambda today: timeliness.answered_late()),
        offered=False,
        is_work=False,
    ),
    "aanvaarding_geteld": WorkList(
        _("Accepted, or too late to accept"),
        _("What indicator 1 counts: accepted, or waiting for longer than seven days."),
        _counted(timeliness.acceptance_counts),
        offered=False,
        is_work=False,
    ),
    "op_tijd_aanvaard": WorkList(
        _("Accepted within seven days"),
        _("Accepted at the latest on the seventh day after receipt."),
        _counted(lambda today: timeliness.accepted_in_time()),
        offered=False,
        is_work=False,
    ),
    "antwoorddatum_geteld": WorkList(
        _("With an agreed answer date"),
        _("What indicator 3 counts: an agreed date is recorded, and there is an answer or the date has gone by."),
        _counted(timeliness.agreed_date_counts),
        offered=False,
        is_work=False,
    ),
    "antwoorddatum_gehaald": WorkList(
        _("Answered by the agreed date"),
        _("Answered at the latest on the agreed date."),
        _counted(lambda today: timeliness.agreed_date_met()),
        offered=False,
        is_work=False,
    ),
}


# The lists above the list, by role; each is counted with every page, so they are few.
ABOVE: dict[str, tuple[str, ...]] = {
    Role.TOEWIJZER: ("toe_te_wijzen", "geen_behandelaar", "nog_in_imi", "te_laat", "wacht_op_verzoeker"),
    Role.BEHANDELAAR: ("van_mij", "oppakken", "te_laat", "wacht_op_verzoeker"),
    Role.JURIST: ("advies_gevraagd", "open", "te_laat", "wacht_op_verzoeker"),
    Role.TOEZICHTHOUDER: ("open", "te_laat", "wacht_op_verzoeker"),
    Role.BASISGEBRUIKER: ("open", "te_laat", "wacht_op_verzoeker"),
}


def above(access: Access) -> list[str]:
    wanted = {name for role in access.roles for name in ABOVE.get(role, ())}
    return [name for name in LISTS if name in wanted]


@dataclass(frozen=True)
class Filters:
    """What the address asks for; empty is everything the user may know of."""

    list_name: str = ""
    state: str = ""
    module: str = ""
    team: int | None = None
    handler: int | None = None
    organisation: int | None = None
    activity: str = ""
    requester: int | None = None
    reason: str = ""
    excused: str = ""
    received_from: date | None = None
    received_until: date | None = None
    mine: bool = False
    fictitious: bool | None = None
    text: str = ""

    def condition(self, access: Access) -> Q:
        condition = LISTS[self.list_name].of(access, self.fictitious) if self.list_name else Q()
        equal = {
            "state": self.state,
            "module": self.module,
            "requester": self.requester,
        }
        condition &= Q(**{name: value for name, value in equal.items() if value})
        if self.activity:
            known = Q(service_activity__code=self.activity)
            condition &= Q(service_activity=None) if self.activity == NO_ACTIVITY else known
        if self.reason:
            condition &= reasons.with_reason(self.reason)
        if self.excused:
            condition &= reasons.with_excused(self.excused)
        if self.text:
            condition &= _with_number(self.text)
        if self.mine:
            condition &= work.allocated_to(access.user)
        if self.fictitious is not None:
            condition &= Q(fictitious=self.fictitious)
        return condition & self._by_allocation() & self._by_receipt()

    @property
    def is_work(self) -> bool:
        """Whether it can only find what somebody still has to do: little enough to count."""
        return self.state in OPEN_STATES or (self.list_name in LISTS and LISTS[self.list_name].is_work)

    def _by_allocation(self) -> Q:
        condition = Q()
        current = Allocation.objects.current()
        if self.team:
            condition &= held_by(Unit.TEAM, self.team)
        if self.handler:
            condition &= Q(pk__in=current.filter(handler=self.handler).values("info_request"))
        if self.organisation:
            condition &= held_by(Unit.ORGANISATION, self.organisation)
        return condition

    def _by_receipt(self) -> Q:
        condition = Q()
        if self.received_from:
            condition &= Q(received_at__gte=datetime.combine(self.received_from, time(), AMSTERDAM))
        if self.received_until:
            day_after = self.received_until + timedelta(days=1)
            condition &= Q(received_at__lt=datetime.combine(day_after, time(), AMSTERDAM))
        return condition


def _with_number(text: str) -> Q:
    """Part of a reference or an IMI number, in capitals or not, with spaces as people copy and read them out."""
    reference = re.sub(r"[\s\-\u2010-\u2015]+", "-", text.strip())
    number = re.sub(r"\s+", "", text)
    return Q(reference__icontains=reference) | Q(imi_number__icontains=number)


def counts(access: Access, wanted: Mapping[str, Filters] | None = None) -> dict[str, int]:
    """How many requests each of these filters finds for this user, in one query; without any, every list.

    Nothing counts on beyond one more than COUNTED, so that a figure costs no more where there are a million.
    """
    wanted = wanted if wanted is not None else {name: Filters(list_name=name) for name in LISTS}
    found = _totals(access, wanted, COUNTED + 1)
    return {name: min(number, COUNTED + 1) for name, number in found.items()}


def full_counts(access: Access, wanted: Mapping[str, Filters]) -> dict[str, int]:
    """The same to the last one, for figures; each count by itself, so that each takes the index made for it."""
    return _totals(access, wanted, None)


def _totals(access: Access, wanted: Mapping[str, Filters], limit: int | None) -> dict[str, int]:
    def asked() -> dict[str, list[together.AnyQuerySet]]:
        parts = access.parts(per_module=False)
        return {
            name: [InformationRequest.objects.filter(part, condition).values("pk")[:limit] for part in parts]
            for name, condition in ((name, filters.condition(access)) for name, filters in wanted.items())
        }

    return together.counts(asked, _key(access, wanted.values(), tuple(wanted), limit))


def _key(access: Access, wanted: Iterable[Filters], *further: Hashable) -> Hashable:
    """By which a compiled statement is kept; none for what somebody typed, which is kept nowhere."""
    every = tuple(wanted)
    return None if any(filters.text for filters in every) else (access.key, every, *further)


def in_figures(number: int) -> str:
    """ "200+" above what is counted."""
    return str(number) if number <= COUNTED else f"{COUNTED}+"


@dataclass(frozen=True)
class Cursor:
    """Between which rows a page begins or ends: receipt and key of its neighbour; stays put when rows come in."""

    received_at: datetime
    pk: int
    newer: bool = False
    """The page before this row instead of the one after it."""

    def condition(self) -> Q:
        if self.newer:
            return Q(received_at__gte=self.received_at) & (Q(received_at__gt=self.received_at) | Q(pk__gt=self.pk))
        return Q(received_at__lte=self.received_at) & (Q(received_at__lt=self.received_at) | Q(pk__lt=self.pk))


@dataclass(frozen=True)
class Page:
    """Rows newest receipt first, and where the pages beside it begin."""

    rows: list[InformationRequest]
    newer: Cursor | None = None
    older: Cursor | None = None

    @property
    def is_all(self) -> bool:
        return self.newer is None and self.older is None


def page(access: Access, filters: Filters, cursor: Cursor | None = None) -> Page:
    """Going back beyond the newest row gives the first page, whole."""
    found = _rows(access, filters, cursor)
    more = len(found) > PAGE_SIZE
    found = found[:PAGE_SIZE]
    if cursor and cursor.newer:
        if not more:
            return page(access, filters)
        found.reverse()
    if not found:
        return Page([])
    first, last = found[0], found[-1]
    return Page(
        found,
        newer=Cursor(first.received_at, first.pk, newer=True) if cursor else None,
        older=Cursor(last.received_at, last.pk) if more or (cursor and cursor.newer) else None,
    )


def _rows(access: Access, filters: Filters, cursor: Cursor | None) -> list[InformationRequest]:
    """One more than a page holds, with who has them.

    Each part of what the user sees gives its own first rows in the order of its index; the rest is never looked at.
    """
    limit = PAGE_SIZE + 1
    order = ("received_at", "pk") if cursor and cursor.newer else ("-received_at", "-pk")

    def firsts() -> list[together.AnyQuerySet]:
        condition = filters.condition(access) & (cursor.condition() if cursor else Q())
        return [
            InformationRequest.objects.filter(part, condition).order_by(*order).values("pk")[:limit]
            for part in access.parts()
        ]

    key = _key(access, [filters], cursor, limit)
    return list(
        together.among(InformationRequest.objects.all(), firsts, key)
        .select_related("requester", "service_activity")
        .only(*SHOWN_COLUMNS)
        .order_by(*order)[:limit]
    )


@dataclass(frozen=True)
class Row:
    """One line of the list: open data alone."""

    info_request: InformationRequest
    who: str
    due_on: date | None

    @property
    def state_label(self) -> str:
        return str(State(self.info_request.state).label)

    @property
    def module_label(self) -> str:
        return str(Module(self.info_request.module).label)


def rows(info_requests: Iterable[InformationRequest]) -> list[Row]:
    """Each with its handlers, or with the team while nobody of it took it up."""
    found = list(info_requests)
    who = _who_has(found)
    return [Row(info_request, who.get(info_request.pk, ""), _due_on(info_request)) for info_request in found]


def _who_has(info_requests: Iterable[InformationRequest]) -> dict[int, str]:
    current = Allocation.objects.current().filter(info_request__in=[one.pk for one in info_requests]).order_by("pk")
    handlers: dict[int, list[str]] = {}
    teams: dict[int, list[str]] = {}
    for pk, handler, person, team in current.values_list("info_request", "handler", _name("handler"), "team__name"):
        (handlers if handler else teams).setdefault(pk, []).append(person if handler else team)
    return {pk: ", ".join(names) for pk, names in (teams | handlers).items()}


def _name(user: str) -> Concat:
    """As User.get_full_name, of the user at the end of a path."""
    return Concat(f"{user}__first_name", Value(" "), f"{user}__last_name")


def _due_on(info_request: InformationRequest) -> date | None:
    if info_request.state in (State.RECEIVED, State.ASSIGNED):
        return info_request.accept_by
    return info_request.answer_due_on if info_request.state == State.ACCEPTED else None


@dataclass(frozen=True)
class People:
    """Whom the list can be filtered by, and whether the user may register a request (design 9, "Who registers")."""

    teams: list[tuple[int, str]]
    handlers: list[tuple[int, str]]
    may_register: bool
    access: Access


def people(user: User) -> People:
    """Teams and handlers of the authorities where the user has a role."""
    own = memberships_today(user)
    found = Membership.objects.filter(role=Role.BEHANDELAAR, authority__in={one.authority_id for one in own})
    handlers: dict[int, str] = {}
    teams: dict[int, str] = {}
    order = ("user__last_name", "user__first_name", "pk")
    for user_id, name, team_id, team in found.order_by(*order).values_list("user", _name("user"), "team", "team__name"):
        handlers.setdefault(user_id, name)
        if team_id:
            teams[team_id] = team
    registering = (Role.TOEWIJZER, Role.BEHANDELAAR)
    return People(
        teams=sorted(teams.items(), key=itemgetter(1)),
        handlers=list(handlers.items()),
        may_register=any(one.role in registering and one.authority.is_home for one in own),
        access=Access(user),
    )
