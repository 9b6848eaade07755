"""A request ends: passed on, refused, closed or withdrawn, or entered in error (IN-13 to IN-17, IMI-03)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from authorities.models import Authority, User
from imidesk.core import clock, vault
from imidesk.core.errors import DomainError
from requests_app import catalogue, guards, workflow
from requests_app.deadlines import local_day
from requests_app.models import EndCorrection, InformationRequest, Preparation
from requests_app.permissions import look_for_desk
from requests_app.selectors.relations import open_correction
from requests_app.selectors.steps import forward_target
from requests_app.vocabulary import Action, FileKind, PreparedStep, TextKind
from requests_app.writing import (
    NewFile,
    check_reason,
    finish_preparation,
    in_order,
    locked,
    moment_of_act,
    waiting_preparation,
    write_file,
    write_text,
)


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
    _forward(request, actor, to, reason, moment_of_act(request, done_at, now))
    write_text(request, TextKind.FORWARD_REASON, words, by=actor, at=now)
    return request


@transaction.atomic(durable=True)
def refuse_request(
    *, info_request: InformationRequest, actor: User, reason: str, words: str = "", done_at: datetime | None = None
) -> InformationRequest:
    """Only on one of the two grounds, and only where preference 2 is Ja (IN-13, AUT-29)."""
    request = locked(info_request)
    check_reason("refuse", reason, words)
    now = clock.now()
    _refuse(request, actor, reason, moment_of_act(request, done_at, now))
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
    check_reason("refuse", reason, words)
    if not request.registration.may_refuse:
        raise DomainError(_("Your authority may not refuse. Put the request to the IMI coordinator."))
    return _prepare(request, actor, PreparedStep.REFUSE, reason, words, None)


def _prepare(
    request: InformationRequest, actor: User, step: PreparedStep, reason: str, words: str, to: Authority | None
) -> InformationRequest:
    now = clock.now()
    workflow.require_mandate(request, actor, now)
    workflow.perform(request.prepare, action=Action.PREPARED, actor=actor, at=now, step=step.value)
    row = Preparation(info_request=request, step=step, made_by=actor, made_at=now, reason=reason, forward_to=to)
    vault.seal(row, "words", words.strip())
    row.save(force_insert=True)
    return request


@transaction.atomic(durable=True)
def finish_prepared_end(*, info_request: InformationRequest, actor: User, done_at: datetime) -> InformationRequest:
    """A prepared forward or refusal is now done in IMI (design idea 8).

    Its words move on unseen, so that another handler who has the request can record it too.
    """
    request = locked(info_request)
    waiting = waiting_preparation(request, PreparedStep.FORWARD, PreparedStep.REFUSE)
    words = vault.open_text(look_for_desk("prepared_words", request), waiting, "words")
    at = moment_of_act(request, done_at, clock.now())
    if waiting.step == PreparedStep.FORWARD and waiting.forward_to:
        _forward(request, actor, waiting.forward_to, waiting.reason, at)
        kind = TextKind.FORWARD_REASON
    else:
        _refuse(request, actor, waiting.reason, at)
        kind = TextKind.REFUSE_REASON
    write_text(request, kind, words, by=waiting.made_by, at=waiting.made_at)
    return request


def _forward(request: InformationRequest, actor: User, to: Authority, reason: str, at: datetime) -> None:
    finish_preparation(request, PreparedStep.FORWARD, clock.now())
    workflow.perform(
        request.forward, action=Action.FORWARDED, actor=actor, at=at, to=to, reason=reason, authority=to.pk
    )


def _refuse(request: InformationRequest, actor: User, reason: str, at: datetime) -> None:
    finish_preparation(request, PreparedStep.REFUSE, clock.now())
    workflow.perform(request.refuse, action=Action.REFUSED, actor=actor, at=at, reason=reason)


@transaction.atomic(durable=True)
def close_request(
    *, info_request: InformationRequest, actor: User, closed_at: datetime, note: str = "", source: str = "imi"
) -> InformationRequest:
    """When the requester did it: never before the answer, never in the future (design 3)."""
    request = locked(info_request)
    now = clock.now()
    at = in_order(closed_at, request.last_moment, now, field="closed_at")
    workflow.perform(request.close, action=Action.CLOSED, actor=actor, at=at, source=source)
    write_text(request, TextKind.CLOSING_NOTE, note, by=actor, at=now)
    return request


@transaction.atomic(durable=True)
def withdraw_request(
    *, info_request: InformationRequest, actor: User, withdrawn_at: datetime, reason: str
) -> InformationRequest:
    """The requester withdrew it (IMI-03); what was visible stays so until blocking."""
    request = locked(info_request)
    check_reason("withdrawn", reason, "")
    now = clock.now()
    at = in_order(withdrawn_at, request.last_moment, now, field="withdrawn_at")
    Preparation.objects.filter(info_request=request, ended_at__isnull=True).update(ended_at=now)
    workflow.perform(request.withdraw, action=Action.WITHDRAWN, actor=actor, at=at, reason=reason)
    return request


@transaction.atomic(durable=True)
def mark_entered_in_error(
    *, info_request: InformationRequest, actor: User, reason: str, words: str = ""
) -> InformationRequest:
    """Ends it at once and frees its IMI number (design 3)."""
    request = locked(info_request)
    check_reason("entered_in_error", reason, words)
    now = clock.now()
    Preparation.objects.filter(info_request=request, ended_at__isnull=True).update(ended_at=now)
    workflow.perform(request.mark_error, action=Action.ENTERED_IN_ERROR, actor=actor, at=now, reason=reason)
    write_text(request, TextKind.ERROR_REASON, words, by=actor, at=now)
    return request


@transaction.atomic(durable=True)
def propose_end(
    *, info_request: InformationRequest, actor: User, ended_at: datetime, evidence: NewFile | None, words: str
) -> EndCorrection:
    """Another date of the end, with IMI's PDF as evidence; a second person decides (design 3).

    What did not run in IMI has no such PDF: there the words say where the date shows.
    """
    request = locked(info_request)
    workflow.require_possible(request.propose_end, actor, Action.END_CORRECTION_PROPOSED.label)
    if open_correction(request) is not None:
        raise DomainError(_("Another date is proposed already. Decide on that one first."))
    if not words.strip():
        raise DomainError(_("Explain why the date is not right."), field="words")
    if evidence is None and guards.through_imi(request):
        raise DomainError(_("Add the PDF of IMI: without it the date cannot be corrected."), field="evidence")
    now = clock.now()
    at = in_order(ended_at, request.last_moment, now, field="ended_at")
    if at == request.ended_at:
        raise DomainError(_("This is the date that stands here already."), field="ended_at")
    file = write_file(request, FileKind.IMI_FULL, evidence, by=actor, at=now) if evidence else None
    row = EndCorrection.objects.create(
        info_request=request, ended_at=at, evidence=file, proposed_by=actor, proposed_at=now
    )
    workflow.perform(
        request.propose_end,
        action=Action.END_CORRECTION_PROPOSED,
        actor=actor,
        at=now,
        ended_on=local_day(at),
    )
    write_text(request, TextKind.CORRECTION_REASON, words, by=actor, at=now)
    return row


@transaction.atomic(durable=True)
def decide_end(*, info_request: InformationRequest, actor: User, proposal: int, approved: bool) -> InformationRequest:
    """By somebody else than who proposed it; blocking and erasing follow the corrected date at once (design 3)."""
    request = locked(info_request)
    row = open_correction(request)
    step = request.correct_end if approved else request.decline_end
    workflow.require_possible(step, actor, Action.END_CORRECTED.label)
    if row is None or row.pk != proposal:
        raise DomainError(_("This proposal has been decided on already. Look at the date that counts now."))
    if row.proposed_by_id == actor.pk:
        raise DomainError(_("Somebody else than who proposed the date decides on it."))
    now = clock.now()
    if approved and request.ended_at:
        workflow.perform(
            request.correct_end,
            action=Action.END_CORRECTED,
            actor=actor,
            at=now,
            ended_at=row.ended_at,
            ended_on=local_day(row.ended_at),
            was=local_day(request.ended_at),
            proposed_by=row.proposed_by_id,
        )
    else:
        workflow.perform(
            request.decline_end,
            action=Action.END_CORRECTION_DECLINED,
            actor=actor,
            at=now,
            proposed_by=row.proposed_by_id,
        )
    _decided(request, row, actor, now, approved=approved)
    return request


@transaction.atomic(durable=True)
def lapse_correction(info_request: InformationRequest) -> None:
    """Blocking comes before a second person decided: the date stays, and the trail says so (design 3)."""
    request = locked(info_request)
    row = open_correction(request)
    if row is None:
        return
    now = clock.now()
    workflow.perform(
        request.lapse_correction,
        action=Action.END_CORRECTION_LAPSED,
        actor=None,
        at=now,
        proposed_by=row.proposed_by_id,
    )
    _decided(request, row, None, now, approved=False)


def _decided(
    request: InformationRequest, row: EndCorrection, actor: User | None, at: datetime, *, approved: bool
) -> None:
    """What a second person did not believe, or nobody looked at, must not be filed as the report of IMI."""
    row.decided_by, row.decided_at, row.approved = actor, at, approved
    row.save(update_fields=["decided_by", "decided_at", "approved"])
    if not approved and request.filed_at is None and row.evidence is not None:
        storage_name = row.evidence.storage_name
        row.evidence.delete()
        transaction.on_commit(lambda: vault.delete_file(storage_name), robust=True)  # what stays behind is swept


def _check_forward(request: InformationRequest, to: Authority, reason: str, words: str) -> None:
    check_reason("forward", reason, words)
    if to.pk == request.home_id:
        raise DomainError(_("Choose another authority than your own."), field="to")
    named = catalogue.reason(reason).target
    target = forward_target(named, request.home.country) if named else None
    if target is not None and target != to:
        raise DomainError(
            _("With this reason you forward to %(authority)s. Choose that authority, or another reason.")
            % {"authority": target},
            field="to",
        )
