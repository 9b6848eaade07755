"""What runs by itself leaves a sign that a person sees, red when late (design idea 5)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from imidesk.core import clock
from imidesk.core.models import Heartbeat

WEB = "web"
LONGEST_SILENCE = timedelta(days=35)

_late_after: dict[str, timedelta] = {}
_in_use: dict[str, Callable[[], bool]] = {}


@dataclass(frozen=True)
class State:
    name: str
    succeeded_at: datetime | None
    failed_at: datetime | None
    fault: str
    late: bool
    """Red: not in time, or the last run failed."""


def register(name: str, late_after: timedelta, *, in_use: Callable[[], bool] | None = None) -> None:
    """`in_use` for what a setting may turn off; then it is not shown."""
    _late_after[name] = late_after
    if in_use is not None:
        _in_use[name] = in_use


@contextmanager
def beat(name: str) -> Iterator[None]:
    Heartbeat.objects.update_or_create(name=name, defaults={"started_at": clock.now()})
    row = Heartbeat.objects.filter(name=name)
    try:
        yield
    except Exception as fault:
        row.update(failed_at=clock.now(), fault=type(fault).__name__)
        raise
    row.update(succeeded_at=clock.now(), fault="")


def touch(name: str) -> None:
    """For what has no beginning and end."""
    moment = clock.now()
    Heartbeat.objects.update_or_create(name=name, defaults={"started_at": moment, "succeeded_at": moment, "fault": ""})


def states() -> list[State]:
    moment = clock.now()
    names = [name for name in _late_after if name not in _in_use or _in_use[name]()]
    rows = {row.name: row for row in Heartbeat.objects.filter(name__in=names)}
    return [_state(name, rows.get(name), moment) for name in names]


def jumped(name: str) -> bool:
    """Whether more than 35 days passed since the last success: then a person looks first (SP-40)."""
    row = Heartbeat.objects.filter(name=name, succeeded_at__isnull=False).first()
    return row is not None and row.succeeded_at is not None and clock.now() - row.succeeded_at > LONGEST_SILENCE


def _state(name: str, row: Heartbeat | None, moment: datetime) -> State:
    succeeded_at = row.succeeded_at if row else None
    in_time = succeeded_at is not None and moment - succeeded_at <= _late_after[name]
    return State(
        name=name,
        succeeded_at=succeeded_at,
        failed_at=row.failed_at if row else None,
        fault=row.fault if row else "",
        late=not in_time or bool(row and row.fault),
    )
