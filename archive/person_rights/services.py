"""Requests of persons about their own data: registered, searched for by two, answered, erased (DP-10 to DP-14)."""

import json
from collections.abc import Collection, Mapping
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from archive.person_rights import access, answering, mails, matching, selectors
from archive.person_rights import permissions as rights
from archive.person_rights.models import PersonHit, PersonPaper, PersonRequest, PersonSearch
from archive.person_rights.vocabulary import Found, Outcome, PaperKind, Right, answer_by, erase_on
from authorities.models import Authority, User
from imidesk.core import audit, clock, jobs, processing, vault
from imidesk.core.errors import DomainError
from imidesk.core.models import AuditEvent, Installation
from requests_app.models import InformationRequest
from requests_app.permissions import look_for_desk
from requests_app.vocabulary import Action

CHAIN = "person"
SEARCH_JOB = "person_search"
DRAFT_JOB = "person_answer"
DRAFT_NAME = "concept-antwoord.pdf"
SLICE = 50


@transaction.atomic(durable=True)
def register_person_request(
    *,
    actor: User,
    home: Authority,
    right: Right,
    received_on: date,
    person: Mapping[str, Any],
    words: str,
    references: Collection[str] = (),
) -> PersonRequest:
    """Raises PermissionDenied and DomainError."""
    if home not in selectors.homes_of(actor):
        raise PermissionDenied
    if received_on > clock.today():
        raise DomainError(_("This day lies in the future."), field="received_on")
    if received_on < clock.today() - relativedelta(years=1):
        raise DomainError(_("This day lies more than a year ago. Check the year."), field="received_on")
    named = list(InformationRequest.objects.visible(actor).filter(reference__in=references, home=home))
    if len(named) != len(set(references)):
        raise DomainError(
            _("One of these references is not known here. Look at the list of requests."), field="references"
        )
    Installation.objects.select_for_update().get()  # the number counts for every authority of the desk
    row = PersonRequest(
        number=_next_number(received_on.year),
        home=home,
        right=right,
        received_on=received_on,
        answer_by=answer_by(right, received_on),
        registered_by=actor,
        registered_at=clock.now(),
    )
    vault.create_key(row.uuid)
    vault.seal(row, "person", json.dumps(dict(person), ensure_ascii=False, sort_keys=True))
    vault.seal(row, "words", words)
    row.save(force_insert=True)
    row.requests.set(named)
    _record(
        row, "person_request_registered", actor, {"right": right, "requests": sorted(request.pk for request in named)}
    )
    return row


@vault.no_file_without_its_row()
@transaction.atomic(durable=True)
def add_paper(
    *, person_request: PersonRequest, actor: User, kind: PaperKind, name: str, media_type: str, content: bytes
) -> PersonPaper:
    """The file was checked as every stranger's file is (SP-30). Raises PermissionDenied."""
    row = _kept(person_request, actor)
    return _write_paper(row, kind, name, media_type, content, by=actor)


@transaction.atomic(durable=True)
def answer_person_request(*, person_request: PersonRequest, actor: User, outcome: Outcome, answered_on: date) -> None:
    """The file is erased three years after the answer (SP-25). Raises PermissionDenied and DomainError."""
    row = _kept(person_request, actor)
    if row.answered_on is not None:
        raise DomainError(_("This was answered already."))
    if not row.received_on <= answered_on <= clock.today():
        raise DomainError(_("Enter a day from the receipt to today."), field="answered_on")
    row.answered_on, row.outcome, row.erase_on = answered_on, outcome, erase_on(answered_on)
    row.save(update_fields=["answered_on", "outcome", "erase_on"])
    _record(row, "person_request_answered", actor, {"outcome": outcome})


@transaction.atomic(durable=True)
def ask_search(*, person_request: PersonRequest, actor: User) -> PersonSearch:
    """Waits for a second person. Raises PermissionDenied and DomainError."""
    row = _kept(person_request, actor)
    person, _words = selectors.opened(row, rights.look_at(actor, row))
    if matching.Wanted.of(person).is_empty:
        raise DomainError(_("There is nothing to search for: enter a family name, a company, a number or an e-mail."))
    try:
        with transaction.atomic():
            search = PersonSearch.objects.create(person_request=row, asked_by=actor, asked_at=clock.now())
    except IntegrityError:
        raise DomainError(_("A search was asked already.")) from None
    _record(row, "person_search_asked", actor, {})
    mails.plan(search)
    return search


@transaction.atomic(durable=True)
def release_search(*, uuid: UUID, actor: User) -> PersonSearch:
    """By somebody else than who asked. Raises PermissionDenied and DomainError."""
    search = access.of_others(actor).select_for_update(of=("self",)).filter(uuid=uuid).first()
    if search is None:
        raise PermissionDenied
    if search.released_at is not None:
        raise DomainError(_("This search was released already. It runs by itself: you do not have to do anything."))
    search.released_by, search.released_at = actor, clock.now()
    search.total = selectors.still_held(search.person_request.home).count()
    search.save(update_fields=["released_by", "released_at", "total"])
    _record(search.person_request, "person_search_released", actor, {})
    jobs.plan(SEARCH_JOB, search.uuid)
    return search


