import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from archive import personal_data
from archive.models import Report
from archive.person_rights import access
from archive.person_rights.models import PersonHit, PersonPaper, PersonRequest, PersonSearch
from authorities.models import Authority, User
from authorities.permissions import memberships_of
from imidesk.core import vault
from requests_app.models import InformationRequest, Subject
from requests_app.selectors import case
from requests_app.vocabulary import DataState

ROWS_SHOWN = 100


@dataclass(frozen=True)
class Row:
    person_request: PersonRequest
    days_left: int

    @property
    def is_late(self) -> bool:
        return self.person_request.answered_on is None and self.days_left < 0


def register(user: User, today: date) -> list[Row]:
    """What is to be answered first, then what was answered last."""
    rows = list(access.readable(user).order_by("-number")[:ROWS_SHOWN])
    to_answer = sorted((row for row in rows if row.answered_on is None), key=lambda row: row.answer_by)
    answered = [row for row in rows if row.answered_on is not None]
    return [Row(row, (row.answer_by - today).days) for row in (*to_answer, *answered)]


def to_answer(user: User) -> QuerySet[PersonRequest]:
    """What this user answers, and whether a search for it is done."""
    done = PersonSearch.objects.filter(person_request=OuterRef("pk"), finished_at__isnull=False)
    return access.kept_by(user).filter(answered_on__isnull=True, erased_at__isnull=True).annotate(searched=Exists(done))


def homes_of(user: User) -> list[Authority]:
    """Where this user keeps the register."""
    held = memberships_of(user).filter(role__in=access.KEEPERS, authority__is_home=True)
    return list(
        {membership.authority_id: membership.authority for membership in held.select_related("authority")}.values()
    )


def readable_request(user: User, number: str) -> PersonRequest | None:
    return access.readable(user).filter(number=number).first()


def opened(person_request: PersonRequest, look: vault.Look) -> tuple[dict[str, Any], str]:
    person: dict[str, Any] = json.loads(vault.open_text(look, person_request, "person"))
    return person, vault.open_text(look, person_request, "words")


@dataclass(frozen=True)
class PaperView:
    uuid: UUID
    label: str
    name: str
    media_type: str


def papers(person_request: PersonRequest, look: vault.Look) -> list[PaperView]:
    return [paper_view(paper, look) for paper in person_request.papers.select_related("person_request")]


def paper_view(paper: PersonPaper, look: vault.Look) -> PaperView:
    details = json.loads(vault.open_text(look, paper, "details"))
    return PaperView(paper.uuid, paper.get_kind_display(), details["name"], details["media_type"])


def paper_of(person_request: PersonRequest, paper: UUID) -> PersonPaper | None:
    return person_request.papers.select_related("person_request").filter(pk=paper).first()


def paper_content(paper: PersonPaper, look: vault.Look) -> tuple[PaperView, bytes]:
    return paper_view(paper, look), vault.open_file(look, paper, paper.storage_name)


def named_requests(person_request: PersonRequest) -> list[str]:
    return list(person_request.requests.order_by("reference").values_list("reference", flat=True))


def latest_search(person_request: PersonRequest) -> PersonSearch | None:
    found = person_request.searches.select_related("asked_by", "released_by", "person_request")
    hits = PersonHit.objects.select_related("info_request")
    return found.prefetch_related(Prefetch("hits", hits)).first()


def waiting_searches(user: User) -> QuerySet[PersonSearch]:
    return access.releasable(user).select_related("person_request", "asked_by").order_by("asked_at")


def search_of_another(user: User, uuid: UUID) -> PersonSearch | None:
    """Waiting for this user, or released by now."""
    return access.of_others(user).filter(uuid=uuid).first()


def search_with(uuid: UUID) -> PersonSearch | None:
    return PersonSearch.objects.filter(uuid=uuid).select_related("person_request").first()


def still_held(home: Authority) -> QuerySet[InformationRequest]:
    """Blocked data are held too, and the person may ask for them; what was erased is not."""
    return InformationRequest.objects.filter(home=home).exclude(data_state=DataState.ERASED)


def provider(info_request: InformationRequest, look: vault.Look) -> dict[str, Any]:
    return case.subject(info_request, look) if Subject.objects.filter(info_request=info_request).exists() else {}


def texts(info_request: InformationRequest, look: vault.Look) -> Iterator[str]:
    """Every sealed text of a request beside its provider, one after the other.

    Reports and the filing package are copies of what is looked into.
    """
    for model, columns in personal_data.sealed_columns().items():
        if model in (Report, Subject):
            continue
        path = personal_data.path_to_request(model)
        for row in model._default_manager.filter(**{path: info_request}).select_related(path):
            for column in columns:
                if row.part_of(column) in look.parts and (text := vault.open_text(look, row, column)):
                    yield text
