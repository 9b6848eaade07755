from django.db import models

from imidesk.core.ids import uuid7


class LedgerEntry(models.Model):
    """What a copy of before it may not bring back; also a line of the ledger outside the database (SP-24)."""

    class Kind(models.TextChoices):
        KEY_DESTROYED = "key_destroyed"
        ACCOUNT_BLOCKED = "account_blocked"
        ACCOUNT_LEFT = "account_left"
        ROLE_WITHDRAWN = "role_withdrawn"
        FEED_REVOKED = "feed_revoked"
        ERASED = "erased"

    uuid = models.UUIDField(unique=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    subject = models.UUIDField()
    what = models.JSONField(default=dict)
    at = models.DateTimeField()
    written_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(name="ledger_entry_waiting", fields=["id"], condition=models.Q(written_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
