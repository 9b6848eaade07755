"""Who is told of a request: by role, by allocation, and who stands in for somebody who is away (pitfalls 18 and 20)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from authorities.models import User
from authorities.permissions import deputies_of_absent, users_by_role, users_with_role
from authorities.vocabulary import Role, UserStatus
from imidesk.core import clock
from requests_app.models import Allocation, DataDecision, InformationRequest
from requests_app.vocabulary import DECIDERS

Recipients = Callable[[InformationRequest], Iterable[User]]


@dataclass(frozen=True)
class Recipient:
    user: User
    as_deputy: bool = False


def allocators(info_request: InformationRequest) -> Iterable[User]:
    return users_with_role(Role.TOEWIJZER, info_request.home, info_request.module)


def handlers_of_module(info_request: InformationRequest) -> Iterable[User]:
    return users_with_role(Role.BEHANDELAAR, info_request.home, info_request.module)


def jurists(info_request: InformationRequest) -> Iterable[User]:
    return users_with_role(Role.JURIST, info_request.home)


def deciders(info_request: InformationRequest) -> Iterable[User]:
    """Who may decide with a second person on a hold, an early erasure or an opening (DP-06)."""
    return [user for users in deciders_by_role(info_request).values() for user in users]


def deciders_by_role(info_request: InformationRequest) -> dict[str, list[User]]:
    """The lawyers first."""
    return users_by_role(DECIDERS, info_request.home, info_request.module)


def owners_of_holds_and_deciders(info_request: InformationRequest) -> Iterable[User]:
    holds = DataDecision.objects.holding(clock.today()).filter(info_request=info_request)
    owners = User.objects.filter(pk__in=holds.values("owner"), status=UserStatus.ACTIVE)
    return [*owners, *deciders(info_request)]


def allocated_handlers(info_request: InformationRequest) -> Iterable[User]:
    """Those who still have the role; without them a reminder goes to who must see to it (pitfall 18)."""
    current = Allocation.objects.filter(info_request=info_request, handler__isnull=False).current()
    role = Role.BEHANDELAAR
    return users_with_role(role, info_request.home, info_request.module).filter(pk__in=current.values("handler"))


def handlers_of_team(info_request: InformationRequest) -> Iterable[User]:
    """Those who may take it up: a handler of this module today, in the team that was chosen."""
    team = Allocation.objects.filter(info_request=info_request, handler__isnull=True).current().values("team")
    return users_with_role(Role.BEHANDELAAR, info_request.home, info_request.module, teams=team)


def nobody(info_request: InformationRequest) -> Iterable[User]:
    return ()


def receivers_of_new(info_request: InformationRequest) -> Iterable[User]:
    """Matrix of NOT-01 and NOT-02: with allocation the allocators, without it the handlers."""
    if info_request.registration.works_with_allocation:
        return allocators(info_request)
    return handlers_of_module(info_request)


def pool(info_request: InformationRequest) -> Iterable[User]:
    """Handlers of the area read along where the authority says so (NOT-02, NOT-05)."""
    if info_request.registration.works_with_allocation and info_request.home.pool_reads_along:
        return handlers_of_module(info_request)
    return ()


def who_has_it(info_request: InformationRequest) -> Iterable[User]:
    """The handlers; as long as nobody took it, the team that was chosen with who must see to it (pitfall 20)."""
    handlers = list(allocated_handlers(info_request))
    if handlers:
        return handlers
    receivers = list(receivers_of_new(info_request)) or list(allocators(info_request))
    return [*handlers_of_team(info_request), *receivers]


def who_has_it_and_allocators(info_request: InformationRequest) -> Iterable[User]:
    return [*who_has_it(info_request), *allocators(info_request)]


def with_deputies(info_request: InformationRequest, users: Iterable[User], day: date) -> list[Recipient]:
    """Of who is absent also the deputy, who reads along; for a notice, which the absent one finds on returning."""
    people = list(users)
    found = {user.pk: Recipient(user) for user in people}
    for deputies in deputies_of_absent(people, day).values():
        for deputy in _who_see(info_request, deputies):
            found.setdefault(deputy.pk, Recipient(deputy, as_deputy=True))
    return list(found.values())


def replaced_by_deputies(info_request: InformationRequest, users: Iterable[User], day: date) -> list[Recipient]:
    """Of who is absent only the deputy, else the allocators who are there; where there is nobody, who is away.

    For a reminder: it asks for something now. A deputy who may not see the request does not learn of it.
    """
    people = list(users)
    absent = deputies_of_absent(people, day)
    found = {user.pk: Recipient(user) for user in people if user.pk not in absent}
    for deputies in absent.values():
        standing_in = _who_see(info_request, deputies) or _present(allocators(info_request), day)
        for deputy in standing_in:
            found.setdefault(deputy.pk, Recipient(deputy, as_deputy=True))
    return list(found.values()) or [Recipient(user) for user in people]


def _who_see(info_request: InformationRequest, users: Iterable[User]) -> list[User]:
    requests = InformationRequest.objects
    return [user for user in users if requests.visible(user).filter(pk=info_request.pk).exists()]


def _present(users: Iterable[User], day: date) -> list[User]:
    people = list(users)
    absent = deputies_of_absent(people, day)
    return [user for user in people if user.pk not in absent]
