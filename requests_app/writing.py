"""Writing sealed rows: what several services share, below them and without a transaction of its own (house rule 2)."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from string import ascii_uppercase
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from authorities.models import User
from imidesk.core import clock, vault
from imidesk.core.errors import DomainError
from imidesk.core.ids import uuid7
from requests_app import catalogue
from requests_app.deadlines import HERE, Calendar, local_day
from requests_app.models import (
    Answer,
    InformationRequest,
    Preparation,
    ProviderLetter,
    RequestQuestion,
    SealedFile,
    SealedText,
)
from requests_app.vocabulary import AnswerStatus, Channel, FileKind, PreparedStep, Procedure, TextKind


@dataclass(frozen=True)
class NewQuestion:
    """By catalogue code, or own text of a kind on a tab: the letter of one that is there, or a name for a new one."""

    tab: str = ""
    code: str = ""
    text: str = ""
    kind: str = ""
    comment: str = ""


@dataclass(frozen=True)
class NewFile:
    name: str
    media_type: str
    content: bytes
    question: int | None = None  # position from 1


def checked_records_number(text: str) -> str:
    """Of a case or a task in the records system; stays open for good, so it has no room for a person (DP-08, SP-23)."""
    number = text.strip()
    if not re.fullmatch(settings.IMIDESK_RECORDS_NUMBER_PATTERN, number, re.ASCII):
        raise DomainError(
            _(
                "This is not a number of Corsa, for example C2026-00042: at most six letters, then groups of at most"
                " seven digits. A name or a number of a person may not stand here."
            )
        )
    return number


def locked(info_request: InformationRequest) -> InformationRequest:
    """The row as it is now, held until the transaction ends; never refresh_from_db (stack, "State machine")."""
    rows = InformationRequest.objects.select_for_update(of=("self",))
    return rows.select_related("home", "requester", "service_activity").get(pk=info_request.pk)


def locked_many(pks: Iterable[int], *, wait: bool = False) -> list[InformationRequest]:
    """As `locked`; unless it waits, what somebody else holds at this moment is left out, where the database can."""
    rows = InformationRequest.objects.select_for_update(of=("self",), skip_locked=not wait)
    return list(rows.filter(pk__in=list(pks)).order_by("pk"))


def write_text(
    info_request: InformationRequest, kind: TextKind, text: str, *, by: User | None, at: datetime
) -> SealedText | None:
    if not text.strip():
        return None
    row = SealedText(info_request=info_request, kind=kind, written_at=at, written_by=by)
    vault.seal(row, "text", text.strip().replace("\r\n", "\n"))
    row.save(force_insert=True)
    return row


def write_file(
    info_request: InformationRequest,
    kind: FileKind,
    file: NewFile,
    *,
    by: User | None,
    at: datetime,
    question: RequestQuestion | None = None,
    uuid: UUID | None = None,
) -> SealedFile:
    """The bytes stay as they came; their SHA-256 is sealed beside them (ARC-09)."""
    row = SealedFile(uuid=uuid or uuid7(), info_request=info_request, kind=kind, question=question)
    row.added_at, row.added_by = at, by
    vault.seal(row, "details", file_details(file))
    row.storage_name = vault.store_file(row, file.content)
    row.save(force_insert=True)
    return row


def file_details(file: NewFile) -> str:
    """What is sealed beside the bytes of a file: its own name, type, size and SHA-256."""
    details = {
        "name": file.name,
        "media_type": file.media_type,
        "size": len(file.content),
        "sha256": hashlib.sha256(file.content).hexdigest(),
    }
    return json.dumps(details, ensure_ascii=False, sort_keys=True)


def write_questions(info_request: InformationRequest, questions: tuple[NewQuestion, ...]) -> list[RequestQuestion]:
    """Added behind those that are there; a catalogue question that is there already is not asked twice.

    Gives a row for each of them, in their order, so that an attachment finds its question by its place.
    """
    present = list(info_request.questions.all())
    known = {question.code: question for question in present if question.code}
    position = max((question.position for question in present), default=0)
    question_set = catalogue.set_for(info_request.procedure, info_request.fictitious)
    tabs = _Tabs(question_set, {question.tab for question in present})
    written, added = [], []
    for new in questions:
        if new.code and (there := known.get(_stored_code(question_set, new.code))):
            written.append(there)
            continue
        position += 1
        row = RequestQuestion(info_request=info_request, uuid=uuid7(), position=position)
        if new.code:
            found = question_set.find(new.code)
            tab = question_set.tab_of(new.code)
            if found is None or tab is None:
                raise catalogue.CatalogueError(f"question {position} is not in the set of this procedure")
            row.code, row.kind, row.tab = found.code, found.kind, tab.letter
            known[found.code] = row
        else:
            row.kind, row.tab = new.kind, tabs.letter_for(new.tab)
            vault.seal(row, "own_text", new.text.strip())
            vault.seal(row, "own_tab_name", tabs.own_name(new.tab))
        vault.seal(row, "comment", new.comment.strip())
        added.append(row)
        written.append(row)
    RequestQuestion.objects.bulk_create(added)
    return written


class _Tabs:
    """Letters for tabs that the requester named in his own words: the next that the catalogue leaves free."""

    def __init__(self, question_set: catalogue.QuestionSet, used: set[str]) -> None:
        self.named = {name: tab.letter for tab in question_set.tabs for name in vars(tab.name).values()}
        self.of_catalogue = {tab.letter for tab in question_set.tabs}
        self.free = [letter for letter in ascii_uppercase if letter not in self.of_catalogue | used]

    def letter_for(self, tab: str) -> str:
        name = tab.strip()
        if _is_letter(name):
            return name.upper()
        if name not in self.named:
            self.named[name] = self.free.pop(0) if self.free else "Z"
        return self.named[name]

    def own_name(self, tab: str) -> str:
        name = tab.strip()
        return "" if _is_letter(name) or self.named.get(name) in self.of_catalogue else name


def _is_letter(name: str) -> bool:
    return len(name) == 1 and name.upper() in ascii_uppercase


def _stored_code(question_set: catalogue.QuestionSet, code: str) -> str:
    found = question_set.find(code)
    return found.code if found else code


def ensure_answers(info_request: InformationRequest) -> None:
    """A row for every question from acceptance on, so that presence tells nothing (SP-02)."""
    missing = [Answer(question=question) for question in info_request.questions.filter(answer__isnull=True)]
    for answer in missing:
        vault.seal(answer, "content", "{}")
    Answer.objects.bulk_create(missing)


def moment_of_act(info_request: InformationRequest, done_at: datetime | None, now: datetime) -> datetime:
    """When it was done in IMI: at the desk the act itself; never future, never before the act before it (design 9)."""
    if info_request.channel == Channel.DESK or done_at is None:
        return now
    return in_order(done_at, info_request.last_moment, now)


def check_not_future(moment: datetime, now: datetime, *, field: str) -> None:
    """Raises DomainError."""
    if moment > now:
        raise DomainError(_("This moment lies in the future. Enter when it was done."), field=field)


def check_day_not_future(day: date, *, field: str) -> None:
    """Raises DomainError."""
    if day > clock.today():
        raise DomainError(_("This date lies in the future. Enter when it was done."), field=field)


def in_order(done_at: datetime, previous: datetime, now: datetime, *, field: str = "done_at") -> datetime:
    """A form knows whole minutes: in the minute of the act before it, the act came right after that one."""
    check_not_future(done_at, now, field=field)
    if done_at < previous.replace(second=0, microsecond=0):
        raise DomainError(_("This moment lies before the step before it. Check the date and the time."), field=field)
    return max(done_at, previous)


def check_reason(kind: str, reason: str, words: str) -> None:
    """A reason of the catalogue, explained where it asks for that. Raises DomainError."""
    offered = {found.code: found for found in catalogue.reasons(kind)}
    if reason not in offered:
        raise DomainError(_("Choose a reason from the list."))
    if offered[reason].needs_text and not words.strip():
        raise DomainError(_("Explain this reason in a few words."), field="words")


def check_further_question(at: datetime, reply_by: date, words: str) -> None:
    """What the requester asks after the answer has words and a date (IMI-02). Raises DomainError."""
    if not words.strip():
        raise DomainError(_("Take over what the requester asks."), field="words")
    if reply_by < local_day(at):
        raise DomainError(_("The answer date lies before the day on which it was asked."), field="reply_by")


def waiting_preparation(info_request: InformationRequest, *steps: PreparedStep) -> Preparation:
    """The filled form that waits for one of these steps. Raises DomainError when there is none any more."""
    row = Preparation.objects.filter(info_request=info_request, step__in=steps, ended_at__isnull=True).first()
    if row is None:
        raise DomainError(_("Nothing is waiting to be done in IMI any more. Open the request again."))
    row.info_request = info_request
    return row


def finish_preparation(info_request: InformationRequest, step: PreparedStep, now: datetime) -> None:
    Preparation.objects.filter(info_request=info_request, step=step, ended_at__isnull=True).update(ended_at=now)


def plan_letter(info_request: InformationRequest, at: datetime) -> None:
    """Information on good repute goes out: the provider is told the next working day at the latest (ANS-17)."""
    if info_request.procedure != Procedure.GOOD_REPUTE:
        return
    given = Answer.objects.filter(question__info_request=info_request, status=AnswerStatus.ANSWERED)
    waiting = ProviderLetter.objects.filter(info_request=info_request, sent_on__isnull=True)
    if given.exists() and not waiting.exists():
        due_on = Calendar.of(HERE).shift(local_day(at), 1)
        ProviderLetter.objects.create(info_request=info_request, due_on=due_on)
