"""What is sealed, opened for one who may look: questions and motivation, answers, the provider, files.

Each function takes a Look, which only permissions.look() makes and which leaves the read record (SP-07).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from authorities.models import Keyword
from imidesk.core import once, vault
from imidesk.core.bilingual import Text
from requests_app import catalogue
from requests_app.answers import AnswerContent
from requests_app.models import Allocation, InformationRequest, RequestQuestion, SealedFile, SealedText
from requests_app.selectors.requests import is_of_page, listed_keywords
from requests_app.vocabulary import AnswerStatus, FileKind, TextKind

NO_ANSWER = AnswerContent()


@dataclass(frozen=True)
class FileView:
    uuid: UUID
    kind: str
    name: str
    media_type: str
    size: int
    sha256: str
    added_at: datetime
    question: UUID | None


@dataclass(frozen=True)
class QuestionView:
    """One question of a tab. `text` is a catalogue text, or a str in the requester's own words."""

    uuid: UUID
    tab: str
    number: int
    kind: str
    code: str
    text: Any
    is_own: bool
    status: str
    known: catalogue.CatalogueQuestion | None
    comment: str = ""
    answer: AnswerContent = NO_ANSWER
    version: int = 0
    saved_at: datetime | None = None
    files: tuple[FileView, ...] = ()

    @property
    def place(self) -> str:
        return f"[{self.tab}] {self.number}"


@dataclass(frozen=True)
class TabView:
    letter: str
    name: Any
    known: catalogue.Tab | None
    questions: tuple[QuestionView, ...]
    warning: Text | None = None

    @property
    def done(self) -> int:
        return sum(question.status != AnswerStatus.NONE for question in self.questions)

    @property
    def total(self) -> int:
        return len(self.questions)


@dataclass(frozen=True)
class TextView:
    kind: str
    text: str
    written_at: datetime
    written_by: Any


@dataclass(frozen=True)
class TabProgress:
    """Open data of a tab: its letter and how many of its questions are done."""

    letter: str
    done: int
    total: int


def keywords(info_request: InformationRequest) -> list[Keyword]:
    if is_of_page(info_request):
        return listed_keywords(info_request)
    return once.per_page(("keywords", info_request.pk), lambda: list(info_request.keywords.all()))


def questions(info_request: InformationRequest) -> list[RequestQuestion]:
    """In the order of the tabs, each with its answer; a page reads them once, for its frame and for itself."""
    rows = info_request.questions.select_related("answer", "info_request").order_by("tab", "position")
    return once.per_page(("questions", info_request.pk), lambda: list(rows))


def tab_progress(info_request: InformationRequest) -> list[TabProgress]:
    """Without a look: letters and counts are open data."""
    return _progress((row.tab, row.answer.status if hasattr(row, "answer") else "") for row in questions(info_request))


def _progress(questions: Iterable[tuple[str, str | None]]) -> list[TabProgress]:
    """From the tab of each question and the status of its answer."""
    counts: dict[str, list[int]] = {}
    for tab, status in questions:
        count = counts.setdefault(tab, [0, 0])
        count[0] += bool(status)
        count[1] += 1
    return [TabProgress(letter, done, total) for letter, (done, total) in sorted(counts.items())]


def tab_progress_of(info_requests: Iterable[InformationRequest]) -> dict[int, list[TabProgress]]:
    """By key of the request, in one query."""
    asked: dict[int, list[tuple[str, str | None]]] = {}
    rows = RequestQuestion.objects.filter(info_request__in=[row.pk for row in info_requests])
    for pk, tab, status in rows.values_list("info_request", "tab", "answer__status"):
        asked.setdefault(pk, []).append((tab, status))
    return {pk: _progress(found) for pk, found in asked.items()}


