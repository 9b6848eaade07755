import logging
import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from imidesk.core import heartbeat, ledger, once, security_log, vault, views
from imidesk.core.errors import DomainError
from imidesk.core.origin import origin_of

logger = logging.getLogger(__name__)

IDLE_SECONDS = 30 * 60
LONGEST_SECONDS = 10 * 60 * 60
FRESH_SECONDS = 60
"""The session is written at most once a minute."""

_SEEN = "desk_seen"
_SINCE = "desk_since"
POLL_HEADER = "X-Desk-Poll"
"""Sent by a page that asks by itself: no sign of a person (SP-27)."""
_REFERENCE = re.compile(r"[A-Z]{1,10}-[0-9]{4}-[0-9]{5,9}")


class DeskMiddleware:
    """Keys per request, the end of a session, no stored answers, the user's language, and 409 (SP-07, SP-13, SP-27)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if any("\0" in value for value in request.COOKIES.values()):
            raise BadRequest("NUL in a cookie")
        if ledger.is_behind() and request.path != reverse("live"):
            return views.not_ready_yet(request)
        with vault.key_scope(), once.one_answer(reads_only=request.method in ("GET", "HEAD")):
            return self._answer(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: dict[str, object]) -> None:
        """PostgreSQL takes no NUL in a text, so nothing can be asked for with one."""
        if any("\0" in str(value) for value in kwargs.values()):
            raise Http404

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, vault.KeyMissing):
            logger.error("key_missing", extra={"fault": str(exception)})
            exception = DomainError(
                _("What is sealed here cannot be opened: a key of the desk is gone. Ask the technical administrator.")
            )
        if not isinstance(exception, DomainError):
            return None
        if _is_htmx(request):
            return render(request, "core/partials/conflict.html", {"fault": exception}, status=409)
        return views.conflict(request, exception)

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        user_id = request.user.pk
        left_over = user_id is None and settings.SESSION_COOKIE_NAME in request.COOKIES
        ended = user_id is not None and _has_ended(request)
        if ended:
            _note(request, "session_ended", user_id, result="ok")
        elif user_id is not None:
            _see(request)
            _speak(request)
        if ended or (left_over and SESSION_KEY in request.session):
            logout(request)
        if ended and request.method == "POST":
            response: HttpResponseBase = views.session_ended(request, user_id)
        else:
            response = self.get_response(request)
        if response.status_code == 405 and request.method == "GET" and not _is_htmx(request):
            response = views.no_page(request, response)
        if user_id is None and _loses_text(request, response):
            response = views.session_ended(request)
        if user_id is not None and not ended and response.status_code == 403:
            _note(request, "request_refused", user_id, result="refused")
        still = request.user.is_authenticated
        if user_id is not None or still:
            response["Cache-Control"] = "no-store, private"
        if (user_id is not None and not still) or (left_over and request.session.is_empty()):
            response["Clear-Site-Data"] = '"cache", "storage"'
        return _whole_page(request, response)


def _loses_text(request: HttpRequest, response: HttpResponseBase) -> bool:
    """The session had gone before this form was sent: signed out in another tab, or a night later (SP-14)."""
    if request.method != "POST" or _is_htmx(request) or not _leads_to_sign_in(response):
        return False
    way_back = QueryDict(urlsplit(response["Location"]).query).get("next")
    return way_back == request.get_full_path() and views.holds_text(request)


def _note(request: HttpRequest, action: str, user_id: int | None, *, result: str) -> None:
    """By the name of the page and the reference of the request, never by the address as it was typed (SP-12)."""
    match = request.resolver_match
    reference = str(match.kwargs.get("reference", "")) if match else ""
    known = reference if _REFERENCE.fullmatch(reference) else ""
    security_log.note(
        action,
        object=" ".join(filter(None, [f"page:{match.view_name}" if match else "page", known])),
        result=result,
        origin=origin_of(request),
        actor_id=user_id,
    )


def _has_ended(request: HttpRequest) -> bool:
    moment = time.time()
    idle = moment - request.session.get(_SEEN, moment)
    return idle > IDLE_SECONDS or moment - request.session.get(_SINCE, moment) > LONGEST_SECONDS


def _see(request: HttpRequest) -> None:
    moment = int(time.time())
    if POLL_HEADER in request.headers:
        return
    request.session.setdefault(_SINCE, moment)
    if moment - request.session.get(_SEEN, 0) >= FRESH_SECONDS:
        request.session[_SEEN] = moment
        heartbeat.touch(heartbeat.WEB)


def _speak(request: HttpRequest) -> None:
    """The user's own language, unless this browser has chosen one."""
    language = getattr(request.user, "language", "")
    if language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language()


def _is_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def _leads_to_sign_in(response: HttpResponseBase) -> bool:
    return bool(response.get("Location", "").split("?")[0] == resolve_url(settings.LOGIN_URL))


def _whole_page(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """htmx would follow a redirect to the sign-in page and swap it into a part of this one."""
    if _is_htmx(request) and _leads_to_sign_in(response):
        location = response["Location"]
        del response["Location"]
        response.status_code = 204
        response["HX-Redirect"] = location
    return response
