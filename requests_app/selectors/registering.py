"""What the form of registering lets somebody choose, and which requests a file brought."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from babel import Locale
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils.translation import get_language

from authorities.models import Authority, Keyword, Membership, Registration, ServiceActivity, User
from authorities.permissions import memberships_of, users_with_role
from authorities.vocabulary import Module, Role
from imidesk.core import vault
from requests_app import catalogue, intake
from requests_app.models import InformationRequest
from requests_app.selectors import case
from requests_app.selectors.requests import visible_requests
from requests_app.vocabulary import Procedure, QuestionKind

RowT = TypeVar("RowT", bound=Model)


@dataclass(frozen=True)
class Place:
    """Where a request can be registered: home authority, module and procedure."""

    home: Authority
    module: Module
    procedure: Procedure

    @property
    def key(self) -> str:
        return f"{self.home.pk}:{self.procedure}"


@dataclass(frozen=True)
class Choices:
    """By the text that the form sends."""

    places: dict[str, Place]
    authorities: dict[str, Authority]
    activities: dict[str, ServiceActivity]
    keywords: dict[str, Keyword]
    legal_bases: dict[str, catalogue.LegalBasis]
    handlers: dict[str, User]


@dataclass(frozen=True)
class QuestionRow:
    """A question of the set, or one in own words that is there; `text` and `help` in the language of the screen."""

    code: str
    text: object
    help: object
    kind: object
    present: bool


@dataclass(frozen=True)
class QuestionTab:
    letter: str
    name: object
    intro: object
    warning: object
    rows: tuple[QuestionRow, ...]

    @property
    def label(self) -> str:
        return f"[{self.letter}] {self.name}" if str(self.name) else f"[{self.letter}]"


def may_register_anywhere(user: User) -> bool:
    return _memberships(user).exists()


def choices_for(user: User) -> Choices:
    places = _places(user)
    homes = {place.home.pk for place in places}
    directory = Authority.objects.in_directory()
    if len(homes) == 1:
        directory = directory.exclude(pk__in=homes)
    return Choices(
        places={place.key: place for place in places},
        authorities=_by_pk(directory),
        activities={row.code: row for row in sorted(ServiceActivity.objects.all(), key=_name)},
        keywords={row.code: row for row in sorted(Keyword.objects.all(), key=_name)},
        legal_bases={basis.code: basis for basis in catalogue.legal_bases()},
        handlers=_by_pk(_handlers(user, places)),
    )


def countries() -> list[tuple[str, str]]:
    """EU and EEA, by name in the language of the screen."""
    names = _locale().territories
    codes = _format()["$defs"]["country"]["enum"]
    return sorted(((code, names[code]) for code in codes), key=lambda row: row[1])


def languages() -> list[tuple[str, str]]:
    """Those in which a request may be written, as in the intake format."""
    names = _locale().languages
    codes = _format()["$defs"]["request"]["properties"]["language"]["enum"]
    return sorted(((code, names[code]) for code in codes), key=lambda row: row[1].casefold())


def visible_of(user: User, references: Iterable[str]) -> list[InformationRequest]:
    """What of these the user may know of, in the order of registration."""
    return list(visible_requests(user).filter(reference__in=list(references)).order_by("pk"))


def published() -> dict[str, tuple[str, str]]:
    """Schemas and worked examples that the desk serves: name to media type and text."""
    suffix = ".schema.json"
    schemas = {
        name.removesuffix(suffix): ("application/schema+json", intake.schema_text(kind))
        for kind, name in intake.SCHEMA_FILES.items()
    }
    examples = {
        path.stem: ("application/json", path.read_text(encoding="utf-8"))
        for path in sorted((intake.SCHEMA_DIR / "examples").glob("*.json"))
    }
    return schemas | examples


def question_tabs(info_request: InformationRequest, look: vault.Look) -> list[QuestionTab]:
    """The set of this procedure with what is taken over, and the tabs in the requester's own words behind it."""
    present = {tab.letter: tab for tab in case.tabs(info_request, look, with_answers=False)}
    question_set = catalogue.set_for(info_request.procedure, info_request.fictitious)
    found = []
    for tab in question_set.tabs:
        there = present.pop(tab.letter, None)
        codes = {question.code for question in there.questions} if there else set()
        rows = [_row(question, present=question.code in codes) for question in tab.questions]
        rows += [_row_in_own_words(question) for question in there.questions if question.is_own] if there else []
        found.append(QuestionTab(tab.letter, tab.name, tab.intro, tab.warning, tuple(rows)))
    for own in present.values():
        rows = [_row_in_own_words(question) for question in own.questions]
        found.append(QuestionTab(own.letter, own.name, None, None, tuple(rows)))
    return found


def _memberships(user: User) -> QuerySet[Membership]:
    registered = Registration.objects.filter(authority=OuterRef("authority"), module=OuterRef("module"))
    return memberships_of(user).filter(
        Q(role__in=[Role.TOEWIJZER, Role.BEHANDELAAR]), Exists(registered), authority__is_home=True
    )


def _places(user: User) -> list[Place]:
    found = {}
    for membership in _memberships(user).order_by("authority__name", "module"):
        for question_set in catalogue.question_sets().values():
            if question_set.module == membership.module:
                place = Place(membership.authority, Module(membership.module), Procedure(question_set.procedure))
                found[place.key] = place
    order = list(Procedure)
    return sorted(found.values(), key=lambda place: (place.home.name, order.index(place.procedure)))


def _handlers(user: User, places: list[Place]) -> list[User]:
    """Who can have accepted in IMI before: for an allocator any handler, for a handler himself (design 9)."""
    allocates = set(memberships_of(user).filter(role=Role.TOEWIJZER).values_list("authority", flat=True))
    found = {}
    for home, module in {(place.home, place.module) for place in places}:
        handlers = users_with_role(Role.BEHANDELAAR, home, module)
        for handler in handlers if home.pk in allocates else handlers.filter(pk=user.pk):
            found[handler.pk] = handler
    return sorted(found.values(), key=lambda handler: (handler.last_name, handler.first_name))


def _by_pk(rows: Iterable[RowT]) -> dict[str, RowT]:
    return {str(row.pk): row for row in rows}


def _name(term: ServiceActivity | Keyword) -> str:
    return str(term).casefold()


def _locale() -> Locale:
    return Locale(get_language() or "nl")


def _row(question: catalogue.CatalogueQuestion, *, present: bool) -> QuestionRow:
    return QuestionRow(question.code, question.text, question.help, QuestionKind(question.kind).label, present)


def _row_in_own_words(question: case.QuestionView) -> QuestionRow:
    return QuestionRow("", question.text, "", QuestionKind(question.kind).label, present=True)


@cache
def _format() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(intake.schema_text(intake.INTAKE))
    return schema
