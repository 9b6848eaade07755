"""The conditions under which a user sees a request or may do something to it, as database conditions (house rule 3)."""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, FilteredRelation, OuterRef, Q
from guardian.shortcuts import get_objects_for_user

from authorities.models import Membership, Registration
from authorities.vocabulary import LIST_ROLES, Module, Role
from imidesk.core import clock, once
from requests_app.vocabulary import DECIDERS, RULES, DataState, Grant, Rule, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from authorities.models import User
    from requests_app.models.decisions import DataDecision

NOTHING = Q(pk__in=[])


def memberships_today(user: "User") -> "list[Membership]":
    """With all that the frame of a page says of the authority; a page asks them once.

    Each says whether it works without allocation (preference 4), and whether the user reads along anywhere.
    """
    return once.per_request(("memberships", user.pk), lambda: _ask_memberships(user))


def _ask_memberships(user: "User") -> "list[Membership]":
    today = clock.today()
    direct = Registration.objects.filter(
        authority=OuterRef("authority"), module=OuterRef("module"), works_with_allocation=False
    )
    viewing = apps.get_model("requests_app", "Viewer").objects.on(today).filter(user=user)
    own = Membership.objects.valid_on(today).filter(user=user)
    return list(
        own.annotate(without_allocation=Exists(direct), reads_along=Exists(viewing))
        .select_related("authority__first_contact", "authority__backup_contact")
        .order_by("pk")
    )


PAPERS_ROLES = (*DECIDERS, Role.FG)


def may_read_papers(user: "User", decision: "DataDecision") -> bool:
    """Who proposed it, who may decide on it, and the data protection officer, who reads and decides nothing."""
    request = decision.info_request
    here = [one for one in memberships_today(user) if one.authority_id == request.home_id]
    decides = any(one.role in PAPERS_ROLES and one.module in ("", request.module) for one in here)
    return decides or (bool(here) and decision.proposed_by_id == user.pk)


class By(Enum):
    """What ties somebody to one request, besides a role in its area."""

    ROLE = "role"
    ALLOCATION = "allocation"
    TEAM = "team"
    VIEWER = "viewer"
    ADVICE = "advice"


Place = tuple[int, str]
"""Home authority and module; without a module every one of that authority."""


@dataclass(frozen=True)
class Tie:
    by: By
    team: int | None = None


_ROLE, _ALLOCATION, _VIEWER = Tie(By.ROLE), Tie(By.ALLOCATION), Tie(By.VIEWER)
_AS_VIEWER = Rule((), viewer=True)
_STANDING = ("home_id", "module", "state", "data_state")


@dataclass(frozen=True)
class Standing:
    """Where one request stands, by what one user is tied to it, and what guardian's rows give him."""

    home: int
    module: str
    state: str
    data_state: str
    ties: frozenset[Tie] = frozenset()
    granted: frozenset[str] = frozenset()

    @property
    def present(self) -> frozenset[Tie]:
        """Nobody reads along after blocking."""
        return self.ties if self.data_state == DataState.OPEN else self.ties - {_VIEWER}

    def is_in(self, places: set[Place]) -> bool:
        return not places.isdisjoint({(self.home, self.module), (self.home, "")})


