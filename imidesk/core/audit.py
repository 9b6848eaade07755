"""The audit trail: a chain per request, user and authority, in ids, codes and times (SP-09, SP-10)."""

import hmac
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import rfc8785
from django.db import transaction
from django.db.models import QuerySet

from imidesk.core import clock, vault
from imidesk.core.models import AuditChain, AuditEvent

if TYPE_CHECKING:
    from authorities.models import User

Check = Callable[[Mapping[UUID, AuditEvent]], Mapping[UUID, str]]
"""Of the last event of many subjects: what is wrong with which of them, a sentence each."""

_CODE = re.compile(r"[A-Za-z0-9]+([_.:/-][A-Za-z0-9]+)*")
_LONGEST_CODE = 80
_LARGEST = 2**53 - 1
CHAINS_AT_ONCE = 500

_actions: dict[str, dict[str, str]] = {}
_checks: dict[str, list[Check]] = {}


class NotInSchema(ValueError):
    """Content, or something nobody registered, on its way into the trail."""


@dataclass(frozen=True)
class Fault:
    kind: str
    subject: UUID
    sentence: str

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}: {self.sentence}"


def register(actions: Mapping[str, Mapping[str, str]]) -> None:
    """Action -> {name of a detail -> "code", "date", "number", "id", "flag", or the plural of one}."""
    for action, schema in actions.items():
        _text(action)
        unknown = {kind for kind in schema.values() if kind.removesuffix("s") not in _NORMAL}
        if unknown:
            raise NotInSchema(f"{action}: no such kind of detail: {sorted(unknown)}")
        if _actions.setdefault(action, dict(schema)) != dict(schema):
            raise NotInSchema(f"{action} is registered with other details already.")


def register_check(kind: str, check: Check) -> None:
    """Run by verify() on the chains of this kind that are whole, many at once."""
    if check not in _checks.setdefault(kind, []):
        _checks[kind].append(check)


def record(
    kind: str,
    subject: UUID,
    action: str,
    *,
    actor: "User | None",
    at: datetime,
    details: Mapping[str, object],
    recorded_at: datetime | None = None,
) -> AuditEvent:
    """The caller holds the transaction in which the thing itself happens."""
    told = {subject: tell(action, actor.pk if actor else None, at, details)}
    event = record_many(kind, told, recorded_at=recorded_at)[subject]
    event.actor = actor
    return event


