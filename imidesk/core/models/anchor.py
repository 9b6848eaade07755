from django.db import models


class DailyAnchor(models.Model):
    """A signature over the heads and lengths of all chains at one moment; the same line stands outside (SP-09)."""

    up_to = models.DateTimeField(unique=True)
    chains = models.PositiveBigIntegerField()
    events = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)
    key_id = models.CharField(max_length=40)
    signature = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["up_to"]

    def __str__(self) -> str:
        return f"{self.up_to} {self.digest[:8]}"
