"""Pages that only a practice desk has: people, mail, and the part of the requesting authority (design 8, SP-38)."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse


@login_not_required
def people(request: HttpRequest) -> HttpResponse:
    raise Http404


def mail(request: HttpRequest) -> HttpResponse:
    raise Http404


def message(request: HttpRequest, message: str) -> HttpResponse:
    raise Http404


def requester(request: HttpRequest, reference: str) -> HttpResponse:
    raise Http404
