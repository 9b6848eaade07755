"""The pages of one request that only read: overview, timeline, files and the download of a file."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from authorities.models import User
from imidesk.core.views import attachment_response
from requests_app.forms.lists import ListForm
from requests_app.models import InformationRequest
from requests_app.permissions import grants_of, look
from requests_app.selectors import case, dates, overview, relations, saved_views
from requests_app.selectors.frame import frame_for
from requests_app.selectors.requests import request_for, visible_request
from requests_app.selectors.timeline import timeline as timeline_of
from requests_app.vocabulary import FILE_PARTS, FileKind, Grant, Part, Purpose

FROM_LIST = "van"  # in the address of a request, and in the session


class SignedInRequest(HttpRequest):
    user: User


@require_safe
def detail(request: SignedInRequest, reference: str) -> HttpResponse:
    info_request = visible_request(request.user, reference)
    _remember_list(request)
    frame = frame_for(request.user, info_request, "overview")
    context = {
        "frame": frame,
        "facts": overview.facts(info_request),
        "dates": overview.dates(info_request),
        "allocations": overview.allocations(info_request),
        "task": overview.task(info_request),
        "readers": relations.readers(info_request) if Grant.READ_TIMELINE in frame.grants else [],
        "may_remove": Grant.ADD_VIEWER in frame.grants,
        "opened": _opened(request.user, info_request, frame.grants),
    }
    return render(request, "requests_app/detail.html", context)


def _remember_list(request: SignedInRequest) -> None:
    """The filters and the page of the list from which this was opened, for the way back from any of its pages.

    Only the filters are kept; the way back always leads to our own list.
    """
    given = request.GET.get(FROM_LIST)
    if given is not None:
        query = ListForm.address(given, saved_views.AFTER, saved_views.BEFORE)
        if request.session.get(FROM_LIST, "") != query:
            request.session[FROM_LIST] = query


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
    return overview.opened(info_request, seen, part, user)


@require_safe
def timeline(request: SignedInRequest, reference: str) -> HttpResponse:
    info_request = request_for(request.user, reference, Grant.READ_TIMELINE)
    context = {
        "frame": frame_for(request.user, info_request, "timeline"),
        "entries": timeline_of(info_request),
        "reminding": dates.reminding(info_request),
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
    """Each one leaves a read record (SEC-10)."""
    info_request = visible_request(request.user, reference)
    row = case.file_row(info_request, file)
    if row is None:
        raise Http404
    part = FILE_PARTS[FileKind(row.kind)]
    purpose = overview.purpose(info_request, grants_of(request.user, info_request))
    seen = look(request.user, info_request, part, Purpose.FILE if part == Part.HAND_OVER else purpose)
    described, content = case.file_content(row, seen)
    return attachment_response(content, name=described.name, media_type=described.media_type)
