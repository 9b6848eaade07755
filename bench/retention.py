"""A night that blocks and erases so many requests, against bare statements on the same rows. Prints JSON.

It takes the oldest that are left, on days that are given along; the desk stays as it is for the rest, and can be asked
again until nothing is left.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.db.models import Max  # noqa: E402

from archive import pacing, services  # noqa: E402
from archive.models import ErasureProof, ErasureScan, RetentionRecord  # noqa: E402
from archive.services import retaining  # noqa: E402
from imidesk.core import ledger, vault  # noqa: E402
from imidesk.core.models import AuditChain, AuditEvent, LedgerEntry, SealKey  # noqa: E402
from requests_app.models import (  # noqa: E402
    Answer,
    InformationRequest,
    RequestQuestion,
    RequestUserPermission,
    SealedText,
    Subject,
)
from requests_app.permissions import grants_by_allocation  # noqa: E402
from requests_app.vocabulary import DataState, Grant, State  # noqa: E402

_TABLES = {
    model.__name__: model._meta.db_table
    for model in (
        *(Answer, AuditChain, AuditEvent, ErasureProof, ErasureScan, InformationRequest, LedgerEntry, RequestQuestion),
        *(RequestUserPermission, RetentionRecord, SealKey, SealedText, Subject),
    )
}
_EVENT = """INSERT INTO {AuditEvent} (chain_id, number, action, at, recorded_at, details, key_id, link)
    SELECT c.id, c.length + 1, 'bare', now(), now(), e.details, e.key_id, c.head
    FROM {AuditChain} c JOIN bare ON c.subject = bare.uuid
    JOIN {AuditEvent} e ON e.chain_id = c.id AND e.number = 1 WHERE c.kind = 'request'"""
_CHAIN = """UPDATE {AuditChain} SET length = length + 1, head = sha256(head)
    WHERE kind = 'request' AND subject IN (SELECT uuid FROM bare)"""
_GRANTS_GO = """DELETE FROM {RequestUserPermission} p USING auth_permission a
    WHERE p.permission_id = a.id AND a.codename IN {gone} AND p.content_object_id IN (SELECT id FROM bare)"""
_GRANTS_COME = """INSERT INTO {RequestUserPermission} (user_id, permission_id, content_object_id)
    SELECT p.user_id, a.id, p.content_object_id FROM {RequestUserPermission} p JOIN auth_permission a
    ON a.codename IN {new} JOIN auth_permission b ON b.id = p.permission_id AND b.codename = 'read_timeline'
    WHERE p.content_object_id IN (SELECT id FROM bare)"""
_BLOCKING = (
    "UPDATE {InformationRequest} SET data_state = 'blocked' WHERE id IN (SELECT id FROM bare)",
    _EVENT,
    _CHAIN,
    _GRANTS_GO,
    _GRANTS_COME,
    "UPDATE {RetentionRecord} SET blocked_at = now() WHERE info_request_id IN (SELECT id FROM bare)",
)
_ERASING = (
    "UPDATE {RetentionRecord} SET erasing_at = now() WHERE info_request_id IN (SELECT id FROM bare)",
    "DELETE FROM {SealedText} WHERE info_request_id IN (SELECT id FROM bare)",
    "DELETE FROM {Subject} WHERE info_request_id IN (SELECT id FROM bare)",
    "UPDATE {Answer} SET content = '', saved_by_id = NULL WHERE question_id IN"
    " (SELECT uuid FROM {RequestQuestion} WHERE info_request_id IN (SELECT id FROM bare))",
    "UPDATE {RequestQuestion} SET own_text = '', own_tab_name = '', comment = ''"
    " WHERE info_request_id IN (SELECT id FROM bare) AND (own_text <> '' OR own_tab_name <> '' OR comment <> '')",
    "DELETE FROM {SealKey} WHERE owner IN (SELECT uuid FROM bare)",
    "UPDATE {RetentionRecord} SET erased_at = now() WHERE info_request_id IN (SELECT id FROM bare)",
    "UPDATE {InformationRequest} SET data_state = 'erased' WHERE id IN (SELECT id FROM bare)",
    _EVENT,
    _CHAIN,
    _GRANTS_GO,
    _GRANTS_COME,
    "INSERT INTO {ErasureScan} (id, began_at, requests, whole, places, plants, other_finds)"
    " VALUES (0, now(), 0, true, '{{}}', '{{}}', 0)",
    "INSERT INTO {ErasureProof} (info_request_id, scan_id, made_at, sought, by_place, found_in, other_places,"
    " rows_left, files_left, key_left) SELECT id, 0, now(), '{{}}', '{{}}', '[]', '[]', 0, 0, false FROM bare",
    "INSERT INTO {LedgerEntry} (uuid, kind, subject, what, at)"
    " SELECT gen_random_uuid(), 'erased', uuid, '{{}}', now() FROM bare",
    "UPDATE {LedgerEntry} SET written_at = now() WHERE subject IN (SELECT uuid FROM bare)",
)


def main(number: int) -> None:
    if left := _last_to_erase():  # by a run that was broken off
        _ours(lambda: services.erase_due(left).erased)
    longest = _longest_transaction()
    searching = _time_spent_in_search()
    waiting = RetentionRecord.objects.filter(blocked_at=None).order_by("block_on", "pk")
    day = list(waiting.values_list("block_on", flat=True)[:number])[-1]
    due = [*waiting.filter(block_on__lte=day).values_list("info_request", flat=True)]
    bare_blocking = _bare(due, _BLOCKING, DataState.OPEN, DataState.BLOCKED)
    blocking, blocked = _ours(lambda: services.block_due(day).blocked)
    last = _last_to_erase()
    if last is None:
        raise SystemExit("Nothing was blocked.")
    bare_erasing = _bare(due, _ERASING, DataState.BLOCKED, DataState.ERASED)
    erasing, erased = _ours(lambda: services.erase_due(last).erased)
    if not len(blocked) == len(erased) == len(due):
        raise SystemExit(f"Of {len(due)} requests {len(blocked)} were blocked and {len(erased)} erased.")
    print(
        json.dumps(
            {
                "requests": len(due),
                "blocking": {**bare_blocking, "ours": blocking},
                "erasing": {**bare_erasing, "ours": erasing - searching[0]},
                "search": searching[0],
                "longest": longest[0],
            }
        )
    )


def _last_to_erase() -> date | None:
    """The day on which everything that is blocked now is due."""
    blocked = RetentionRecord.objects.filter(blocked_at__isnull=False, erased_at=None)
    found: date | None = blocked.aggregate(last=Max("erase_on"))["last"]
    return found


def _bare(pks: list[int], statements: tuple[str, ...], before: str, after: str) -> dict[str, float]:
    """Rows and seconds, with the foreign keys checked; taken back, so that the desk does its own work afterwards."""
    grants = [grants_by_allocation(State.CLOSED, data, accepted=True) for data in (before, after)]
    words = {**_TABLES, "gone": _codes(grants[0] - grants[1]), "new": _codes(grants[1] - grants[0])}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE bare ON COMMIT DROP AS SELECT id, uuid FROM {words['InformationRequest']}"  # noqa: S608
            " WHERE id = ANY(%s)",
            [pks],
        )
        cursor.execute("ANALYZE bare")
        began, rows = time.perf_counter(), 0
        for statement in statements:
            cursor.execute(statement.format(**words))
            rows += cursor.rowcount
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        seconds = time.perf_counter() - began
        transaction.set_rollback(True)
    return {"rows": rows, "bare": seconds}


def _codes(grants: frozenset[Grant]) -> str:
    return f"({', '.join(repr(grant.value) for grant in sorted(grants)) or 'NULL'})"


def _ours(act: Callable[[], list[str]]) -> tuple[float, list[str]]:
    with vault.key_scope():
        began = time.perf_counter()
        done = act()
        return time.perf_counter() - began, done


def _longest_transaction() -> list[float]:
    """In seconds, of all that the night paces; without the file of the ledger, which follows the commit."""
    found, after, timed, flush = [0.0], [0.0], pacing.Pace.timed, ledger.flush

    @contextmanager
    def noted(pace: pacing.Pace, number: int) -> Iterator[None]:
        began, after[0] = time.perf_counter(), 0.0
        with timed(pace, number):
            yield
        found[0] = max(found[0], time.perf_counter() - began - after[0])

    def flushed() -> int:
        began = time.perf_counter()
        try:
            return flush()
        finally:
            after[0] += time.perf_counter() - began

    pacing.Pace.timed = noted  # type: ignore[method-assign, assignment]
    ledger.flush = flushed
    return found


def _time_spent_in_search() -> list[float]:
    found, search = [0.0], retaining.proving.search

    def noted(*arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return search(*arguments, **named)
        finally:
            found[0] += time.perf_counter() - began

    retaining.proving.search = noted
    return found


if __name__ == "__main__":
    ledger.flush()
    main(int(sys.argv[1]))
