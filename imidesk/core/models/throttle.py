from django.db import models


class SlowedDevice(models.Model):
    """Wrong tries of one device, or from one network address; the key is a digest of which (SP-28)."""

    key = models.CharField(max_length=64, unique=True)
    tries = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(db_index=True)
    next_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.tries} tries"
