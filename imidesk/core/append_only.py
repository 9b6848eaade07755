"""Tables to which rows are only added, by trigger on both databases (SP-09)."""

from collections.abc import Callable

from django.apps.registry import Apps
from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython

PROTECTED = {
    "core_auditevent": ("UPDATE", "DELETE"),
    "core_auditchain": ("DELETE",),
    "core_dailyanchor": ("UPDATE", "DELETE"),
}

_FUNCTION = """
CREATE OR REPLACE FUNCTION imidesk_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append-only' USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
END $$
"""


def protect(table: str, acts: tuple[str, ...]) -> RunPython:
    """A migration step. SQLite drops triggers when a later migration remakes the table: repeat the step there."""
    return RunPython(_creator(table, acts), _remover(table, acts))


def missing() -> list[str]:
    """Triggers that should be there and are not; asked by the start-up check."""
    sql = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        there = {name for (name,) in cursor.fetchall()}
    wanted = [_name(table, act) for table, acts in PROTECTED.items() for act in _acts(connection.vendor, acts)]
    return [name for name in wanted if name not in there]


def _acts(vendor: str, acts: tuple[str, ...]) -> tuple[str, ...]:
    return (*acts, "TRUNCATE") if vendor == "postgresql" else acts


def _name(table: str, act: str) -> str:
    return f"{table}_no_{act.lower()}"


def _creator(table: str, acts: tuple[str, ...]) -> Callable[[Apps, BaseDatabaseSchemaEditor], None]:
    def create(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        vendor = schema_editor.connection.vendor
        if vendor == "postgresql":
            schema_editor.execute(_FUNCTION)
        for act in _acts(vendor, acts):
            if vendor == "postgresql":
                level = "STATEMENT" if act == "TRUNCATE" else "ROW"
                body = f"FOR EACH {level} EXECUTE FUNCTION imidesk_append_only()"
            else:
                body = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
            schema_editor.execute(f"CREATE TRIGGER {_name(table, act)} BEFORE {act} ON {table} {body}")

    return create


def _remover(table: str, acts: tuple[str, ...]) -> Callable[[Apps, BaseDatabaseSchemaEditor], None]:
    def remove(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        vendor = schema_editor.connection.vendor
        for act in _acts(vendor, acts):
            on = f" ON {table}" if vendor == "postgresql" else ""
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {_name(table, act)}{on}")

    return remove
