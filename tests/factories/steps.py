"""Small steps that many walks take."""

from datetime import UTC, timedelta

from imidesk.core import clock, jobs
from requests_app.models import InformationRequest


def run_jobs() -> None:
    """All that waits for the worker."""
    while jobs.run_due():
        continue


def again(info_request: InformationRequest) -> InformationRequest:
    """The row as it is now."""
    return InformationRequest.objects.get(pk=info_request.pk)


def pass_days(days: int) -> None:
    """The same hour so many days later, also over a change of the clock."""
    while days > 0:
        step = min(days, 30)
        now = clock.now()
        clock.move((now.astimezone(clock.AMSTERDAM) + timedelta(days=step)).astimezone(UTC) - now)
        days -= step
