from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imidesk.core.ids import uuid7


class Installation(models.Model):
    """The stamp of this database, made at its first migrate: practice or production, for good (SP-38)."""

    class Kind(models.TextChoices):
        PRACTICE = "practice", _("practice desk")
        PRODUCTION = "production", _("production")

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY, editable=False)
    uuid = models.UUIDField(default=uuid7, editable=False, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    clock_offset = models.DurationField(default=timedelta)

    class Meta:
        constraints = [
            models.CheckConstraint(name="installation_is_single", condition=Q(id=1)),
            models.CheckConstraint(name="installation_kind_is_known", condition=Q(kind__in=["practice", "production"])),
            models.CheckConstraint(
                name="installation_clock_moves_in_practice_only",
                condition=Q(kind="practice") | Q(clock_offset=timedelta(0)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"
