"""The search before erasing and the proof after it, for all requests of a run together (SP-21 to SP-23).

Below the services: what is written here stands in their transactions (house rule 2).
"""

import gc
import json
import logging
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from archive import personal_data, planting, seeking, selectors
from archive.models import ErasureProof, ErasureScan, Report
from authorities.permissions import people_of_homes
from imidesk.core import clock, outbox, security_log, vault
from imidesk.core.models import OutgoingMessage
from imidesk.core.outbox import RenderedMail
from imidesk.core.vault import SealedRow
from requests_app.models import InformationRequest, SealedFile
from requests_app.permissions import looks_for_erasing
from requests_app.vocabulary import FileKind

logger = logging.getLogger(__name__)

TEMPLATE = "erasure_alarm"
AT_ONCE = 500
MOST_VALUES = 500_000
"""Different ones, held in memory for one search: half a gigabyte."""

# Made by the desk from the other values and taken away before the search; what they say stands elsewhere too.
_DERIVED = (FileKind.REPORT_FULL, FileKind.REPORT_OPEN, FileKind.SENT_COPY, FileKind.PACKAGE)
# What the desk itself says of a file.
_OF_THE_DESK = ("sha256", "media_type", "size")


class NotAllErased(RuntimeError):
    """Something is held or failed: red until a person has looked (design idea 5)."""


@dataclass
class Searched:
    """What a search gives for each request of its run, by number."""

    scan: ErasureScan
    requests: Sequence[InformationRequest]
    """Those it looked for: the first of those that were asked, as many as memory holds the values of."""
    sought: dict[int, dict[str, int]] = field(default_factory=dict)
    by_place: dict[int, dict[str, int]] = field(default_factory=dict)
    leaks: dict[int, list[str]] = field(default_factory=dict)
    others: dict[int, list[str]] = field(default_factory=dict)
    unopened: set[int] = field(default_factory=set)
    lost: set[int] = field(default_factory=set)
    """Never to be opened again, since the key that covers theirs was destroyed: nothing is left to seek."""


