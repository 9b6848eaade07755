"""Known devices: a signed cookie of an earlier sign-in, so that others' guesses do not slow the owner (SP-28)."""

import secrets
from datetime import timedelta
from ipaddress import IPv6Network, ip_address

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from authorities.models import User
from imidesk.core.origin import origin_of
from imidesk.core.throttle import Limit

KEPT = timedelta(days=365)
TRIES_OF_A_DEVICE = 5
TRIES_OF_A_NAME = 5
TRIES_OF_AN_ADDRESS = 30
"""Many people work behind one address of a province."""

_SALT = "authorities.devices"


def limits(request: HttpRequest, username: str, user_id: int | None) -> list[Limit]:
    """A device this account signed in on has a count of its own; any other shares one with its network address."""
    device = _known_device(request, user_id)
    if device:
        return [Limit.of("device", device, free=TRIES_OF_A_DEVICE)]
    network = _network(origin_of(request))
    return [
        Limit.of("name", network, username.casefold(), free=TRIES_OF_A_NAME),
        Limit.of("address", network, free=TRIES_OF_AN_ADDRESS),
    ]


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    device = _known_device(request, user.pk) or secrets.token_hex(16)
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps([device, user.pk], salt=_SALT),
        max_age=KEPT,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _known_device(request: HttpRequest, user_id: int | None) -> str:
    """Empty where the cookie is missing, forged, old, or of somebody else's sign-in."""
    try:
        device, owner = signing.loads(request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=_SALT, max_age=KEPT)
    except (signing.BadSignature, TypeError, ValueError):
        return ""
    return str(device) if user_id is not None and owner == user_id else ""


def _network(origin: str) -> str:
    """Who has one IPv6 address has a whole network of them."""
    try:
        address = ip_address(origin)
    except ValueError:
        return origin
    return str(IPv6Network((address, 64), strict=False)) if address.version == 6 else origin
