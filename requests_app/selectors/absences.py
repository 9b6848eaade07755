"""Whose absence a user may enter, and which are entered: his own, and for allocators that of their people (IN-05)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.http import Http404

from authorities.models import Absence, User
from authorities.permissions import deputies_for, people_of_allocator
from imidesk.core import clock


@dataclass(frozen=True)
class People:
    """Whom the form may name; the user himself stands first."""

    absentees: list[User]
    deputies: list[User]


def people_for(user: User) -> People:
    others = list(people_of_allocator(user).exclude(pk=user.pk))
    deputies = deputies_for([user, *others])
    return People([user, *others], sorted(deputies, key=lambda found: (found.last_name, found.first_name)))


def absences_for(user: User) -> Iterable[Absence]:
    """Now and to come, the first one first."""
    return _of(user).filter(last_day__gte=clock.today()).select_related("user", "deputy").order_by("first_day", "pk")


def absence_of(user: User, pk: int) -> Absence:
    """Raises Http404 for what this user may not change."""
    found = _of(user).select_related("user").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _of(user: User) -> QuerySet[Absence]:
    return Absence.objects.filter(Q(user=user) | Q(user__in=people_of_allocator(user)))
