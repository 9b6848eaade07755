"""Relations after acceptance: a second handler, viewers, advice of the lawyer, further questions (IN-03, IMI-02)."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from authorities.models import User
from imidesk.core import clock, vault
from imidesk.core.errors import DomainError
from imidesk.core.templatetags.desk import dutch_date
from requests_app import workflow
from requests_app.models import AdviceRequest, InformationRequest, Viewer
from requests_app.selectors import relations
from requests_app.vocabulary import Action, TextKind
from requests_app.writing import check_further_question, check_reason, in_order, locked, write_text


@transaction.atomic(durable=True)
def join(*, info_request: InformationRequest, actor: User) -> InformationRequest:
    """Another allocated handler accepts for himself; only then the person opens to him (IN-03, design idea 2)."""
    request = locked(info_request)
    workflow.perform(request.join, action=Action.JOINED, actor=actor, at=clock.now())
    return request


@transaction.atomic(durable=True)
def add_viewer(
    *, info_request: InformationRequest, actor: User, user: User, reason: str, until: date, words: str = ""
) -> Viewer:
    """Somebody of the home authority reads along, the person too, until a date (design 9)."""
    request = locked(info_request)
    workflow.require_possible(request.add_viewer, actor, Action.VIEWER_ADDED.label)
    check_reason("viewer", reason, words)
    if user not in relations.possible_viewers(request):
        raise DomainError(_("%(person)s cannot be added: no colleague here, or reading it already.") % {"person": user})
    now, today = clock.now(), clock.today()
    latest = relations.latest_viewing_day(request, today)
    if until < today:
        raise DomainError(_("This date lies in the past. Choose today or later."), field="until")
    if until > latest:
        raise DomainError(_("Choose a date until %(day)s at the latest.") % {"day": dutch_date(latest)}, field="until")
    # What ended by its date alone still stands open as a row.
    Viewer.objects.filter(info_request=request, user=user, ended_at__isnull=True).update(ended_at=now)
    row = Viewer.objects.create(
        info_request=request, user=user, reason=reason, until=until, added_by=actor, added_at=now
    )
    workflow.perform(
        request.add_viewer, action=Action.VIEWER_ADDED, actor=actor, at=now, reason=reason, user=user.pk, until=until
    )
    write_text(request, TextKind.VIEWER_REASON, words, by=actor, at=now)
    return row


@transaction.atomic(durable=True)
def remove_viewer(*, info_request: InformationRequest, actor: User, viewer: int) -> InformationRequest:
    request = locked(info_request)
    workflow.require_possible(request.remove_viewer, actor, Action.VIEWER_REMOVED.label)
    row = Viewer.objects.on(clock.today()).filter(pk=viewer, info_request=request).first()
    if row is None:
        raise DomainError(_("This person does not read along any more."))
    now = clock.now()
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    workflow.perform(request.remove_viewer, action=Action.VIEWER_REMOVED, actor=actor, at=now, user=row.user_id)
    return request


@transaction.atomic(durable=True)
def ask_advice(*, info_request: InformationRequest, actor: User, question: str) -> AdviceRequest:
    """ "Advies vragen aan JZ": the questions open to her until she answers; the person does not (design 1)."""
    request = locked(info_request)
    workflow.require_possible(request.ask_advice, actor, Action.ADVICE_ASKED.label)
    if not question.strip():
        raise DomainError(_("Write what you want to know."), field="question")
    if relations.open_advice(request) is not None:
        raise DomainError(_("Advice is asked already. Wait for the answer of the lawyer."))
    now = clock.now()
    row = AdviceRequest(info_request=request, asked_by=actor, asked_at=now)
    vault.seal(row, "question", _clean(question))
    row.save(force_insert=True)
    workflow.perform(request.ask_advice, action=Action.ADVICE_ASKED, actor=actor, at=now, advice=row.pk)
    return row


@transaction.atomic(durable=True)
def give_advice(*, info_request: InformationRequest, actor: User, answer: str) -> AdviceRequest:
    """With the answer her reading ends."""
    request = locked(info_request)
    workflow.require_possible(request.give_advice, actor, Action.ADVICE_GIVEN.label)
    row = relations.open_advice(request)
    if row is None:
        raise DomainError(_("Nobody waits for advice on this request any more."))
    if not answer.strip():
        raise DomainError(_("Write your advice."), field="answer")
    now = clock.now()
    workflow.perform(request.give_advice, action=Action.ADVICE_GIVEN, actor=actor, at=now, advice=row.pk)
    row.info_request = request
    vault.seal(row, "answer", _clean(answer))
    row.answered_by, row.answered_at = actor, now
    row.save(update_fields=["answer", "answered_by", "answered_at"])
    return row


@transaction.atomic(durable=True)
def clarify(
    *, info_request: InformationRequest, actor: User, asked_at: datetime, reply_by: date, words: str
) -> InformationRequest:
    """The requester asks further after the answer, with a new date; the answers can be changed again (IMI-02)."""
    request = locked(info_request)
    workflow.require_possible(request.clarify, actor, Action.CLARIFICATION_ASKED.label)
    now = clock.now()
    at = in_order(asked_at, request.last_moment, now, field="asked_at")
    check_further_question(at, reply_by, words)
    workflow.perform(request.clarify, action=Action.CLARIFICATION_ASKED, actor=actor, at=at, reply_by=reply_by)
    write_text(request, TextKind.CLARIFICATION, words, by=actor, at=now)
    return request


def _clean(text: str) -> str:
    return text.strip().replace("\r\n", "\n")
