"""What a membership and a mandate allow on a day."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any

from django.db.models import QuerySet

from authorities.models import Absence, Authority, Mandate, Membership, ServiceActivity, User
from authorities.vocabulary import Role, UserStatus
from imidesk.core import clock

PASSIVE_ROLES = frozenset({Role.BASISGEBRUIKER, Role.RAADPLEGER})
"""Nobody waits for who has only these, so nobody has to stand in."""


def home_authority(prefix: str) -> Authority | None:
    """For the terminal, which acts as the desk."""
    return Authority.objects.filter(is_home=True, reference_prefix=prefix).first()


def memberships_of(user: User) -> QuerySet[Membership]:
    """The memberships that are valid today; none for who is not active."""
    if not user.is_authenticated or not user.is_active:
        return Membership.objects.none()
    current = Membership.objects.valid_on(clock.today()).filter(user=user)
    return current.select_related("authority", "team", "organisation")


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


def users_with_role(
    role: Role, authority: Authority, module: str = "", teams: QuerySet[Any] | None = None
) -> QuerySet[User]:
    """Active users with a role today; for a function at the desk the module is left empty. `teams` by key."""
    current = Membership.objects.valid_on(clock.today())
    holders = current.filter(authority=authority, role=role, module=module)
    if teams is not None:
        holders = holders.filter(team__in=teams)
    return User.objects.filter(pk__in=holders.values("user"), status=UserStatus.ACTIVE)


def users_by_role(roles: Sequence[Role], authority: Authority, module: str) -> dict[str, list[User]]:
    """`users_with_role` of several roles, in one query; a function at the desk counts for every module."""
    holders = Membership.objects.valid_on(clock.today()).filter(
        authority=authority, role__in=roles, module__in=["", module], user__status=UserStatus.ACTIVE
    )
    found: dict[str, list[User]] = {role: [] for role in roles}
    for one in holders.select_related("user").order_by("user__last_name", "user__first_name", "user"):
        found[one.role].append(one.user)
    return found


def people_of_homes(*roles: Role) -> QuerySet[User]:
    """Active users with one of these functions today, at any authority that works at this desk."""
    current = Membership.objects.valid_on(clock.today()).filter(role__in=roles, authority__is_home=True)
    return User.objects.filter(pk__in=current.values("user"), status=UserStatus.ACTIVE)


def people_of_allocator(user: User) -> QuerySet[User]:
    """Active members of the authorities where somebody allocates; whose absence he may enter (IN-05)."""
    homes = memberships_of(user).filter(role=Role.TOEWIJZER).values("authority")
    members = Membership.objects.valid_on(clock.today()).filter(authority__in=homes)
    return User.objects.filter(pk__in=members.values("user"), status=UserStatus.ACTIVE)


@dataclass(frozen=True)
class Mandates:
    """What one person holds at an authority, and which of it covers an activity."""

    held: tuple[Mandate, ...] = ()
    covering: tuple[Mandate, ...] = ()

    def on(self, day: date) -> Mandate | None:
        """The most recent one first, as `mandate_of`."""
        valid = [mandate for mandate in self.covering if _is_valid(mandate, day)]
        return max(valid, key=attrgetter("valid_from", "pk"), default=None)

    def any_on(self, day: date) -> bool:
        return any(_is_valid(mandate, day) for mandate in self.held)


def _is_valid(mandate: Mandate, day: date) -> bool:
    return mandate.valid_from <= day and (mandate.valid_until is None or mandate.valid_until >= day)


def mandates_of(users: Iterable[User], authority: Authority, activity: ServiceActivity | None) -> dict[int, Mandates]:
    """For a page that asks of many people: one query, however many they are."""
    held: dict[int, list[Mandate]] = {}
    for mandate in Mandate.objects.filter(holder__in=users, authority=authority).with_cover(activity).order_by("pk"):
        held.setdefault(mandate.holder_id, []).append(mandate)
    return {
        pk: Mandates(tuple(rows), tuple(mandate for mandate in rows if mandate.covers))  # type: ignore[attr-defined]
        for pk, rows in held.items()
    }


def deputies_for(users: Collection[User]) -> list[User]:
    """Active users with one of the working roles of one of them, at the same authority and in the same module.

    In two queries, however many they are.
    """
    valid = Membership.objects.valid_on(clock.today())
    absentees: dict[tuple[int, str, str], set[int]] = {}
    for membership in valid.filter(user__in=users).exclude(role__in=PASSIVE_ROLES):
        absentees.setdefault(_position(membership), set()).add(membership.user_id)
    colleagues = valid.filter(
        authority__in={authority for authority, _, _ in absentees}, user__status=UserStatus.ACTIVE
    ).select_related("user")
    return list(
        {one.user_id: one.user for one in colleagues if absentees.get(_position(one), set()) - {one.user_id}}.values()
    )


def _position(membership: Membership) -> tuple[int, str, str]:
    return membership.authority_id, membership.role, membership.module


def mandate_of(user: User, authority: Authority, activity: ServiceActivity | None, day: date) -> Mandate | None:
    """The mandate a person holds on the day of the act, not of recording (design 9); the most recent one first."""
    mandates = Mandate.objects.filter(holder=user, authority=authority).valid_on(day).for_activity(activity)
    return mandates.order_by("-valid_from", "-pk").first()


def mandate_holders(authority: Authority, activity: ServiceActivity | None, day: date) -> QuerySet[User]:
    """Whom to ask where somebody has no mandate himself."""
    mandates = Mandate.objects.filter(authority=authority).valid_on(day).for_activity(activity)
    return User.objects.filter(pk__in=mandates.values("holder"), status=UserStatus.ACTIVE)


def deputies_of_absent(users: Iterable[User], day: date) -> dict[int, list[User]]:
    """Who of them is absent on a day, each with the deputies who are there themselves; there may be none."""
    absences = Absence.objects.on(day)
    of_these = list(absences.filter(user__in=[user.pk for user in users]).select_related("deputy"))
    away = set(absences.values_list("user", flat=True)) if of_these else set()
    found: dict[int, list[User]] = {}
    for absence in of_these:
        deputies = found.setdefault(absence.user_id, [])
        deputy = absence.deputy
        if deputy and deputy.is_active and deputy.pk not in away and deputy not in deputies:
            deputies.append(deputy)
    return found
