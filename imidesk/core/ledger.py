"""The ledger: what a restored copy must not bring back, in a file outside the database and its backups (SP-24).

An entry is a row, written in the transaction of the act itself; after it the row is added to the file, and by the
beat when that was missed. A line has ids, codes and a time, and the signature of the audit key.
"""

import hmac
import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import rfc8785
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from imidesk.core import clock, vault
from imidesk.core.append import append
from imidesk.core.models import LedgerEntry

logger = logging.getLogger(__name__)

FILE = "ledger.jsonl"
BATCH = 1000
TAIL = 64 * 1024

Kind = LedgerEntry.Kind
Again = Callable[[UUID, datetime, Mapping[str, str]], None]
_again: dict[str, Again] = {}
_behind = False


class NotALedger(ValueError):
    """A line of the file is no entry, or not ours; says which."""


@dataclass(frozen=True)
class Line:
    """As it stands in the file."""

    id: str
    installation: str
    kind: str
    subject: str
    what: dict[str, str]
    at: str
    key_id: str
    signature: str

    @property
    def message(self) -> bytes:
        signed = {name: value for name, value in asdict(self).items() if name != "signature"}
        return rfc8785.dumps(["ledger", signed])


def register(kind: Kind, again: Again) -> None:
    """What does an act again after a restore; it may be called for what was done already."""
    if _again.setdefault(kind, again) is not again:
        raise ValueError(f"{kind} has another function already.")


def note(kind: Kind, subject: UUID, what: Mapping[str, str] | None = None) -> None:
    """In the transaction of the act."""
    note_many(kind, [subject], what)


def note_many(kind: Kind, subjects: Iterable[UUID], what: Mapping[str, str] | None = None) -> None:
    """An entry for each; in the transaction of the act."""
    at = clock.now()
    LedgerEntry.objects.bulk_create(
        LedgerEntry(kind=kind, subject=subject, what=dict(what or {}), at=at) for subject in subjects
    )
    transaction.on_commit(flush, robust=True)


def path() -> Path:
    return Path(settings.IMIDESK_LEDGER_DIR) / FILE


def flush() -> int:
    """Adds what is not in the file yet. A kill in between adds a line twice, which changes nothing."""
    added = 0
    while waiting := list(LedgerEntry.objects.filter(written_at__isnull=True).order_by("pk")[:BATCH]):
        key, installation = vault.audit_key(), clock.installation()
        append(path(), [json.dumps(asdict(_line(entry, key, installation)), sort_keys=True) for entry in waiting])
        LedgerEntry.objects.filter(pk__in=[entry.pk for entry in waiting]).update(written_at=clock.now())
        added += len(waiting)
    return added


def lines() -> Iterator[Line]:
    """Those of this installation. Raises NotALedger with the number of the line, and KeyMissing."""
    try:
        content = path().read_bytes()
    except FileNotFoundError:
        return
    own = str(clock.installation())
    for number, written in enumerate(content.splitlines(), start=1):
        try:
            line = Line(**json.loads(written))
            if line.installation != own:
                continue
            UUID(line.id), UUID(line.subject), datetime.fromisoformat(line.at), Kind(line.kind)
        except (TypeError, ValueError):
            raise NotALedger(f"Line {number} of the ledger is not an entry.") from None
        expected = vault.audit_key(line.key_id).mac(line.message).hex()
        if not hmac.compare_digest(expected, line.signature):
            raise NotALedger(f"Line {number} of the ledger is not signed by this desk.")
        yield line


def missing(*kinds: Kind) -> list[Line]:
    """Lines that the database knows nothing of: it is older than the file."""
    found = {line.id: line for line in lines() if not kinds or line.kind in kinds}
    known = LedgerEntry.objects.filter(uuid__in=found).values_list("uuid", flat=True)
    return [line for line_id, line in found.items() if line_id not in set(map(str, known))]


def replay_all() -> None:
    """For a restore."""
    with vault.key_scope():
        replay()


def replay(*kinds: Kind) -> int:
    """Does again what the database does not know of, destroyed keys first; how many. Safe to repeat."""
    order = list(Kind)
    waiting = sorted(missing(*kinds), key=lambda line: order.index(Kind(line.kind)))
    for line in waiting:
        at = datetime.fromisoformat(line.at)
        _again[line.kind](UUID(line.subject), at, line.what)
        LedgerEntry.objects.create(
            uuid=line.id, kind=line.kind, subject=line.subject, what=line.what, at=at, written_at=clock.now()
        )
    return len(waiting)


def look() -> bool:
    """Whether the file knows more than the database; remembered for `is_behind`. The last line says enough."""
    global _behind
    last = _last_id()
    _behind = last is not None and not LedgerEntry.objects.filter(uuid=last).exists()
    return _behind


def refuse_when_behind() -> None:
    """The worker does not start on a copy that was put back (SP-24)."""
    if look():
        raise ImproperlyConfigured("The database is older than the ledger: run `manage.py replay_ledger`.")


def is_behind() -> bool:
    """Asks anew only while it is: a copy is put back when the desk does not run."""
    return _behind and look()


def _last_id() -> UUID | None:
    try:
        with path().open("rb") as file:
            start = max(0, file.seek(0, os.SEEK_END) - TAIL)
            file.seek(start)
            tail = file.read().splitlines()[1 if start else 0 :]
    except FileNotFoundError:
        return None
    own = str(clock.installation())
    for written in reversed(tail):
        try:
            line = json.loads(written)
            if line["installation"] == own:
                return UUID(line["id"])
        except (TypeError, ValueError, KeyError):
            raise NotALedger("The last lines of the ledger are no entries.") from None
    return None


def _line(entry: LedgerEntry, key: vault.AuditKey, installation: UUID) -> Line:
    at = entry.at.astimezone(UTC).isoformat()
    ids = (str(entry.uuid), str(installation), entry.kind, str(entry.subject))
    unsigned = Line(*ids, entry.what, at, key.key_id, signature="")
    return replace(unsigned, signature=key.mac(unsigned.message).hex())
