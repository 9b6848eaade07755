"""What takes more than one person: holds, early erasure, and opening blocked data (design 3, DP-06, DP-07, DP-09)."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from archive import retention
from archive.selectors import erased_from, is_holding, why_no_hold, why_not_early
from authorities.models import User
from imidesk.core import clock, vault
from imidesk.core.errors import DomainError
from imidesk.core.templatetags.desk import dutch_date
from requests_app import workflow
from requests_app.models import Annotation, DataDecision, DecisionFile, InformationRequest
from requests_app.selectors import decisions
from requests_app.vocabulary import Action, DecisionFileKind, DecisionKind
from requests_app.writing import NewFile, check_reason, file_details, locked


@transaction.atomic(durable=True)
def propose_hold(
    *, info_request: InformationRequest, actor: User, ground: str, words: str, until: date, owner: User
) -> DataDecision:
    """Erasing waits until a date, of at most twelve months, with somebody who answers for it (design 3)."""
    request = locked(info_request)
    workflow.require_possible(request.propose_decision, actor, Action.DECISION_PROPOSED.label)
    check_reason("hold", ground, words)
    _check_until(request, until, clock.today())
    row = _row(request, DecisionKind.HOLD, ground, actor)
    row.until, row.owner = until, owner
    _write(row, words, ())
    workflow.perform(
        request.propose_decision,
        action=Action.DECISION_PROPOSED,
        actor=actor,
        at=row.proposed_at,
        decision=row.pk,
        kind=row.kind,
        reason=ground,
        until=until,
    )
    return row


@vault.no_file_without_its_row()
@transaction.atomic(durable=True)
def propose_early_erasure(
    *, info_request: InformationRequest, actor: User, words: str, request_file: NewFile, consent: NewFile
) -> DataDecision:
    """On express request of the authority and with consent of the data subject, both on file (DP-09)."""
    request = locked(info_request)
    workflow.require_possible(request.propose_decision, actor, Action.DECISION_PROPOSED.label)
    _check_may_go(request)
    row = _row(request, DecisionKind.EARLY_ERASURE, "", actor)
    _write(row, words, ((DecisionFileKind.REQUEST, request_file), (DecisionFileKind.CONSENT, consent)))
    workflow.perform(
        request.propose_decision,
        action=Action.DECISION_PROPOSED,
        actor=actor,
        at=row.proposed_at,
        decision=row.pk,
        kind=row.kind,
    )
    return row


@vault.no_file_without_its_row()
@transaction.atomic(durable=True)
def ask_opening(
    *, info_request: InformationRequest, actor: User, ground: str, words: str, document: NewFile
) -> DataDecision:
    """By a handler with mandate, who would look; refused at once where there are not two to decide (DP-06)."""
    request = locked(info_request)
    workflow.require_possible(request.ask_opening, actor, Action.OPENING_ASKED.label)
    check_reason("opening", ground, words)
    lack = decisions.who_lacks(request, actor)
    if lack:
        raise DomainError(lack)
    row = _row(request, DecisionKind.OPENING, ground, actor)
    _write(row, words, ((DecisionFileKind.DOCUMENT, document),))
    workflow.perform(
        request.ask_opening,
        action=Action.OPENING_ASKED,
        actor=actor,
        at=row.proposed_at,
        decision=row.pk,
        kind=row.kind,
        reason=ground,
    )
    return row


@transaction.atomic(durable=True)
def approve(*, decision: DataDecision, actor: User) -> DataDecision:
    """Never by who proposed it. An opening takes the lawyer and a second person, independent of each other."""
    request = locked(decision.info_request)
    workflow.require_possible(request.approve_decision, actor, Action.DECISION_APPROVED.label)
    row = _waiting(decision)
    _check_is_another(row, actor)
    now = clock.now()
    if row.kind == DecisionKind.OPENING:
        _check_independent(row, actor)
    if row.kind == DecisionKind.EARLY_ERASURE:
        _check_may_go(request)
    if row.first_by is None:
        row.first_by = actor
    else:
        row.second_by = actor
    final = row.kind != DecisionKind.OPENING or row.second_by is not None
    if final:
        row.decided_at, row.approved = now, True
        if row.kind == DecisionKind.EARLY_ERASURE:
            row.ended_at = now
    row.save(update_fields=["first_by", "second_by", "decided_at", "approved", "ended_at"])
    workflow.perform(
        request.approve_decision,
        action=Action.DECISION_APPROVED,
        actor=actor,
        at=now,
        decision=row.pk,
        kind=row.kind,
        final=final,
        people=_told(row) if final else None,
    )
    return row


@transaction.atomic(durable=True)
def decline(*, decision: DataDecision, actor: User) -> DataDecision:
    """One who does not agree is enough; who proposed it can take it back this way too."""
    request = locked(decision.info_request)
    workflow.require_possible(request.decline_decision, actor, Action.DECISION_DECLINED.label)
    row = _waiting(decision)
    now = clock.now()
    row.declined_by, row.decided_at, row.approved, row.ended_at = actor, now, False, now
    row.save(update_fields=["declined_by", "decided_at", "approved", "ended_at"])
    workflow.perform(
        request.decline_decision,
        action=Action.DECISION_DECLINED,
        actor=actor,
        at=now,
        decision=row.pk,
        kind=row.kind,
        people=_told(row),
    )
    return row


@transaction.atomic(durable=True)
def lift_hold(*, decision: DataDecision, actor: User) -> DataDecision:
    """Before its date; erasing follows the ordinary day again (pitfall 12)."""
    request = locked(decision.info_request)
    workflow.require_possible(request.end_decision, actor, Action.DECISION_ENDED.label)
    row = _locked_decision(decision)
    if not is_holding(row, clock.today()):
        raise DomainError(_("This hold does not run (any more)."))
    now = clock.now()
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    workflow.perform(
        request.end_decision,
        action=Action.DECISION_ENDED,
        actor=actor,
        at=now,
        decision=row.pk,
        kind=row.kind,
        people=_told(row),
    )
    return row


@transaction.atomic(durable=True)
def begin_opening(*, decision: DataDecision, actor: User) -> DataDecision:
    """The applicant begins; the end is known from the start, so it closes by itself (DP-06)."""
    request = locked(decision.info_request)
    row = _locked_decision(decision)
    if row.kind != DecisionKind.OPENING or row.proposed_by_id != actor.pk:
        raise PermissionDenied
    workflow.require_possible(request.begin_opening, actor, Action.OPENING_BEGUN.label)
    now = clock.now()
    if not row.approved or row.decided_at is None:
        raise DomainError(_("The lawyer and a second person have not agreed to this."))
    if row.began_at is not None:
        raise DomainError(_("This opening is over. Ask for a new one if you still need it."))
    if now > row.decided_at + timedelta(days=retention.OPENING_START_DAYS) or row.ended_at is not None:
        raise DomainError(_("This opening was not used in time. Ask for a new one if you still need it."))
    row.began_at, row.ended_at = now, now + timedelta(minutes=retention.OPENING_MINUTES)
    row.save(update_fields=["began_at", "ended_at"])
    workflow.perform(
        request.begin_opening,
        action=Action.OPENING_BEGUN,
        actor=actor,
        at=now,
        decision=row.pk,
        kind=row.kind,
        reason=row.ground,
    )
    return row


@transaction.atomic(durable=True)
def annotate(*, info_request: InformationRequest, actor: User, contested: str, corrected: str) -> Annotation:
    """Sealed with the data they are about, and erased with them; the data themselves are not touched (DP-13)."""
    request = locked(info_request)
    workflow.require_possible(request.annotate_blocked, actor, Action.ANNOTATED.label)
    if not contested.strip() or not corrected.strip():
        raise DomainError(_("Write both what is contested and what is right."))
    row = Annotation(info_request=request, made_by=actor, made_at=clock.now())
    vault.seal(row, "contested", contested.strip())
    vault.seal(row, "corrected", corrected.strip())
    row.save(force_insert=True)
    workflow.perform(request.annotate_blocked, action=Action.ANNOTATED, actor=actor, at=row.made_at, annotation=row.pk)
    return row


def lapse_decisions(day: date) -> int:
    """Ends holds that reached their date, and what nobody decided or began in time; how many (pitfall 12)."""
    start = retention.start_of(day - timedelta(days=retention.OPENING_START_DAYS))
    proposal = retention.start_of(day - timedelta(days=retention.PROPOSAL_DAYS))
    over = (
        Q(kind=DecisionKind.HOLD, approved=True, until__lt=day)
        | Q(kind=DecisionKind.OPENING, approved=True, decided_at__lt=start)
        | Q(decided_at__isnull=True, proposed_at__lt=proposal)
    )
    rows = DataDecision.objects.filter(over, ended_at__isnull=True).select_related("info_request").order_by("pk")
    for row in rows:
        _lapse(row)
    return len(rows)


@transaction.atomic(durable=True)
def _lapse(decision: DataDecision) -> None:
    request = locked(decision.info_request)
    row = _locked_decision(decision)
    if row.ended_at is not None:
        return
    now = clock.now()
    row.ended_at = now
    if row.decided_at is None:
        row.decided_at, row.approved = now, False
    row.save(update_fields=["ended_at", "decided_at", "approved"])
    workflow.perform(
        request.lapse_decision,
        action=Action.DECISION_ENDED,
        actor=None,
        at=now,
        decision=row.pk,
        kind=row.kind,
        people=_told(row),
    )


def forget_papers(day: date) -> int:
    """Reasons and documents of decisions go some years after their end, with their keys; the rest stays (SP-25)."""
    before = retention.start_of(day - relativedelta(years=settings.IMIDESK_PAPERS_YEARS))
    rows = DataDecision.objects.filter(ended_at__lt=before, papers_gone_at__isnull=True).order_by("pk")
    for row in rows:
        _forget(row)
    return len(rows)


@transaction.atomic(durable=True)
def _forget(row: DataDecision) -> None:
    for file in DecisionFile.objects.filter(decision=row):
        vault.delete_file(file.storage_name)
        file.delete()
    vault.destroy_key(row.uuid)
    row.words, row.papers_gone_at = b"", clock.now()
    row.save(update_fields=["words", "papers_gone_at"])


def _row(request: InformationRequest, kind: DecisionKind, ground: str, actor: User) -> DataDecision:
    waiting = DataDecision.objects.waiting().filter(info_request=request, kind=kind)
    if waiting.exists():
        raise DomainError(_("This was proposed already, and waits for a decision."))
    row = DataDecision(info_request=request, kind=kind, ground=ground, proposed_by=actor, proposed_at=clock.now())
    vault.create_key(row.uuid)
    return row


def _write(row: DataDecision, words: str, files: tuple[tuple[DecisionFileKind, NewFile], ...]) -> None:
    vault.seal(row, "words", words.strip().replace("\r\n", "\n"))
    row.save(force_insert=True)
    for kind, file in files:
        paper = DecisionFile(decision=row, kind=kind, added_at=row.proposed_at)
        vault.seal(paper, "details", file_details(file))
        paper.storage_name = vault.store_file(paper, file.content)
        paper.save(force_insert=True)


def _locked_decision(decision: DataDecision) -> DataDecision:
    """The caller holds the lock of its request."""
    return DataDecision.objects.select_related("proposed_by", "first_by", "second_by", "info_request").get(
        pk=decision.pk
    )


def _waiting(decision: DataDecision) -> DataDecision:
    row = _locked_decision(decision)
    if row.decided_at is not None:
        raise DomainError(_("This has been decided already."))
    return row


def _check_is_another(row: DataDecision, actor: User) -> None:
    if row.proposed_by_id == actor.pk:
        raise DomainError(_("Somebody else than who proposed this decides on it."))
    if row.first_by_id == actor.pk:
        raise DomainError(_("You agreed already. Another person decides too."))


def _check_independent(row: DataDecision, actor: User) -> None:
    other = decisions.dependent(actor, [row.proposed_by, *row.approvals], clock.now())
    if other is not None:
        raise DomainError(
            _(
                "You and %(person)s made, reset or appointed each other's account less than 30 days ago, or stand in"
                " for each other. Somebody else decides."
            )
            % {"person": other}
        )
    if row.first_by is not None and decisions.needs_lawyer(row) and not decisions.any_lawyer([actor], row.info_request):
        raise DomainError(_("The lawyer still has to decide on this: one of the two is a lawyer."))


def _check_may_go(request: InformationRequest) -> None:
    lack = why_not_early(request, clock.today())
    if lack:
        raise DomainError(lack)


def _check_until(request: InformationRequest, until: date, today: date) -> None:
    """A hold that ends before the data go would be decided by two people and change nothing."""
    lack = why_no_hold(request, today)
    if lack:
        raise DomainError(lack, field="until")
    latest = retention.longest_hold(today)
    if not today < until <= latest:
        fault = _("Choose a date after today, until %(day)s at the latest.") % {"day": dutch_date(latest)}
        raise DomainError(fault, field="until")
    erase_on = erased_from(request)
    if erase_on and until < erase_on:
        fault = _("This hold ends before the erasure date %(day)s and so changes nothing. Choose a later date.")
        raise DomainError(fault % {"day": dutch_date(erase_on)}, field="until")


def _told(row: DataDecision) -> list[int]:
    return sorted({pk for pk in (row.proposed_by_id, row.owner_id) if pk})
