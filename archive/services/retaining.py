"""Blocking and erasing what is due, in batches; late, killed, twice or side by side gives the same (DP-03, DP-05).

The day is an argument; whoever calls takes it from the database's clock (house rule 8).
"""

import gc
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import chain
from typing import TypeVar
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model, QuerySet

from archive import packing, personal_data, proving, selectors
from archive.models import RetentionRecord
from archive.pacing import Pace
from archive.writing import register_ended
from imidesk.core import clock, ledger, outbox, processing, vault
from requests_app import workflow
from requests_app.models import InformationRequest, ReadRecord
from requests_app.vocabulary import Action, DataState
from requests_app.writing import locked, locked_many

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=Model)
Due = Callable[[], QuerySet[RetentionRecord]]
"""What is due, asked anew each time: what was decided meanwhile counts."""

BATCH = 100
BEGUN_AT_ONCE = 50_000
"""Requests that begin to go together; how many of them one search covers, their values say."""
LARGE_RUN = 1000
"""Requests; a larger run reads less of the desk, in its last search too (SP-23)."""
FILE_WITHOUT_ROW = timedelta(days=1)


@dataclass
class Run:
    """What a run did, by reference; what failed is tried again the next time."""

    ended: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Batch:
    """What one transaction did, number and reference; what is in other hands, or needs one of its own, is left."""

    done: dict[int, str]
    left: list[int]


def block_due(day: date) -> Run:
    """Registers what is not in the register yet, ends what nobody touched, and blocks what is due."""
    run = Run()
    for info_request in _one_by_one(selectors.without_record()):
        _attempt(run, info_request.reference, partial(register_ended, info_request))
    for info_request in _one_by_one(selectors.short_lived(day)):
        if _attempt(run, info_request.reference, partial(_follow_short_clock, info_request, day)):
            run.ended.append(info_request.reference)
    due = _numbers(selectors.due_for_blocking(day))
    run.blocked += _in_batches(run, due, partial(_block_many, day=day), partial(_block, day=day)).values()
    return run


def erase_due(day: date) -> Run:
    """Many together, because every place is read once for all of them; then what no row knows of (SP-21)."""
    run = Run()
    due = _numbers(selectors.due_for_erasure(day))
    whole = len(due) <= LARGE_RUN
    for start in range(0, len(due), BEGUN_AT_ONCE):
        _erase(run, due[start : start + BEGUN_AT_ONCE], partial(selectors.due_for_erasure, day), whole=whole)
    _sweep_files()
    _forget_looks(day)
    _forget_wal()
    return run


def _numbers(records: QuerySet[RetentionRecord]) -> list[int]:
    return list(records.order_by("pk").values_list("info_request", flat=True))


def _one_by_one(rows: QuerySet[Row]) -> Iterator[Row]:
    """In batches by primary key, so that one that fails is passed over and not met again in this run."""
    after = 0
    while batch := list(rows.filter(pk__gt=after).order_by("pk")[:BATCH]):
        yield from batch
        after = batch[-1].pk


