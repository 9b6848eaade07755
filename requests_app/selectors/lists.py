"""Which requests stand in which list: one table, for the list itself, for Start and for the figures that open it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta
from django.db.models import Count, Prefetch, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from authorities.models import Membership, User
from authorities.permissions import memberships_of
from authorities.vocabulary import Role
from imidesk.core import clock
from requests_app.deadlines import AMSTERDAM
from requests_app.models import Allocation, InformationRequest, ProviderLetter
from requests_app.models.access import Access
from requests_app.models.request import InformationRequestQuerySet
from requests_app.selectors.requests import visible_requests
from requests_app.vocabulary import END_STATES, OPEN_STATES, DataState, Grant, State

DAYS_AHEAD = 90
BLOCKED_AFTER_MONTHS = 6  # article 14(1)
ERASED_AFTER_MONTHS = 36  # article 14; three years after the end

Condition = Callable[[User, date], Q]


@dataclass(frozen=True)
class WorkList:
    label: str | Promise
    description: str | Promise
    condition: Condition


def _allocated_to(user: User) -> Q:
    own = Allocation.objects.filter(handler=user).current()
    return Q(pk__in=own.values("info_request"))


def _mine(user: User, today: date) -> Q:
    return Q(state__in=OPEN_STATES) & _allocated_to(user)


def _arrived(user: User, today: date) -> Q:
    return ~Q(state=State.ENTERED_IN_ERROR)


def _open(user: User, today: date) -> Q:
    return Q(state__in=OPEN_STATES)


def _to_take_up(user: User, today: date) -> Q:
    """For the handlers of the team that has it, and where preference 4 is Nee for every handler (NOT-08)."""
    access = Access(user)
    for_team = _without_handler(user, today) & access.allowed(Grant.TAKE_UP)
    for_all = Q(state=State.RECEIVED) & access.allowed(Grant.ACCEPT)
    return for_team | for_all


def _to_allocate(user: User, today: date) -> Q:
    return Q(state=State.RECEIVED)


def _without_handler(user: User, today: date) -> Q:
    with_handler = Allocation.objects.filter(handler__isnull=False).current()
    return Q(state=State.ASSIGNED) & ~Q(pk__in=with_handler.values("info_request"))


def _late(user: User, today: date) -> Q:
    return Q(pk__in=InformationRequest.objects.overdue(today).values("pk"))


def _to_do_in_imi(user: User, today: date) -> Q:
    return Q(state__in=OPEN_STATES) & ~Q(prepared_step="")


def _waiting(user: User, today: date) -> Q:
    return Q(state=State.ANSWERED)


def _letter_to_send(user: User, today: date) -> Q:
    """Good repute was told and the provider does not know it yet (ANS-17)."""
    due = ProviderLetter.objects.filter(sent_on__isnull=True)
    return Q(state__in=(State.ANSWERED, *END_STATES), data_state=DataState.OPEN, pk__in=due.values("info_request"))


def _to_do_in_corsa(user: User, today: date) -> Q:
    """What was accepted is filed (ARC-01); a task that was sent is signed off, also where nothing was accepted."""
    to_file = Q(accepted_at__isnull=False, filed_at__isnull=True) & ~Q(data_state=DataState.ERASED)
    to_sign_off = Q(task_signed_off_on__isnull=True) & ~Q(task_number="")
    return Q(state__in=END_STATES) & (to_file | to_sign_off) & ~Q(state=State.ENTERED_IN_ERROR)


def _to_block(user: User, today: date) -> Q:
    return Q(data_state=DataState.OPEN) & _due(BLOCKED_AFTER_MONTHS, today)


def _to_erase(user: User, today: date) -> Q:
    return ~Q(data_state=DataState.ERASED) & _due(ERASED_AFTER_MONTHS, today)


def _due(months: int, today: date) -> Q:
    """Ended so long ago that the day falls before the horizon; FICTIEF requests go sooner."""
    limit = today + timedelta(days=DAYS_AHEAD)
    last = limit - relativedelta(months=months)
    while last + timedelta(days=1) + relativedelta(months=months) <= limit:
        last += timedelta(days=1)
    before = datetime.combine(last + timedelta(days=1), time(), AMSTERDAM)
    return Q(state__in=END_STATES) & (Q(ended_at__lt=before) | Q(fictitious=True))


# By the word in the address: `?lijst=te_laat`.
LISTS: dict[str, WorkList] = {
    "toe_te_wijzen": WorkList(_("To allocate"), _("Received, and nobody has it yet."), _to_allocate),
    "geen_behandelaar": WorkList(
        _("Team chosen, no handler yet"), _("A team has it, but nobody has taken it up."), _without_handler
    ),
    "oppakken": WorkList(
        _("You can take these up"), _("Your team has it, or nobody does: “I take this up”."), _to_take_up
    ),
    "van_mij": WorkList(_("Mine"), _("Allocated to you and not finished."), _mine),
    "te_laat": WorkList(_("Late"), _("Not accepted within seven days, or not answered by the answer date."), _late),
    "nog_in_imi": WorkList(
        _("Still to be done in IMI"), _("Prepared here. It counts when it is done in IMI."), _to_do_in_imi
    ),
    "wacht_op_verzoeker": WorkList(
        _("Answered, waiting for the requester"), _("Answered. The requester closes the request."), _waiting
    ),
    "brief_te_versturen": WorkList(
        _("Letter to send"),
        _("Information on good repute was given. The provider is still to be told in a letter."),
        _letter_to_send,
    ),
    "in_corsa": WorkList(
        _("To do in Corsa"),
        _("Ended. The reports are not in Corsa yet, or the task is not signed off."),
        _to_do_in_corsa,
    ),
    "binnengekomen": WorkList(_("Came in"), _("Everything that came in, except wrong entries."), _arrived),
    "open": WorkList(_("Still open"), _("Not ended yet."), _open),
    "blokkeren_90": WorkList(
        _("Blocked within 90 days"),
        _("Six months after the end nobody reads the personal data any more (article 14)."),
        _to_block,
    ),
    "wissen_90": WorkList(
        _("Erased within 90 days"), _("Three years after the end the personal data are erased (article 14)."), _to_erase
    ),
}


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
    received_from: date | None = None
    received_until: date | None = None
    mine: bool = False
    fictitious: bool | None = None
    text: str = ""

    def condition(self, user: User, today: date) -> Q:
        condition = LISTS[self.list_name].condition(user, today) if self.list_name else Q()
        equal = {
            "state": self.state,
            "module": self.module,
            "service_activity__code": self.activity,
            "requester": self.requester,
            "end_reason": self.reason,
        }
        condition &= Q(**{name: value for name, value in equal.items() if value})
        if self.text:
            condition &= Q(reference__icontains=self.text) | Q(imi_number__icontains=self.text)
        if self.mine:
            condition &= _allocated_to(user)
        if self.fictitious is not None:
            condition &= Q(fictitious=self.fictitious)
        return condition & self._by_allocation() & self._by_receipt()

    def _by_allocation(self) -> Q:
        condition = Q()
        current = Allocation.objects.current()
        if self.team:
            condition &= Q(pk__in=current.filter(team=self.team).values("info_request"))
        if self.handler:
            condition &= Q(pk__in=current.filter(handler=self.handler).values("info_request"))
        if self.organisation:
            people = Membership.objects.filter(organisation=self.organisation).values("user")
            condition &= Q(pk__in=current.filter(handler__in=people).values("info_request"))
        return condition

    def _by_receipt(self) -> Q:
        condition = Q()
        if self.received_from:
            condition &= Q(received_at__gte=datetime.combine(self.received_from, time(), AMSTERDAM))
        if self.received_until:
            day_after = self.received_until + timedelta(days=1)
            condition &= Q(received_at__lt=datetime.combine(day_after, time(), AMSTERDAM))
        return condition


def counts(user: User, wanted: Mapping[str, Filters] | None = None) -> dict[str, int]:
    """How many requests each of these filters finds for this user, in one query; without any, every list."""
    today = clock.today()
    wanted = wanted if wanted is not None else {name: Filters(list_name=name) for name in LISTS}
    totals = {name: Count("pk", filter=filters.condition(user, today)) for name, filters in wanted.items()}
    return InformationRequest.objects.visible(user).aggregate(**totals)


def find(user: User, filters: Filters) -> InformationRequestQuerySet:
    """The rows of the list, newest receipt first, with who has them."""
    current = Allocation.objects.current().select_related("team", "handler").order_by("pk")
    return (
        visible_requests(user)
        .filter(filters.condition(user, clock.today()))
        .prefetch_related(Prefetch("allocation_set", current, to_attr="current_allocations"))
        .order_by("-received_at", "-pk")
    )


@dataclass(frozen=True)
class Row:
    """One line of the list: open data alone."""

    info_request: InformationRequest
    who: str
    due_on: date | None


def row(info_request: InformationRequest) -> Row:
    allocations: Iterable[Allocation] = info_request.current_allocations
    handlers = [str(allocation.handler) for allocation in allocations if allocation.handler]
    teams = [str(allocation.team) for allocation in allocations if allocation.team and not allocation.handler]
    return Row(info_request, ", ".join(handlers or teams), _due_on(info_request))


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


def people(user: User) -> People:
    """Teams and handlers of the authorities where the user has a role, in one query."""
    own = memberships_of(user)
    found = (
        Membership.objects.filter(
            Q(role=Role.BEHANDELAAR, authority__in=own.values("authority")) | Q(pk__in=own.values("pk"))
        )
        .select_related("user", "team", "authority")
        .order_by("user__last_name", "user__first_name", "pk")
    )
    registering = (Role.TOEWIJZER, Role.BEHANDELAAR)
    handlers = [membership for membership in found if membership.role == Role.BEHANDELAAR]
    teams = {membership.team.pk: str(membership.team) for membership in handlers if membership.team}
    return People(
        teams=sorted(teams.items(), key=lambda team: team[1]),
        handlers=list({membership.user_id: str(membership.user) for membership in handlers}.items()),
        may_register=any(m.user_id == user.pk and m.role in registering and m.authority.is_home for m in found),
    )
