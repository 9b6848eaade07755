from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import requires_csrf_token

from imidesk.core.errors import DomainError

_NOT_TEXT = {"csrfmiddlewaretoken", "next"}


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _kept(request, ended=False)


@requires_csrf_token
def session_ended(request: HttpRequest) -> HttpResponse:
    return _kept(request, ended=True)


def holds_text(request: HttpRequest) -> bool:
    return bool(_typed(request) or request.FILES)


def conflict(request: HttpRequest, fault: DomainError) -> HttpResponse:
    """Words that were typed meanwhile come back with the refusal (SP-14); ticks and codes say nothing here."""
    fields = [(name, value) for name, value in _typed(request) if len(value.split()) > 1]
    context = {"fault": fault, "fields": fields, "files": list(request.FILES)}
    return render(request, "core/conflict.html", context, status=409)


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name not in _NOT_TEXT and "password" not in name
        for value in values
        if isinstance(value, str) and value.strip()
    ]


def _kept(request: HttpRequest, *, ended: bool) -> HttpResponse:
    """Gives back what was typed to the browser that sent it, so that nothing is lost (SP-14)."""
    context = {"fields": _typed(request), "files": list(request.FILES), "ended": ended}
    response = render(request, "core/csrf_failure.html", context, status=403)
    response["Cache-Control"] = "no-store, private"
    return response
