"""Reports are made by jobs from a snapshot, stored sealed, and never made twice (ARC-05 to ARC-07, ARC-13, SP-19).

The PDF is made outside any transaction, in a process of its own; a kill before the last commit leaves nothing, after it
nothing to do.
"""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from archive import report, selectors, snapshot
from archive.models import Report, ReportKind
from archive.report import EndReport, Occasion, Variant
from archive.writing import register_ended
from imidesk.core import audit, clock, vault
from imidesk.core.errors import DomainError
from imidesk.core.models import AuditEvent
from requests_app import workflow
from requests_app.models import InformationRequest
from requests_app.permissions import look_for_desk
from requests_app.vocabulary import Action, DataState, FileKind
from requests_app.writing import NewFile, locked, write_file

PDF = "application/pdf"
OPEN_REPORT = "open_report"
FULL_REPORT = "full_report"

OCCASIONS = {
    ReportKind.TASK_OPEN: (Occasion.TASK, Variant.OPEN, FileKind.REPORT_OPEN),
    ReportKind.SENT_FULL: (Occasion.SENT, Variant.FULL, FileKind.SENT_COPY),
    ReportKind.END_OPEN: (Occasion.END, Variant.OPEN, FileKind.REPORT_OPEN),
    ReportKind.END_FULL: (Occasion.END, Variant.FULL, FileKind.REPORT_FULL),
}
_KINDS_OF_VARIANT = {
    Variant.OPEN: (ReportKind.END_OPEN, ReportKind.TASK_OPEN),
    Variant.FULL: (ReportKind.END_FULL, ReportKind.SENT_FULL),
}
_ANSWERED = (Action.ANSWERED, Action.ANSWER_RECORDED)


def make_task_report(owner: UUID) -> None:
    """For the task in the records system: open, up to its making (IN-09)."""
    info_request = selectors.request_of(owner)
    if info_request is None or info_request.has_ended:
        return
    last = audit.events_of("request", owner).exclude(action=Action.REPORT_MADE).last()
    if last is not None:
        _make(info_request, ReportKind.TASK_OPEN, last)


def make_sent_copy(owner: UUID) -> None:
    """The provisional copy at sending; closing adds the end report and replaces nothing (ARC-07)."""
    info_request = selectors.request_of(owner)
    last = audit.events_of("request", owner).filter(action__in=_ANSWERED).last()
    if info_request is not None and last is not None:
        _make(info_request, ReportKind.SENT_FULL, last)


def make_end_reports(owner: UUID) -> None:
    """Every end leaves an open report; a full one where somebody ever accepted (ARC-05, ARC-13).

    A corrected end leaves them anew, and moves what counts from it (design 3).
    """
    info_request = selectors.request_of(owner)
    last = snapshot.ending_of(info_request) if info_request else None
    if info_request is None or last is None:
        return
    register_ended(info_request)
    _make(info_request, ReportKind.END_OPEN, last)
    if info_request.accepted_at is not None:
        _make(info_request, ReportKind.END_FULL, last)


def _make(info_request: InformationRequest, kind: ReportKind, last: AuditEvent) -> None:
    if info_request.data_state != DataState.OPEN or _is_made(info_request, kind, last.number):
        return
    occasion, variant, _file_kind = OCCASIONS[kind]
    look = look_for_desk(FULL_REPORT, info_request) if variant == Variant.FULL else None
    content = snapshot.build(info_request, occasion, last, look)
    _store(info_request, kind, last.number, content, report.render(content))


def _is_made(info_request: InformationRequest, kind: ReportKind, number: int) -> bool:
    return Report.objects.filter(info_request=info_request, kind=kind, event_number=number).exists()


@transaction.atomic(durable=True)
def _store(info_request: InformationRequest, kind: ReportKind, number: int, content: EndReport, pdf: bytes) -> None:
    request = locked(info_request)
    if request.data_state != DataState.OPEN or _is_made(request, kind, number):
        return
    occasion, variant, file_kind = OCCASIONS[kind]
    now = clock.now()
    row = Report(info_request=request, kind=kind, event_number=number, made_at=now)
    vault.seal(row, "snapshot", report.to_json(content))
    name = snapshot.file_name(request.reference, occasion, variant)
    row.file = write_file(request, file_kind, NewFile(name, PDF, pdf), by=None, at=now)
    row.save(force_insert=True)
    workflow.perform(
        request.record_report,
        action=Action.REPORT_MADE,
        actor=None,
        at=now,
        variant=variant.value,
        kind=kind.value,
        file=row.file.pk,
    )


def take_report(info_request: InformationRequest, variant: Variant) -> bytes:
    """The latest report of a variant, made anew from its snapshot, for the command, which acts as the desk (design 6).

    The full one leaves an event and a read record. After blocking nothing sealed opens, snapshots neither: the open one
    is then filled anew from what is open. Raises DomainError.
    """
    if variant == Variant.OPEN and info_request.data_state == DataState.BLOCKED:
        last = snapshot.ending_of(info_request)
        if last is not None:
            return report.render(snapshot.build(info_request, Occasion.END, last, None))
    try:
        text = _taken_snapshot(info_request, variant)
    except PermissionDenied:
        raise DomainError(
            _("The personal data are blocked or erased: nothing of this request opens any more.")
        ) from None
    return report.render(report.from_json(text))


@transaction.atomic(durable=True)
def _taken_snapshot(info_request: InformationRequest, variant: Variant) -> str:
    request = locked(info_request)
    full = variant == Variant.FULL
    look = look_for_desk(FULL_REPORT if full else OPEN_REPORT, request)
    row = selectors.report_of(request, *_KINDS_OF_VARIANT[variant])
    if row is None:
        raise DomainError(_("There is no such report of this request (yet)."))
    if full:
        workflow.perform(request.take_full_report, action=Action.FULL_REPORT_TAKEN, actor=None, at=clock.now())
    return vault.open_text(look, row, "snapshot")
