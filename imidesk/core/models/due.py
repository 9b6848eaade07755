from django.conf import settings
from django.db import models
from django.db.models import Q

from imidesk.core.ids import uuid7
from imidesk.core.models.audit import AuditEvent

TRIES = 10


class OutgoingMessage(models.Model):
    """A mail to be sent: template, recipient and ids only; the text is made when it leaves (rule 5, SP-35)."""

    class State(models.TextChoices):
        PENDING = "pending"
        SENT = "sent"
        DROPPED = "dropped"
        PARKED = "parked"

    uuid = models.UUIDField(default=uuid7, editable=False, unique=True)
    key = models.CharField(max_length=400, unique=True)
    template = models.CharField(max_length=60)
    event = models.ForeignKey(AuditEvent, models.PROTECT, null=True, blank=True, related_name="messages")
    subject = models.UUIDField(db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    mailbox = models.UUIDField(null=True, blank=True)
    facts = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    held = models.BooleanField(default=False, help_text="Over the limit of an hour: leaves in a digest (SP-35).")
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="outgoing_message_one_recipient",
                condition=Q(user__isnull=True, mailbox__isnull=False) | Q(user__isnull=False, mailbox__isnull=True),
            ),
            models.CheckConstraint(
                name="outgoing_message_ended_iff_not_pending",
                condition=Q(state="pending", ended_at__isnull=True)
                | Q(state__in=["sent", "dropped", "parked"], ended_at__isnull=False),
            ),
            models.CheckConstraint(name="outgoing_message_ten_tries", condition=Q(tries__lte=TRIES)),
        ]
        indexes = [
            models.Index(name="outgoing_message_due", fields=["next_try_at", "id"], condition=Q(state="pending")),
            models.Index(name="outgoing_message_mailbox", fields=["mailbox", "ended_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.state}"


class DueJob(models.Model):
    """Work that is due; the queue only wakes (design idea 5, SP-40)."""

    class State(models.TextChoices):
        OPEN = "open"
        DONE = "done"
        PARKED = "parked"

    kind = models.CharField(max_length=60)
    subject = models.UUIDField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    asked = models.PositiveIntegerField(default=1, help_text="Counts up when asked again while open.")
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="due_job_open_once", fields=["kind", "subject"], condition=Q(state="open")),
            models.CheckConstraint(
                name="due_job_ended_iff_not_open",
                condition=Q(state="open", ended_at__isnull=True)
                | Q(state__in=["done", "parked"], ended_at__isnull=False),
            ),
            models.CheckConstraint(name="due_job_ten_tries", condition=Q(tries__lte=TRIES)),
        ]
        indexes = [
            models.Index(name="due_job_due", fields=["next_try_at", "id"], condition=Q(state="open")),
            models.Index(name="due_job_subject", fields=["subject"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} {self.state}"


class Heartbeat(models.Model):
    """What runs by itself leaves a sign that a person sees (design idea 5)."""

    name = models.CharField(max_length=60, primary_key=True)
    started_at = models.DateTimeField()
    succeeded_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return self.name
