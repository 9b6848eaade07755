"""Who reads the register of persons' requests, who keeps it, and who releases a search."""

from django.db.models import QuerySet

from archive.person_rights.models import PersonRequest, PersonSearch
from authorities.models import Membership, User
from authorities.permissions import memberships_of
from authorities.vocabulary import Role, UserStatus
from imidesk.core import clock
from requests_app.models.access import memberships_today

READERS = (Role.JURIST, Role.FG)
KEEPERS = (Role.JURIST,)
RELEASERS = (Role.JURIST, Role.LOKALE_GEGEVENSBEHEERDER)


def may(user: User, *roles: Role) -> bool:
    return user.is_active and any(one.role in roles for one in memberships_today(user))


def readable(user: User) -> QuerySet[PersonRequest]:
    return _of_own_home(user, READERS)


def kept_by(user: User) -> QuerySet[PersonRequest]:
    """What this user may change and open; the data protection officer reads along without the person."""
    return _of_own_home(user, KEEPERS)


def of_others(user: User) -> QuerySet[PersonSearch]:
    """Asked by somebody else (design 4): with no second person nothing is opened."""
    homes = memberships_of(user).filter(role__in=RELEASERS).values("authority")
    held = PersonSearch.objects.filter(person_request__home__in=homes, person_request__erased_at__isnull=True)
    return held.exclude(asked_by=user)


def releasable(user: User) -> QuerySet[PersonSearch]:
    return of_others(user).filter(released_at__isnull=True)


def _of_own_home(user: User, roles: tuple[Role, ...]) -> QuerySet[PersonRequest]:
    homes = memberships_of(user).filter(role__in=roles).values("authority")
    return PersonRequest.objects.filter(home__in=homes).select_related("home", "registered_by")


def releasers_of(search: PersonSearch) -> QuerySet[User]:
    current = Membership.objects.valid_on(clock.today()).filter(
        authority=search.person_request.home, role__in=RELEASERS
    )
    active = User.objects.filter(pk__in=current.values("user"), status=UserStatus.ACTIVE)
    return active.exclude(pk=search.asked_by_id)
