"""Kills the night's run at seeded instants, looks what it left, and lets it run again (issue 5, SP-21).

Run as a process of its own under the settings of a desk that is still empty; prints its figures as JSON. The night is
`manage.py retention` in a forked process, so that no kill is spent on a start. Its batches are small here, so that
there are many instants between two transactions.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import median
from uuid import UUID

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import Count  # noqa: E402

from archive import pacing, personal_data  # noqa: E402
from archive.models import ErasureProof, RetentionRecord  # noqa: E402
from archive.services import retaining  # noqa: E402
from imidesk.core import audit, clock, ledger, vault  # noqa: E402
from imidesk.core.models import AuditEvent, LedgerEntry  # noqa: E402
from requests_app.checks import grant_faults  # noqa: E402
from requests_app.models import InformationRequest, SealedFile  # noqa: E402
from requests_app.vocabulary import ON_DATA, Action, DataState, FileKind  # noqa: E402
from requests_app.writing import NewFile, write_file  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
PER_NIGHT = 15
BATCH = 3
NIGHTS_BESIDE = 3  # one to time the others by, and two that run twice side by side


@dataclass
class Figures:
    kills: int = 0
    before: int = 0
    between: int = 0
    after: int = 0
    blocked: int = 0
    erased: int = 0
    together: int = 0
    seconds: list[float] = field(default_factory=list)

    def lines(self) -> Iterator[tuple[str, object]]:
        yield "kills of a night's run", self.kills
        yield "of which before its first transaction that counts", self.before
        yield "of which between two of them", self.between
        yield "of which after its last", self.after
        yield "nights run twice side by side", self.together
        yield "requests blocked", self.blocked
        yield "requests erased, each with one proof and one entry in the ledger", self.erased
        yield "seconds from the kill to everything done, median", round(median(self.seconds), 1)
        yield "seconds from the kill to everything done, longest", round(max(self.seconds), 1)


def figures_of(environment: dict[str, str], *, kills: int, seed: int) -> Figures:
    """Of a desk that is still empty, whose database and broker run."""
    command = [sys.executable, "-m", "tests.real.nights", "--kills", str(kills), "--seed", str(seed)]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-4000:]
    return Figures(**json.loads(ended.stdout.splitlines()[-1]))


class Nights:
    def __init__(self, kills: int, seed: int) -> None:
        self.random = random.Random(seed)
        self.figures = Figures()
        self.names: dict[int, str] = {}
        self.spans: list[float] = []
        self.nights = kills + NIGHTS_BESIDE

    def run(self) -> Figures:
        """In the order of the days, as what is blocked today is erased years later; a night does both."""
        self._prepare()
        first, second, *killed, last = self._days()
        self._let_run(first)
        self._together(second)
        for day in killed:
            self._kill(day, self.random.uniform(0, 1.1 * max(self.spans[-3:])))
        self._together(last)
        return self.figures

    def _prepare(self) -> None:
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        vault.make_keys()
        # Each is blocked once and erased once, but for what is still open.
        call_command("load_scale", str(int(self.nights * PER_NIGHT / 2 / 0.9)), stdout=sys.stderr)
        with vault.key_scope():
            for info_request in InformationRequest.objects.filter(ended_at__isnull=False).order_by("pk")[::2]:
                file = NewFile("imi.pdf", "application/pdf", b"%PDF-1.7 of the trial")
                row = write_file(info_request, FileKind.IMI_FULL, file, by=None, at=clock.now())
                self.names[info_request.pk] = row.storage_name

    def _days(self) -> list[date]:
        """Days on which about as many become due each time, to be blocked or to be erased."""
        days = sorted(chain.from_iterable(RetentionRecord.objects.values_list("block_on", "erase_on")))
        return [days[min(len(days), (turn + 1) * PER_NIGHT) - 1] for turn in range(self.nights)]

    def _together(self, day: date) -> None:
        """Two at once: what one has, the other passes over."""
        nights = [self._begin(day), self._begin(day)]
        assert [os.waitpid(night, 0)[1] for night in nights] == [0, 0]
        self.figures.together += 1
        self._check(day)

    def _kill(self, day: date, after: float) -> None:
        done, wanted = self._done(), self._wanted(day)
        night = self._begin(day)
        time.sleep(after)
        os.kill(night, signal.SIGKILL)
        began = time.monotonic()
        os.waitpid(night, 0)
        self._check()
        now = self._done()
        self.figures.kills += 1
        self.figures.before += now == done
        self.figures.after += now == wanted != done
        self.figures.between += now not in (done, wanted)
        self._let_run(day)
        self.figures.seconds.append(time.monotonic() - began)

    def _let_run(self, day: date) -> None:
        began = time.monotonic()
        assert os.waitpid(self._begin(day), 0)[1] == 0
        self.spans.append(time.monotonic() - began)
        self._check(day)

    def _begin(self, day: date) -> int:
        connection.close()
        connection.close_pool()  # its threads would not be there after the fork
        night = os.fork()
        if night:
            return night
        code = 1
        try:
            retaining.Pace = partial(pacing.Pace, BATCH)  # type: ignore[misc, assignment]
            pacing.MOST = BATCH
            call_command("retention", as_of=day, stdout=sys.stderr)
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)

    def _done(self) -> tuple[int, int]:
        of = dict(InformationRequest.objects.order_by().values_list("data_state").annotate(number=Count("pk")))
        erased = of.get(DataState.ERASED, 0)
        return of.get(DataState.BLOCKED, 0) + erased, erased

    def _wanted(self, day: date) -> tuple[int, int]:
        records = RetentionRecord.objects
        return records.filter(block_on__lte=day).count(), records.filter(erase_on__lte=day).count()

    def _check(self, day: date | None = None) -> None:
        """What must hold after a kill; after a whole run of a day also that nothing of it is left to do."""
        found = [*map(str, audit.verify()), *grant_faults(), *self._faults()]
        done = self._done()
        self.figures.blocked, self.figures.erased = done
        if day is not None:
            if done != self._wanted(day):
                found.append(f"{done} done, {self._wanted(day)} due")
            ledger.flush()
            written = {UUID(line.subject) for line in ledger.lines()}
            erased = InformationRequest.objects.filter(data_state=DataState.ERASED).values_list("uuid", flat=True)
            if written != set(erased):
                found.append("the file of the ledger and the database differ")
        assert not found, found

    def _faults(self) -> Iterator[str]:
        requests = {one.pk: one for one in InformationRequest.objects.exclude(ended_at=None)}
        records = {record.info_request_id: record for record in RetentionRecord.objects.all()}
        acts = Counter(AuditEvent.objects.filter(action__in=ON_DATA).order_by().values_list("chain__subject", "action"))
        proofs = Counter(ErasureProof.objects.values_list("info_request", flat=True))
        entries = Counter(LedgerEntry.objects.values_list("subject", flat=True))
        keys = vault.owners_with_key(one.uuid for one in requests.values())
        sealed = personal_data.sealed_rows_left(requests.values())
        stored = set(vault.stored_files())
        rows = dict(SealedFile.objects.values_list("info_request", "storage_name"))
        for pk, one in requests.items():
            blocked, erased = one.data_state != DataState.OPEN, one.data_state == DataState.ERASED
            record = records[pk]
            facts = {
                "blocked once": acts[one.uuid, Action.BLOCKED] == (record.blocked_at is not None) == blocked,
                "erased once": acts[one.uuid, Action.ERASED] == (record.erased_at is not None) == erased,
                "one proof": proofs[pk] == erased,
                "one entry in the ledger": entries[one.uuid] == erased,
                "a key unless erased": (one.uuid in keys) != erased,
                "sealed rows unless erased": bool(sealed[pk]) != erased,
                "a row of its file unless erased": (pk in rows) == (pk in self.names and not erased),
                "its file until erasing": pk not in self.names
                or record.erasing_at is not None
                or self.names[pk] in stored,
                "no file once erased": not erased or self.names.get(pk) not in stored,
            }
            yield from (f"{one.reference}: not {name}" for name, holds in facts.items() if not holds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    chosen = parser.parse_args()
    print(json.dumps(vars(Nights(chosen.kills, chosen.seed).run())))


if __name__ == "__main__":
    main()
