"""What a membership and a mandate allow on a day."""

from datetime import date

from django.db.models import Q, QuerySet

from authorities.models import Authority, Mandate, Membership, ServiceActivity, User
from authorities.vocabulary import Role, UserStatus
from imidesk.core import clock


def memberships_of(user: User) -> QuerySet[Membership]:
    """The memberships that are valid today; none for who is not active."""
    if not user.is_authenticated or not user.is_active:
        return Membership.objects.none()
    return Membership.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=clock.today()), user=user
    ).select_related("authority", "team", "organisation")


def has_role(user: User, role: Role, *, authority: Authority | None = None, module: str | None = None) -> bool:
    memberships = memberships_of(user).filter(role=role)
    if authority is not None:
        memberships = memberships.filter(authority=authority)
    if module is not None:
        memberships = memberships.filter(module__in=["", module])
    return memberships.exists()


def may_register(user: User, authority: Authority, module: str) -> bool:
    """Toewijzer, and behandelaar for his own module (design 9, "Who registers")."""
    return (
        memberships_of(user)
        .filter(authority=authority, module=module, role__in=[Role.TOEWIJZER, Role.BEHANDELAAR])
        .exists()
    )


def users_with_role(role: Role, authority: Authority, module: str = "") -> QuerySet[User]:
    """Active users with a role today; for a function at the desk the module is left empty."""
    holders = Membership.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=clock.today()), authority=authority, role=role, module=module
    )
    return User.objects.filter(pk__in=holders.values("user"), status=UserStatus.ACTIVE)


def mandate_of(user: User, authority: Authority, activity: ServiceActivity | None, day: date) -> Mandate | None:
    """The mandate a person holds on the day of the act, not of recording (design 9); the most recent one first."""
    mandates = Mandate.objects.filter(holder=user, authority=authority).valid_on(day).for_activity(activity)
    return mandates.order_by("-valid_from", "-pk").first()


def mandate_holders(authority: Authority, activity: ServiceActivity | None, day: date) -> QuerySet[User]:
    """Whom to ask where somebody has no mandate himself."""
    mandates = Mandate.objects.filter(authority=authority).valid_on(day).for_activity(activity)
    return User.objects.filter(pk__in=mandates.values("holder"), status=UserStatus.ACTIVE)
