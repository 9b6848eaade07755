"""The filing package: what a case that was never filed still needs, sealed anew for the hand-over alone (design 9).

Made at blocking, from what the seal of the request closes then. It goes once the case is filed, and at erasure.
"""

from datetime import datetime

from archive import report, selectors, snapshot
from archive.models import Report, ReportKind
from archive.report import Occasion, Variant
from imidesk.core import vault
from imidesk.core.models import AuditEvent
from requests_app.models import InformationRequest, SealedFile, SealedText
from requests_app.permissions import look_for_desk
from requests_app.selectors import case
from requests_app.vocabulary import FileKind, TextKind
from requests_app.writing import NewFile, write_file, write_text

JOB = "filing_package"
PDF = "application/pdf"
_REPORTS = {ReportKind.END_FULL: Variant.FULL, ReportKind.END_OPEN: Variant.OPEN}
REPORTS = len(_REPORTS)
"""They stand first in the package, the full one before the open one; after them the PDF of IMI."""

Rendered = dict[ReportKind, bytes]


def render_missing(info_request: InformationRequest) -> Rendered:
    """The end reports that their job has not made yet; outside the transaction, for a PDF takes its time."""
    last = snapshot.ending_of(info_request)
    if last is None:
        return {}
    missing = [kind for kind in _REPORTS if _report(info_request, kind, last) is None]
    look = look_for_desk(JOB, info_request) if missing else None
    return {
        kind: report.render(
            snapshot.build(info_request, Occasion.END, last, look if _REPORTS[kind] == Variant.FULL else None)
        )
        for kind in missing
    }


def write_package(info_request: InformationRequest, rendered: Rendered, at: datetime) -> None:
    """In the transaction that blocks: the end reports, the PDF of IMI and the name of the case."""
    last = snapshot.ending_of(info_request)
    look = look_for_desk(JOB, info_request)
    if last is not None:
        for kind, variant in _REPORTS.items():
            made = _report(info_request, kind, last)
            content = vault.open_file(look, made.file, made.file.storage_name) if made else rendered.get(kind)
            if content:
                name = snapshot.file_name(info_request.reference, Occasion.END, variant)
                _write(info_request, NewFile(name, PDF, content), at)
    imi_report = SealedFile.objects.filter(info_request=info_request, kind=FileKind.IMI_FULL).last()
    if imi_report is not None:
        described, content = case.file_content(imi_report, look)
        _write(info_request, NewFile(described.name, described.media_type, content), at)
    provider = case.subject_name(case.subject(info_request, look))
    if provider:
        name_of_case = selectors.case_name(info_request, provider)
        write_text(info_request, TextKind.CASE_NAME, name_of_case, by=None, at=at)


def drop_package(info_request: InformationRequest) -> list[str]:
    """The rows, in the caller's transaction; the names of the files that go with them."""
    files = SealedFile.objects.filter(info_request=info_request, kind=FileKind.PACKAGE)
    names = list(files.values_list("storage_name", flat=True))
    files.delete()
    SealedText.objects.filter(info_request=info_request, kind=TextKind.CASE_NAME).delete()
    return names


def _write(info_request: InformationRequest, file: NewFile, at: datetime) -> None:
    write_file(info_request, FileKind.PACKAGE, file, by=None, at=at)


def _report(info_request: InformationRequest, kind: ReportKind, last: AuditEvent) -> Report | None:
    made = Report.objects.filter(info_request=info_request, kind=kind, event_number=last.number)
    return made.select_related("file__info_request").first()
