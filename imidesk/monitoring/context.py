"""What the frame of every page shows beside its content; asked only when a page shows it."""

from collections.abc import Mapping
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from imidesk.core.models import Installation
from imidesk.monitoring.page_help import PAGES
from imidesk.monitoring.selectors import Place, place_of

Navigation = list[tuple[str, str, bool]]


def frame(request: HttpRequest) -> Mapping[str, object]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    place = cache(lambda: place_of(request))
    facts: dict[str, object] = {
        "authority": lambda: place().authority,
        "contact": lambda: place().mailbox,
        "navigation": cache(lambda: _navigation(request, place())),
        "page_help": PAGES.get(request.resolver_match.view_name) if request.resolver_match else None,
        "help_url": cache(lambda: reverse("monitoring:help")),
        "footer_links": cache(
            lambda: [
                (_("Absence"), reverse("requests_app:absence")),
                (_("Second step of signing in"), reverse("second_step")),
                (_("Help"), reverse("monitoring:help")),
            ]
        ),
    }
    if settings.IMIDESK_KIND == Installation.Kind.PRACTICE:
        facts["switch_person_url"] = cache(lambda: reverse("monitoring:practice_people"))
        facts["practice_mail_url"] = cache(lambda: reverse("monitoring:practice_mail"))
    return facts


_RETENTION_PAGES = {
    "archive:retention",
    "archive:proof",
    "archive:keys",
    "archive:rehearsal",
    "archive:feed_link",
}


def _navigation(request: HttpRequest, place: Place) -> Navigation:
    current = _entry_of(request)
    entries = [("monitoring:start", _("Start"), True), ("requests_app:list", _("Requests"), True)]
    entries += [
        ("monitoring:overview", _("Overview"), place.sees_overview),
        ("archive:retention", _("Retention"), place.sees_retention),
        ("archive:persons", _("Requests of persons"), place.sees_persons),
        ("monitoring:heartbeat", _("Automatic tasks"), place.sees_heartbeat),
        ("monitoring:help", _("Help"), True),
    ]
    return [(label, reverse(name), name == current) for name, label, shown in entries if shown]


def _entry_of(request: HttpRequest) -> str:
    """The entry a page belongs to: a page of one request is under the requests, unless it is about its proof."""
    match = request.resolver_match
    if match is None:
        return ""
    if match.view_name.startswith("archive:person"):
        return "archive:persons"
    if match.view_name in _RETENTION_PAGES:
        return "archive:retention"
    if match.namespace in ("requests_app", "archive"):
        return "requests_app:list"
    return match.view_name
