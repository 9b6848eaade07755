from collections.abc import Iterable

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from authorities.models import Team, User
from requests_app.models.request import InformationRequest


class AllocationQuerySet(models.QuerySet["Allocation"]):
    def current(self) -> "AllocationQuerySet":
        return self.filter(ended_at__isnull=True)


def seen(current: Iterable["Allocation"]) -> str:
    """Who has a request, as a page showed it: comes back with the press, which may be the second of two."""
    return "-".join(str(row.pk) for row in current) or "0"


class Allocation(models.Model):
    """Who has a request: a team, or a person; acceptance by that person opens the provider (design idea 1)."""

    info_request = models.ForeignKey(InformationRequest, models.CASCADE, verbose_name=_("request"))
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, verbose_name=_("team"))
    handler = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="allocations", verbose_name=_("handler")
    )
    made_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("allocated by")
    )
    made_at = models.DateTimeField(_("allocated at"))
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = AllocationQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="allocation_to_team_or_person",
                condition=Q(team__isnull=False) | Q(handler__isnull=False),
            ),
            models.CheckConstraint(
                name="only_a_person_accepts", condition=Q(accepted_at__isnull=True) | Q(handler__isnull=False)
            ),
            models.CheckConstraint(
                name="allocation_ends_after_it_begins",
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("made_at")),
            ),
            models.UniqueConstraint(
                name="one_current_allocation_per_handler",
                fields=["info_request", "handler"],
                condition=Q(ended_at__isnull=True, handler__isnull=False),
            ),
            models.UniqueConstraint(
                name="one_current_team",
                fields=["info_request"],
                condition=Q(ended_at__isnull=True, handler__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.info_request} → {self.handler or self.team}"
