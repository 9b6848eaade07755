"""The conditions under which a user sees a request or may do something to it, as database conditions (house rule 3)."""

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import Q
from guardian.shortcuts import get_objects_for_user

from authorities.models import Membership, Registration
from authorities.vocabulary import LIST_ROLES, Role
from imidesk.core import clock
from requests_app.vocabulary import AFTER_BLOCKING, RULES, DataState, Grant, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from authorities.models import User

NOTHING = Q(pk__in=[])


class Access:
    """What one user may see and do today. Roles are asked once, however many steps a page shows."""

    def __init__(self, user: "User") -> None:
        self.user = user
        self.is_known = user.is_authenticated and user.is_active

    @cached_property
    def _today(self) -> date:
        return clock.today()

    @cached_property
    def _memberships(self) -> list[tuple[str, int, str, int | None]]:
        today = self._today
        current = Membership.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=today), user=self.user)
        return list(current.values_list("role", "authority", "module", "team"))

    @cached_property
    def _without_allocation(self) -> set[tuple[int, str]]:
        return set(Registration.objects.filter(works_with_allocation=False).values_list("authority", "module"))

    def visible(self) -> Q:
        """By role; an allocation opens nothing to who lost the role it was given for. A draft is nobody's yet."""
        if not self.is_known:
            return NOTHING
        basic = self._by_role((Role.BASISGEBRUIKER,)) & Q(home__basic_users_see_list=True)
        return (self._by_role(LIST_ROLES) | basic | self._as_viewer()) & ~Q(state=State.DRAFT)

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

        Who left the authority reads along no more, whatever date was set.
        """
        viewers = apps.get_model("requests_app", "Viewer").objects.filter(
            user=self.user, ended_at=None, until__gte=self._today
        )
        homes = {home for _, home, _, _ in self._memberships}
        return Q(pk__in=viewers.values("info_request"), home__in=homes)

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
