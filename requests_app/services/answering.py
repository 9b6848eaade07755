"""Acceptance opens the person; answers come in sittings and are sent in IMI (IN-12, ANS-01 to ANS-08, ANS-23)."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from authorities.models import User
from imidesk.core import audit, clock, vault
from imidesk.core.errors import DomainError
from imidesk.core.ids import uuid7
from requests_app import catalogue, workflow
from requests_app.answers import AnswerContent, checked, status_of
from requests_app.deadlines import local_day
from requests_app.models import Answer, InformationRequest, Preparation, RequestQuestion, SealedFile
from requests_app.permissions import look
from requests_app.selectors.relations import is_recorded_for
from requests_app.vocabulary import (
    Action,
    AnswerStatus,
    Channel,
    FileKind,
    Part,
    PreparedStep,
    Purpose,
    QuestionKind,
    State,
)
from requests_app.writing import (
    NewFile,
    check_reason,
    ensure_answers,
    finish_preparation,
    locked,
    moment_of_act,
    plan_letter,
    waiting_preparation,
    write_file,
)

SITTING = timedelta(minutes=30)
"""Within this time the trail says once that somebody works on a tab (ADR 10)."""


class AnswersMissing(DomainError):
    """Says which questions are still open, by tab and place; never their text."""

    def __init__(self, places: list[str]) -> None:
        super().__init__(
            ngettext(
                "One question has no answer yet: %(places)s.",
                "%(count)s questions have no answer yet: %(places)s.",
                len(places),
            )
            % {"count": len(places), "places": ", ".join(places)}
        )
        self.places = places


class AnswersChanged(DomainError):
    """Another tab or another handler saved this answer in between; the page shows both texts (pitfall 23)."""

    def __init__(self, question: UUID) -> None:
        super().__init__(_("This answer was changed elsewhere in the meantime. Compare both texts and save again."))
        self.question = question


@transaction.atomic(durable=True)
def accept_request(
    *, info_request: InformationRequest, actor: User, done_at: datetime | None = None, proposed_on: date | None = None
) -> InformationRequest:
    """Competent and able are confirmed by the form (IN-12). `done_at` is the moment in IMI, now at the desk.

    The asked date is taken over unless another one is proposed (ANS-04). With allocation off the handler's own
    allocation comes first.
    """
    request = locked(info_request)
    _accept(request, actor, done_at, proposed_on)
    return request


@transaction.atomic(durable=True)
def finish_prepared_acceptance(
    *, info_request: InformationRequest, actor: User, done_at: datetime
) -> InformationRequest:
    """What was prepared is now done in IMI, with the answer date that was filled in then (design idea 8)."""
    request = locked(info_request)
    waiting = waiting_preparation(request, PreparedStep.ACCEPT)
    _accept(request, actor, done_at, waiting.proposed_on)
    return request


def _accept(request: InformationRequest, actor: User, done_at: datetime | None, proposed_on: date | None) -> None:
    now = clock.now()
    at = moment_of_act(request, done_at, now)
    prefetch_related_objects([request], "questions")  # the guards ask for them several times
    if not request.questions.all():
        raise DomainError(_("This request has no questions yet. Take the questions over first."))
    _check_proposed(proposed_on, at)
    if request.state == State.RECEIVED:
        workflow.require_mandate(request, actor, at)
        workflow.perform(request.allocate_to_self, action=Action.TAKEN_UP, actor=actor, at=now, handlers=[actor.pk])
    finish_preparation(request, PreparedStep.ACCEPT, now)
    workflow.perform(
        request.accept,
        action=Action.ACCEPTED,
        actor=actor,
        at=at,
        agreed_on=None if proposed_on else request.asked_on,
        proposed_on=proposed_on,
    )
    ensure_answers(request)


@transaction.atomic(durable=True)
def prepare_acceptance(
    *, info_request: InformationRequest, actor: User, proposed_on: date | None = None
) -> InformationRequest:
    """ "Ik doe dit straks in IMI": the form waits, the state stays (design idea 8)."""
    request = locked(info_request)
    now = clock.now()
    if not request.questions.exists():
        raise DomainError(_("This request has no questions yet. Take the questions over first."))
    _check_proposed(proposed_on, now)
    workflow.require_mandate(request, actor, now)
    if request.state == State.RECEIVED:
        workflow.perform(request.allocate_to_self, action=Action.TAKEN_UP, actor=actor, at=now, handlers=[actor.pk])
    workflow.perform(request.prepare, action=Action.PREPARED, actor=actor, at=now, step=PreparedStep.ACCEPT.value)
    Preparation.objects.create(
        info_request=request, step=PreparedStep.ACCEPT, made_by=actor, made_at=now, proposed_on=proposed_on
    )
    return request


@transaction.atomic(durable=True)
def confirm_acceptance(*, info_request: InformationRequest, actor: User) -> InformationRequest:
    """The handler named at late registration says that he accepted; only then the person opens to him (IMI-04)."""
    request = locked(info_request)
    workflow.require_possible(request.confirm_acceptance, actor, Action.ACCEPTANCE_CONFIRMED.label)
    if not is_recorded_for(request, actor):
        raise DomainError(_("Nobody recorded that you accepted this request. Accept it yourself."))
    workflow.perform(request.confirm_acceptance, action=Action.ACCEPTANCE_CONFIRMED, actor=actor, at=clock.now())
    return request


@transaction.atomic(durable=True)
def agree_date(*, info_request: InformationRequest, actor: User, agreed_on: date) -> InformationRequest:
    """The requester's consent with the proposed date is recorded; until then "late" follows the asked date."""
    request = locked(info_request)
    if request.accepted_at and agreed_on < local_day(request.accepted_at):
        raise DomainError(_("The agreed date lies before the acceptance."), field="agreed_on")
    workflow.perform(request.agree_date, action=Action.DATE_AGREED, actor=actor, at=clock.now(), agreed_on=agreed_on)
    return request


