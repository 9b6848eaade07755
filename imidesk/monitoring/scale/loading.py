"""Writes a made-up volume: COPY on PostgreSQL with indexes and keys built afterwards, in bulk on SQLite (issue 4).

One transaction: whole, or nothing of it. Nobody can work at the desk meanwhile.
"""

import json
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Max, Model, UniqueConstraint
from django.utils.translation import gettext as _

from archive.models import ArchiveCase, RetentionRecord
from authorities import services as authorities_services
from imidesk.core import clock, vault
from imidesk.core.errors import DomainError
from imidesk.core.models import AuditChain, AuditEvent, SealKey
from imidesk.monitoring.practice_desk.make import password
from imidesk.monitoring.practice_desk.wipe import refuse_outside_practice
from imidesk.monitoring.scale import ground, invented
from imidesk.monitoring.scale.invented import Plan
from requests_app.models import (
    Allocation,
    Answer,
    InformationRequest,
    RequestQuestion,
    RequestUserPermission,
    SealedText,
    Subject,
)
from requests_app.services import counting

LOADED: tuple[type[Model], ...] = (
    InformationRequest,
    SealKey,
    Subject,
    SealedText,
    RequestQuestion,
    Answer,
    Allocation,
    RequestUserPermission,
    AuditChain,
    AuditEvent,
    RetentionRecord,
    ArchiveCase,
)
"""In the order in which they lean on each other."""
_NUMBERED = tuple(model for model in LOADED if model._meta.auto_field)
_CHUNK = 500
_AHEAD = 4
Progress = Callable[[int], None]


def load(number: int, progress: Progress = lambda done: None) -> None:
    """Raises DomainError."""
    refuse_outside_practice()
    if number < 1:
        raise DomainError(_("Give a number of requests from 1."))
    if ground.is_laid():
        raise DomainError(_("This desk has a made-up volume already. Make a new practice desk first."))
    authorities_services.load_lists()
    with transaction.atomic():
        now = clock.now()
        laid = ground.lay(make_password(password()), now.date())
        plan = Plan(number, laid, now, _first_numbers(), vault.key_maker(), vault.audit_key())
        if connection.vendor == "postgresql":
            _copy_all(plan, progress)
        else:
            _bulk_all(plan, progress)
        _go_on_counting()
        ground.note_last_references(laid, plan.per_home())
    counting.count_months()
    _tell_the_planner()


def _first_numbers() -> dict[type[Model], int]:
    return {model: (model._default_manager.aggregate(last=Max("pk"))["last"] or 0) + 1 for model in _NUMBERED}


def _go_on_counting() -> None:
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(_NUMBERED)):
            cursor.execute(statement)


def _tell_the_planner() -> None:
    if connection.vendor != "postgresql":
        return
    tables = ", ".join(_table(model) for model in LOADED)
    with connection.cursor() as cursor:
        cursor.execute(f"{'ANALYZE' if connection.in_atomic_block else 'VACUUM (ANALYZE)'} {tables}")


def _chunks(number: int) -> list[tuple[int, int]]:
    return [(begin, min(begin + _CHUNK, number)) for begin in range(0, number, _CHUNK)]


# SQLite


def _bulk_all(plan: Plan, progress: Progress) -> None:
    for begin, end in _chunks(plan.number):
        for model, rows in _by_model(invented.rows(plan, begin, end)).items():
            model._default_manager.bulk_create(rows, batch_size=_CHUNK)
        progress(end)


def _by_model(rows: Iterable[Model]) -> dict[type[Model], list[Model]]:
    found: dict[type[Model], list[Model]] = {model: [] for model in LOADED}
    for row in rows:
        found[type(row)].append(row)
    return found


# PostgreSQL


def _copy_all(plan: Plan, progress: Progress) -> None:
    """Other processes seal; this one hands their lines to the server, a few chunks ahead at most."""
    with connection.cursor() as cursor, _without_indexes(cursor):
        for done, lines in _sealed_by_others(plan):
            for model, text in lines.items():
                if text:
                    with cursor.cursor.copy(_copy_statement(model)) as copy:
                        copy.write(text)
            progress(done)


