"""What an answer holds, and when a question counts as answered or excused. Pure: no database."""

import json
import re
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext_lazy as _

from imidesk.core.errors import DomainError
from requests_app import catalogue
from requests_app.vocabulary import AnswerStatus, QuestionKind

LONGEST_TEXT = 50_000
THOUSANDS = re.compile(r"-?\d{1,3}(\.\d{3})+(,\d+)?")
YES_NO = (("yes", _("Yes")), ("no", _("No")))


@dataclass(frozen=True)
class AnswerContent:
    """A value of the question's kind, a standard answer by its code, and text beside either."""

    value: str = ""
    standard: str = ""
    text: str = ""

    def to_json(self) -> str:
        return (
            json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)
            if self.value or self.standard or self.text
            else ""
        )

    @classmethod
    def from_json(cls, content: str) -> "AnswerContent":
        return cls(**json.loads(content)) if content else cls()


def status_of(kind: str, content: AnswerContent, *, has_files: bool) -> AnswerStatus:
    """Excused by a standard answer that says so (IN-16); answered by a value, a standard answer, text or a document."""
    if content.standard:
        answer = catalogue.standard_answer(content.standard)
        if answer.needs_text and not content.text.strip():
            return AnswerStatus.NONE
        return AnswerStatus.EXCUSED if answer.excuses else AnswerStatus.ANSWERED
    if content.value:
        return AnswerStatus.ANSWERED
    if kind == QuestionKind.DOCUMENT:
        return AnswerStatus.ANSWERED if has_files else AnswerStatus.NONE
    if kind == QuestionKind.TEXT and content.text.strip():
        return AnswerStatus.ANSWERED
    return AnswerStatus.NONE


def as_number(value: str) -> Decimal:
    return Decimal(value.replace(",", "."))


def checked(kind: str, content: AnswerContent, question: catalogue.CatalogueQuestion | None) -> AnswerContent:
    """Raises DomainError where a value is not of the question's kind, or a standard answer is not offered at it."""
    choices = {choice.code for choice in question.choices} if question else set()
    value = content.value.strip()
    if len(content.text) > LONGEST_TEXT:
        raise DomainError(_("This text is longer than 50,000 characters. Shorten it, or add it as an attachment."))
    if content.standard and content.standard not in {
        answer.code for answer in catalogue.standard_answers_for(question)
    }:
        raise DomainError(_("Choose a standard answer from the list."))
    if value and kind == QuestionKind.YES_NO and value not in dict(YES_NO):
        raise DomainError(_("Choose yes or no."))
    if value and kind == QuestionKind.CHOICE and value not in choices:
        raise DomainError(_("Choose one of the answers from the list."))
    if value and kind == QuestionKind.DATE:
        try:
            value = date.fromisoformat(value).isoformat()
        except ValueError:
            raise DomainError(_("Enter a date, for example 21-11-2026.")) from None
    if value and kind == QuestionKind.NUMBER:
        value = value.replace(".", "") if THOUSANDS.fullmatch(value) else value
        try:
            number = as_number(value)
        except InvalidOperation:
            raise DomainError(_("Enter a number, for example 12, 3,5 or 2.000.000.")) from None
        if not number.is_finite() or len(value) > 30:
            raise DomainError(_("Enter a number, for example 12, 3,5 or 2.000.000."))
    return AnswerContent(value=value, standard=content.standard, text=content.text.replace("\r\n", "\n"))
