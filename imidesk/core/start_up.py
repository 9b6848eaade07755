"""What stops the desk from starting: another kind of database, keys that are missing or wrong (SP-03, SP-38)."""

from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from imidesk.core import append_only, key_files, vault
from imidesk.core.models import Installation


def refuse_on_faults() -> None:
    """Called by wsgi.py and by the worker before they take anything on."""
    sentences = [*setting_faults(), *stamp_faults(), *vault.key_faults()]
    if sentences:
        raise ImproperlyConfigured(" ".join(sentences))


def is_migrated() -> bool:
    tables = set(connection.introspection.table_names())
    return {"core_installation", "core_keycheck", "core_auditevent"} <= tables and Installation.objects.exists()


def stamp_faults() -> list[str]:
    kind = Installation.objects.get().kind
    if kind != settings.IMIDESK_KIND:
        return [f"This is a {kind} database, and these are settings of a {settings.IMIDESK_KIND} desk."]
    return []


def trigger_faults() -> list[str]:
    return [f"The trigger {name} is missing: this table is not append-only any more." for name in append_only.missing()]


def setting_faults() -> list[str]:
    """Where keys may lie, and what only a practice desk may have."""
    if settings.IMIDESK_KIND != Installation.Kind.PRODUCTION:
        return []
    faults = []
    if settings.DEBUG:
        faults.append("DEBUG is on.")
    if Path(settings.BASE_DIR).resolve() in [key_files.folder().resolve(), *key_files.folder().resolve().parents]:
        faults.append("IMIDESK_KEYS_DIR lies inside the project: keys belong on a secret mount.")
    for file in key_files.key_files():
        if file.is_practice:
            faults.append(f"{file.key_id} is a key of a practice desk.")
        if file.path.stat().st_mode & 0o077:
            faults.append(f"The file of key {file.key_id} can be read by others than its owner.")
    return faults
