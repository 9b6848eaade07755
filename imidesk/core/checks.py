from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from imidesk.core import start_up, vault

OTHER_KIND = "A stamp is for good: use the settings of its kind, or another database (SP-38)."
ESCROW = "Put the key file of this installation back; a new one would open nothing (SP-03)."
TRIGGERS = "Find out who dropped it, run `manage.py verify_audit`, and restore the trigger from the migration (SP-09)."


@register(Tags.security)
def settings_fit_production(**kwargs: Any) -> list[CheckMessage]:
    return [Error(refusal.sentence, hint=refusal.hint, id=refusal.id) for refusal in start_up.setting_faults()]


@register(Tags.database)
def database_fits(databases: Sequence[str] | None = None, **kwargs: Any) -> Sequence[CheckMessage]:
    """Before the first migrate there is nothing to fit yet, before a later one only the stamp is sure to be there.

    `migrate` asks too: what it is about to make may be missing.
    """
    if not databases or not start_up.is_migrated():
        return []
    other_kind = [Error(sentence, hint=OTHER_KIND, id="core.E002") for sentence in start_up.stamp_faults()]
    if start_up.waiting_migrations():
        return other_kind
    return [
        *other_kind,
        *(Error(sentence, hint=ESCROW, id="core.E003") for sentence in _key_faults()),
        *(Error(sentence, hint=TRIGGERS, id="core.E004") for sentence in start_up.trigger_faults()),
    ]


def _key_faults() -> list[str]:
    """An installation that has no keys yet gets them after its first migrate."""
    return vault.key_faults() if vault.has_keys() else []
