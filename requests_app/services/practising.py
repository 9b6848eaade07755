"""On a practice desk the desk itself plays the requesting authority (design 8)."""

from datetime import date, datetime

from django.db import transaction

from imidesk.core import clock
from requests_app import workflow
from requests_app.models import InformationRequest, Preparation
from requests_app.vocabulary import Action, TextKind
from requests_app.writing import check_further_question, in_order, locked, write_text

SOURCE = "practice"
NO_REASON = "withdrawn.unknown"


@transaction.atomic(durable=True)
def requester_closes(*, info_request: InformationRequest, closed_at: datetime | None = None) -> InformationRequest:
    """Now, or when the person who plays says it was."""
    request = locked(info_request)
    now = clock.now()
    at = in_order(closed_at or now, request.last_moment, now)
    workflow.perform(request.requester_closes, action=Action.CLOSED, actor=None, at=at, source=SOURCE)
    return request


@transaction.atomic(durable=True)
def requester_asks_further(
    *, info_request: InformationRequest, reply_by: date, words: str, asked_at: datetime | None = None
) -> InformationRequest:
    """After the answer, with a new date (IMI-02)."""
    request = locked(info_request)
    workflow.require_possible(request.requester_asks_further, None, Action.CLARIFICATION_ASKED.label)
    now = clock.now()
    at = in_order(asked_at or now, request.last_moment, now)
    check_further_question(at, reply_by, words)
    workflow.perform(
        request.requester_asks_further, action=Action.CLARIFICATION_ASKED, actor=None, at=at, reply_by=reply_by
    )
    write_text(request, TextKind.CLARIFICATION, words, by=None, at=now)
    return request


@transaction.atomic(durable=True)
def requester_withdraws(
    *, info_request: InformationRequest, withdrawn_at: datetime | None = None
) -> InformationRequest:
    request = locked(info_request)
    now = clock.now()
    at = in_order(withdrawn_at or now, request.last_moment, now)
    workflow.perform(request.requester_withdraws, action=Action.WITHDRAWN, actor=None, at=at, reason=NO_REASON)
    Preparation.objects.filter(info_request=request, ended_at__isnull=True).update(ended_at=now)
    return request
