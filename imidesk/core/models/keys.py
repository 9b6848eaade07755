from django.db import models
from django.db.models import Q

from imidesk.core.ids import uuid7


class KeyCheck(models.Model):
    """A key file this installation counts on, with an HMAC of the id under that key (SP-03)."""

    class Family(models.TextChoices):
        KEK = "kek"
        AUDIT = "audit"

    key_id = models.CharField(max_length=40, primary_key=True)
    family = models.CharField(max_length=10, choices=Family)
    number = models.PositiveIntegerField()
    mac = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)
    destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="key_check_number_once", fields=["family", "number"]),
            models.CheckConstraint(name="key_check_family_is_known", condition=Q(family__in=["kek", "audit"])),
            models.CheckConstraint(
                name="key_check_destroyed_after_retired",
                condition=Q(destroyed_at__isnull=True) | Q(retired_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.key_id


class SealKey(models.Model):
    """The data key of one owner (a request), wrapped. Deleting the row is the erasure (design idea 4, SP-05)."""

    uuid = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.UUIDField(unique=True, editable=False)
    wrapped = models.BinaryField(max_length=64)
    key_id = models.CharField(max_length=40, db_index=True)
    key_ids = models.JSONField()

    def __str__(self) -> str:
        return str(self.owner)
