from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def origin_of(request: HttpRequest) -> str:
    """The network address of who asks: behind proxies of our own the last one that the outermost of them wrote down."""
    behind: int = settings.IMIDESK_PROXIES
    written = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if behind else []
    if behind and len(written) >= behind:
        try:
            return str(ip_address(written[-behind].strip()))
        except ValueError:
            pass
    return str(request.META.get("REMOTE_ADDR", ""))
