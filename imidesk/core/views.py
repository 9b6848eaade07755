import logging
from datetime import UTC, timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_safe
from django.views.decorators.http import require_safe

from imidesk.core import clock, readiness
from imidesk.core.errors import DomainError

logger = logging.getLogger(__name__)

SECURITY_TEXT_DAYS = 180
_NOT_TEXT = {"csrfmiddlewaretoken", "next"}


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _kept(request, ended=False)


@requires_csrf_token
def session_ended(request: HttpRequest) -> HttpResponse:
    return _kept(request, ended=True)


@login_not_required
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers; asks nothing of anybody else."""
    return _plain("alive")


@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when the web process may take something on, else 503; what is wrong stands in the log and in `preflight`."""
    faults = [finding for finding in readiness.findings(for_web=True) if finding.is_fault]
    for finding in faults:
        logger.warning("not_ready", extra={"part": finding.part, "sentence": finding.sentence})
    return _plain("not ready", status=503) if faults else _plain("ready")


@login_not_required
@require_safe
def security_text(request: HttpRequest) -> HttpResponse:
    """Whom to tell of a weakness (RFC 9116); its date moves along, so that it never lapses unseen."""
    expires = (clock.now() + timedelta(days=SECURITY_TEXT_DAYS)).astimezone(UTC).replace(microsecond=0)
    address = settings.IMIDESK_BASE_URL.rstrip("/")
    lines = [
        f"Contact: {settings.IMIDESK_SECURITY_CONTACT}",
        f"Expires: {expires.isoformat().replace('+00:00', 'Z')}",
        "Preferred-Languages: nl, en",
        f"Canonical: {address}/.well-known/security.txt",
    ]
    return HttpResponse("\r\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


def _plain(text: str, status: int = 200) -> HttpResponse:
    response = HttpResponse(text, content_type="text/plain; charset=utf-8", status=status)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@login_not_required
def session(request: HttpRequest) -> HttpResponse:
    """Who is signed in, and a fresh token; asked by pages that hold unsent text (SP-14)."""
    user = request.user
    facts = {"user": user.pk, "token": get_token(request)} if user.is_authenticated else {"user": None}
    return JsonResponse(facts, headers={"Cache-Control": "no-store, private"})


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
