"""The pages of one request that only read: overview, timeline, files and the download of a file."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from authorities.models import User
from imidesk.core import uploads
from requests_app.models import InformationRequest
from requests_app.permissions import grants_of, look
from requests_app.selectors import case, overview
from requests_app.selectors.frame import frame_for
from requests_app.selectors.requests import request_for, visible_request
from requests_app.selectors.timeline import timeline as timeline_of
from requests_app.vocabulary import FILE_PARTS, FileKind, Grant, Part


class SignedInRequest(HttpRequest):
    user: User


@require_safe
def detail(request: SignedInRequest, reference: str) -> HttpResponse:
    info_request = visible_request(request.user, reference)
    frame = frame_for(request.user, info_request, "overview")
    context = {
        "frame": frame,
        "facts": overview.facts(info_request),
        "dates": overview.dates(info_request),
        "allocations": overview.allocations(info_request),
        "task": overview.task(info_request),
        "opened": _opened(request.user, info_request, frame.grants),
    }
    return render(request, "requests_app/detail.html", context)


def _part_for(grants: frozenset[Grant]) -> Part | None:
    """The widest part this user may read."""
    if Grant.READ_PERSON in grants:
        return Part.PERSON
    return Part.QUESTIONS if Grant.READ_QUESTIONS in grants else None


def _opened(user: User, info_request: InformationRequest, grants: frozenset[Grant]) -> overview.Opened | None:
    part = _part_for(grants)
    if part is None:
        return None
    seen = look(user, info_request, part, overview.purpose(info_request, grants))
    return overview.opened(info_request, seen, part)


@require_safe
def timeline(request: SignedInRequest, reference: str) -> HttpResponse:
    info_request = request_for(request.user, reference, Grant.READ_TIMELINE)
    context = {
        "frame": frame_for(request.user, info_request, "timeline"),
        "entries": timeline_of(info_request),
    }
    return render(request, "requests_app/timeline.html", context)


@require_safe
def files(request: SignedInRequest, reference: str) -> HttpResponse:
    info_request = request_for(request.user, reference, Grant.READ_QUESTIONS, Grant.READ_PERSON)
    frame = frame_for(request.user, info_request, "files")
    part = _part_for(frame.grants) or Part.QUESTIONS
    seen = look(request.user, info_request, part, overview.purpose(info_request, frame.grants))
    context = {"frame": frame, "groups": overview.files(info_request, seen, part)}
    return render(request, "requests_app/files.html", context)


@require_safe
def download(request: SignedInRequest, reference: str, file: UUID) -> HttpResponse:
    """As an attachment that no browser opens in the desk's own name (SP-30); each one leaves a read record (SEC-10)."""
    info_request = visible_request(request.user, reference)
    row = case.file_row(info_request, file)
    if row is None:
        raise Http404
    purpose = overview.purpose(info_request, grants_of(request.user, info_request))
    seen = look(request.user, info_request, FILE_PARTS[FileKind(row.kind)], purpose)
    described, content = case.file_content(row, seen)
    name = uploads.clean_name(described.name)
    return HttpResponse(
        content,
        content_type=described.media_type,
        headers={
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store, private",
        },
    )
