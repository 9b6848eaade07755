"""The clock of a test desk, which is a practice desk: set to a day that the test names."""

from datetime import date, datetime, time

from imidesk.core import clock
from imidesk.core.models import Installation


def stand_at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """Amsterdam time. Returns the moment."""
    moment = datetime.combine(day, time(hour, minute), tzinfo=clock.AMSTERDAM)
    installation = Installation.objects.get()
    installation.clock_offset += moment - clock.now()
    installation.save(update_fields=["clock_offset"])
    return moment
