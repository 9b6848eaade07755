from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from imidesk.core import start_up, vault


@register(Tags.security)
def settings_fit_production(**kwargs: Any) -> list[CheckMessage]:
    return [Error(sentence, id="core.E001") for sentence in start_up.setting_faults()]


@register(Tags.database)
def database_fits(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Before the first migrate there is nothing to fit yet."""
    if not databases or not start_up.is_migrated():
        return []
    return [
        *(Error(sentence, id="core.E002") for sentence in start_up.stamp_faults()),
        *(Error(sentence, id="core.E003") for sentence in _key_faults()),
        *(Error(sentence, id="core.E004") for sentence in start_up.trigger_faults()),
    ]


def _key_faults() -> list[str]:
    """An installation that has no keys yet gets them after its first migrate."""
    return vault.key_faults() if vault.has_keys() else []
