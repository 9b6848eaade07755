import logging
from datetime import UTC, timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_safe

from imidesk.core import clock, kept, readiness, uploads
from imidesk.core.errors import DomainError

logger = logging.getLogger(__name__)

SECURITY_TEXT_DAYS = 180


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _given_back(request, kept.carried_by(request) or kept.sent_with(request), ended=False)


@requires_csrf_token
def session_ended(request: HttpRequest, user_id: int | None = None) -> HttpResponse:
    """`user_id` is whose session it was, when that is still known."""
    return _given_back(request, kept.sent_with(request, owner=user_id), ended=True)


@requires_csrf_token
def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _refused(request, "403.html", 403)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _refused(request, "404.html", 404)


def no_page(request: HttpRequest, refused: HttpResponseBase) -> HttpResponse:
    """In words instead of nothing; which methods the address does take stays with it."""
    response = render(request, "405.html", status=405)
    response["Allow"] = refused["Allow"]
    return response


@login_not_required
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers; asks nothing of anybody else."""
    return _plain("alive")


def not_ready_yet(request: HttpRequest) -> HttpResponse:
    """A copy was put back and not yet brought up to what the ledger says: nobody gets anything (SP-24)."""
    return _plain("not ready", status=503)


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


def attachment_response(content: bytes, *, name: str, media_type: str) -> HttpResponse:
    """What somebody uploaded, as an attachment that no browser opens in the desk's own name (SP-30)."""
    disposition = content_disposition_header(as_attachment=True, filename=uploads.clean_name(name))
    return HttpResponse(
        content,
        content_type=media_type,
        headers={
            "Content-Disposition": disposition or "attachment",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store, private",
        },
    )


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


def signed_in_again(request: HttpRequest) -> HttpResponse | None:
    """After a sign-in: what was typed before it, for who typed it, to be sent with one press. None: nothing to send."""
    carried = kept.carried_by(request)
    if carried is None or not carried.is_of(request.user):
        return None
    response = render(request, "core/send_again.html", {"kept": carried, "can_send": True})
    response["Cache-Control"] = "no-store, private"
    return response


def holds_text(request: HttpRequest) -> bool:
    sent = kept.sent_with(request)
    return bool(sent.fields or sent.has_files)


def conflict(request: HttpRequest, fault: DomainError) -> HttpResponse:
    """Words that were typed meanwhile come back with the refusal (SP-14); ticks and codes say nothing here."""
    return render(request, "core/conflict.html", {"fault": fault, "kept": kept.sent_with(request)}, status=409)


def _refused(request: HttpRequest, template: str, status: int) -> HttpResponse:
    """An address that nothing answers to was never read before: what cannot be read is not given back."""
    try:
        sent = kept.sent_with(request)
    except (SuspiciousOperation, MultiPartParserError, UnreadablePostError):
        sent = None
    return render(request, template, {"kept": sent}, status=status)


def _given_back(request: HttpRequest, sent: kept.Kept, *, ended: bool) -> HttpResponse:
    """Nothing for somebody else than who typed it, where that is known."""
    user = request.user
    destroyed = user.is_authenticated and sent.owner is not None and not sent.is_of(user)
    context = {
        "kept": None if destroyed else sent,
        "destroyed": destroyed,
        "ended": ended,
        "can_send": sent.is_of(user),
        "packed": sent.packed() if not user.is_authenticated and sent.owner is not None else "",
    }
    response = render(request, "core/csrf_failure.html", context, status=403)
    response["Cache-Control"] = "no-store, private"
    return response
