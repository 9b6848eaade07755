"""Answering: the provider, the tabs, the attachments and sending (issue steps 7 to 9)."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse


def subject(request: HttpRequest, reference: str) -> HttpResponse:
    return HttpResponse(status=501)


def tab(request: HttpRequest, reference: str, letter: str) -> HttpResponse:
    return HttpResponse(status=501)


def add_attachment(request: HttpRequest, reference: str, letter: str, question: UUID) -> HttpResponse:
    return HttpResponse(status=501)


def remove_attachment(request: HttpRequest, reference: str, file: UUID) -> HttpResponse:
    return HttpResponse(status=501)


def send(request: HttpRequest, reference: str) -> HttpResponse:
    return HttpResponse(status=501)


def enter_in_imi(request: HttpRequest, reference: str) -> HttpResponse:
    return HttpResponse(status=501)


def already_answered(request: HttpRequest, reference: str) -> HttpResponse:
    return HttpResponse(status=501)
