"""What stops the desk from starting: another kind of database, keys that are missing or wrong (SP-03, SP-38)."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from imidesk.core import append_only, unsafe, vault
from imidesk.core.models import Installation


def refuse_on_faults() -> None:
    """Called by wsgi.py and by the worker before they take anything on."""
    told = [f"{refusal.sentence} {refusal.hint}" for refusal in setting_faults()]
    sentences = [*told, *stamp_faults(), *vault.key_faults()]
    if sentences:
        raise ImproperlyConfigured(" ".join(sentences))


def is_migrated() -> bool:
    tables = set(connection.introspection.table_names())
    return {"core_installation", "core_keycheck", "core_auditevent"} <= tables and Installation.objects.exists()


_up_to_date: set[str] = set()


def waiting_migrations() -> int:
    """Of one process and one database: once none waits, none will, and a health check need not read them again."""
    name = str(connection.settings_dict["NAME"])
    if name in _up_to_date:
        return 0
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if not waiting:
        _up_to_date.add(name)
    return waiting


def stamp_faults() -> list[str]:
    kind = Installation.objects.values_list("kind", flat=True).get()
    if kind != settings.IMIDESK_KIND:
        return [f"This is a {kind} database, and these are settings of a {settings.IMIDESK_KIND} desk."]
    return []


def trigger_faults() -> list[str]:
    return [f"The trigger {name} is missing: this table is not append-only any more." for name in append_only.missing()]


def setting_faults() -> list[unsafe.Refusal]:
    """A practice desk may have what a production desk may not."""
    if settings.IMIDESK_KIND != Installation.Kind.PRODUCTION:
        return []
    return unsafe.refusals()
