"""Blocking and erasing what is due, one request per transaction; late, killed or twice gives the same (DP-03, DP-05).

The day is an argument; whoever calls takes it from the database's clock (house rule 8).
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model, QuerySet

from archive import packing, personal_data, proving, selectors
from archive.models import RetentionRecord
from archive.writing import register_ended
from imidesk.core import clock, ledger, outbox, processing, vault
from requests_app import workflow
from requests_app.models import InformationRequest, ReadRecord
from requests_app.vocabulary import Action, DataState
from requests_app.writing import locked

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=Model)

BATCH = 100
SEARCH_BATCH = 20_000
"""Requests whose values are held in memory for one search."""
FILE_WITHOUT_ROW = timedelta(days=1)


@dataclass
class Run:
    """What a run did, by reference; what failed is tried again the next time."""

    ended: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
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
    """Many together, because every place is read once for all of them; then what no row knows of (SP-21)."""
    run = Run()
    due = selectors.due_for_erasure(day).select_related("info_request")
    after = 0
    while batch := list(due.filter(pk__gt=after).order_by("pk")[:SEARCH_BATCH]):
        _erase_together(run, batch, selectors.due_for_erasure(day))
        after = batch[-1].pk
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


def _block(record: RetentionRecord, day: date) -> bool:
    """What was never filed goes on from its package (design 9)."""
    needs_package = record.info_request.needs_filing
    return _block_one(record, day, packing.render_missing(record.info_request) if needs_package else {})


@transaction.atomic(durable=True)
def _block_one(record: RetentionRecord, day: date, rendered: packing.Rendered) -> bool:
    """False: done before, in other hands, or its end was corrected since."""
    request = locked(record.info_request)
    register_ended(request)
    due = selectors.due_for_blocking(day).filter(pk=record.pk).first()
    if due is None:
        return False
    now = clock.now()
    if request.needs_filing:
        packing.write_package(request, rendered, now)
    workflow.perform(request.block, action=Action.BLOCKED, actor=None, at=now, due_on=due.block_on)
    due.blocked_at = now
    due.save(update_fields=["blocked_at"])
    return True


def erase_again(subject: UUID, at: datetime, what: Mapping[str, str]) -> None:
    """After a restore: what the copy holds of a request that was erased, whether its day has come by then or not."""
    info_request = InformationRequest.objects.filter(uuid=subject).exclude(data_state=DataState.ERASED).first()
    if info_request is None:
        return
    _end_and_block(info_request)
    run = Run()
    records = RetentionRecord.objects.filter(info_request=info_request, blocked_at__isnull=False)
    _erase_together(run, list(records.select_related("info_request")), records.filter(erased_at__isnull=True))
    refuse_silence(run)


@transaction.atomic(durable=True)
def _end_and_block(info_request: InformationRequest) -> None:
    request = locked(info_request)
    now = clock.now()
    if not request.has_ended:
        reason = "entered_in_error.practice_ended" if request.fictitious else "entered_in_error.stale_draft"
        workflow.perform(request.end_by_desk, action=Action.ENTERED_IN_ERROR, actor=None, at=now, reason=reason)
    register_ended(request)
    if request.data_state == DataState.OPEN:
        record = RetentionRecord.objects.get(info_request=request)
        workflow.perform(request.block, action=Action.BLOCKED, actor=None, at=now, due_on=record.block_on)
        record.blocked_at = now
        record.save(update_fields=["blocked_at"])


def _erase_together(run: Run, records: Sequence[RetentionRecord], due: QuerySet[RetentionRecord]) -> None:
    """Safe to kill anywhere: a kill before a request's last transaction starts it over, after it leaves nothing to do.

    A search that misses a planted marker, or one that breaks, erases nothing: red, and tried again (SP-21, SP-22).
    """
    begun: dict[int, RetentionRecord] = {}
    for record in records:
        if _attempt(run, record.info_request.reference, partial(_begin_erasing, record, due)):
            begun[record.info_request_id] = record
    requests = [record.info_request for record in begun.values()]
    if not requests:
        return
    try:
        searched = proving.search(requests)
    except Exception as fault:
        logger.error("erasure_search_failed", extra={"fault": type(fault).__name__})
        run.failed += [found.reference for found in requests]
        return
    held = []
    for info_request in requests:
        reference = info_request.reference
        lost = info_request.pk in searched.lost
        if not lost and (searched.scan.is_void or info_request.pk in searched.unopened):
            run.failed.append(reference)
        elif info_request.pk in searched.leaks:
            held.append(reference)
            _attempt(run, reference, partial(_hold, searched, info_request))
        elif _attempt(run, reference, partial(_finish_erasing, begun[info_request.pk], due, searched)):
            run.erased.append(reference)
    run.held += held
    with transaction.atomic(durable=True):
        proving.shout(searched, held)


@transaction.atomic(durable=True)
def _hold(searched: proving.Searched, info_request: InformationRequest) -> None:
    proving.write_proof(searched, info_request, names=None)


def refuse_silence(run: Run) -> None:
    """What is held or failed makes the heartbeat red; the rest of the night was done all the same."""
    if run.held or run.failed:
        raise proving.NotAllErased


def _begin_erasing(record: RetentionRecord, due: QuerySet[RetentionRecord]) -> bool:
    """From here on it goes: marked, and its derived copies taken away (SP-21)."""
    if not _mark_erasing(record, due):
        return False
    for name in personal_data.storage_names(record.info_request):
        vault.delete_file(name)
    return True


@transaction.atomic(durable=True)
def _mark_erasing(record: RetentionRecord, due: QuerySet[RetentionRecord]) -> bool:
    request = locked(record.info_request)
    own = due.filter(pk=record.pk)
    own.filter(erasing_at__isnull=True).update(erasing_at=clock.now())
    outbox.drop(request.uuid)
    return own.exists()


@transaction.atomic(durable=True)
def _finish_erasing(record: RetentionRecord, due: QuerySet[RetentionRecord], searched: proving.Searched) -> bool:
    request = locked(record.info_request)
    found = due.filter(pk=record.pk).first()
    if found is None or request.data_state != DataState.BLOCKED:
        return False
    now = clock.now()
    names = personal_data.storage_names(request)
    data_subject = processing.pseudonym(request.uuid)  # gone with the key
    found.erased_rows, found.erased_keys = personal_data.erase(request)
    found.erased_files = len(names)
    found.erased_at = now
    found.save(update_fields=["erased_rows", "erased_keys", "erased_files", "erased_at"])
    workflow.perform(
        request.erase,
        action=Action.ERASED,
        actor=None,
        at=now,
        due_on=found.erase_on,
        filed=request.filed_at is not None,
        data_subject=data_subject,
    )
    proving.write_proof(searched, request, names=names)
    ledger.note(ledger.Kind.ERASED, request.uuid)
    return True


def _forget_looks(day: date) -> None:
    """The read log is kept for years of the calendar, by a setting (SP-11)."""
    first_kept = day - relativedelta(years=settings.IMIDESK_READ_LOG_YEARS)
    ReadRecord.objects.filter(at__lt=datetime.combine(first_kept, time.min, tzinfo=clock.AMSTERDAM)).delete()


def _sweep_files() -> None:
    """Files that no row knows of, left by what was killed between writing and committing (pitfall 4)."""
    names = set(vault.stored_files(older_than=FILE_WITHOUT_ROW))
    for name in names - personal_data.known_files(names):
        vault.delete_file(name)


def _forget_wal() -> None:
    """On SQLite the write-ahead log still holds what was erased (SP-08)."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
