"""Answers in words, and which questions still wait for one."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from imidesk.core.bilingual import OUTWARD_LANGUAGES, OutwardText
from imidesk.core.templatetags.desk import dutch_date
from requests_app import catalogue
from requests_app.answers import YES_NO, AnswerContent, as_number
from requests_app.models import InformationRequest, RequestQuestion
from requests_app.selectors.case import FileView, QuestionView, TabView
from requests_app.selectors.overview import language_name
from requests_app.vocabulary import AnswerStatus, FileKind, QuestionKind


@dataclass(frozen=True)
class AnswerInWords:
    """As a person reads it: the value, the standard answer and the text beside them, each perhaps empty.

    `attached` names the attachments where they are the whole answer.
    """

    value: str
    standard: str
    text: str
    attached: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.value or self.standard or self.text or self.attached)


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
    attached = _attached(question) if content is None and answer == AnswerContent() else ""
    return AnswerInWords(_value_in_words(question, answer.value), standard, answer.text, attached)


def files_of_answer(question: QuestionView) -> list[FileView]:
    return [file for file in question.files if file.kind == FileKind.ANSWER_ATTACHMENT]


def _attached(question: QuestionView) -> str:
    names = ", ".join(file.name for file in files_of_answer(question))
    return _("see attachment: %(names)s") % {"names": names} if names else ""


def _value_in_words(question: QuestionView, value: str) -> str:
    if not value:
        return ""
    if question.kind == QuestionKind.YES_NO:
        return str(dict(YES_NO).get(value, value))
    if question.kind == QuestionKind.CHOICE and question.known:
        return next((str(choice.text) for choice in question.known.choices if choice.code == value), value)
    if question.kind == QuestionKind.DATE:
        return dutch_date(date.fromisoformat(value))
    if question.kind == QuestionKind.NUMBER:
        return number_format(as_number(value), force_grouping=True)
    return value


@dataclass(frozen=True)
class RequesterWords:
    """A text of the catalogue in the requester's own language, where that is not the language of the screen."""

    language: str
    language_name: str
    text: str


def question_for_requester(info_request: InformationRequest, question: QuestionView) -> RequesterWords | None:
    """The question as he reads it (ANS-05); one in own words is there as he wrote it."""
    return _for_requester(info_request, [question.known.text] if question.known else [])


def answer_for_requester(info_request: InformationRequest, question: QuestionView) -> RequesterWords | None:
    """The choice and the standard answer, for when IMI does not offer them ready translated (ANS-05, ANS-07)."""
    answer = question.answer
    known = question.known.choices if question.known else ()
    texts = [choice.text for choice in known if choice.code == answer.value]
    if answer.standard:
        texts.append(catalogue.standard_answer(answer.standard).text)
    return _for_requester(info_request, texts)


def language_of_suggestion(info_request: InformationRequest) -> str:
    language = catalogue.language_for(info_request.language)
    is_own = info_request.language.lower().startswith(language)
    sentence = (
        _("The text is in the language of the requester: %(language)s.")
        if is_own
        else _("The text is in %(language)s: the desk has none in the language of the requester, or does not know it.")
    )
    return sentence % {"language": language_name(language)}


def _for_requester(info_request: InformationRequest, texts: list[OutwardText]) -> RequesterWords | None:
    language = info_request.language.lower().split("-")[0]
    if not texts or language not in OUTWARD_LANGUAGES or language == (get_language() or "nl").split("-")[0]:
        return None
    return RequesterWords(language, language_name(language), " ".join(text.in_language(language) for text in texts))


def bare_tab(info_request: InformationRequest, letter: str, question: UUID | None = None) -> TabView | None:
    """A tab, or one question of it, in open data alone: kind, place, code and status, nothing that is sealed."""
    rows = list(info_request.questions.filter(tab=letter).select_related("answer").order_by("position"))
    views = [_bare(row, number) for number, row in enumerate(rows, start=1)]
    wanted = tuple(view for view in views if question in (None, view.uuid))
    tabs = {tab.letter: tab for tab in catalogue.set_for(info_request.procedure, info_request.fictitious).tabs}
    return TabView(letter, "", tabs.get(letter), wanted) if wanted else None


def _bare(row: RequestQuestion, number: int) -> QuestionView:
    known = catalogue.question(row.code) if row.code else None
    answer = getattr(row, "answer", None)
    return QuestionView(
        uuid=row.pk,
        tab=row.tab,
        number=number,
        kind=row.kind,
        code=row.code,
        text="",
        is_own=known is None,
        status=answer.status if answer else AnswerStatus.NONE,
        known=known,
        version=answer.version if answer else 0,
        saved_at=answer.saved_at if answer else None,
    )


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
