"""The open work of somebody, and which of it another can take: open data, for the allocator (IN-05, pitfall 18)."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from authorities.models import Membership, User
from authorities.permissions import Mandates, mandates_of, users_with_role
from authorities.vocabulary import Role, UserStatus
from requests_app import guards
from requests_app.models import Allocation, InformationRequest
from requests_app.models.access import Access
from requests_app.models.request import InformationRequestQuerySet
from requests_app.selectors import work
from requests_app.selectors.requests import visible_requests
from requests_app.selectors.suggesting import why_no_mandate
from requests_app.vocabulary import END_STATES, OPEN_STATES, DataState, Grant, State

# What somebody still has to do: not ended, or accepted and not yet in Corsa.
OPEN_WORK = Q(state__in=OPEN_STATES) | (
    Q(state__in=END_STATES, accepted_at__isnull=False, filed_at__isnull=True, data_state=DataState.OPEN)
    & ~Q(state=State.ENTERED_IN_ERROR)
)


@dataclass(frozen=True)
class Giver:
    """Somebody with open work; `is_gone` when for some of it the account or the role has ended."""

    user: User
    number: int
    is_gone: bool

    def __str__(self) -> str:
        said = ngettext("%(person)s (%(number)s request)", "%(person)s (%(number)s requests)", self.number)
        named = said % {"person": self.user, "number": self.number}
        return _("%(named)s, no longer works here") % {"named": named} if self.is_gone else named


@dataclass(frozen=True)
class Line:
    """A request of the giver; `refusal` says why it cannot go, or is empty."""

    info_request: InformationRequest
    refusal: str


def givers(actor: User, today: date) -> list[Giver]:
    """Everybody with open work that this allocator allocates; who is no longer there first."""
    requests = _allocated_by(actor).filter(OPEN_WORK)
    rows = Allocation.objects.filter(info_request__in=requests.values("pk"), handler__isnull=False).current()
    numbers = Counter(rows.values_list("handler", flat=True))
    gone = set(rows.exclude(Exists(work.role_of_holder(today))).values_list("handler", flat=True))
    found = [Giver(user, numbers[user.pk], user.pk in gone) for user in User.objects.filter(pk__in=numbers)]
    return sorted(found, key=lambda giver: (not giver.is_gone, giver.user.last_name, giver.user.first_name))


def takers(actor: User, today: date) -> list[User]:
    """Handlers of the places where this user allocates; whether each request fits them is asked per request."""
    current = Membership.objects.valid_on(today)
    places = current.filter(user=actor, role=Role.TOEWIJZER)
    roles = Q(pk__in=[])
    for authority, module in places.values_list("authority", "module"):
        roles |= Q(authority=authority, module=module)
    handlers = current.filter(roles, role=Role.BEHANDELAAR)
    return list(User.objects.filter(pk__in=handlers.values("user"), status=UserStatus.ACTIVE))


def lines(actor: User, giver: User, taker: User, today: date) -> list[Line]:
    """What the giver has of what the actor may know; what cannot go is named with the reason and stays."""
    held = Allocation.objects.filter(handler=giver).current()
    rows = visible_requests(actor).filter(OPEN_WORK, pk__in=held.values("info_request")).order_by("received_at", "pk")
    allowed = set(_allocated_by(actor).values_list("pk", flat=True).filter(pk__in=rows.values("pk")))
    return [Line(row, _refusal(row, taker, today) if row.pk in allowed else _not_yours()) for row in rows]


def _allocated_by(actor: User) -> InformationRequestQuerySet:
    access = Access(actor)
    return InformationRequest.objects.filter(access.allowed(Grant.ASSIGN) | access.allowed(Grant.REASSIGN))


def _not_yours() -> str:
    return _("You do not allocate in this module. Ask the allocator of that module.")


def _refusal(info_request: InformationRequest, taker: User, today: date) -> str:
    if info_request.accepted_at is None and not guards.not_prepared(info_request):
        return _("Prepared and still to be done in IMI. That comes first.")
    able = users_with_role(Role.BEHANDELAAR, info_request.home, info_request.module)
    if not able.filter(pk=taker.pk).exists():
        return _("%(person)s is not a handler of this module.") % {"person": taker}
    held = mandates_of([taker], info_request.home, info_request.service_activity).get(taker.pk, Mandates())
    return "" if held.on(today) else f"{taker}: {why_no_mandate(info_request, held, today)}"
