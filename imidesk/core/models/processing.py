from django.db import models

from imidesk.core.ids import uuid7


class ProcessingRecord(models.Model):
    """Waits for the log of processing (Logboek dataverwerkingen, draft) and goes when that has it (SP-18).

    Names neither the request nor a user: both stand in the read record or the audit event of the same trace.
    """

    uuid = models.UUIDField(unique=True, default=uuid7, editable=False)
    trace_id = models.UUIDField()
    name = models.CharField(max_length=40)
    data_subject = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.at} {self.name}"
