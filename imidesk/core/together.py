"""Several querysets asked in one statement, each compiled by itself.

A queryset inside another one is copied, renamed and compiled once more for every level, which on a page with a dozen
counts takes longer than the database does. Under a key a compiled statement is kept for the next who asks the same.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL

M = TypeVar("M", bound=Model)
T = TypeVar("T")
AnyQuerySet = QuerySet[Any, Any]
Compiled = tuple[str, tuple[Any, ...]]


def counts(asked: Callable[[], Mapping[str, Iterable[AnyQuerySet]]], key: Hashable = None) -> dict[str, int]:
    """How many rows the querysets of each name find together, each as far as its limit goes."""
    found = _kept(key and ("counts", key), lambda: {name: _compiled(querysets) for name, querysets in asked().items()})
    if not found:
        return {}
    figures = [" + ".join(map(_count, parts)) or "0" for parts in found.values()]
    values = [value for parts in found.values() for _, values in parts for value in values]
    return dict(zip(found, _ask(f"SELECT {', '.join(figures)}", values)[0], strict=True))


def _count(part: Compiled) -> str:
    return f"(SELECT COUNT(*) FROM ({part[0]}) part)"  # noqa: S608


def labelled(asked: Mapping[str, Iterable[AnyQuerySet]]) -> list[tuple[str, Any]]:
    """What querysets of one column find, each row with the name it was asked under."""
    parts = [(name, *one) for name, querysets in asked.items() for one in _compiled(querysets)]
    if not parts:
        return []
    sql = " UNION ALL ".join(f"SELECT %s, part.* FROM ({sql}) part" for _, sql, _ in parts)  # noqa: S608
    return _ask(sql, [value for name, _, values in parts for value in (name, *values)])


def among(rows: QuerySet[M], keys: Callable[[], Iterable[AnyQuerySet]], key: Hashable = None) -> QuerySet[M]:
    """Of these rows those whose key one of the other querysets finds, which are of one column."""
    parts = _kept(key and ("among", key), lambda: _compiled(keys()))
    if not parts:
        return rows.none()
    sql = " UNION ALL ".join(f"SELECT part.* FROM ({sql}) part" for sql, _ in parts)  # noqa: S608
    return rows.filter(pk__in=RawSQL(sql, [value for _, values in parts for value in values]))  # noqa: S611


def grouped(
    rows: AnyQuerySet, ways: Mapping[str, Sequence[str]], marks: Sequence[str], total: str
) -> list[tuple[Any, ...]]:
    """These rows, found once, grouped in several ways, in which each primary key counts once per group.

    A way is the columns of its groups, as many for each. Of every group: the way, the values of those columns, how
    many have each mark, and the sum of the total.
    """
    found = _compiled([rows])
    if not found:
        return []
    name = connection.ops.quote_name
    sql, values = found[0]
    own = ", ".join(map(name, ("pk", *marks, total)))
    parts = []
    for way, columns in ways.items():
        keys = ", ".join(f"{name(column)} AS {name(f'key_{place}')}" for place, column in enumerate(columns))
        parts.append(f"SELECT DISTINCT '{way}' AS way, {keys}, {own} FROM found WHERE {name(columns[0])} IS NOT NULL")  # noqa: S608
    keys = ", ".join(["way", *(name(f"key_{place}") for place in range(len(next(iter(ways.values())))))])
    counted = ", ".join(f"COUNT(*) FILTER (WHERE {name(mark)})" for mark in marks)
    groups = _ask(
        f"WITH found AS MATERIALIZED ({sql}) SELECT {keys}, {counted}, SUM({name(total)})"  # noqa: S608
        f" FROM ({' UNION ALL '.join(parts)}) part GROUP BY {keys}",
        list(values),
    )
    read = partial(_from_database, rows.query.annotations[total])
    return [(*group[:-1], read(group[-1])) for group in groups]


def _from_database(expression: Any, value: Any) -> Any:
    for convert in expression.get_db_converters(connection):
        value = convert(value, expression, connection)
    return value


def reads_beside() -> bool:
    """Not where only this connection sees what its transaction did, nor where a database serves one at a time."""
    return connection.vendor == "postgresql" and not connection.in_atomic_block


def over_own_connection(act: Callable[[], T]) -> T:
    """In a thread; what it was given goes back."""
    try:
        return act()
    finally:
        connection.close()


def begun(ask: Callable[[], T]) -> Callable[[], T]:
    """The answer when it is called for; meanwhile the server looks it up, where this thread asks something else."""
    if not reads_beside():
        return ask
    with_language_and_day = copy_context()
    pool = ThreadPoolExecutor(1)
    answer = pool.submit(with_language_and_day.run, over_own_connection, ask)
    pool.shutdown(wait=False)
    return answer.result


_compiled_before: dict[Hashable, Any] = {}
_MOST_KEPT = 1000


def _kept(key: Hashable, make: Callable[[], T]) -> T:
    """Compiled once for all who ask with an equal key, in which stands everything that shapes the querysets."""
    if key is None:
        return make()
    found: T | None = _compiled_before.get(key)
    if found is None:
        if len(_compiled_before) >= _MOST_KEPT:
            _compiled_before.clear()
        found = _compiled_before[key] = make()
    return found


def _compiled(querysets: Iterable[AnyQuerySet]) -> list[Compiled]:
    """Without those that can find nothing."""
    found = []
    for queryset in querysets:
        try:
            found.append(queryset.query.sql_with_params())
        except EmptyResultSet:
            continue
    return found


def _ask(sql: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
