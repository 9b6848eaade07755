"""Processing records after the draft standard Logboek dataverwerkingen: one per look and per night's act (SP-18).

A record is a row, written with what it tells; a task brings it to the sink of the settings. A sink that does not
answer makes the heartbeat red and stops nothing. Each sink tells the fields of this module and no others.
"""

import http.client
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings

from imidesk.core import clock, vault
from imidesk.core.append import append
from imidesk.core.models import AuditEvent, Installation, ProcessingRecord

HEARTBEAT = "processing_records"
BATCH = 200
TIMEOUT = 10
OFF = "off"
ID_TYPE = "pseudonym of the IMI desk"
ACTIVITY = "dpl.core.processing_activity_id"
DATA_SUBJECT = "dpl.core.data_subject_id"
DATA_SUBJECT_TYPE = "dpl.core.data_subject_id_type"

_activities: dict[str, str] = {}


class SinkRefused(RuntimeError):
    """The log of processing did not take what was offered, or may not be reached."""


def register(activities: Mapping[str, str]) -> None:
    """Name of an act -> the activity in the register of processing that it belongs to. The list is closed."""
    _activities.update(activities)


def is_on() -> bool:
    return bool(settings.IMIDESK_PROCESSING_RECORDS != OFF)


def new_trace() -> UUID | None:
    """For the read record of a look."""
    return uuid4() if is_on() else None


def trace_of(event: AuditEvent) -> UUID:
    """The head of its link, so that the trail need not hold it apart."""
    return UUID(bytes=bytes(event.link)[:16])


def pseudonym(owner: UUID) -> str:
    """Of the person whose data lie under this key; nothing when no record is kept or the key is gone."""
    try:
        return vault.pseudonym(owner) if is_on() else ""
    except vault.Sealed:
        return ""


def pseudonyms(owners: Iterable[UUID]) -> dict[UUID, str]:
    """As `pseudonym`, of many."""
    known = dict.fromkeys(owners, "")
    if is_on():
        vault.fetch_keys(known)
        known = {owner: pseudonym(owner) for owner in known}
    return known


def note(name: str, data_subject: str, *, at: datetime, trace: UUID | None) -> None:
    """In the transaction of what it tells."""
    note_all([(name, data_subject, trace)], at=at)


def note_all(told: Iterable[tuple[str, str, UUID | None]], *, at: datetime) -> None:
    """Name, pseudonym and trace of each. Raises ValueError for a name that is not in the closed list."""
    if not is_on():
        return
    ProcessingRecord.objects.bulk_create(
        ProcessingRecord(trace_id=trace or uuid4(), name=_known(name), data_subject=data_subject, at=at)
        for name, data_subject, trace in told
    )


def _known(name: str) -> str:
    if name not in _activities:
        raise ValueError(f"{name} is not an act that processing records tell of.")
    return name


def flush() -> int:
    """Brings what waits to the sink, in order. Killed in between, a record arrives twice, with the same span."""
    brought = 0
    while is_on() and (batch := list(ProcessingRecord.objects.order_by("pk")[:BATCH])):
        _SINKS[settings.IMIDESK_PROCESSING_RECORDS](batch)
        ProcessingRecord.objects.filter(pk__in=[record.pk for record in batch]).delete()
        brought += len(batch)
    return brought


def setting_fault() -> str:
    """What is wrong with the settings, in a sentence; nothing when they will do (SP-36)."""
    kind = settings.IMIDESK_PROCESSING_RECORDS
    if kind not in (OFF, *_SINKS):
        return "IMIDESK_PROCESSING_RECORDS is not off, file or otlp."
    if kind != "otlp":
        return ""
    address = urlsplit(settings.IMIDESK_PROCESSING_ENDPOINT)
    if address.scheme != "https" and settings.IMIDESK_KIND == Installation.Kind.PRODUCTION:
        return "IMIDESK_PROCESSING_ENDPOINT is not https."
    if address.hostname not in settings.IMIDESK_OUTBOUND_HOSTS:
        return "The host of IMIDESK_PROCESSING_ENDPOINT is not in IMIDESK_OUTBOUND_HOSTS."
    return ""


def _attributes(record: ProcessingRecord) -> dict[str, str]:
    activity = {ACTIVITY: f"{settings.IMIDESK_PROCESSING_REGISTER}#{_activities[record.name]}"}
    if not record.data_subject:
        return activity
    return {**activity, DATA_SUBJECT: record.data_subject, DATA_SUBJECT_TYPE: ID_TYPE}


def _resource() -> dict[str, str]:
    return {"service.name": "imidesk", "service.instance.id": str(clock.installation())}


def _span_id(record: ProcessingRecord) -> str:
    return record.uuid.hex[16:]


def _to_file(batch: Sequence[ProcessingRecord]) -> None:
    """A line each, in the words of the draft; a file a day, so that who keeps them can let a day go."""
    resource = {"attributes": _resource()}
    days: dict[Path, list[str]] = {}
    for record in batch:
        at = record.at.astimezone(UTC)
        moment = at.isoformat(timespec="milliseconds")
        line = {
            "trace_id": record.trace_id.hex,
            "span_id": _span_id(record),
            "status": "Ok",
            "name": record.name,
            "start_time": moment,
            "end_time": moment,
            "resource": resource,
            "attributes": _attributes(record),
        }
        file = Path(settings.IMIDESK_PROCESSING_DIR) / f"processing-{at:%Y-%m-%d}.jsonl"
        days.setdefault(file, []).append(json.dumps(line, sort_keys=True))
    for file, lines in days.items():
        append(file, lines)


def _to_otlp(batch: Sequence[ProcessingRecord]) -> None:
    """OTLP over HTTP as JSON; follows no redirect. Raises SinkRefused unless every span was taken."""
    if fault := setting_fault():
        raise SinkRefused(fault)
    address = urlsplit(settings.IMIDESK_PROCESSING_ENDPOINT)
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.hostname or "", address.port, timeout=TIMEOUT)
    try:
        body = json.dumps(_otlp(batch)).encode()
        connection.request("POST", address.path or "/", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        told = answer.read()
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise SinkRefused(str(answer.status))
    taken = json.loads(told or b"{}").get("partialSuccess") or {}
    if int(taken.get("rejectedSpans") or 0):
        raise SinkRefused("Not every record was taken.")


def _otlp(batch: Sequence[ProcessingRecord]) -> dict[str, object]:
    spans = [
        {
            "traceId": record.trace_id.hex,
            "spanId": _span_id(record),
            "name": record.name,
            "kind": 1,
            "startTimeUnixNano": _nano(record.at),
            "endTimeUnixNano": _nano(record.at),
            "attributes": _pairs(_attributes(record)),
            "status": {"code": 1},
        }
        for record in batch
    ]
    scope = {"scope": {"name": "imidesk.processing"}, "spans": spans}
    return {"resourceSpans": [{"resource": {"attributes": _pairs(_resource())}, "scopeSpans": [scope]}]}


def _pairs(attributes: Mapping[str, str]) -> list[dict[str, object]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()]


def _nano(moment: datetime) -> str:
    whole = int(moment.replace(microsecond=0).timestamp())
    return str(whole * 1_000_000_000 + moment.microsecond * 1000)


_SINKS: dict[str, Callable[[Sequence[ProcessingRecord]], None]] = {"file": _to_file, "otlp": _to_otlp}
