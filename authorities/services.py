"""Filling the directory and the lists, which may be run again: what is there stays one row. And who is absent."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from authorities import catalogue
from authorities.models import Absence, Authority, Keyword, ServiceActivity, User
from authorities.models.activity import BilingualTerm
from authorities.permissions import deputies_for, people_of_allocator
from authorities.vocabulary import AuthorityKind, AuthorityStatus
from imidesk.core import clock
from imidesk.core.errors import DomainError

TermT = TypeVar("TermT", bound=BilingualTerm)

TOOI = "https://identifier.overheid.nl/tooi/id/"
COLUMNS = ("identifier", "type", "label", "einddatum")
KINDS = {
    "Gemeente": AuthorityKind.MUNICIPALITY,
    "Provincie": AuthorityKind.PROVINCE,
    "Waterschap": AuthorityKind.WATER_BOARD,
}
ENVIRONMENT_WORDS = ("omgevingsdienst", "regionale uitvoeringsdienst", "milieudienst")


class FaultyList(Exception):
    """The file is not a TOOI list, or has wrong rows; a line per fault, and nothing was taken in."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


@dataclass(frozen=True)
class LoadedAuthorities:
    added: int
    changed: int
    ended: int
    passed_over: int  # ended before the desk knew them


@dataclass(frozen=True)
class LoadedLists:
    keywords: int
    activities: int


@dataclass(frozen=True)
class _Row:
    tooi_id: str
    name: str
    kind: AuthorityKind
    ended_on: date | None


@transaction.atomic(durable=True)
def load_authorities(data: bytes) -> LoadedAuthorities:
    """The TOOI list of Dutch authorities. Those that work at this desk are left alone: their own people change them."""
    rows = _read(data)
    today = clock.today()
    dutch = Authority.objects.filter(country="NL").exclude(status=AuthorityStatus.PROPOSED).select_for_update()
    by_tooi = {authority.tooi_id: authority for authority in dutch if authority.tooi_id}
    by_name = {authority.name.casefold(): authority for authority in dutch if not authority.tooi_id}
    new: list[Authority] = []
    changed: list[Authority] = []
    ended: list[Authority] = []
    passed_over = 0
    for row in rows:
        over = row.ended_on is not None and row.ended_on < today
        known = by_tooi.get(row.tooi_id) or by_name.get(row.name.casefold())
        if known is None:
            passed_over += over
            if not over:
                new.append(Authority(name=row.name, kind=row.kind, tooi_id=row.tooi_id, ended_on=row.ended_on))
            continue
        if known.is_home:
            continue
        status = AuthorityStatus.ENDED if over else AuthorityStatus.CONFIRMED
        before = (known.tooi_id, known.name, known.kind, known.status, known.ended_on)
        after = (row.tooi_id, row.name, row.kind, status, row.ended_on)
        if before != after:
            (ended if over and known.status != AuthorityStatus.ENDED else changed).append(known)
            known.tooi_id, known.name, known.kind, known.status, known.ended_on = after
    Authority.objects.bulk_create(new, batch_size=500)
    Authority.objects.bulk_update(changed + ended, ["tooi_id", "name", "kind", "status", "ended_on"], batch_size=100)
    return LoadedAuthorities(len(new), len(changed), len(ended), passed_over)


@transaction.atomic(durable=True)
def load_lists() -> LoadedLists:
    """Service activities and keywords of the project. What a province added itself is left alone."""
    keywords = {
        row.code: _term(Keyword, row.code, name_nl=row.name.nl, name_en=row.name.en) for row in catalogue.keywords()
    }
    for row in catalogue.service_activities():
        activity = _term(ServiceActivity, row.code, name_nl=row.name.nl, name_en=row.name.en, nace=row.nace)
        activity.keywords.set(keywords[code] for code in row.keywords)
    return LoadedLists(len(keywords), len(catalogue.service_activities()))


