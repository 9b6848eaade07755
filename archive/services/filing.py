"""A case in the records system: what goes there, its number back, the task signed off (ARC-01 to ARC-08, ARC-13)."""

from datetime import date, datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from archive import packing, retention, selectors
from archive.models import ArchiveCase, ReportKind
from authorities.models import User
from imidesk.core import clock, uploads, vault
from imidesk.core.errors import DomainError, StepNotPossible
from requests_app import permissions, workflow
from requests_app.models import InformationRequest
from requests_app.selectors import case
from requests_app.selectors.letters import open_letter
from requests_app.vocabulary import Action, FileKind, Part, Purpose
from requests_app.writing import NewFile, check_day_not_future, checked_records_number, locked, write_file


def add_imi_report(
    *, info_request: InformationRequest, actor: User, name: str, declared_type: str, content: bytes
) -> None:
    """The PDF that IMI itself made, stored byte for byte with its SHA-256 (ARC-05, ARC-09). Raises DomainError."""
    checked = uploads.check_upload(name, declared_type, content, allow=uploads.PDF_ONLY)
    _store_imi_report(info_request, actor, NewFile(checked.name, checked.media_type, content))


@transaction.atomic(durable=True)
def _store_imi_report(info_request: InformationRequest, actor: User, file: NewFile) -> None:
    request = locked(info_request)
    if request.filed_at is not None:
        raise DomainError(_("This case is saved in Corsa already; its files do not change any more."))
    workflow.require_possible(request.change_files, actor, Action.FILE_ADDED.label)
    now = clock.now()
    row = write_file(request, FileKind.IMI_FULL, file, by=actor, at=now)
    workflow.perform(
        request.change_files,
        action=Action.FILE_ADDED,
        actor=actor,
        at=now,
        kind=FileKind.IMI_FULL.value,
        file=row.pk,
    )


@transaction.atomic(durable=True)
def file_request(
    *, info_request: InformationRequest, actor: User, case_number: str, signed_off_on: date | None = None
) -> ArchiveCase:
    """The case stands in the records system and gave its number; what went there is kept by SHA-256 (ARC-01 to -05)."""
    request = locked(info_request)
    look = permissions.look(actor, request, Part.PERSON, Purpose.FILE)
    _require_unfiled(request)
    if open_letter(request):
        raise DomainError(
            _("Send the letter to the provider first, and record its date: then the case can be saved in Corsa.")
        )
    number = checked_records_number(case_number)
    if not case.subject_name(case.subject(request, look)):
        raise DomainError(_("Enter the name of the provider first: it stands in the name of the case."))
    full_report = _sha256_of_report(request, look)
    imi_report = next(iter(reversed(case.file_views(request, look, FileKind.IMI_FULL))), None)
    if imi_report is None and selectors.imi_report_required(request):
        raise DomainError(_("Add the full PDF of IMI first: it is saved beside our report."))
    now = clock.now()
    workflow.perform(request.file, action=Action.FILED, actor=actor, at=now, files=3 if imi_report else 2)
    imi_sha256 = imi_report.sha256 if imi_report else ""
    row = _keep(request, actor, number, at=now, full_report_sha256=full_report, imi_report_sha256=imi_sha256)
    if signed_off_on is not None:
        _sign_off(request, actor, signed_off_on)
    return row


def _require_unfiled(request: InformationRequest) -> None:
    """In another window it was, perhaps; the number is open data. Raises StepNotPossible."""
    filed = selectors.case_of(request)
    if filed is not None:
        raise StepNotPossible(
            _("This case is saved in Corsa already, with number %(number)s.") % {"number": filed.case_number},
            step=Action.FILED.label,
            state=workflow.state_in_words(request),
        )


def _sha256_of_report(request: InformationRequest, look: vault.Look) -> str:
    report = selectors.report_of(request, ReportKind.END_FULL)
    views = {view.uuid: view for view in case.file_views(request, look, FileKind.REPORT_FULL)}
    if report is None or report.file_id not in views:
        raise DomainError(_("The end report is still being made. Try again in a minute."))
    return views[report.file_id].sha256


@transaction.atomic(durable=True)
def file_package(
    *, info_request: InformationRequest, actor: User, case_number: str, signed_off_on: date | None = None
) -> ArchiveCase:
    """The case stands in the records system after all; with the receipt the package goes (design 9)."""
    request = locked(info_request)
    _require_unfiled(request)
    workflow.require_possible(request.file_package, actor, Action.FILED.label)
    look = permissions.look(actor, request, Part.HAND_OVER, Purpose.FILE)
    number = checked_records_number(case_number)
    files = case.file_views(request, look, FileKind.PACKAGE)
    now = clock.now()
    workflow.perform(request.file_package, action=Action.FILED, actor=actor, at=now, files=len(files))
    row = _keep(
        request,
        actor,
        number,
        at=now,
        full_report_sha256=files[0].sha256 if files else "",
        imi_report_sha256=files[2].sha256 if len(files) > packing.REPORTS else "",
    )
    for name in packing.drop_package(request):
        transaction.on_commit(partial(vault.delete_file, name), robust=True)  # what stays behind is swept
    if signed_off_on is not None:
        _sign_off(request, actor, signed_off_on)
    return row


def _keep(request: InformationRequest, actor: User, number: str, *, at: datetime, **sha256: str) -> ArchiveCase:
    return ArchiveCase.objects.create(
        info_request=request,
        case_number=number,
        case_type=retention.CASE_TYPE,
        keep_until=retention.case_until(request.ended_at or at),
        filed_by=actor,
        filed_at=at,
        **sha256,
    )


@transaction.atomic(durable=True)
def sign_off_task(*, info_request: InformationRequest, actor: User, signed_off_on: date) -> None:
    """By the handler or the IMI administrator, also for what was never accepted (ARC-13)."""
    _sign_off(locked(info_request), actor, signed_off_on)


def _sign_off(request: InformationRequest, actor: User, signed_off_on: date) -> None:
    if request.task_signed_off_on is not None:
        raise DomainError(_("The task is signed off already."))
    check_day_not_future(signed_off_on, field="signed_off_on")
    if request.task_sent_on and signed_off_on < request.task_sent_on:
        raise DomainError(_("The task was sent in Corsa after this date. Check the date."), field="signed_off_on")
    workflow.perform(
        request.sign_off_task,
        action=Action.TASK_SIGNED_OFF,
        actor=actor,
        at=clock.now(),
        signed_off_on=signed_off_on,
    )
