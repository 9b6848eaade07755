"""Wrong passwords slow who guesses, and never lock an account (SP-28). Counted in the database, over all processes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils.crypto import salted_hmac

from imidesk.core import clock
from imidesk.core.models import SlowedDevice

FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Limit:
    """Whose tries are counted together, and how many are free."""

    key: str
    free: int

    @classmethod
    def of(cls, *parts: str, free: int) -> "Limit":
        """What was typed as a name may be a password, so only a digest under the desk's secret is kept."""
        return cls(salted_hmac("imidesk.throttle", "\0".join(parts), algorithm="sha256").hexdigest(), free)


@transaction.atomic
def admit(limits: Collection[Limit]) -> timedelta:
    """Counts a try before it is looked at, so that many at once gain nothing; else how long there is to wait."""
    now = clock.moment()
    SlowedDevice.objects.filter(last_at__lt=now - FORGOTTEN_AFTER).delete()
    free = {limit.key: limit.free for limit in limits}
    SlowedDevice.objects.bulk_create(
        [SlowedDevice(key=key, last_at=now, next_at=now) for key in free], ignore_conflicts=True
    )
    rows = list(SlowedDevice.objects.select_for_update().filter(key__in=free).order_by("key"))
    until = max((row.next_at for row in rows), default=now)
    if until > now:
        return until - now
    for row in rows:
        row.tries += 1
        row.last_at, row.next_at = now, _next_try(now, row.tries - free[row.key])
        row.save(update_fields=["tries", "last_at", "next_at"])
    return timedelta(0)


def take_back(limits: Collection[Limit]) -> None:
    """A right try leaves no trace; the wrong ones before it stay, or a guesser would sign in himself now and then."""
    rows = SlowedDevice.objects.filter(key__in=[limit.key for limit in limits])
    rows.update(tries=Greatest(F("tries") - 1, 0), next_at=F("last_at"))


def _next_try(now: datetime, over: int) -> datetime:
    """At once while tries are free, then after a wait that doubles."""
    return now if over < 0 else now + min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(over, 10))