class Access:
    """What one user may see and do today. Roles are asked once, however many steps a page shows."""

    def __init__(self, user: "User", memberships: "Iterable[Membership] | None" = None) -> None:
        """Who has read `memberships_today` already gives them along."""
        self.user = user
        self._read = memberships
        self.is_known = user.is_authenticated and user.is_active

    @cached_property
    def today(self) -> date:
        return clock.today()

    @cached_property
    def _current(self) -> "list[Membership]":
        if self._read is None:
            return memberships_today(self.user)
        return list(self._read)

    @property
    def key(self) -> tuple[Any, ...]:
        """All that its conditions are made of: with an equal key they are the same."""
        memberships = (
            (
                *(one.role, one.authority_id, one.module, one.team_id, one.authority.basic_users_see_list),
                *(one.without_allocation, one.reads_along),  # type: ignore[attr-defined]
            )
            for one in self._current
        )
        return (self.user.pk, self.is_known, self.today, *memberships)

    @property
    def roles(self) -> set[str]:
        return {one.role for one in self._current}

    @cached_property
    def _memberships(self) -> list[tuple[str, int, str, int | None]]:
        return [(one.role, one.authority_id, one.module, one.team_id) for one in self._current]

    @cached_property
    def _without_allocation(self) -> set[tuple[int, str]]:
        return {(one.authority_id, one.module) for one in self._current if one.without_allocation}  # type: ignore[attr-defined]

    @property
    def _reads_along(self) -> bool:
        """For lists alone, which leave out a part that finds nothing; whether it opens a request is asked each time."""
        return any(one.reads_along for one in self._current)  # type: ignore[attr-defined]

    def visible(self) -> Q:
        """By role; an allocation opens nothing to who lost the role it was given for. A draft is nobody's yet."""
        if not self.is_known:
            return NOTHING
        return (self._at(self._listed) | self._as_viewer()) & ~Q(state=State.DRAFT)

    def sees(self, standing: Standing) -> bool:
        """What `visible` says, of one request."""
        if not self.is_known or standing.state == State.DRAFT:
            return False
        as_viewer = _VIEWER in standing.present and standing.is_in(self._ways(_AS_VIEWER).get(_VIEWER, set()))
        return standing.is_in(self._listed) or as_viewer

    def parts(self, per_module: bool = True) -> list[Q]:
        """What `visible` says, cut so that no request is in two parts and an index gives each in the order of lists.

        Where the order does not matter, fewer parts do: per authority.
        """
        if not self.is_known:
            return []
        by_role = self._of(self.listed, per_module)
        as_viewer = [self._as_viewer() & ~reduce(or_, by_role, NOTHING)] if self._reads_along else []
        return [part & ~Q(state=State.DRAFT) for part in (*by_role, *as_viewer)]

    @cached_property
    def listed(self) -> list[Place]:
        """Where a role opens the list, by module: the first of `parts`, in their order."""
        return sorted({(home, one) for home, module in self._listed for one in ([module] if module else Module.values)})

    @staticmethod
    def _of(pairs: list[Place], per_module: bool) -> list[Q]:
        if per_module:
            return [Q(home=home, module=module) for home, module in pairs]
        homes = {home: [module for one, module in pairs if one == home] for home, _ in pairs}
        return [Q(home=home, module__in=modules) for home, modules in homes.items()]

    @cached_property
    def _listed(self) -> set[Place]:
        """Where a role opens the list; a basic user's where the authority says so."""
        basic = [one for one in self._current if one.role == Role.BASISGEBRUIKER]
        by_setting = {(one.authority_id, one.module) for one in basic if one.authority.basic_users_see_list}
        return self._places(LIST_ROLES) | by_setting

    def allowed(self, grant: Grant) -> Q:
        """Allocations are asked through guardian's rows, roles and the chosen team through memberships.

        An allocation holds as long as the role does: roles end by date, without a step that could end it.
        """
        if not self.is_known:
            return NOTHING
        condition = NOTHING
        for tie, places in self._ways(RULES[grant]).items():
            condition |= self._at(places) & (self._granted(grant) if tie.by is By.ALLOCATION else self._tied(tie))
        condition &= Q(state__in=RULES[grant].states)
        data = RULES[grant].data
        return condition if set(data) == set(DataState) else condition & Q(data_state__in=data)

    def held_on(self, requests: "QuerySet[Any]") -> frozenset[Grant]:
        """Every grant on the one request of this queryset: `allowed` for all of them, asked in one query.

        The database says by which ties the user has this request; `grants_in` reads the table of rights.
        """
        if not self.is_known:
            return frozenset()
        rows = self.with_ties(requests)
        return self.held_in(rows.values_list(*_STANDING, "granted", *self._ties_to_ask, named=True))

    def with_ties(self, requests: "QuerySet[Any]") -> "QuerySet[Any]":
        """The one request of this queryset as often as guardian has rows of this user for it, with all his ties."""
        given = FilteredRelation("requestuserpermission", condition=Q(requestuserpermission__user=self.user))
        asked = {name: ExpressionWrapper(self._tied(tie), BooleanField()) for name, tie in self._ties_to_ask.items()}
        return requests.annotate(given=given, granted=F("given__permission__codename"), **asked).order_by()

    def held_in(self, rows: "Iterable[Any]") -> frozenset[Grant]:
        """What `with_ties` found, read by the table of rights."""
        found = list(rows)
        if not found:
            return frozenset()
        home, module, state, data_state = (getattr(found[0], name) for name in _STANDING)
        present = frozenset(tie for name, tie in self._ties_to_ask.items() if getattr(found[0], name))
        granted = frozenset(row.granted for row in found if row.granted)
        return self.grants_in(Standing(home, module, state, data_state, present, granted))

    @cached_property
    def _ties_to_ask(self) -> dict[str, Tie]:
        ties = sorted({tie for way in self._all_ways.values() for tie in way} - {_ROLE, _ALLOCATION}, key=str)
        return {f"tie_{number}": tie for number, tie in enumerate(ties)}

    def grants_in(self, standing: Standing) -> frozenset[Grant]:
        if not self.is_known:
            return frozenset()
        return frozenset(
            grant
            for grant, rule in RULES.items()
            if standing.state in rule.states
            and standing.data_state in rule.data
            and any(
                standing.is_in(places)
                and (grant in standing.granted if tie == _ALLOCATION else tie == _ROLE or tie in standing.present)
                for tie, places in self._all_ways[grant].items()
            )
        )

    @cached_property
    def _all_ways(self) -> dict[Grant, dict[Tie, set[Place]]]:
        return {grant: self._ways(rule) for grant, rule in RULES.items()}

    def _ways(self, rule: Rule) -> dict[Tie, set[Place]]:
        """By what, and where, this rule gives its right to this user."""
        ways = {_ROLE: self._places(rule.roles) | self._places(rule.without_allocation) & self._without_allocation}
        if rule.allocated or rule.accepted:
            ways[_ALLOCATION] = self._places((Role.BEHANDELAAR,))
        if rule.team:
            for role, home, module, team in self._memberships:
                if role == Role.BEHANDELAAR and team is not None:
                    ways.setdefault(Tie(By.TEAM, team), set()).add((home, module))
        if rule.viewer:
            ways[_VIEWER] = {(home, "") for _, home, _, _ in self._memberships}
        if rule.advice:
            ways[Tie(By.ADVICE)] = self._places(rule.advice)
        return {tie: places for tie, places in ways.items() if places}

    def _places(self, roles: "Iterable[str]") -> set[Place]:
        """A function counts for every module of its authority, an IMI role for its own."""
        return {(home, module) for role, home, module, _ in self._memberships if role in roles}

    @staticmethod
    def _at(places: "Iterable[Place]") -> Q:
        found = [Q(home=home, module=module) if module else Q(home=home) for home, module in sorted(places)]
        return reduce(or_, found, NOTHING)

    def _tied(self, tie: Tie) -> Q:
        if tie.by is By.ROLE:
            return Q()
        if tie.by is By.VIEWER:
            return self._added_as_viewer()
        if tie.by is By.ADVICE:
            asked = apps.get_model("requests_app", "AdviceRequest").objects.filter(answered_at=None)
            return Q(pk__in=asked.values("info_request"))
        # Not `pk__in`: a team has had many, and for one request they would all be read.
        allocations = apps.get_model("requests_app", "Allocation").objects.filter(handler=None, ended_at=None)
        return Q(Exists(allocations.filter(team=tie.team, info_request=OuterRef("pk"))))

    def _granted(self, grant: Grant) -> Q:
        klass = apps.get_model("requests_app", "InformationRequest")
        granted = get_objects_for_user(
            self.user, grant.value, klass=klass, use_groups=False, accept_global_perms=False, with_superuser=False
        )
        return Q(pk__in=granted.values("pk"))

    def _as_viewer(self) -> Q:
        return self._at(self._ways(_AS_VIEWER).get(_VIEWER, ())) & self._added_as_viewer()

    def _added_as_viewer(self) -> Q:
        """Asked of the rows themselves: they end by date, and a projection would not notice.

        Who left the authority reads along no more, whatever date was set, and nobody does after blocking.
        """
        viewers = apps.get_model("requests_app", "Viewer").objects.on(self.today).filter(user=self.user)
        return Q(pk__in=viewers.values("info_request"), data_state=DataState.OPEN)
