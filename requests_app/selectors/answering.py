"""Answers in words, and which questions still wait for one."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from imidesk.core.templatetags.desk import dutch_date
from requests_app import catalogue
from requests_app.answers import YES_NO, AnswerContent
from requests_app.models import InformationRequest
from requests_app.selectors.case import QuestionView
from requests_app.vocabulary import AnswerStatus, QuestionKind


@dataclass(frozen=True)
class AnswerInWords:
    """As a person reads it: the value, the standard answer and the text beside them, each perhaps empty."""

    value: str
    standard: str
    text: str

    @property
    def is_empty(self) -> bool:
        return not (self.value or self.standard or self.text)


@dataclass(frozen=True)
class OpenQuestion:
    """A question without an answer, by its place alone: open data."""

    uuid: UUID
    tab: str
    number: int

    @property
    def place(self) -> str:
        return f"[{self.tab}] {self.number}"

    @property
    def anchor(self) -> str:
        return anchor_of(self.tab, self.number)


def anchor_of(tab: str, number: int) -> str:
    return f"question-{tab}-{number}"


def in_words(question: QuestionView, content: AnswerContent | None = None) -> AnswerInWords:
    answer = question.answer if content is None else content
    standard = str(catalogue.standard_answer(answer.standard).text) if answer.standard else ""
    return AnswerInWords(_value_in_words(question, answer.value), standard, answer.text)


def _value_in_words(question: QuestionView, value: str) -> str:
    if not value:
        return ""
    if question.kind == QuestionKind.YES_NO:
        return str(dict(YES_NO).get(value, value))
    if question.kind == QuestionKind.CHOICE and question.known:
        return next((str(choice.text) for choice in question.known.choices if choice.code == value), value)
    if question.kind == QuestionKind.DATE:
        return dutch_date(date.fromisoformat(value))
    return value


def open_questions(info_request: InformationRequest) -> list[OpenQuestion]:
    """In the order of the tabs; numbers count per tab, as on the page."""
    rows = info_request.questions.order_by("tab", "position").values_list("pk", "tab", "answer__status")
    counts: dict[str, int] = {}
    found = []
    for pk, tab, status in rows:
        counts[tab] = counts.get(tab, 0) + 1
        if not status or status == AnswerStatus.NONE:
            found.append(OpenQuestion(pk, tab, counts[tab]))
    return found
