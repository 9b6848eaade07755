"""Keeping and erasing, reports, and filing in the records system."""

from django.http import HttpRequest, HttpResponse


def retention(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=501)


def reports(request: HttpRequest, reference: str) -> HttpResponse:
    return HttpResponse(status=501)


def file(request: HttpRequest, reference: str) -> HttpResponse:
    return HttpResponse(status=501)


def sign_off(request: HttpRequest, reference: str) -> HttpResponse:
    return HttpResponse(status=501)
