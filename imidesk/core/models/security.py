from django.db import models


class SecurityEvent(models.Model):
    """Sign-ins, refusals, roles, keys, settings, terminal commands (SP-12, BIO2 8.15.01)."""

    at = models.DateTimeField(db_index=True)
    action = models.CharField(max_length=60)
    object = models.CharField(max_length=100)
    result = models.CharField(max_length=40)
    origin = models.CharField(max_length=100)
    actor_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(name="security_event_actor", fields=["actor_id", "at"])]

    def __str__(self) -> str:
        return f"{self.action} {self.result}"
