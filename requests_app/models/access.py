"""The conditions under which a user sees a request or may do something to it, as database conditions (house rule 3)."""

from datetime import date
from functools import cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import Exists, OuterRef, Q
from guardian.shortcuts import get_objects_for_user

from authorities.models import Membership, Registration
from authorities.vocabulary import LIST_ROLES, Module, Role
from imidesk.core import clock
from requests_app.vocabulary import AFTER_BLOCKING, RULES, DataState, Grant, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from authorities.models import User

NOTHING = Q(pk__in=[])


def with_registration(memberships: "QuerySet[Membership]") -> "QuerySet[Membership]":
    """With each whether its authority works without allocation in its module (preference 4)."""
    direct = Registration.objects.filter(
        authority=OuterRef("authority"), module=OuterRef("module"), works_with_allocation=False
    )
    return memberships.annotate(without_allocation=Exists(direct))


def current_memberships(user: "User", today: date) -> "QuerySet[Membership]":
    current = Membership.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=today), user=user)
    return with_registration(current)


class Access:
    """What one user may see and do today. Roles are asked once, however many steps a page shows."""

    def __init__(self, user: "User", memberships: "Iterable[Membership] | None" = None) -> None:
        """Who has read the memberships already, as `current_memberships` has them, gives them along."""
        self.user = user
        self._read = memberships
        self.is_known = user.is_authenticated and user.is_active

    @cached_property
    def today(self) -> date:
        return clock.today()

    @cached_property
    def _current(self) -> "list[Membership]":
        if self._read is None:
            return list(current_memberships(self.user, self.today))
        return list(self._read)

    @property
    def roles(self) -> set[str]:
        return {one.role for one in self._current}

    @cached_property
    def _memberships(self) -> list[tuple[str, int, str, int | None]]:
        return [(one.role, one.authority_id, one.module, one.team_id) for one in self._current]

    @cached_property
    def _without_allocation(self) -> set[tuple[int, str]]:
        return {(one.authority_id, one.module) for one in self._current if one.without_allocation}  # type: ignore[attr-defined]

    def visible(self) -> Q:
        """By role; an allocation opens nothing to who lost the role it was given for. A draft is nobody's yet."""
        if not self.is_known:
            return NOTHING
        basic = self._by_role((Role.BASISGEBRUIKER,)) & Q(home__basic_users_see_list=True)
        return (self._by_role(LIST_ROLES) | basic | self._as_viewer()) & ~Q(state=State.DRAFT)

    def parts(self, per_module: bool = True) -> list[Q]:
        """What `visible` says, cut so that no request is in two parts and an index gives each in the order of lists.

        Where the order does not matter, fewer parts do: per authority.
        """
        if not self.is_known:
            return []
        seen = self._modules(LIST_ROLES)
        by_setting = Q(home__basic_users_see_list=True)
        whole = self._of(seen, per_module)
        listed = [part & by_setting for part in self._of(self._modules((Role.BASISGEBRUIKER,)) - seen, per_module)]
        by_role = reduce(or_, [*whole, *listed], NOTHING)
        return [part & ~Q(state=State.DRAFT) for part in (*whole, *listed, self._as_viewer() & ~by_role)]

    @staticmethod
    def _of(pairs: set[tuple[int, str]], per_module: bool) -> list[Q]:
        if per_module:
            return [Q(home=home, module=module) for home, module in sorted(pairs)]
        homes = {home: sorted(module for one, module in pairs if one == home) for home, _ in sorted(pairs)}
        return [Q(home=home, module__in=modules) for home, modules in homes.items()]

    def _modules(self, roles: "Iterable[str]") -> set[tuple[int, str]]:
        """A function counts for every module of its authority."""
        found = [(home, module) for role, home, module, _ in self._memberships if role in roles]
        return {(home, one) for home, module in found for one in ([module] if module else Module.values)}

    def allowed(self, grant: Grant) -> Q:
        """Allocations are asked through guardian's rows, roles and the chosen team through memberships.

        An allocation holds as long as the role does: roles end by date, without a step that could end it.
        """
        if not self.is_known:
            return NOTHING
        rule = RULES[grant]
        condition = self._by_role(rule.roles)
        if rule.allocated or rule.accepted:
            condition |= self._by_role((Role.BEHANDELAAR,)) & Q(pk__in=self._granted(grant))
        if rule.without_allocation:
            condition |= self._by_role(rule.without_allocation, only=self._without_allocation)
        if rule.team:
            condition |= self._by_team()
        if rule.viewer:
            condition |= self._as_viewer()
        if rule.advice:
            condition |= self._by_role(rule.advice) & self._asked_for_advice()
        condition &= Q(state__in=rule.states)
        return condition if grant in AFTER_BLOCKING else condition & Q(data_state=DataState.OPEN)

    def _by_role(self, roles: "Iterable[str]", only: set[tuple[int, str]] | None = None) -> Q:
        """A function counts for every module of its authority, an IMI role for its own."""
        condition = NOTHING
        for home, module in sorted({(home, module) for role, home, module, _ in self._memberships if role in roles}):
            if only is None:
                condition |= Q(home=home, module=module) if module else Q(home=home)
            elif (home, module) in only:
                condition |= Q(home=home, module=module)
        return condition

    def _granted(self, grant: Grant) -> object:
        klass = apps.get_model("requests_app", "InformationRequest")
        return get_objects_for_user(
            self.user, grant.value, klass=klass, use_groups=False, accept_global_perms=False, with_superuser=False
        ).values("pk")

    def _as_viewer(self) -> Q:
        """Asked of the rows themselves: they end by date, and a projection would not notice.

        Who left the authority reads along no more, whatever date was set, and nobody does after blocking.
        """
        viewers = apps.get_model("requests_app", "Viewer").objects.filter(
            user=self.user, ended_at=None, until__gte=self.today
        )
        homes = {home for _, home, _, _ in self._memberships}
        return Q(pk__in=viewers.values("info_request"), home__in=homes, data_state=DataState.OPEN)

    def _asked_for_advice(self) -> Q:
        asked = apps.get_model("requests_app", "AdviceRequest").objects.filter(answered_at=None)
        return Q(pk__in=asked.values("info_request"))

    def _by_team(self) -> Q:
        allocations = apps.get_model("requests_app", "Allocation").objects.filter(handler=None, ended_at=None)
        condition = NOTHING
        for role, home, module, team in self._memberships:
            if role == Role.BEHANDELAAR and team is not None:
                condition |= Q(home=home, module=module, pk__in=allocations.filter(team=team).values("info_request"))
        return condition
