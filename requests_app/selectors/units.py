"""Which team and which organisation has a request: by the allocation, and by the handler's own place (REM-23)."""

from enum import StrEnum
from typing import Any

from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce

from authorities.vocabulary import Role
from requests_app.models import Allocation
from requests_app.models.request import InformationRequestQuerySet


class Unit(StrEnum):
    """A handler's organisation is that of his role in the module, and otherwise the authority itself (IN-20)."""

    TEAM = "team"
    ORGANISATION = "organisation"


def held_by(unit: Unit, pk: int) -> Q:
    """Requests that this team or organisation has now, or had when they ended."""
    return Q(pk__in=_allocations(unit).filter(unit=pk).values("info_request"))


def with_units(requests: InformationRequestQuerySet) -> Any:
    """A row per request and allocation, with the number and the name of each unit, of which the team may be none."""
    path = "allocation__"
    units = {unit.value: _unit(unit, path, "") for unit in Unit}
    names = {f"{unit}_name": _unit(unit, path, "", "__name") for unit in Unit}
    return requests.filter(_current(path, "")).annotate(**units, **names)


def _allocations(unit: Unit) -> Any:
    return Allocation.objects.filter(_current("", "info_request__")).annotate(unit=_unit(unit, "", "info_request__"))


def _current(path: str, request: str) -> Q:
    """Current allocations: to a team, or to a handler with his one role in the module of the request."""
    role = f"{path}handler__memberships__"
    of_handler = Q(
        **{
            f"{role}role": Role.BEHANDELAAR,
            f"{role}authority": F(f"{request}home"),
            f"{role}module": F(f"{request}module"),
        }
    )
    return Q(**{f"{path}ended_at": None}) & (Q(**{f"{path}handler": None}) | of_handler)


def _unit(unit: Unit, path: str, request: str, field: str = "") -> Coalesce | Case:
    role = f"{path}handler__memberships__"
    if unit == Unit.TEAM:
        return Coalesce(f"{path}team{field}", f"{role}team{field}")
    organisation = Coalesce(f"{role}organisation{field}", f"{request}home{field}")
    return Case(When(**{f"{path}handler__isnull": False}, then=organisation))