def record_many(
    kind: str, told: "Mapping[UUID, Told]", *, recorded_at: datetime | None = None
) -> dict[UUID, AuditEvent]:
    """One event for each of these subjects, in the caller's transaction.

    `recorded_at` is what the clock said while the caller held the row that the chain is about; without it: now.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("An audit event is recorded in the transaction of what it tells.")
    chains = _locked_chains(kind, told)
    key, now = vault.audit_key(), recorded_at or clock.now()
    events = {subject: _next(chain, told[subject], key, now) for subject, chain in chains.items()}
    AuditEvent.objects.bulk_create(events.values())
    # By their primary key, so that this inserts nothing: the one statement that gives many rows a value each.
    AuditChain.objects.bulk_create(
        chains.values(), update_conflicts=True, unique_fields=["id"], update_fields=["head", "length"]
    )
    return events


@dataclass(frozen=True)
class Told:
    """What an event says, before it stands in a chain; made by `tell`."""

    action: str
    actor_id: int | None
    at: datetime
    details: dict[str, object]


def tell(action: str, actor_id: int | None, at: datetime, details: Mapping[str, object]) -> Told:
    """Raises NotInSchema."""
    if at.tzinfo is None:
        raise NotInSchema(f"{action}: the moment has no time zone.")
    return Told(action, actor_id, at.astimezone(UTC), _details(action, details))


def compose(
    chain: AuditChain, story: Iterable[Told], *, key: vault.AuditKey, recorded_at: datetime
) -> list[AuditEvent]:
    """The next events of a chain, which moves its head along; who writes very many at once saves both."""
    return [_next(chain, told, key, recorded_at) for told in story]


def _next(chain: AuditChain, told: Told, key: vault.AuditKey, recorded_at: datetime) -> AuditEvent:
    event = AuditEvent(
        chain=chain,
        number=chain.length + 1,
        action=told.action,
        actor_id=told.actor_id,
        at=told.at,
        recorded_at=recorded_at,
        details=told.details,
        key_id=key.key_id,
    )
    event.link = key.mac(_message(event, bytes(chain.head)))
    chain.head, chain.length = event.link, event.number
    return event


def events_of(kind: str, subject: UUID) -> QuerySet[AuditEvent]:
    events = AuditEvent.objects.filter(chain__kind=kind, chain__subject=subject)
    return events.select_related("actor", "chain").order_by("number")


def verify(kind: str | None = None, subject: UUID | None = None) -> Iterator[Fault]:
    """The first fault of each chain that has one."""
    chains = AuditChain.objects.order_by("pk")
    if kind is not None:
        chains = chains.filter(kind=kind)
    if subject is not None:
        chains = chains.filter(subject=subject)
    keys: dict[str, vault.AuditKey] = {}
    after = 0
    while batch := list(chains.filter(pk__gt=after)[:CHAINS_AT_ONCE]):
        after = batch[-1].pk
        for fault in _faults(batch, keys):
            yield from _standing_faults(fault, keys)


def _standing_faults(fault: Fault, keys: dict[str, vault.AuditKey]) -> list[Fault]:
    """Read again while nobody can add to it: an event that was written meanwhile is no fault."""
    with transaction.atomic():
        chains = AuditChain.objects.select_for_update().filter(kind=fault.kind, subject=fault.subject)
        return list(_faults(list(chains), keys))


def _faults(chains: list[AuditChain], keys: dict[str, vault.AuditKey]) -> Iterator[Fault]:
    events: dict[int, list[AuditEvent]] = {chain.pk: [] for chain in chains}
    for event in AuditEvent.objects.filter(chain__in=list(events)).order_by("chain_id", "number"):
        events[event.chain_id].append(event)
    broken = {chain.pk: _first_fault(chain, events[chain.pk], keys) for chain in chains}
    last: dict[str, dict[UUID, AuditEvent]] = {}
    for chain in chains:
        if not broken[chain.pk]:
            last.setdefault(chain.kind, {})[chain.subject] = events[chain.pk][-1]
    told = {kind: [check(of_kind) for check in _checks.get(kind, [])] for kind, of_kind in last.items()}
    for chain in chains:
        sentences = [broken[chain.pk], *(found.get(chain.subject) for found in told.get(chain.kind, []))]
        sentence = next(filter(None, sentences), None)
        if sentence:
            yield Fault(chain.kind, chain.subject, sentence)


def _first_fault(chain: AuditChain, events: list[AuditEvent], keys: dict[str, vault.AuditKey]) -> str | None:
    previous = b""
    for number, event in enumerate(events, start=1):
        event.chain = chain
        if event.number != number:
            return f"event {number} is missing"
        if event.key_id not in keys:
            keys[event.key_id] = vault.audit_key(event.key_id)
        if not hmac.compare_digest(keys[event.key_id].mac(_message(event, previous)), bytes(event.link)):
            return f"event {number} does not follow from the one before it, or was changed"
        previous = bytes(event.link)
    if not events:
        return "the chain has no event"
    if chain.length != len(events) or bytes(chain.head) != previous:
        return f"the chain ends at event {len(events)}, but {chain.length} were recorded"
    return None


def _locked_chains(kind: str, subjects: Collection[UUID]) -> dict[UUID, AuditChain]:
    locked = AuditChain.objects.select_for_update().filter(kind=kind, subject__in=list(subjects)).order_by("pk")
    chains = {chain.subject: chain for chain in locked}
    new = [subject for subject in subjects if subject not in chains]
    if new:
        AuditChain.objects.bulk_create(
            [AuditChain(kind=_text(kind), subject=subject) for subject in new], ignore_conflicts=True
        )
        chains = {chain.subject: chain for chain in locked.all()}
    return chains


def _message(event: AuditEvent, previous: bytes) -> bytes:
    return rfc8785.dumps(
        [
            f"{event.chain.kind}:{event.chain.subject}",
            event.number,
            event.action,
            event.actor_id,
            _moment(event.at),
            _moment(event.recorded_at),
            event.details,
            event.key_id,
            previous.hex(),
        ]
    )


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _details(action: str, details: Mapping[str, object]) -> dict[str, object]:
    try:
        schema = _actions[action]
    except KeyError:
        raise NotInSchema(f"{action} is not a registered action.") from None
    normal: dict[str, object] = {}
    for name, value in details.items():
        if name not in schema:
            raise NotInSchema(f"{action} has no detail {name}.")
        try:
            normal[name] = _normal(schema[name], value)
        except (TypeError, ValueError):
            raise NotInSchema(f"{action}: {name} is not of kind {schema[name]}.") from None
    return normal


def _normal(kind: str, value: object) -> object:
    if kind in _NORMAL:
        return _NORMAL[kind](value)
    if not isinstance(value, list | tuple):
        raise TypeError
    return [_NORMAL[kind.removesuffix("s")](item) for item in value]


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_CODE or not _CODE.fullmatch(value):
        raise NotInSchema("Not a code of a vocabulary.")
    return str(value)


def _day(value: object) -> str:
    if isinstance(value, str):
        return date.fromisoformat(value).isoformat()
    if isinstance(value, datetime) or not isinstance(value, date):
        raise TypeError
    return value.isoformat()


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _LARGEST:
        raise TypeError
    return int(value)


def _id(value: object) -> int | str:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, str):
        return str(UUID(value))
    return _number(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


_NORMAL: dict[str, Callable[[object], object]] = {
    "code": _text,
    "date": _day,
    "number": _number,
    "id": _id,
    "flag": _flag,
}