@transaction.atomic(durable=True)
def complete_subject(*, info_request: InformationRequest, actor: User, subject: Mapping[str, object]) -> None:
    """ "Overnemen uit IMI": all optional until filing (design 4)."""
    request = locked(info_request)
    workflow.perform(
        request.complete_subject, action=Action.SUBJECT_COMPLETED, actor=actor, at=clock.now(), source="form"
    )
    row = request.subject
    filled = {name: value for name, value in subject.items() if value}
    vault.seal(row, "content", json.dumps(filled, ensure_ascii=False, sort_keys=True))
    row.save(update_fields=["content"])


@transaction.atomic(durable=True)
def save_tab(
    *,
    info_request: InformationRequest,
    actor: User,
    tab: str,
    contents: Mapping[UUID, AnswerContent],
    versions: Mapping[UUID, int],
    sent: Mapping[UUID, Collection[UUID]] | None = None,
    files: Mapping[UUID, Sequence[NewFile]] | None = None,
    submission: UUID | None = None,
) -> datetime:
    """Saves a tab with its attachments, whole or not at all; answers need not be complete (ANS-02, ANS-08).

    `sent` names the saves that the page sent by itself: an answer that one of them wrote was changed nowhere else.
    Raises AnswersChanged, DomainError.
    """
    request = locked(info_request)
    workflow.require_possible(request.save_answers, actor, Action.ANSWERS_SAVED.label)
    now = clock.now()
    for pk, added in (files or {}).items():
        _add_files(request, actor, now, pk, added, submission)
    with_files = _questions_with_files(request)
    questions = _questions_of_tab(request, tab, contents)
    for pk, content in contents.items():
        question = questions[pk]
        save = _Save(actor, now, versions.get(pk), frozenset((sent or {}).get(pk, ())))
        _save_answer(question, content, save, has_files=pk in with_files)
    _record_saving(request, actor, tab, now)
    return now


