from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from authorities.models import User
from requests_app.models.request import InformationRequest
from requests_app.vocabulary import Part, Purpose, ReminderKind, State


class ReadRecord(models.Model):
    """Who looked at what, when, for which purpose; no content, no chain, kept five years (SP-11, SEC-10)."""

    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("user"))
    request_uuid = models.UUIDField(_("request"), db_index=True)
    part = models.CharField(_("part"), max_length=20, choices=Part)
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose)
    state = models.CharField(_("state"), max_length=20, choices=State)
    at = models.DateTimeField(_("at"), db_index=True)
    trace_id = models.UUIDField(_("trace of the processing record"), null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.at} {self.part}"


class Reminder(models.Model):
    """A reminder that is due; it re-arms when its date moves, and is sent once."""

    info_request = models.ForeignKey(InformationRequest, models.CASCADE, verbose_name=_("request"))
    kind = models.CharField(_("kind"), max_length=30, choices=ReminderKind)
    due_on = models.DateField(_("due on"))
    sent_at = models.DateTimeField(_("sent at"), null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(name="reminder_due", fields=["due_on"], condition=Q(sent_at__isnull=True))]
        constraints = [
            models.UniqueConstraint(name="reminder_once", fields=["info_request", "kind", "due_on"]),
        ]

    def __str__(self) -> str:
        return f"{self.info_request} {self.kind} {self.due_on}"