def search(info_requests: Sequence[InformationRequest], *, whole: bool) -> Searched:
    """Opens what is to go in memory, plants a marker in every store, and reads every place (SP-22).

    Not whole: of the database the columns of text alone, and files that changed since the search before (SP-23).
    """
    scan = ErasureScan.objects.create(began_at=clock.now(), requests=len(info_requests), whole=whole)
    before = ErasureScan.objects.filter(ended_at__isnull=False, pk__lt=scan.pk).order_by("pk").last()
    done, running = Searched(scan, []), seeking.Search()
    values: dict[int, list[tuple[str, str]]] = {}
    with _nothing_collected():
        while len(done.requests) < len(info_requests) and len(running) < MOST_VALUES:
            begin = len(done.requests)
            done.requests = info_requests[: begin + AT_ONCE]
            for info_request in done.requests[begin:]:
                running.name(info_request)
            _open(done.requests[begin:], running, values, done.unopened)
    done.lost = {found.pk for found in done.requests if found.pk in done.unopened and vault.is_lost(found.uuid)}
    keeper = next((found for found in done.requests if found.pk in values), None)
    if keeper is None:
        return done
    with planting.planted(running, keeper):
        running.leave_out(seeking.known_texts())
        seeking.read_database(running, whole=whole)
        seeking.read_folders(running, changed_since=before.began_at if before and not whole else None)
        seeking.read_redis(running)
    _tell_apart(done, running, values)
    missing = running.missing()
    scan.ended_at, scan.requests = clock.now(), len(done.requests)
    scan.places = {place: asdict(seen) for place, seen in sorted(running.places.items())}
    scan.plants = {store: store not in missing for store in sorted(running.planted)}
    scan.other_finds = sum(not find.tied for find in running.finds)
    scan.save()
    return done


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """What is opened stays until the search is over: looking for cycles in millions of values finds none."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _tell_apart(done: Searched, running: seeking.Search, values: dict[int, list[tuple[str, str]]]) -> None:
    """A find that names the request is a leak; any other is for a person to judge and holds nothing up (SP-23)."""
    for request, kinds in values.items():
        sought = Counter(kind for kind, value in kinds if running.is_sought(request, value))
        done.sought[request] = dict(sorted(sought.items()))
        done.by_place[request] = dict(sorted((Counter(kind for kind, _value in kinds) - sought).items()))
    for find in sorted(running.finds, key=lambda find: find.place):
        (done.leaks if find.tied else done.others).setdefault(find.request, []).append(find.place)


def _open(
    info_requests: Sequence[InformationRequest],
    running: seeking.Search,
    values: dict[int, list[tuple[str, str]]],
    unopened: set[int],
) -> None:
    """One request that does not open never stops the others."""
    try:
        looks = looks_for_erasing(info_requests)
    except (vault.Sealed, vault.KeyMissing):
        if len(info_requests) > 1:
            for info_request in info_requests:
                _open([info_request], running, values, unopened)
            return
        looks = {}
    rows = _rows(info_requests)
    for info_request in info_requests:
        try:
            kinds = list(_values(looks[info_request.pk], rows.get(info_request.pk, [])))
        except (KeyError, ValueError, vault.Sealed) as fault:
            name = type(fault).__name__
            logger.error("erasure_unopened", extra={"reference": info_request.reference, "fault": name})
            unopened.add(info_request.pk)
            continue
        values[info_request.pk] = kinds
        for _kind, value in kinds:
            if seeking.is_distinctive(value):
                running.add(info_request.pk, value)


def _rows(info_requests: Sequence[InformationRequest]) -> dict[int, list[tuple[SealedRow, tuple[str, ...]]]]:
    by_pk = {found.pk: found for found in info_requests}
    rows: dict[int, list[tuple[SealedRow, tuple[str, ...]]]] = {}
    for model, columns in personal_data.sealed_columns().items():
        if model is Report:
            continue
        path = personal_data.path_to_request(model)
        found = model._default_manager.filter(**{f"{path}__in": by_pk})
        for row in found.select_related(path.rpartition("__")[0] or None).order_by():
            holder: Any = row.question if "__" in path else row  # type: ignore[attr-defined]
            holder.info_request = by_pk[holder.info_request_id]
            if not (isinstance(row, SealedFile) and row.kind in _DERIVED):
                rows.setdefault(holder.info_request_id, []).append((row, columns))
    return rows


def _values(look: vault.Look, rows: Sequence[tuple[SealedRow, tuple[str, ...]]]) -> Iterator[tuple[str, str]]:
    for row, columns in rows:
        for column in filter(partial(getattr, row), columns):
            kind = f"{row._meta.label}.{column}"
            for leaf in _leaves(vault.open_text(look, row, column)):
                for piece in seeking.pieces(leaf):
                    yield kind, sys.intern(piece)  # the same in very many requests, and kept once


def _leaves(text: str) -> Iterator[str]:
    """The words of a text, or those of the JSON that a form was kept in."""
    try:
        content = json.loads(text) if text[:1] in ("{", "[") else text
    except ValueError:
        content = text
    stack = [content]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            stack += [value for name, value in part.items() if name not in _OF_THE_DESK]
        elif isinstance(part, list):
            stack += part
        elif isinstance(part, str | int) and not isinstance(part, bool):
            yield str(part)


def write_proofs(searched: Searched, erased: Mapping[InformationRequest, Sequence[str]]) -> None:
    """In the transaction of the erasure, which also measures what is left; with the names of the files of each."""
    rows = personal_data.sealed_rows_left(erased)
    keys = vault.owners_with_key(info_request.uuid for info_request in erased)
    now = clock.now()
    ErasureProof.objects.bulk_create(
        ErasureProof(
            **_found(searched, info_request, now),
            rows_left=rows[info_request.pk],
            files_left=personal_data.files_left(names),
            key_left=info_request.uuid in keys,
        )
        for info_request, names in erased.items()
    )


def write_held(searched: Searched, info_request: InformationRequest) -> None:
    """Something of it was found, so nothing was erased and nothing is measured."""
    ErasureProof.objects.create(**_found(searched, info_request, clock.now()))


def _found(searched: Searched, info_request: InformationRequest, at: datetime) -> dict[str, Any]:
    pk = info_request.pk
    return {
        "info_request": info_request,
        "scan": searched.scan,
        "made_at": at,
        "sought": searched.sought.get(pk, {}),
        "by_place": searched.by_place.get(pk, {}),
        "found_in": searched.leaks.get(pk, []),
        "other_places": searched.others.get(pk, []),
    }


def shout(searched: Searched, held: Sequence[str]) -> None:
    """To the security log, and to who answers for erasing: that there is something, never what (SP-23)."""
    scan = searched.scan
    if not (held or scan.is_void or scan.other_finds):
        return
    for reference in held:
        _note("erasure_held", reference)
    if scan.is_void:
        _note("erasure_search_void", f"search:{scan.pk}")
    if scan.other_finds:
        _note("erasure_other_find", f"search:{scan.pk}")
    told = people_of_homes(*selectors.RETENTION_ROLES).values_list("pk", flat=True)
    outbox.plan_for(told, template=TEMPLATE, event=None, subject=clock.installation(), facts={"search": scan.pk})


def _note(action: str, what: str) -> None:
    logger.error("security", extra={"action": action, "object": what})
    security_log.note(action, object=what, result="fault", origin="desk", actor_id=None)


def render(message: OutgoingMessage) -> RenderedMail | None:
    """Counts and the way to the page; None for who does not answer for it any more."""
    scan = ErasureScan.objects.filter(pk=message.facts["search"]).first()
    if scan is None or message.user is None or message.user not in people_of_homes(*selectors.RETENTION_ROLES):
        return None
    with override(message.user.language):
        held = scan.proofs.filter(rows_left__isnull=True).count()
        context: dict[str, object] = {"void": scan.is_void, "held": held, "others": scan.other_finds}
        context["link"] = f"{settings.IMIDESK_BASE_URL}{reverse('archive:retention')}"
        body = render_to_string("email/erasure_alarm.txt", context)
        return RenderedMail(to=message.user.email, subject=_("Erasing needs a look"), body=body)
