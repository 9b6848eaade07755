"""Work that is due, as rows: claimed by a conditional update, tried ten times, then parked (SP-40)."""

import logging
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, F
from django.db.models.functions import Least

from imidesk.core import clock, vault, wake
from imidesk.core.backoff import LEASE, wait_after
from imidesk.core.models import DueJob
from imidesk.core.models.due import TRIES

logger = logging.getLogger(__name__)

TASK = "imidesk.core.tasks.run_due_jobs"
BATCH = 20

Run = Callable[[UUID], None]
_runs: dict[str, Run] = {}
_State = DueJob.State


def register(kind: str, run: Run) -> None:
    """The function opens its own transaction and may be called again for the same subject."""
    if _runs.setdefault(kind, run) is not run:
        raise ValueError(f"{kind} has another function already.")


def plan(kind: str, subject: UUID, *, due_at: datetime | None = None) -> None:
    """One open row per kind and subject. Asked again while it runs, it runs once more."""
    moment = clock.now()
    due = due_at or moment
    open_rows = DueJob.objects.filter(kind=kind, subject=subject, state=_State.OPEN)
    again = {"asked": F("asked") + 1, "due_at": Least(F("due_at"), due)}
    if not open_rows.update(**again):
        try:
            with transaction.atomic():
                DueJob.objects.create(kind=kind, subject=subject, created_at=moment, due_at=due, next_try_at=due)
        except IntegrityError:
            open_rows.update(**again)
    open_rows.filter(tries=0).update(next_try_at=Least(F("next_try_at"), due))
    wake.on_commit(TASK)


def run_due() -> int:
    """Runs what is due, each row once; how many were done."""
    moment = clock.now()
    due = DueJob.objects.filter(state=_State.OPEN, next_try_at__lte=moment)
    due.filter(tries__gte=TRIES).update(state=_State.PARKED, ended_at=moment)
    done = 0
    for pk in list(due.order_by("next_try_at", "pk").values_list("pk", flat=True)[:BATCH]):
        if due.filter(pk=pk).update(tries=F("tries") + 1, next_try_at=clock.now() + LEASE):
            done += _run(DueJob.objects.get(pk=pk))
    return done


def counts() -> dict[str, int]:
    """Jobs per state, for the heartbeat page."""
    return dict(DueJob.objects.values_list("state").annotate(number=Count("pk")).order_by())


def is_open(kind: str, subject: UUID) -> bool:
    return DueJob.objects.filter(kind=kind, subject=subject, state=_State.OPEN).exists()


def unpark() -> int:
    """Ten fresh tries for what was parked, unless it was asked anew meanwhile."""
    number = 0
    for job in DueJob.objects.filter(state=_State.PARKED):
        try:
            with transaction.atomic():
                number += DueJob.objects.filter(pk=job.pk, state=_State.PARKED).update(
                    state=_State.OPEN, ended_at=None, tries=0, next_try_at=clock.now()
                )
        except IntegrityError:
            continue
    return number


def _run(job: DueJob) -> bool:
    rows = DueJob.objects.filter(pk=job.pk, state=_State.OPEN)
    try:
        with vault.key_scope():
            _runs[job.kind](job.subject)
    except Exception as fault:
        name = type(fault).__name__
        logger.warning("job_failed", extra={"job": job.pk, "kind": job.kind, "fault": name})
        if job.tries >= TRIES:
            rows.update(state=_State.PARKED, ended_at=clock.now(), fault=name)
        else:
            rows.update(next_try_at=clock.now() + wait_after(job.tries), fault=name)
        return False
    if not rows.filter(asked=job.asked).update(state=_State.DONE, ended_at=clock.now(), fault=""):
        rows.update(tries=0, next_try_at=clock.now())
    return True