@dataclass(frozen=True)
class SavedAnswer:
    saved_at: datetime
    version: int
    status: str


@transaction.atomic(durable=True)
def save_answer(
    *,
    info_request: InformationRequest,
    actor: User,
    tab: str,
    question: UUID,
    content: AnswerContent,
    version: int,
    token: UUID,
    sent: Collection[UUID] = (),
) -> SavedAnswer:
    """One answer, while it is being typed (ANS-02). `token` names this save, `sent` the earlier ones of the page.

    A save that comes twice, because its reply was lost, writes once. Raises AnswersChanged, DomainError.
    """
    request = locked(info_request)
    workflow.require_possible(request.save_answers, actor, Action.ANSWERS_SAVED.label)
    asked = _questions_of_tab(request, tab, [question])[question]
    answer = asked.answer
    if answer.saved_with != token:
        now = clock.now()
        save = _Save(actor, now, version, frozenset(sent), token)
        _save_answer(asked, content, save, has_files=question in _questions_with_files(request))
        events = audit.events_of("request", request.uuid).filter(action=Action.ANSWERS_SAVED, actor=actor)
        in_this_sitting = events.filter(recorded_at__gt=now - SITTING).values_list("details", flat=True)
        if not any(details["tab"] == tab for details in in_this_sitting):
            _record_saving(request, actor, tab, now)
    return SavedAnswer(answer.saved_at or clock.now(), answer.version, answer.status)


def _record_saving(request: InformationRequest, actor: User, tab: str, now: datetime) -> None:
    counts = answer_counts(request, tab)
    workflow.perform(
        request.save_answers,
        action=Action.ANSWERS_SAVED,
        actor=actor,
        at=now,
        tab=tab,
        answered=counts[AnswerStatus.ANSWERED],
        excused=counts[AnswerStatus.EXCUSED],
    )


def _questions_of_tab(request: InformationRequest, tab: str, wanted: Collection[UUID]) -> dict[UUID, RequestQuestion]:
    """Raises DomainError where one of them is not there."""
    questions = {row.pk: row for row in request.questions.filter(tab=tab, pk__in=wanted).select_related("answer")}
    if len(questions) < len(wanted):
        raise DomainError(_("This question is not on this tab any more. Open the tab again."))
    for question in questions.values():
        question.info_request = request
        question.answer.question = question
    return questions


@dataclass(frozen=True)
class _Save:
    """By whom and when; over which version, unless one of these earlier saves of the same page made a newer one."""

    actor: User
    at: datetime
    version: int | None
    sent: frozenset[UUID] = frozenset()
    token: UUID | None = None


def _save_answer(question: RequestQuestion, content: AnswerContent, save: _Save, *, has_files: bool) -> None:
    known = catalogue.question(question.code) if question.code else None
    right = checked(question.kind, content, known)
    answer = question.answer
    version = answer.version if save.version is None or answer.saved_with in save.sent else save.version
    vault.seal(answer, "content", right.to_json() or "{}")
    answer.status = status_of(question.kind, right, has_files=has_files)
    answer.version = version + 1
    answer.saved_at, answer.saved_by, answer.saved_with = save.at, save.actor, save.token
    written = Answer.objects.filter(pk=answer.pk, version=version).update(
        content=answer.content,
        status=answer.status,
        version=answer.version,
        saved_at=answer.saved_at,
        saved_by=answer.saved_by,
        saved_with=answer.saved_with,
    )
    if not written:
        raise AnswersChanged(question.pk)


def answer_counts(request: InformationRequest, tab: str | None = None) -> dict[str, int]:
    answers = Answer.objects.filter(question__info_request=request)
    if tab:
        answers = answers.filter(question__tab=tab)
    statuses = list(answers.values_list("status", flat=True))
    return {status: statuses.count(status) for status in AnswerStatus.values}


def _questions_with_files(request: InformationRequest) -> set[UUID]:
    files = SealedFile.objects.filter(info_request=request, kind=FileKind.ANSWER_ATTACHMENT, question__isnull=False)
    return {pk for pk in files.values_list("question", flat=True) if pk}


