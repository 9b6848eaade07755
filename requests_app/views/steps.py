"""The steps of a request, a page each."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from requests_app.selectors.requests import visible_request


def _page(request: HttpRequest, reference: str) -> HttpResponse:
    return redirect(visible_request(request.user, reference))  # type: ignore[arg-type]


@login_required
@require_http_methods(["GET", "POST"])
def assign(request: HttpRequest, reference: str) -> HttpResponse:
    return _page(request, reference)


@login_required
@require_http_methods(["GET", "POST"])
def task(request: HttpRequest, reference: str) -> HttpResponse:
    return _page(request, reference)


@login_required
@require_http_methods(["GET", "POST"])
def take_up(request: HttpRequest, reference: str) -> HttpResponse:
    return _page(request, reference)


@login_required
@require_http_methods(["GET", "POST"])
def give_back(request: HttpRequest, reference: str) -> HttpResponse:
    return _page(request, reference)


@login_required
@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, reference: str) -> HttpResponse:
    return _page(request, reference)


@login_required
@require_http_methods(["GET", "POST"])
def confirm_acceptance(request: HttpRequest, reference: str) -> HttpResponse:
    return _page(request, reference)


@login_required
@require_http_methods(["GET", "POST"])
def forward(request: HttpRequest, reference: str) -> HttpResponse:
    return _page(request, reference)


@login_required
@require_http_methods(["GET", "POST"])
def refuse(request: HttpRequest, reference: str) -> HttpResponse:
    return _page(request, reference)


@login_required
@require_http_methods(["GET", "POST"])
def agree_date(request: HttpRequest, reference: str) -> HttpResponse:
    return _page(request, reference)


@login_required
@require_http_methods(["GET", "POST"])
def prepared(request: HttpRequest, reference: str) -> HttpResponse:
    return _page(request, reference)


@login_required
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, reference: str) -> HttpResponse:
    return _page(request, reference)


@login_required
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    return _page(request, reference)


@login_required
@require_http_methods(["GET", "POST"])
def mark_error(request: HttpRequest, reference: str) -> HttpResponse:
    return _page(request, reference)


@login_required
@require_http_methods(["GET", "POST"])
def imi_report(request: HttpRequest, reference: str) -> HttpResponse:
    return _page(request, reference)


@login_required
@require_POST
def unprepare(request: HttpRequest, reference: str) -> HttpResponse:
    return _page(request, reference)
