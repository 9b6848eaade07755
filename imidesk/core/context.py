from collections.abc import Callable, Mapping
from functools import cache

from django.conf import settings
from django.http import HttpRequest

from imidesk.core import clock
from imidesk.core.models import Installation

Provider = Callable[[HttpRequest], Mapping[str, object]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """An app above brings what every page shows (navigation, links); called from AppConfig.ready."""
    if provider not in _providers:
        _providers.append(provider)


def desk(request: HttpRequest) -> dict[str, dict[str, object]]:
    facts: dict[str, object] = {
        "practice": settings.IMIDESK_KIND == Installation.Kind.PRACTICE,
        "now": cache(clock.moment),
        "base_url": settings.IMIDESK_BASE_URL,
    }
    for provider in _providers:
        facts.update(provider(request))
    return {"desk": facts}