@transaction.atomic(durable=True)
def add_attachments(
    *,
    info_request: InformationRequest,
    actor: User,
    question: UUID,
    files: Sequence[NewFile],
    submission: UUID | None = None,
) -> list[SealedFile]:
    """All or none; they belong to a question (ANS-08), and a document question counts as answered by them.

    `submission` is of the form they came with: when it comes twice, they are there once.
    """
    return _add_files(locked(info_request), actor, clock.now(), question, files, submission)


def _add_files(
    request: InformationRequest,
    actor: User,
    now: datetime,
    question: UUID,
    files: Sequence[NewFile],
    submission: UUID | None,
) -> list[SealedFile]:
    asked = request.questions.select_related("answer").filter(pk=question).first()
    if asked is None or request.state != State.ACCEPTED:
        raise DomainError(_("Attachments are added to a question while the request is being answered."))
    workflow.require_possible(request.change_files, actor, Action.FILE_ADDED.label)
    asked.info_request = request
    added = []
    for file in files:
        pk = _file_of(submission, question, file) if submission else uuid7()
        if SealedFile.objects.filter(pk=pk).exists():
            continue
        row = write_file(request, FileKind.ANSWER_ATTACHMENT, file, by=actor, at=now, question=asked, uuid=pk)
        workflow.perform(
            request.change_files,
            action=Action.FILE_ADDED,
            actor=actor,
            at=now,
            kind=FileKind.ANSWER_ATTACHMENT.value,
            file=row.pk,
        )
        added.append(row)
    _count_anew(request, asked, actor)
    return added


def _file_of(submission: UUID, question: UUID, file: NewFile) -> UUID:
    """The same file at the same question with the same form. The form's name is kept nowhere: it tells nothing."""
    return uuid5(submission, f"{question} {hashlib.sha256(file.content).hexdigest()} {file.name}")


@transaction.atomic(durable=True)
def remove_attachment(*, info_request: InformationRequest, actor: User, file: UUID, reason: str) -> None:
    """Only what was added here, and only while it is not sent. `reason` is a code of the catalogue."""
    check_reason("remove_file", reason, "")
    request = locked(info_request)
    now = clock.now()
    row = SealedFile.objects.filter(info_request=request, pk=file, kind=FileKind.ANSWER_ATTACHMENT).first()
    if row is None or request.state != State.ACCEPTED:
        raise DomainError(_("This attachment cannot be removed any more."))
    workflow.perform(
        request.change_files,
        action=Action.FILE_REMOVED,
        actor=actor,
        at=now,
        kind=FileKind.ANSWER_ATTACHMENT.value,
        file=row.pk,
        reason=reason,
    )
    question = row.question
    storage_name = row.storage_name
    row.delete()
    if question is not None:
        question.info_request = request
        _count_anew(request, question, actor)
    transaction.on_commit(lambda: vault.delete_file(storage_name), robust=True)  # what stays behind is swept


def _count_anew(request: InformationRequest, question: RequestQuestion, actor: User) -> None:
    """A document question hangs on its files, unless a standard answer says enough."""
    if question.kind == QuestionKind.DOCUMENT:
        answer = question.answer
        answer.question = question
        opened = vault.open_text(look(actor, request, Part.PERSON, Purpose.ANSWER), answer, "content")
        has_files = question.pk in _questions_with_files(request)
        answer.status = status_of(question.kind, AnswerContent.from_json(opened), has_files=has_files)
        answer.save(update_fields=["status"])


def missing_places(info_request: InformationRequest) -> list[str]:
    """The open questions as "[A] 3": the place a person sees on the tab, never the text."""
    places = []
    count: dict[str, int] = {}
    for question in info_request.questions.select_related("answer"):
        count[question.tab] = count.get(question.tab, 0) + 1
        answer = getattr(question, "answer", None)
        if answer is None or answer.status == AnswerStatus.NONE:
            places.append(f"[{question.tab}] {count[question.tab]}")
    return places