def run_search(uuid: UUID) -> None:
    """Opens the next requests, each in a scope of its own, and asks to run again; killed, it goes on where it was."""
    search = selectors.search_with(uuid)
    if search is None or search.finished_at is not None:
        return
    with vault.key_scope():
        person, _words = selectors.opened(search.person_request, rights.look_for_search(search))
    wanted = matching.Wanted.of(person)
    held = selectors.still_held(search.person_request.home).filter(pk__gt=search.last_looked).order_by("pk")
    batch = list(held[:SLICE])
    for info_request in batch:
        _look_into(search, info_request, wanted)
    if len(batch) == SLICE:
        jobs.plan(SEARCH_JOB, uuid)
    else:
        _finish(search)


@transaction.atomic(durable=True)
def _look_into(search: PersonSearch, info_request: InformationRequest, wanted: matching.Wanted) -> None:
    """One request: its key is opened, its values are compared in memory, and the key is forgotten."""
    with vault.key_scope():
        try:
            look = look_for_desk(SEARCH_JOB, info_request)
        except PermissionDenied:
            hit = None  # erased since the search began
        else:
            hit = _hit(search, info_request, look, wanted)
    if hit is not None:
        PersonHit.objects.get_or_create(
            search=search, info_request=info_request, defaults={"found": hit.found, "fields": hit.fields}
        )
    search.last_looked, search.looked = info_request.pk, search.looked + 1
    search.total = max(search.total, search.looked)
    search.save(update_fields=["last_looked", "looked", "total"])


def _hit(
    search: PersonSearch, info_request: InformationRequest, look: vault.Look, wanted: matching.Wanted
) -> PersonHit | None:
    provider = selectors.provider(info_request, look)
    if matching.is_provider(wanted, provider):
        held = sorted(key for key, value in provider.items() if value)
        return PersonHit(search=search, info_request=info_request, found=Found.PROVIDER, fields=held)
    if any(matching.is_in(wanted, text) for text in selectors.texts(info_request, look)):
        return PersonHit(search=search, info_request=info_request, found=Found.TEXT, fields=[])
    return None


@transaction.atomic(durable=True)
def _finish(search: PersonSearch) -> None:
    search.finished_at = clock.now()
    search.save(update_fields=["finished_at"])
    found = sorted(search.hits.values_list("info_request", flat=True))
    _record(search.person_request, "person_search_finished", None, {"looked": search.looked, "found": found})
    jobs.plan(DRAFT_JOB, search.uuid)


def make_draft(uuid: UUID) -> None:
    """The draft of the answer, beside the papers; made again it takes the place of the one before."""
    search = selectors.search_with(uuid)
    if search is None or search.finished_at is None or search.person_request.erased_at is not None:
        return
    _keep_draft(search.person_request, answering.render(search))


@vault.no_file_without_its_row()
@transaction.atomic(durable=True)
def _keep_draft(person_request: PersonRequest, content: bytes) -> None:
    row = PersonRequest.objects.select_for_update().get(pk=person_request.pk)
    if row.erased_at is not None:
        return
    for old in row.papers.filter(kind=PaperKind.DRAFT):
        storage_name = old.storage_name
        old.delete()
        transaction.on_commit(partial(vault.delete_file, storage_name), robust=True)
    _write_paper(row, PaperKind.DRAFT, DRAFT_NAME, "application/pdf", content, by=None)


def erase_due_person_requests(today: date) -> int:
    """Three years after the answer: papers, words, person and key go; number, days and outcome stay (SP-25)."""
    due = PersonRequest.objects.filter(erase_on__lte=today, erased_at__isnull=True).values_list("pk", flat=True)
    return sum(_erase(pk) for pk in list(due))


@transaction.atomic(durable=True)
def _erase(pk: UUID) -> bool:
    row = PersonRequest.objects.select_for_update().filter(pk=pk, erased_at__isnull=True).first()
    if row is None:
        return False
    for paper in row.papers.all():
        vault.delete_file(paper.storage_name)
    row.papers.all().delete()
    row.searches.all().delete()
    data_subject = processing.pseudonym(row.uuid)  # gone with the key
    vault.destroy_key(row.uuid)
    row.person, row.words, row.erased_at = b"", b"", clock.now()
    row.save(update_fields=["person", "words", "erased_at"])
    event = _record(row, "person_request_erased", None, {})
    processing.note(Action.ERASED, data_subject, at=event.at, trace=processing.trace_of(event))
    return True


def _write_paper(
    row: PersonRequest, kind: PaperKind, name: str, media_type: str, content: bytes, *, by: User | None
) -> PersonPaper:
    paper = PersonPaper(person_request=row, kind=kind, added_by=by, added_at=clock.now())
    vault.seal(paper, "details", json.dumps({"name": name, "media_type": media_type}, ensure_ascii=False))
    paper.storage_name = vault.store_file(paper, content)
    paper.save(force_insert=True)
    _record(row, "paper_added", by, {"kind": kind})
    return paper


def _kept(person_request: PersonRequest, actor: User) -> PersonRequest:
    row = access.kept_by(actor).select_for_update(of=("self",)).filter(pk=person_request.pk).first()
    if row is None:
        raise PermissionDenied
    if row.erased_at is not None:
        raise DomainError(_("This file was erased."))
    return row


def _next_number(year: int) -> str:
    stem = f"AVG-{year}-"
    last = PersonRequest.objects.filter(number__startswith=stem).order_by("number").last()
    return f"{stem}{int(last.number.removeprefix(stem)) + 1 if last else 1:05d}"


def _record(row: PersonRequest, action: str, actor: User | None, details: Mapping[str, object]) -> AuditEvent:
    return audit.record(CHAIN, row.uuid, action, actor=actor, at=clock.now(), details=details)
