import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url
from django.utils import translation

from imidesk.core import heartbeat, vault, views
from imidesk.core.errors import DomainError

IDLE_SECONDS = 30 * 60
LONGEST_SECONDS = 10 * 60 * 60
FRESH_SECONDS = 60
"""The session is written at most once a minute."""

_SEEN = "desk_seen"
_SINCE = "desk_since"
POLL_HEADER = "X-Desk-Poll"
"""Sent by a page that asks by itself: no sign of a person (SP-27)."""


class DeskMiddleware:
    """Keys per request, the end of a session, no stored answers, the user's language, and 409 (SP-07, SP-13, SP-27)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with vault.key_scope():
            return self._answer(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        template = "core/partials/conflict.html" if _is_htmx(request) else "core/conflict.html"
        return render(request, template, {"fault": exception}, status=409)

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        signed_in = request.user.is_authenticated
        ended = signed_in and _has_ended(request)
        if ended:
            logout(request)
        elif signed_in:
            _see(request)
            _speak(request)
        if ended and request.method == "POST":
            response: HttpResponseBase = views.session_ended(request)
        else:
            response = self.get_response(request)
        still = request.user.is_authenticated
        if signed_in or still:
            response["Cache-Control"] = "no-store, private"
        if signed_in and not still:
            response["Clear-Site-Data"] = '"cache", "storage"'
        return _whole_page(request, response)


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


def _whole_page(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """htmx would follow a redirect to the sign-in page and swap it into a part of this one."""
    location = response.get("Location", "")
    if _is_htmx(request) and location.split("?")[0] == resolve_url(settings.LOGIN_URL):
        del response["Location"]
        response.status_code = 204
        response["HX-Redirect"] = location
    return response
