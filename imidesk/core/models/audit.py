from django.conf import settings
from django.db import models
from django.db.models import Q


class AuditChain(models.Model):
    """Head and length of one subject's events, so that a cut tail shows (SP-09)."""

    kind = models.CharField(max_length=20)
    subject = models.UUIDField()
    head = models.BinaryField(max_length=32, default=bytes)
    length = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(name="audit_chain_once_per_subject", fields=["kind", "subject"])]

    def __str__(self) -> str:
        return f"{self.kind}:{self.subject}"


class AuditEvent(models.Model):
    """What happened, in ids, codes and times. Append-only by trigger (SP-09, SP-10)."""

    chain = models.ForeignKey(AuditChain, models.PROTECT, related_name="events")
    number = models.PositiveIntegerField()
    action = models.CharField(max_length=60)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    details = models.JSONField(default=dict)
    key_id = models.CharField(max_length=40)
    link = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="audit_event_number_once_per_chain", fields=["chain", "number"]),
            models.CheckConstraint(name="audit_event_number_from_one", condition=Q(number__gte=1)),
        ]
        indexes = [models.Index(name="audit_event_action", fields=["action", "recorded_at"])]

    def __str__(self) -> str:
        return f"{self.chain} {self.number} {self.action}"
