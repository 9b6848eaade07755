"""The daily anchor: who changes or cuts the audit trail afterwards has to change what stands outside too (SP-09)."""

import dataclasses
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time
from pathlib import Path

import rfc8785
from django.conf import settings
from django.db import transaction

from imidesk.core import clock, vault
from imidesk.core.append import append
from imidesk.core.models import AuditEvent, DailyAnchor

FILE = "audit-anchors.jsonl"
LARGEST = 2**53 - 1


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
    chains, events, digest = next(_digests([up_to]))
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
        append(path(), [json.dumps(asdict(line), sort_keys=True)])
    return line


def path() -> Path:
    return Path(settings.IMIDESK_ANCHORS_DIR) / FILE


def read(file: Path) -> list[Line]:
    """Raises NotAnAnchor, with the number of the line."""
    lines = []
    for number, written in enumerate(file.read_bytes().splitlines(), start=1):
        try:
            lines.append(_line(json.loads(written)))
        except (TypeError, ValueError):
            raise NotAnAnchor(f"Line {number} of the file is not an anchor.") from None
    return lines


def _line(fields: dict[str, object]) -> Line:
    line = Line(**fields)  # type: ignore[arg-type]
    for field in dataclasses.fields(Line):
        value = getattr(line, field.name)
        if type(value) is not field.type or (isinstance(value, int) and not 0 <= value <= LARGEST):
            raise TypeError(field.name)
    datetime.fromisoformat(line.up_to).astimezone(UTC)
    return line


def faults(lines: Iterable[Line]) -> Iterator[str]:
    """Anchors whose signature does not fit, or that no longer agree with the trail; the trail is read once."""
    signed = []
    for line in lines:
        fault = _fault_of_signature(line)
        if fault:
            yield f"anchor of {line.up_to}: {fault}"
        else:
            signed.append(line)
    moments = sorted({datetime.fromisoformat(line.up_to) for line in signed})
    digests = dict(zip(moments, _digests(moments), strict=True))
    for line in signed:
        if digests[datetime.fromisoformat(line.up_to)] != (line.chains, line.events, line.digest):
            yield f"anchor of {line.up_to}: the audit trail of before that moment was changed or cut"


def _fault_of_signature(line: Line) -> str:
    try:
        key = vault.audit_key(line.key_id)
    except vault.KeyMissing:
        return f"its key {line.key_id} is not here"
    expected = key.mac(_message(line.up_to, line.chains, line.events, line.digest)).hex()
    fits = hmac.compare_digest(expected.encode(), line.signature.encode())
    return "" if fits else "the signature does not fit"


def _digests(moments: Sequence[datetime]) -> Iterator[tuple[int, int, str]]:
    """For each moment, in order: how many chains and events were recorded before it, and SHA-256 over the heads."""
    heads: dict[tuple[str, str], tuple[int, str]] = {}
    events = 0
    recorded = (
        AuditEvent.objects.filter(recorded_at__lt=moments[-1] if moments else clock.now())
        .order_by("recorded_at", "pk")
        .values_list("recorded_at", "chain__kind", "chain__subject", "number", "link")
        .iterator(chunk_size=10_000)
    )
    waiting = next(recorded, None)
    for moment in moments:
        while waiting is not None and waiting[0] < moment:
            _, kind, subject, number, link = waiting
            events += 1
            head = (kind, str(subject))
            if number > heads.get(head, (0, ""))[0]:
                heads[head] = (number, bytes(link).hex())
            waiting = next(recorded, None)
        hashed = hashlib.sha256()
        for chain, (length, last) in sorted(heads.items()):
            hashed.update(f"{chain[0]}:{chain[1]}:{length}:{last}\n".encode())
        yield len(heads), events, hashed.hexdigest()


def _message(up_to: str, chains: int, events: int, digest: str) -> bytes:
    return rfc8785.dumps(["anchor", up_to, chains, events, digest])