@transaction.atomic(durable=True)
def prepare_answer(*, info_request: InformationRequest, actor: User) -> InformationRequest:
    """Complete and declared: frozen, to be entered into IMI in IMI's order (design idea 8, ANS-23)."""
    request = locked(info_request)
    _check_complete(request)
    now = clock.now()
    workflow.require_mandate(request, actor, now)
    workflow.perform(request.prepare, action=Action.PREPARED, actor=actor, at=now, step=PreparedStep.ANSWER.value)
    Preparation.objects.create(info_request=request, step=PreparedStep.ANSWER, made_by=actor, made_at=now)
    return request


@transaction.atomic(durable=True)
def send_answer(
    *, info_request: InformationRequest, actor: User, done_at: datetime | None = None
) -> InformationRequest:
    """On channel imi "Antwoord in IMI verzonden op", from the prepared page; at the desk the act itself."""
    request = locked(info_request)
    _check_complete(request)
    if request.channel == Channel.IMI and request.prepared_step != PreparedStep.ANSWER:
        raise DomainError(_("Prepare the answer first and enter it into IMI."))
    now = clock.now()
    at = moment_of_act(request, done_at, now)
    finish_preparation(request, PreparedStep.ANSWER, now)
    _answer(request, actor, at, in_imi_only=False)
    return request


@transaction.atomic(durable=True)
def record_answer_in_imi(
    *,
    info_request: InformationRequest,
    actor: User,
    done_at: datetime,
    report: NewFile,
    excused: frozenset[UUID] = frozenset(),
) -> InformationRequest:
    """The short route: "Ik heb al in IMI geantwoord", with IMI's PDF (design idea 8)."""
    request = locked(info_request)
    now = clock.now()
    at = moment_of_act(request, done_at, now)
    if request.channel != Channel.IMI:
        raise DomainError(_("This request does not run in IMI."))
    workflow.require_possible(request.answer, actor, Action.ANSWERED.label)
    write_file(request, FileKind.IMI_FULL, report, by=actor, at=now)
    for answer in Answer.objects.filter(question__info_request=request):
        answer.status = AnswerStatus.EXCUSED if answer.question_id in excused else AnswerStatus.ANSWERED
        answer.save(update_fields=["status"])
    finish_preparation(request, PreparedStep.ANSWER, now)
    _answer(request, actor, at, in_imi_only=True)
    return request


def _answer(request: InformationRequest, actor: User, at: datetime, *, in_imi_only: bool) -> None:
    counts = answer_counts(request)
    plan_letter(request, at)  # before the step, which arms the reminder of the letter too
    workflow.perform(
        request.answer,
        action=Action.ANSWERED,
        actor=actor,
        at=at,
        answered=counts[AnswerStatus.ANSWERED],
        excused=counts[AnswerStatus.EXCUSED],
        in_imi_only=in_imi_only,
    )


@transaction.atomic(durable=True)
def withdraw_preparation(*, info_request: InformationRequest, actor: User) -> InformationRequest:
    """ "Terug naar bewerken" (design 9)."""
    request = locked(info_request)
    step = request.prepared_step
    now = clock.now()
    workflow.perform(request.unprepare, action=Action.PREPARATION_WITHDRAWN, actor=actor, at=now, step=step)
    Preparation.objects.filter(info_request=request, ended_at__isnull=True).update(ended_at=now)
    return request


def _check_complete(request: InformationRequest) -> None:
    if not request.questions.exists():
        raise DomainError(_("This request has no questions yet. Take the questions over first."))
    missing = missing_places(request)
    if missing:
        raise AnswersMissing(missing)


def _check_proposed(proposed_on: date | None, at: datetime) -> None:
    if proposed_on is not None and proposed_on < local_day(at):
        raise DomainError(_("The proposed answer date lies in the past."), field="proposed_on")