@contextmanager
def _set_aside() -> Iterator[None]:
    """What is in memory already, also all that a search left, no batch looks through for cycles while it holds rows."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@_set_aside()
def _in_batches(
    run: Run, pks: Sequence[int], many: Callable[[Sequence[int]], Batch], one: Callable[[int], bool]
) -> dict[int, str]:
    """What was done. What a batch leaves, and each of a batch that fails, is tried by itself afterwards."""
    pace = Pace()
    done: dict[int, str] = {}
    left: list[int] = []
    at = 0
    while batch := pks[at : at + pace.size]:
        at += len(batch)
        try:
            with pace.timed(len(batch)):
                result = many(batch)
        except Exception as fault:
            logger.warning("retention_one_by_one", extra={"number": len(batch), "fault": type(fault).__name__})
            left += batch
        else:
            done |= result.done
            left += result.left
    for pk in left:
        reference = InformationRequest.objects.values_list("reference", flat=True).get(pk=pk)
        if _attempt(run, reference, partial(one, pk)):
            done[pk] = reference
    return done


def _batch(pks: Sequence[int], taken: Iterable[InformationRequest], done: Iterable[InformationRequest]) -> Batch:
    """Of those that were taken, what was not due any more was done by somebody else: it is not left."""
    seen = {one.pk for one in taken}
    return Batch({one.pk: one.reference for one in done}, [pk for pk in pks if pk not in seen])


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
        _end(request)
    register_ended(request, dates)
    return ended


def _end(request: InformationRequest) -> None:
    reason = "entered_in_error.practice_ended" if request.fictitious else "entered_in_error.stale_draft"
    workflow.perform(request.end_by_desk, action=Action.ENTERED_IN_ERROR, actor=None, at=clock.now(), reason=reason)


@transaction.atomic(durable=True)
def _block_many(pks: Sequence[int], day: date) -> Batch:
    """Left: what needs a package, or whose dates may have moved since they were registered."""
    found = locked_many(pks)
    corrected = selectors.corrected(found)
    going = [one for one in found if not (one.needs_filing or one.fictitious or one.pk in corrected)]
    due = dict(selectors.due_for_blocking(day).filter(info_request__in=going).values_list("info_request", "block_on"))
    requests = [one for one in going if one.pk in due]
    if requests:
        now = clock.now()
        workflow.perform_many(
            requests, InformationRequest.block, action=Action.BLOCKED, at=now, facts=lambda one: {"due_on": due[one.pk]}
        )
        RetentionRecord.objects.filter(info_request__in=requests).update(blocked_at=now)
    return _batch(pks, going, requests)


def _block(pk: int, day: date) -> bool:
    """What was never filed goes on from its package (design 9)."""
    info_request = InformationRequest.objects.get(pk=pk)
    needs_package = info_request.needs_filing
    return _block_one(info_request, day, packing.render_missing(info_request) if needs_package else {})


@transaction.atomic(durable=True)
def _block_one(info_request: InformationRequest, day: date, rendered: packing.Rendered) -> bool:
    """False: done before, or its end was corrected since."""
    request = locked(info_request)
    register_ended(request)
    due = selectors.due_for_blocking(day).filter(info_request=request).first()
    if due is None:
        return False
    now = clock.now()
    if request.needs_filing:
        packing.write_package(request, rendered, now)
    _perform_block(request, due, now)
    return True


def _perform_block(request: InformationRequest, record: RetentionRecord, now: datetime) -> None:
    workflow.perform(request.block, action=Action.BLOCKED, actor=None, at=now, due_on=record.block_on)
    record.blocked_at = now
    record.save(update_fields=["blocked_at"])


def erase_again(subject: UUID, at: datetime, what: Mapping[str, str]) -> None:
    """After a restore: what the copy holds of a request that was erased, whether its day has come by then or not."""
    info_request = InformationRequest.objects.filter(uuid=subject).exclude(data_state=DataState.ERASED).first()
    if info_request is None:
        return
    _end_and_block(info_request)
    run = Run()
    blocked = RetentionRecord.objects.filter(info_request=info_request, blocked_at__isnull=False)
    _erase(run, _numbers(blocked), partial(blocked.filter, erased_at__isnull=True), whole=True)
    refuse_silence(run)


@transaction.atomic(durable=True)
def _end_and_block(info_request: InformationRequest) -> None:
    request = locked(info_request)
    if not request.has_ended:
        _end(request)
    register_ended(request)
    if request.data_state == DataState.OPEN:
        _perform_block(request, RetentionRecord.objects.get(info_request=request), clock.now())


def _erase(run: Run, pks: Sequence[int], due: Due, *, whole: bool) -> None:
    """Safe to kill anywhere: a kill before a request's last transaction starts it over, after it leaves nothing to do.

    A search that misses a planted marker, or one that breaks, erases nothing: red, and tried again (SP-21, SP-22).
    """
    begin = partial(_begin, due=due)
    begun = _in_batches(run, pks, begin, lambda pk: bool(begin([pk], wait=True).done))
    requests = list(InformationRequest.objects.filter(pk__in=list(begun)).order_by("pk"))
    while requests:
        try:
            searched = proving.search(requests, whole=whole)
        except Exception as fault:
            logger.error("erasure_search_failed", extra={"fault": type(fault).__name__})
            run.failed += (one.reference for one in requests)
            return
        _erase_searched(run, due, searched)
        requests = requests[len(searched.requests) :]


def _erase_searched(run: Run, due: Due, searched: proving.Searched) -> None:
    held, clean = [], []
    for info_request in searched.requests:
        reference = info_request.reference
        lost = info_request.pk in searched.lost
        if not lost and (searched.scan.is_void or info_request.pk in searched.unopened):
            run.failed.append(reference)
        elif info_request.pk in searched.leaks:
            held.append(reference)
            _attempt(run, reference, partial(_hold, searched, info_request))
        else:
            clean.append(info_request.pk)
    finish = partial(_finish, due=due, searched=searched)
    run.erased += _in_batches(run, clean, finish, lambda pk: bool(finish([pk], wait=True).done)).values()
    run.held += held
    with transaction.atomic(durable=True):
        proving.shout(searched, held)


@transaction.atomic(durable=True)
def _hold(searched: proving.Searched, info_request: InformationRequest) -> None:
    proving.write_held(searched, info_request)


def refuse_silence(run: Run) -> None:
    """What is held or failed makes the heartbeat red; the rest of the night was done all the same."""
    if run.held or run.failed:
        raise proving.NotAllErased


def _begin(pks: Sequence[int], due: Due, *, wait: bool = False) -> Batch:
    """From here on they go: marked, and their derived copies taken away (SP-21)."""
    marked = _mark(pks, due, wait=wait)
    vault.delete_files(chain.from_iterable(personal_data.storage_names(marked.done).values()))
    return marked


@transaction.atomic(durable=True)
def _mark(pks: Sequence[int], due: Due, *, wait: bool) -> Batch:
    found = locked_many(pks, wait=wait)
    own = due().filter(info_request__in=found)
    numbers = set(own.values_list("info_request", flat=True))
    requests = [one for one in found if one.pk in numbers]
    own.filter(erasing_at__isnull=True).update(erasing_at=clock.now())
    outbox.drop(one.uuid for one in requests)
    return _batch(pks, found, requests)


@transaction.atomic(durable=True)
def _finish(pks: Sequence[int], due: Due, searched: proving.Searched, *, wait: bool = False) -> Batch:
    found = locked_many(pks, wait=wait)
    records = {record.info_request_id: record for record in due().filter(info_request__in=found)}
    requests = [one for one in found if one.pk in records and one.data_state == DataState.BLOCKED]
    if requests:
        _erase_rows(requests, records, searched)
    return _batch(pks, found, requests)


def _erase_rows(
    requests: Sequence[InformationRequest], records: Mapping[int, RetentionRecord], searched: proving.Searched
) -> None:
    now = clock.now()
    names = personal_data.storage_names(records)
    data_subjects = processing.pseudonyms(one.uuid for one in requests)  # gone with the keys
    for pk, erased in personal_data.erase(requests).items():
        record = records[pk]
        record.erased_rows, record.erased_keys, record.erased_files = erased.rows, erased.key_ids, len(names[pk])
        record.erased_at = now
    # By their primary key, so that this inserts nothing.
    RetentionRecord.objects.bulk_create(
        [records[one.pk] for one in requests],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["erased_rows", "erased_keys", "erased_files", "erased_at"],
    )
    workflow.perform_many(
        requests,
        InformationRequest.erase,
        action=Action.ERASED,
        at=now,
        facts=lambda one: {
            "due_on": records[one.pk].erase_on,
            "filed": one.filed_at is not None,
            "data_subject": data_subjects[one.uuid],
        },
    )
    proving.write_proofs(searched, {one: names[one.pk] for one in requests})
    ledger.note_many(ledger.Kind.ERASED, [one.uuid for one in requests])


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
