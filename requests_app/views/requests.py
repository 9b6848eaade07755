"""The pages of one request that only read: overview, timeline, files and the download of a file."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from requests_app.selectors.frame import frame_for
from requests_app.selectors.requests import visible_request


def detail(request: HttpRequest, reference: str) -> HttpResponse:
    info_request = visible_request(request.user, reference)
    frame = frame_for(request.user, info_request, "overview")
    return render(request, "requests_app/request_base.html", {"frame": frame})


def timeline(request: HttpRequest, reference: str) -> HttpResponse:
    return detail(request, reference)


def files(request: HttpRequest, reference: str) -> HttpResponse:
    return detail(request, reference)


def download(request: HttpRequest, reference: str, file: UUID) -> HttpResponse:
    return detail(request, reference)
