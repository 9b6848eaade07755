"""Small steps that many walks take."""

from imidesk.core import jobs
from requests_app.models import InformationRequest


def run_jobs() -> None:
    """All that waits for the worker."""
    while jobs.run_due():
        continue


def again(info_request: InformationRequest) -> InformationRequest:
    """The row as it is now."""
    return InformationRequest.objects.get(pk=info_request.pk)