def tabs(info_request: InformationRequest, look: vault.Look, *, with_answers: bool) -> list[TabView]:
    """`with_answers` asks for the part person: answers, comments and attachments as well as the questions."""
    files: dict[UUID | None, list[FileView]] = {}
    if with_answers:
        for file in file_views(info_request, look, FileKind.FROM_REQUESTER, FileKind.ANSWER_ATTACHMENT):
            files.setdefault(file.question, []).append(file)
    question_set = catalogue.set_for(info_request.procedure, info_request.fictitious)
    known_tabs = {tab.letter: tab for tab in question_set.tabs}
    views: dict[str, list[QuestionView]] = {}
    names: dict[str, str] = {}
    for row in questions(info_request):
        letter = row.tab
        if row.own_tab_name:
            names.setdefault(letter, vault.open_text(look, row, "own_tab_name"))
        number = len(views.setdefault(letter, [])) + 1
        views[letter].append(_question(row, look, number, tuple(files.get(row.pk, ())), with_answers=with_answers))
    return [
        TabView(
            letter,
            names.get(letter) or getattr(known_tabs.get(letter), "name", ""),
            known_tabs.get(letter),
            tuple(found),
            getattr(known_tabs.get(letter), "warning", None) or question_set.warning,
        )
        for letter, found in sorted(views.items())
    ]


def _question(
    row: RequestQuestion, look: vault.Look, number: int, files: tuple[FileView, ...], *, with_answers: bool
) -> QuestionView:
    known = catalogue.question(row.code) if row.code else None
    answer = getattr(row, "answer", None)
    content = AnswerContent()
    if with_answers and answer is not None:
        answer.question = row
        content = AnswerContent.from_json(vault.open_text(look, answer, "content"))
    return QuestionView(
        uuid=row.pk,
        tab=row.tab,
        number=number,
        kind=row.kind,
        code=row.code,
        text=known.text if known else vault.open_text(look, row, "own_text"),
        is_own=known is None,
        status=answer.status if answer else AnswerStatus.NONE,
        known=known,
        comment=vault.open_text(look, row, "comment") if with_answers else "",
        answer=content,
        version=answer.version if answer else 0,
        saved_at=answer.saved_at if answer else None,
        files=files,
    )


def allocations(info_request: InformationRequest) -> list[Allocation]:
    """Past and present, in the order they were made."""
    rows = Allocation.objects.filter(info_request=info_request).select_related("team", "handler", "made_by")
    return once.per_page(("allocations", info_request.pk), lambda: list(rows.order_by("pk")))


def text_views(info_request: InformationRequest, look: vault.Look, *kinds: TextKind) -> list[TextView]:
    """A page reads the rows once, whatever kinds its parts open."""
    asked = SealedText.objects.filter(info_request=info_request).select_related("info_request", "written_by")
    rows = once.per_page(("texts", info_request.pk), lambda: list(asked))
    return [
        TextView(row.kind, vault.open_text(look, row, "text"), row.written_at, row.written_by)
        for row in rows
        if row.kind in kinds
    ]


def motivation(info_request: InformationRequest, look: vault.Look) -> str:
    return "\n\n".join(view.text for view in text_views(info_request, look, TextKind.MOTIVATION))


def subject(info_request: InformationRequest, look: vault.Look) -> dict[str, Any]:
    """The provider as it was sealed; empty when nothing is known."""
    row = info_request.subject
    opened: dict[str, Any] = json.loads(vault.open_text(look, row, "content") or "{}")
    return opened


def subject_name(details: dict[str, Any]) -> str:
    """As it stands in the name of the case (ARC-02)."""
    person = " ".join(filter(None, [details.get("given_names"), details.get("family_name")]))
    return str(details.get("legal_name") or details.get("trade_name") or person)


def file_views(info_request: InformationRequest, look: vault.Look, *kinds: FileKind) -> list[FileView]:
    """As `text_views`."""
    asked = SealedFile.objects.filter(info_request=info_request).select_related("info_request")
    rows = once.per_page(("files", info_request.pk), lambda: list(asked))
    return [_file(row, look) for row in rows if row.kind in kinds]


def _file(row: SealedFile, look: vault.Look) -> FileView:
    return file_view(row, row.kind, row.added_at, look, question=row.question_id)


def file_view(
    row: vault.SealedRow, kind: str, added_at: datetime, look: vault.Look, *, question: UUID | None = None
) -> FileView:
    """Of any row with sealed details of a file."""
    details = json.loads(vault.open_text(look, row, "details"))
    return FileView(uuid=row.uuid, kind=kind, added_at=added_at, question=question, **details)


def file_row(info_request: InformationRequest, file: UUID) -> SealedFile | None:
    """Only inside the request of the address."""
    return SealedFile.objects.filter(info_request=info_request, pk=file).select_related("info_request").first()


def file_content(row: SealedFile, look: vault.Look) -> tuple[FileView, bytes]:
    return _file(row, look), vault.open_file(look, row, row.storage_name)
