"""Blocking and erasing what is due, one request per transaction; late, killed or twice gives the same (DP-03, DP-05).

The day is an argument; whoever calls takes it from the database's clock (house rule 8).
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import TypeVar

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model, QuerySet

from archive import personal_data, selectors
from archive.models import RetentionRecord
from archive.writing import register_ended
from imidesk.core import clock, vault
from requests_app import workflow
from requests_app.models import InformationRequest, ReadRecord, SealedFile
from requests_app.vocabulary import Action, DataState
from requests_app.writing import locked

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=Model)

BATCH = 100
FILE_WITHOUT_ROW = timedelta(days=1)


@dataclass
class Run:
    """What a run did, by reference; what failed is tried again the next time."""

    ended: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def block_due(day: date) -> Run:
    """Registers what is not in the register yet, ends what nobody touched, and blocks what is due."""
    run = Run()
    for info_request in _one_by_one(selectors.without_record()):
        _attempt(run, info_request.reference, partial(register_ended, info_request))
    for info_request in _one_by_one(selectors.short_lived(day)):
        if _attempt(run, info_request.reference, partial(_follow_short_clock, info_request, day)):
            run.ended.append(info_request.reference)
    for record in _one_by_one(selectors.due_for_blocking(day).select_related("info_request")):
        reference = record.info_request.reference
        if _attempt(run, reference, partial(_block, record, day)):
            run.blocked.append(reference)
    return run


def erase_due(day: date) -> Run:
    """Files, then rows, key and event in one transaction (SP-21); then what no row knows of."""
    run = Run()
    for record in _one_by_one(selectors.due_for_erasure(day).select_related("info_request")):
        reference = record.info_request.reference
        if _attempt(run, reference, partial(_erase, record, day)):
            run.erased.append(reference)
    _sweep_files()
    _forget_looks(day)
    _forget_wal()
    return run


def _one_by_one(rows: QuerySet[Row]) -> Iterator[Row]:
    """In batches by primary key, so that one that fails is passed over and not met again in this run."""
    after = 0
    while batch := list(rows.filter(pk__gt=after).order_by("pk")[:BATCH]):
        yield from batch
        after = batch[-1].pk


def _attempt(run: Run, reference: str, act: Callable[[], object]) -> bool:
    """One failure never stops the rest; the log names its kind, never its words (SP-16)."""
    try:
        return bool(act())
    except Exception as fault:
        logger.error("retention_failed", extra={"reference": reference, "fault": type(fault).__name__})
        run.failed.append(reference)
        return False


@transaction.atomic(durable=True)
def _follow_short_clock(info_request: InformationRequest, day: date) -> bool:
    """A FICTIEF request or a draft: ended by the desk when its time is up, then blocked and erased like any other."""
    request = locked(info_request)
    dates = selectors.dates_of(request)
    ended = bool(dates.erase_on and dates.erase_on <= day) and not request.has_ended
    if ended:
        reason = "entered_in_error.practice_ended" if request.fictitious else "entered_in_error.stale_draft"
        workflow.perform(request.end_by_desk, action=Action.ENTERED_IN_ERROR, actor=None, at=clock.now(), reason=reason)
    register_ended(request, dates)
    return ended


@transaction.atomic(durable=True)
def _block(record: RetentionRecord, day: date) -> bool:
    """False: done before, in other hands, or its end was corrected since."""
    request = locked(record.info_request)
    register_ended(request)
    due = selectors.due_for_blocking(day).filter(pk=record.pk).first()
    if due is None:
        return False
    now = clock.now()
    workflow.perform(request.block, action=Action.BLOCKED, actor=None, at=now, due_on=due.block_on)
    due.blocked_at = now
    due.save(update_fields=["blocked_at"])
    return True


def _erase(record: RetentionRecord, day: date) -> bool:
    """Safe to kill anywhere: a kill before the last transaction starts over, after it leaves nothing to do (SP-21)."""
    if not _begin_erasing(record, day):
        return False
    names = personal_data.storage_names(record.info_request)
    for name in names:
        vault.delete_file(name)
    return _finish_erasing(record, day, files=len(names))


@transaction.atomic(durable=True)
def _begin_erasing(record: RetentionRecord, day: date) -> bool:
    locked(record.info_request)
    due = selectors.due_for_erasure(day).filter(pk=record.pk)
    due.filter(erasing_at__isnull=True).update(erasing_at=clock.now())
    return due.exists()


@transaction.atomic(durable=True)
def _finish_erasing(record: RetentionRecord, day: date, *, files: int) -> bool:
    request = locked(record.info_request)
    due = selectors.due_for_erasure(day).filter(pk=record.pk).first()
    if due is None or request.data_state != DataState.BLOCKED:
        return False
    now = clock.now()
    due.erased_rows, due.erased_keys = personal_data.erase(request)
    due.erased_files = files
    due.erased_at = now
    due.save(update_fields=["erased_rows", "erased_keys", "erased_files", "erased_at"])
    workflow.perform(
        request.erase,
        action=Action.ERASED,
        actor=None,
        at=now,
        due_on=due.erase_on,
        filed=request.filed_at is not None,
    )
    return True


def _forget_looks(day: date) -> None:
    """The read log is kept for years of the calendar, by a setting (SP-11)."""
    first_kept = day - relativedelta(years=settings.IMIDESK_READ_LOG_YEARS)
    ReadRecord.objects.filter(at__lt=datetime.combine(first_kept, time.min, tzinfo=clock.AMSTERDAM)).delete()


def _sweep_files() -> None:
    """Files that no row knows of, left by what was killed between writing and committing (pitfall 4)."""
    names = set(vault.stored_files(older_than=FILE_WITHOUT_ROW))
    known = SealedFile.objects.filter(storage_name__in=names).values_list("storage_name", flat=True)
    for name in names - set(known):
        vault.delete_file(name)


def _forget_wal() -> None:
    """On SQLite the write-ahead log still holds what was erased (SP-08)."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