def _sealed_by_others(plan: Plan) -> Iterator[tuple[int, dict[type[Model], bytes]]]:
    chunks = _chunks(plan.number)
    if len(chunks) == 1:
        yield plan.number, _lines(plan, *chunks[0])
        return
    processes = os.cpu_count() or 1
    # Forked, so that the keys travel through no pipe; what they make there asks nothing of the database.
    with multiprocessing.get_context("fork").Pool(processes, _take_plan, (plan,)) as pool:
        waiting: deque[tuple[int, Any]] = deque()
        for begin, end in chunks:
            waiting.append((end, pool.apply_async(_lines_of_plan, (begin, end))))
            if len(waiting) > processes * _AHEAD:
                end, result = waiting.popleft()
                yield end, result.get()
        for end, result in waiting:
            yield end, result.get()


_plan: Plan | None = None


def _take_plan(plan: Plan) -> None:
    global _plan
    _plan = plan


def _lines_of_plan(begin: int, end: int) -> dict[type[Model], bytes]:
    if _plan is None:
        raise RuntimeError("This process has no plan.")
    return _lines(_plan, begin, end)


def _lines(plan: Plan, begin: int, end: int) -> dict[type[Model], bytes]:
    return {
        model: "".join(_line(row) for row in rows).encode()
        for model, rows in _by_model(invented.rows(plan, begin, end)).items()
    }


def _line(row: Model) -> str:
    values = row.__dict__
    return "\t".join([_text(values[name]) for name in _attributes(type(row))]) + "\n"


@cache
def _attributes(model: type[Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


def _copy_statement(model: type[Model]) -> str:
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in model._meta.concrete_fields)
    return f"COPY {_table(model)} ({columns}) FROM STDIN"


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _text(value: Any) -> str:
    """In the text format of COPY."""
    return _FORMS[type(value)](value) if type(value) in _FORMS else _escaped(str(value))


def _escaped(value: str) -> str:
    for sign, written in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        value = value.replace(sign, written)
    return value


def _json(value: Any) -> str:
    return _escaped(json.dumps(value))


_FORMS: dict[type, Callable[[Any], str]] = {
    type(None): lambda value: "\\N",
    bool: lambda value: "t" if value else "f",
    int: str,
    UUID: str,
    bytes: lambda value: "\\\\x" + value.hex(),
    date: date.isoformat,
    datetime: datetime.isoformat,
    dict: _json,
    list: _json,
}


@contextmanager
def _without_indexes(cursor: Any) -> Iterator[None]:
    """Taken away before and built after, every one as it was; foreign keys are checked then, all at once."""
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
    cursor.execute("SET LOCAL work_mem = '128MB'")
    tables = [model._meta.db_table for model in LOADED]
    with _without_constraints(cursor, tables), _without_partial_indexes():
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE indrelid = ANY(%s::regclass[]) ORDER BY 1",
            [tables],
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        for _name, definition in indexes:
            cursor.execute(definition)


@contextmanager
def _without_constraints(cursor: Any, tables: list[str]) -> Iterator[None]:
    """Keys of these tables, and whatever leans on them."""
    cursor.execute(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)"
        " FROM pg_constraint"
        " WHERE contype IN ('p', 'u', 'f') AND (conrelid = ANY(%(tables)s::regclass[])"
        " OR (contype = 'f' AND confrelid = ANY(%(tables)s::regclass[])))"
        " ORDER BY contype = 'f', contype, conname",
        {"tables": tables},
    )
    constraints = cursor.fetchall()
    for table, name, _definition in reversed(constraints):
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    yield
    for table, name, definition in constraints:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


@contextmanager
def _without_partial_indexes() -> Iterator[None]:
    """Made by Django again: the condition that PostgreSQL prints back comes out as another one."""
    indexes = [(model, one) for model in LOADED for one in model._meta.indexes if one.condition]
    uniques = [
        (model, one)
        for model in LOADED
        for one in model._meta.constraints
        if isinstance(one, UniqueConstraint) and one.condition
    ]
    with connection.schema_editor(atomic=False) as editor:
        for model, index in indexes:
            editor.remove_index(model, index)
        for model, unique in uniques:
            editor.remove_constraint(model, unique)
    yield
    with connection.schema_editor(atomic=False) as editor:
        for model, index in indexes:
            editor.add_index(model, index)
        for model, unique in uniques:
            editor.add_constraint(model, unique)