LONGEST_ABSENCE = timedelta(days=366)


@transaction.atomic(durable=True)
def record_absence(*, actor: User, user: User, first_day: date, last_day: date, deputy: User | None = None) -> Absence:
    """By everybody for himself, by an allocator for his people (IN-05). The deputy gets the mail, nothing else."""
    _check_may_record(actor, user)
    User.objects.select_for_update().get(pk=user.pk)
    if last_day < first_day:
        raise DomainError(_("The last day lies before the first day."))
    if last_day < clock.today():
        raise DomainError(_("This absence is over already. Enter a last day from today on."))
    if last_day - first_day > LONGEST_ABSENCE:
        raise DomainError(_("An absence lasts at most a year. Is it longer? Then the role ends."))
    overlapping = Absence.objects.filter(first_day__lte=last_day, last_day__gte=first_day)
    if known := overlapping.filter(user=user).first():
        facts = {"first": date_format(known.first_day, "j F Y"), "last": date_format(known.last_day, "j F Y")}
        raise DomainError(_("There is an absence already from %(first)s up to and including %(last)s.") % facts)
    if deputy is not None:
        if deputy not in deputies_for([user]):
            raise DomainError(_("%(person)s does not have the same role and cannot stand in.") % {"person": deputy})
        if overlapping.filter(user=deputy).exists():
            raise DomainError(_("%(person)s is absent in that period too. Choose somebody else.") % {"person": deputy})
    return Absence.objects.create(user=user, first_day=first_day, last_day=last_day, deputy=deputy)


@transaction.atomic(durable=True)
def remove_absence(*, actor: User, absence: Absence) -> None:
    """Entered wrongly, or somebody is back sooner."""
    _check_may_record(actor, absence.user)
    Absence.objects.filter(pk=absence.pk).delete()


def _check_may_record(actor: User, user: User) -> None:
    if actor.pk != user.pk and not people_of_allocator(actor).filter(pk=user.pk).exists():
        raise PermissionDenied


def _term(model: type[TermT], code: str, **names: str) -> TermT:
    return model._default_manager.update_or_create(code=code, defaults=names)[0]


def _read(data: bytes) -> list[_Row]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FaultyList(["The file is not in UTF-8."]) from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        return _rows(reader)
    except csv.Error:
        raise FaultyList([f"line {reader.line_num}: this is not CSV"]) from None


def _rows(reader: "csv.DictReader[str]") -> list[_Row]:
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise FaultyList([f"This is not a TOOI list: there is no column {', '.join(missing)}."])
    rows: dict[str, _Row] = {}
    faults: list[str] = []
    for line in reader:
        faults += [f"line {reader.line_num}: {fault}" for fault in _faults_of(line, rows)]
        if not faults:
            row = _row(line)
            rows[row.tooi_id] = row
    if faults:
        raise FaultyList(faults)
    return list(rows.values())


def _faults_of(line: Mapping[str, str | None], seen: Iterable[str]) -> Iterator[str]:
    identifier, label = line["identifier"] or "", line["label"] or ""
    if not identifier.startswith(TOOI) or len(identifier) > 200:
        yield "identifier is not a TOOI identifier"
    if identifier in seen:
        yield "identifier stands there twice"
    if not label.strip() or len(label) > 200:
        yield "label is empty or too long"
    try:
        _day(line["einddatum"])
    except ValueError:
        yield "einddatum is not a date"


def _row(line: Mapping[str, str | None]) -> _Row:
    label = (line["label"] or "").strip()
    kind = KINDS.get(line["type"] or "", AuthorityKind.OTHER)
    if kind == AuthorityKind.OTHER and any(word in label.casefold() for word in ENVIRONMENT_WORDS):
        kind = AuthorityKind.ENVIRONMENT_AGENCY
    return _Row(line["identifier"] or "", label[0].upper() + label[1:], kind, _day(line["einddatum"]))


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None
