"""On a practice desk the desk itself plays the requesting authority (design 8)."""

from datetime import datetime

from django.db import transaction

from imidesk.core import clock
from requests_app import workflow
from requests_app.models import InformationRequest, Preparation
from requests_app.vocabulary import Action
from requests_app.writing import in_order, locked

SOURCE = "practice"


@transaction.atomic(durable=True)
def requester_closes(*, info_request: InformationRequest, closed_at: datetime | None = None) -> InformationRequest:
    """Now, or when the person who plays says it was."""
    request = locked(info_request)
    now = clock.now()
    at = in_order(closed_at or now, request.answered_at or request.received_at, now)
    workflow.perform(request.requester_closes, action=Action.CLOSED, actor=None, at=at, source=SOURCE)
    return request


@transaction.atomic(durable=True)
def requester_withdraws(
    *, info_request: InformationRequest, withdrawn_at: datetime | None = None
) -> InformationRequest:
    request = locked(info_request)
    now = clock.now()
    previous = request.answered_at or request.accepted_at or request.received_at
    at = in_order(withdrawn_at or now, previous, now)
    workflow.perform(request.requester_withdraws, action=Action.WITHDRAWN, actor=None, at=at)
    Preparation.objects.filter(info_request=request, ended_at__isnull=True).update(ended_at=now)
    return request
