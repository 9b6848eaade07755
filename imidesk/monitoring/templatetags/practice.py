"""What the pages of lower apps show of a practice desk."""

from typing import Any

from django import template
from django.conf import settings
from django.template import Context

from imidesk.core.models import Installation
from imidesk.monitoring.practice_people import people
from requests_app.models import InformationRequest

register = template.Library()


@register.inclusion_tag("monitoring/partials/practice_people.html", takes_context=True)
def practice_people(context: Context, next_url: str = "", packed: str = "") -> dict[str, Any]:
    """The people to sign in as, one press each; nothing on another desk. `packed` is what was typed before."""
    return {
        "people": people() if _is_practice() else [],
        "next_url": next_url,
        "packed": packed,
        "user": context.get("user"),
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("monitoring/partials/practice_requester.html")
def practice_requester(info_request: InformationRequest) -> dict[str, Any]:
    """The way to the page where one plays the requesting authority."""
    return {"info_request": info_request, "offered": _is_practice() and not info_request.has_ended}


def _is_practice() -> bool:
    return settings.IMIDESK_KIND == Installation.Kind.PRACTICE
