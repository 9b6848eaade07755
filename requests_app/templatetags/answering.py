"""What pages of questions and answers use."""

from dataclasses import dataclass

from django import template
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from imidesk.core import clock
from imidesk.core.bilingual import OutwardText, Text
from imidesk.core.templatetags.desk import dutch_moment, dutch_time
from requests_app import catalogue
from requests_app.answers import AnswerContent
from requests_app.models import InformationRequest
from requests_app.selectors import answering
from requests_app.selectors.case import FileView, QuestionView
from requests_app.vocabulary import AnswerStatus, FileKind, QuestionKind

register = template.Library()

_TONES = {AnswerStatus.ANSWERED: "positive", AnswerStatus.EXCUSED: "info", AnswerStatus.NONE: "warning"}


@register.filter
def anchor_of_question(question: QuestionView) -> str:
    return answering.anchor_of(question.tab, question.number)


@register.filter
def status_words(question: QuestionView) -> str:
    return str(AnswerStatus(question.status).label)


@register.filter
def status_tone(question: QuestionView) -> str:
    return _TONES[AnswerStatus(question.status)]


@register.filter
def files_of_requester(question: QuestionView) -> list[FileView]:
    return [file for file in question.files if file.kind == FileKind.FROM_REQUESTER]


@register.filter
def files_of_answer(question: QuestionView) -> list[FileView]:
    return answering.files_of_answer(question)


@register.simple_tag
def question_for_requester(info_request: InformationRequest, question: QuestionView) -> object:
    return answering.question_for_requester(info_request, question)


@register.simple_tag
def answer_for_requester(info_request: InformationRequest, question: QuestionView) -> object:
    return answering.answer_for_requester(info_request, question)


@register.simple_tag
def language_of_suggestion(info_request: InformationRequest) -> str:
    """In which language a text stands that was filled in already (ANS-07)."""
    return answering.language_of_suggestion(info_request)


@dataclass(frozen=True)
class NotGiven:
    what: Text
    answer: OutwardText


@register.inclusion_tag("requests_app/answering/good_repute.html")
def good_repute(info_request: InformationRequest) -> dict[str, object]:
    """What the answers of this procedure may tell, and which standard answer stands for what they may not."""
    disclosure = catalogue.set_for(info_request.procedure, info_request.fictitious).disclosure
    rows = disclosure.withheld if disclosure else ()
    withheld = [NotGiven(row.what, catalogue.standard_answer(row.answer).text) for row in rows]
    return {"disclosure": disclosure, "withheld": withheld}


@register.inclusion_tag("requests_app/answering/answer_in_words.html")
def answer_in_words(question: QuestionView, content: AnswerContent | None = None) -> dict[str, object]:
    return {"answer": answering.in_words(question, content)}


@register.simple_tag
def next_open(questions: list[answering.OpenQuestion], question: QuestionView) -> answering.OpenQuestion | None:
    """The first one behind this question that has no answer; after the last tab it goes on at the first."""
    others = [each for each in questions if each.uuid != question.uuid]
    behind = [each for each in others if (each.tab, each.number) > (question.tab, question.number)]
    return next(iter(behind or others), None)


@dataclass(frozen=True)
class ToEnter:
    """What to choose and what to type in IMI."""

    chosen: str
    typed: str
    text: str


@register.filter
def to_enter(question: QuestionView) -> ToEnter:
    answer = answering.in_words(question)
    typed = answer.value if question.kind in (QuestionKind.DATE, QuestionKind.NUMBER) else ""
    chosen = [answer.standard] if typed else [answer.value, answer.standard]
    return ToEnter(" – ".join(filter(None, chosen)), typed, answer.text)


@register.filter
def when_saved(question: QuestionView) -> str:
    """ "Opgeslagen om 14.32 uur", on an earlier day with the date; nothing when it was never saved."""
    if question.saved_at is None:
        return ""
    if localdate(question.saved_at) == clock.today():
        return _("Saved at %(time)s") % {"time": dutch_time(question.saved_at)}
    return _("Saved on %(moment)s") % {"moment": dutch_moment(question.saved_at)}


@register.filter
def what_is_missing(question: QuestionView) -> str:
    """Why a question that holds something does not count as answered yet."""
    answer = question.answer
    if question.status or answer == AnswerContent():
        return ""
    if answer.standard and catalogue.standard_answer(answer.standard).needs_text:
        return _("This standard answer counts once there is a text with it.")
    if question.kind == QuestionKind.DOCUMENT:
        return _("This question counts as answered once there is an attachment or a standard answer.")
    return _("The text alone does not count as an answer yet: fill in the answer too, or choose a standard answer.")
