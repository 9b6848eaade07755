"""The daily anchor: who changes or cuts the audit trail afterwards has to change what stands outside too (SP-09)."""

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time
from pathlib import Path

import rfc8785
from django.conf import settings
from django.db import transaction
from django.db.models import Max

from imidesk.core import clock, vault
from imidesk.core.models import AuditEvent, DailyAnchor

FILE = "audit-anchors.jsonl"


@dataclass(frozen=True)
class Line:
    """As it stands in the file: what was there up to a moment, and who signed."""

    up_to: str
    chains: int
    events: int
    digest: str
    key_id: str
    signature: str


class NotAnAnchor(ValueError):
    """A line of the file is no anchor; says which."""


def make() -> Line | None:
    """Signs what was recorded up to the last midnight (Europe/Amsterdam), once; None when that was done already.

    The moment lies hours back, so that no transaction still under way carries an earlier time.
    """
    up_to = datetime.combine(clock.today(), time(), clock.AMSTERDAM).astimezone(UTC)
    if DailyAnchor.objects.filter(up_to=up_to).exists():
        return None
    chains, events, digest = _digest(up_to)
    key = vault.audit_key()
    line = Line(
        up_to=up_to.isoformat(),
        chains=chains,
        events=events,
        digest=digest,
        key_id=key.key_id,
        signature=key.mac(_message(up_to.isoformat(), chains, events, digest)).hex(),
    )
    with transaction.atomic():
        DailyAnchor.objects.create(**{**asdict(line), "up_to": up_to}, made_at=clock.now())
        _append(line)
    return line


def path() -> Path:
    return Path(settings.IMIDESK_ANCHORS_DIR) / FILE


def read(file: Path) -> Iterator[Line]:
    """Raises NotAnAnchor, with the number of the line."""
    for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            yield Line(**json.loads(text))
        except (TypeError, ValueError):
            raise NotAnAnchor(f"Line {number} of the file is not an anchor.") from None


def faults(lines: Iterator[Line]) -> Iterator[str]:
    """Anchors whose signature does not fit, or that no longer agree with the trail."""
    for line in lines:
        try:
            key = vault.audit_key(line.key_id)
        except vault.KeyMissing:
            yield f"anchor of {line.up_to}: its key {line.key_id} is not here"
            continue
        expected = key.mac(_message(line.up_to, line.chains, line.events, line.digest)).hex()
        if not hmac.compare_digest(expected, line.signature):
            yield f"anchor of {line.up_to}: the signature does not fit"
            continue
        if _digest(datetime.fromisoformat(line.up_to)) != (line.chains, line.events, line.digest):
            yield f"anchor of {line.up_to}: the audit trail of before that moment was changed or cut"


def _digest(up_to: datetime) -> tuple[int, int, str]:
    """Number of chains and events recorded before the moment, and SHA-256 over head and length of each chain."""
    last = (
        AuditEvent.objects.filter(recorded_at__lt=up_to).values("chain").annotate(last=Max("number")).order_by("chain")
    )
    lengths = dict(last.values_list("chain", "last"))
    hashed = hashlib.sha256()
    events = 0
    heads = (
        AuditEvent.objects.filter(recorded_at__lt=up_to)
        .order_by("chain__kind", "chain__subject", "number")
        .values_list("chain", "chain__kind", "chain__subject", "number", "link")
    )
    for chain, kind, subject, number, link in heads.iterator(chunk_size=10_000):
        events += 1
        if number == lengths[chain]:
            hashed.update(f"{kind}:{subject}:{number}:{bytes(link).hex()}\n".encode())
    return len(lengths), events, hashed.hexdigest()


def _message(up_to: str, chains: int, events: int, digest: str) -> bytes:
    return rfc8785.dumps(["anchor", up_to, chains, events, digest])


def _append(line: Line) -> None:
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as sink:
        sink.write(json.dumps(asdict(line), sort_keys=True) + "\n")
        sink.flush()
        os.fsync(sink.fileno())
