"""A request ends: passed on, refused, closed or withdrawn, or entered in error (IN-13 to IN-17, IMI-03)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from authorities.models import Authority, User
from imidesk.core import clock, vault
from imidesk.core.errors import DomainError
from requests_app import catalogue, workflow
from requests_app.models import InformationRequest, Preparation
from requests_app.vocabulary import Action, PreparedStep, TextKind
from requests_app.writing import finish_preparation, locked, moment_of_act, write_text


@transaction.atomic(durable=True)
def forward_request(
    *,
    info_request: InformationRequest,
    actor: User,
    to: Authority,
    reason: str,
    words: str = "",
    done_at: datetime | None = None,
) -> InformationRequest:
    """Not competent, criminal sanctions, or a ground of refusal put to the coordinator (IN-14, IN-15, design 8)."""
    request = locked(info_request)
    _check_forward(request, to, reason, words)
    now = clock.now()
    at = moment_of_act(request, done_at, now)
    finish_preparation(request, PreparedStep.FORWARD, now)
    workflow.perform(
        request.forward, action=Action.FORWARDED, actor=actor, at=at, to=to, reason=reason, authority=to.pk
    )
    write_text(request, TextKind.FORWARD_REASON, words, by=actor, at=now)
    return request


@transaction.atomic(durable=True)
def refuse_request(
    *, info_request: InformationRequest, actor: User, reason: str, words: str = "", done_at: datetime | None = None
) -> InformationRequest:
    """Only on one of the two grounds, and only where preference 2 is Ja (IN-13, AUT-29)."""
    request = locked(info_request)
    _check_reason("refuse", reason, words)
    now = clock.now()
    at = moment_of_act(request, done_at, now)
    finish_preparation(request, PreparedStep.REFUSE, now)
    workflow.perform(request.refuse, action=Action.REFUSED, actor=actor, at=at, reason=reason)
    write_text(request, TextKind.REFUSE_REASON, words, by=actor, at=now)
    return request


@transaction.atomic(durable=True)
def prepare_forward(
    *, info_request: InformationRequest, actor: User, to: Authority, reason: str, words: str = ""
) -> InformationRequest:
    request = locked(info_request)
    _check_forward(request, to, reason, words)
    return _prepare(request, actor, PreparedStep.FORWARD, reason, words, to)


@transaction.atomic(durable=True)
def prepare_refusal(
    *, info_request: InformationRequest, actor: User, reason: str, words: str = ""
) -> InformationRequest:
    request = locked(info_request)
    _check_reason("refuse", reason, words)
    if not request.registration.may_refuse:
        raise DomainError(_("Your authority may not refuse. Put the request to the IMI coordinator."))
    return _prepare(request, actor, PreparedStep.REFUSE, reason, words, None)


def _prepare(
    request: InformationRequest, actor: User, step: PreparedStep, reason: str, words: str, to: Authority | None
) -> InformationRequest:
    now = clock.now()
    workflow.require_mandate(request, actor, now)
    row = Preparation(info_request=request, step=step, made_by=actor, made_at=now, reason=reason, forward_to=to)
    vault.seal(row, "words", words.strip())
    row.save(force_insert=True)
    workflow.perform(request.prepare, action=Action.PREPARED, actor=actor, at=now, step=step.value)
    return request


@transaction.atomic(durable=True)
def close_request(
    *, info_request: InformationRequest, actor: User, closed_at: datetime, note: str = "", source: str = "imi"
) -> InformationRequest:
    """When the requester did it: never before the answer, never in the future (design 3)."""
    request = locked(info_request)
    now = clock.now()
    _check_end(request, closed_at, request.answered_at)
    workflow.perform(request.close, action=Action.CLOSED, actor=actor, at=closed_at, source=source)
    write_text(request, TextKind.CLOSING_NOTE, note, by=actor, at=now)
    return request


@transaction.atomic(durable=True)
def withdraw_request(*, info_request: InformationRequest, actor: User, withdrawn_at: datetime) -> InformationRequest:
    """The requester withdrew it (IMI-03); what was visible stays so until blocking."""
    request = locked(info_request)
    _check_end(request, withdrawn_at, request.answered_at or request.accepted_at or request.received_at)
    Preparation.objects.filter(info_request=request, ended_at__isnull=True).update(ended_at=clock.now())
    workflow.perform(request.withdraw, action=Action.WITHDRAWN, actor=actor, at=withdrawn_at)
    return request


@transaction.atomic(durable=True)
def mark_entered_in_error(
    *, info_request: InformationRequest, actor: User, reason: str, words: str = ""
) -> InformationRequest:
    """Ends it at once and frees its IMI number (design 3)."""
    request = locked(info_request)
    _check_reason("entered_in_error", reason, words)
    now = clock.now()
    Preparation.objects.filter(info_request=request, ended_at__isnull=True).update(ended_at=now)
    workflow.perform(request.mark_error, action=Action.ENTERED_IN_ERROR, actor=actor, at=now, reason=reason)
    write_text(request, TextKind.ERROR_REASON, words, by=actor, at=now)
    return request


def _check_end(request: InformationRequest, ended_at: datetime, not_before: datetime | None) -> None:
    if ended_at > clock.now():
        raise DomainError(_("This moment lies in the future. Enter when the requester did it."))
    if not_before and ended_at < not_before:
        raise DomainError(_("This moment lies before the step before it. Check the date and the time."))


def _check_reason(kind: str, reason: str, words: str) -> None:
    offered = {found.code: found for found in catalogue.reasons(kind)}
    if reason not in offered:
        raise DomainError(_("Choose a reason from the list."))
    if offered[reason].needs_text and not words.strip():
        raise DomainError(_("Explain this reason in a few words."))


def _check_forward(request: InformationRequest, to: Authority, reason: str, words: str) -> None:
    _check_reason("forward", reason, words)
    if to.pk == request.home_id:
        raise DomainError(_("Choose another authority than your own."))
