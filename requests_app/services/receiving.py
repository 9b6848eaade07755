"""A request arrives: registered by hand, or taken in from a file (IN-01, IN-08, IMI-04, MSG-09 to MSG-11)."""

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from authorities.models import Authority, Keyword, Registration, ServiceActivity, User
from authorities.permissions import has_role, may_register
from authorities.vocabulary import AuthorityStatus, Module, Role
from imidesk.core import clock, vault
from imidesk.core.errors import DomainError
from requests_app import catalogue, intake, workflow
from requests_app.deadlines import asked_date, last_day_to_accept, local_day
from requests_app.models import InformationRequest, Subject
from requests_app.permissions import look_for_desk
from requests_app.vocabulary import Action, Channel, FileKind, Grant, Procedure, State, TextKind
from requests_app.writing import (
    NewFile,
    NewQuestion,
    check_not_future,
    ensure_answers,
    locked,
    write_file,
    write_questions,
    write_text,
)

STAGES = {
    "received_at": gettext_noop("the receipt"),
    "accepted_at": gettext_noop("the acceptance"),
    "answered_at": gettext_noop("the answer"),
    "closed_at": gettext_noop("the closing by the requester"),
}


class KnownNumber(DomainError):
    """The IMI number stands in a request of this authority already: that one is opened instead (design 3)."""

    def __init__(self, reference: str) -> None:
        super().__init__(_("This IMI number is already registered as %(reference)s.") % {"reference": reference})
        self.reference = reference


class FaultyFile(Exception):
    """What is wrong in a file, a line per fault, never the value (SP-31)."""

    def __init__(self, faults: list[intake.Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


class RegisteredAlready(DomainError):
    """The same form came twice: the request it made is opened (pitfall 23)."""

    def __init__(self, info_request: InformationRequest) -> None:
        super().__init__(_("This form was registered as %(reference)s.") % {"reference": info_request.reference})
        self.info_request = info_request


@dataclass(frozen=True)
class LateActs:
    """What was done in IMI before the request was registered here, by whom and when (IMI-04)."""

    handler: User
    accepted_at: datetime
    answered_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True)
class NewRequest:
    home: Authority
    module: str
    procedure: str
    requester: Authority | None
    received_at: datetime
    proposed_requester: tuple[str, str] | None = None  # name and country of an authority that is not in the directory
    imi_number: str = ""
    channel: str = Channel.IMI
    fictitious: bool = False
    language: str = ""
    service_activity: ServiceActivity | None = None
    activity_not_listed: bool = False
    keywords: tuple[Keyword, ...] = ()
    legal_basis: str = ""
    reply_days: int | None = None
    asked_on: date | None = None
    motivation: str = ""
    questions: tuple[NewQuestion, ...] = ()
    subject: dict[str, object] = dataclasses.field(default_factory=dict)
    attachments: tuple[NewFile, ...] = ()
    imi_report: NewFile | None = None
    source: str = "form"
    late: LateActs | None = None
    submission: UUID | None = None


@transaction.atomic(durable=True)
def register_request(*, actor: User | None, new: NewRequest) -> InformationRequest:
    """Without an actor the desk itself takes it in. Raises RegisteredAlready, KnownNumber, PermissionDenied."""
    return _register(actor, new)


@vault.no_file_without_its_row()
@transaction.atomic(durable=True)
def take_in(*, actor: User | None, data: bytes, source: str) -> list[InformationRequest]:
    """All of a file or nothing. Raises FaultyFile, PermissionDenied, and KnownNumber for a file of one request."""
    parsed = intake.read_intake(data)
    if isinstance(parsed, list):
        raise FaultyFile(parsed)
    faults = intake.check_attachments(parsed)
    if faults:
        raise FaultyFile(faults)
    if parsed.supplements:
        return _supplement_all(actor, parsed.supplements)
    return _register_all(actor, parsed.requests, source)


def _register_all(
    actor: User | None, requests: tuple[intake.IntakeRequest, ...], source: str
) -> list[InformationRequest]:
    faults: list[intake.Fault] = []
    registered = []
    for index, item in enumerate(requests):
        path = f"/requests/{index}"
        new = _from_file(item, path, source, faults)
        if new is None:
            continue
        try:
            registered.append(_register(actor, new))
        except KnownNumber as known:
            if len(requests) == 1:
                raise
            faults.append(intake.Fault(f"{path}/imi_number", "IN-01.known-number", known.message))
        except DomainError as error:
            faults.append(intake.Fault(path, "desk", error.message))
    if faults:
        raise FaultyFile(faults)
    return registered


def _refuse_second_sending(new: NewRequest) -> None:
    there = InformationRequest.objects.filter(submission=new.submission).first() if new.submission else None
    if there is not None:
        raise RegisteredAlready(there)


def _register(actor: User | None, new: NewRequest) -> InformationRequest:
    registration = Registration.objects.filter(authority=new.home, module=new.module).first()
    if not new.home.is_home or registration is None:
        raise DomainError(_("This authority is not registered for this module at this desk."))
    if actor is not None and not may_register(actor, new.home, new.module):
        raise PermissionDenied
    _check_dates(new)
    check_imi_number(new.imi_number)
    _refuse_second_sending(new)
    known = known_reference(new.home, new.imi_number)
    if known:
        raise KnownNumber(known)
    requester = new.requester or _proposed(new)
    if requester == new.home:
        raise DomainError(_("The requesting authority cannot be your own authority."))
    now = clock.now()
    info_request = InformationRequest(
        reference=_next_reference(new.home, now),
        imi_number=new.imi_number,
        module=new.module,
        procedure=new.procedure,
        channel=new.channel,
        fictitious=new.fictitious,
        language=new.language,
        requester=requester,
        responder=new.home,
        home=new.home,
        service_activity=new.service_activity,
        activity_not_listed=new.activity_not_listed,
        legal_basis=new.legal_basis,
        received_at=new.received_at,
        registered_at=now,
        reply_days=new.reply_days,
        accept_by=last_day_to_accept(new.received_at),
        asked_on=new.asked_on or (asked_date(new.received_at, new.reply_days) if new.reply_days else None),
        registered_late=new.late is not None,
        submission=new.submission,
    )
    try:
        with transaction.atomic():
            info_request.save(force_insert=True)
    except IntegrityError:
        _refuse_second_sending(new)
        raise KnownNumber(known_reference(new.home, new.imi_number) or "") from None
    info_request.keywords.set(new.keywords)
    vault.create_key(info_request.uuid)
    write_text(info_request, TextKind.MOTIVATION, new.motivation, by=actor, at=now)
    questions = write_questions(info_request, new.questions)
    _write_subject(info_request, new.subject)
    if new.imi_report:
        write_file(info_request, FileKind.IMI_BEFORE, new.imi_report, by=actor, at=now)
    for attachment in new.attachments:
        question = questions[attachment.question - 1] if attachment.question else None
        write_file(info_request, FileKind.FROM_REQUESTER, attachment, by=actor, at=now, question=question)
    info_request.registrar_allowed = True
    workflow.perform(
        info_request.receive,
        action=Action.RECEIVED,
        actor=actor,
        at=new.received_at,
        channel=new.channel,
        module=new.module,
        procedure=new.procedure,
        source=new.source,
        late=new.late is not None,
    )
    if new.late is not None:
        _record_late_acts(info_request, actor, new.late)
    return info_request


def _record_late_acts(info_request: InformationRequest, actor: User | None, late: LateActs) -> None:
    """The same steps with their past moments, each event marked late (design 9)."""
    if actor and actor != late.handler and not has_role(actor, Role.TOEWIJZER, authority=info_request.home):
        raise DomainError(_("A handler records afterwards only what he did in IMI himself."))
    if not has_role(late.handler, Role.BEHANDELAAR, authority=info_request.home, module=info_request.module):
        raise DomainError(_("%(person)s is not a handler of this module.") % {"person": late.handler})
    mandate = workflow.require_mandate(info_request, late.handler, late.accepted_at)
    workflow.perform(
        info_request.record_acceptance,
        action=Action.ACCEPTANCE_RECORDED,
        actor=actor,
        at=late.accepted_at,
        handlers=[late.handler.pk],
        mandate=mandate.pk,
        agreed_on=info_request.asked_on,
        late=True,
    )
    ensure_answers(info_request)
    if actor == late.handler:
        workflow.perform(
            info_request.confirm_acceptance,
            action=Action.ACCEPTANCE_CONFIRMED,
            actor=actor,
            at=clock.now(),
        )
    if late.answered_at:
        workflow.perform(
            info_request.record_answer,
            action=Action.ANSWER_RECORDED,
            actor=actor,
            at=late.answered_at,
            handlers=[late.handler.pk],
            mandate=workflow.require_mandate(info_request, late.handler, late.answered_at).pk,
            late=True,
        )
    if late.closed_at:
        workflow.perform(
            info_request.close, action=Action.CLOSED, actor=actor, at=late.closed_at, source="imi", late=True
        )


def _check_dates(new: NewRequest) -> None:
    stages = {"received_at": new.received_at}
    if new.late:
        later = {name: getattr(new.late, name) for name in ("accepted_at", "answered_at", "closed_at")}
        stages |= {name: moment for name, moment in later.items() if moment}
    if new.late and new.late.closed_at and not new.late.answered_at:
        raise DomainError(
            _("Enter when the answer was sent: a request is closed after its answer."), field="answered_at"
        )
    now = clock.now()
    for name, moment in stages.items():
        check_not_future(moment, now, field=name)
    _check_order(stages)
    if new.asked_on and new.asked_on < local_day(new.received_at):
        raise DomainError(_("The answer date lies before the day of receipt."), field="asked_on")
    if new.module == Module.SERVICES and new.service_activity is None and not new.activity_not_listed:
        raise DomainError(_("Choose a service activity, or tick that it is not in the list."), field="service_activity")
    if (new.module == Module.SDG_EVIDENCE) != (new.procedure == Procedure.SDG_EVIDENCE):
        raise DomainError(_("This procedure does not belong to this module."))


def _check_order(stages: Mapping[str, datetime]) -> None:
    """Names the first that comes too early; which of the two is wrong, only who registers knows."""
    for (before, earlier), (name, later) in pairwise(stages.items()):
        if later < earlier:
            words = {"stage": capfirst(_(STAGES[name])), "before": _(STAGES[before])}
            raise DomainError(_("%(stage)s lies before %(before)s. Check both moments.") % words, field=name)


def check_imi_number(number: str) -> None:
    """Raises DomainError for what IMI never gives; empty where the request does not run there."""
    if number and not re.fullmatch(settings.IMIDESK_IMI_NUMBER_PATTERN, number):
        raise DomainError(
            _("This is not an IMI number. Copy it from IMI, for example 123456 or 123456.1."), field="imi_number"
        )


def known_reference(home: Authority, imi_number: str) -> str | None:
    if not imi_number:
        return None
    known = InformationRequest.objects.filter(home=home, imi_number=imi_number)
    return known.exclude(state=State.ENTERED_IN_ERROR).values_list("reference", flat=True).first()


def _proposed(new: NewRequest) -> Authority:
    """In no pick list until a local data administrator confirms or merges it (design 9)."""
    if new.proposed_requester is None:
        raise DomainError(_("Choose the requesting authority."))
    name, country = new.proposed_requester
    return Authority.objects.create(name=name, country=country, status=AuthorityStatus.PROPOSED)


def _next_reference(home: Authority, now: datetime) -> str:
    row = Authority.objects.select_for_update(of=("self",)).get(pk=home.pk)
    row.last_reference += 1
    row.save(update_fields=["last_reference"])
    return f"{row.reference_prefix}-{local_day(now).year}-{row.last_reference:05d}"


def _write_subject(info_request: InformationRequest, subject: dict[str, object]) -> None:
    row = Subject(info_request=info_request)
    vault.seal(row, "content", json.dumps(subject, ensure_ascii=False, sort_keys=True))
    row.save(force_insert=True)


def _from_file(item: intake.IntakeRequest, path: str, source: str, faults: list[intake.Fault]) -> NewRequest | None:
    """What only the directory knows; an unknown authority becomes a proposal (SP-31)."""
    before = len(faults)
    home = Authority.objects.filter(tooi_id=item.home_authority.tooi, is_home=True).first()
    if home is None:
        faults.append(intake.Fault(f"{path}/home_authority", "home", _("This authority does not work at this desk.")))
    wanted = item.requesting_authority
    directory = Authority.objects.in_directory()
    if wanted.tooi:
        requester = directory.filter(tooi_id=wanted.tooi).first()
        if requester is None:
            faults.append(
                intake.Fault(
                    f"{path}/requesting_authority", "tooi", _("There is no authority with this TOOI identifier.")
                )
            )
    else:
        requester = directory.filter(name__iexact=wanted.name, country=wanted.country).first()
    activity = None
    if item.service_activity and item.service_activity != intake.NOT_LISTED:
        activity = ServiceActivity.objects.filter(code=item.service_activity).first()
        if activity is None:
            faults.append(
                intake.Fault(
                    f"{path}/service_activity", "list", _("This service activity is not in the list of the desk.")
                )
            )
    keywords = {keyword.code: keyword for keyword in Keyword.objects.filter(code__in=item.keywords)}
    faults += [
        intake.Fault(f"{path}/keywords/{n}", "list", _("This keyword is not in the list of the desk."))
        for n, code in enumerate(item.keywords)
        if code not in keywords
    ]
    if item.legal_basis and item.legal_basis not in {basis.code for basis in catalogue.legal_bases()}:
        faults.append(
            intake.Fault(f"{path}/legal_basis", "list", _("This legal basis is not in the list of the desk."))
        )
    faults += _unknown_questions(item.procedure, item.fictitious, item.questions, path)
    if len(faults) > before or home is None:
        return None
    return NewRequest(
        home=home,
        module=item.module,
        procedure=item.procedure,
        requester=requester,
        proposed_requester=None if requester else (wanted.name, wanted.country),
        received_at=item.received_at,
        imi_number=item.imi_number,
        channel=Channel.DESK if item.fictitious or not item.imi_number else Channel.IMI,
        fictitious=item.fictitious,
        language=item.language,
        service_activity=activity,
        activity_not_listed=item.service_activity == intake.NOT_LISTED,
        keywords=tuple(keywords.values()),
        legal_basis=item.legal_basis,
        reply_days=item.reply_days,
        asked_on=item.reply_by,
        motivation=item.motivation,
        questions=_questions(item.questions),
        subject=subject_as_dict(item.subject),
        attachments=_files(item.attachments),
        source=source,
    )


def _unknown_questions(
    procedure: str, fictitious: bool, questions: tuple[intake.IntakeQuestion, ...], path: str
) -> list[intake.Fault]:
    question_set = catalogue.set_for(procedure, fictitious)
    message = _("This question is not in the set of this procedure.")
    return [
        intake.Fault(f"{path}/questions/{n}/code", "catalogue", message)
        for n, question in enumerate(questions)
        if question.code and question_set.find(question.code) is None
    ]


def _questions(questions: tuple[intake.IntakeQuestion, ...]) -> tuple[NewQuestion, ...]:
    return tuple(
        NewQuestion(
            tab=question.tab, code=question.code, text=question.text, kind=question.kind, comment=question.comment
        )
        for question in questions
    )


def _files(attachments: tuple[intake.IntakeAttachment, ...]) -> tuple[NewFile, ...]:
    return tuple(NewFile(a.name, a.media_type, a.content, a.question) for a in attachments)


def subject_as_dict(subject: intake.IntakeSubject | None) -> dict[str, object]:
    """Only what is filled, with dates as ISO text: the form in which it is sealed."""
    if subject is None:
        return {}
    filled = {name: value for name, value in dataclasses.asdict(subject).items() if value}
    if subject.birth_date:
        filled["birth_date"] = subject.birth_date.isoformat()
    if "numbers" in filled:
        filled["numbers"] = list(filled["numbers"])
    if subject.address:
        filled["address"] = {name: value for name, value in dataclasses.asdict(subject.address).items() if value}
    return filled


def _supplement_all(actor: User | None, supplements: tuple[intake.Supplement, ...]) -> list[InformationRequest]:
    faults: list[intake.Fault] = []
    changed = []
    # A fault tells whether a value is there already, so it is told to nobody who may not change it (SP-29).
    mine = InformationRequest.objects.allowed(actor, Grant.CHANGE_PERSON) if actor else InformationRequest.objects.all()
    for index, supplement in enumerate(supplements):
        path = f"/requests/{index}"
        found = mine.filter(reference=supplement.reference, state=State.ACCEPTED).first()
        if found is None:
            message = _("There is no accepted request with this reference.")
            faults.append(intake.Fault(f"{path}/reference", "desk.reference", message))
            continue
        info_request = locked(found)
        before = len(faults)
        _supplement_subject(info_request, supplement, path, faults)
        faults += _unknown_questions(info_request.procedure, info_request.fictitious, supplement.questions, path)
        if len(faults) > before:
            continue
        now = clock.now()
        written = write_questions(info_request, _questions(supplement.questions))
        ensure_answers(info_request)
        asked = written or list(info_request.questions.order_by("position"))
        for number, file in enumerate(_files(supplement.attachments)):
            if file.question and file.question > len(asked):
                message = _("There is no question at this place in the request.")
                faults.append(intake.Fault(f"{path}/attachments/{number}/question", "question-position", message))
                continue
            question = asked[file.question - 1] if file.question else None
            write_file(info_request, FileKind.FROM_REQUESTER, file, by=actor, at=now, question=question)
        if len(faults) > before:
            continue
        workflow.perform(
            info_request.complete_subject if actor else info_request.supplement,
            action=Action.SUBJECT_COMPLETED,
            actor=actor,
            at=now,
            source="file",
        )
        changed.append(info_request)
    if faults:
        raise FaultyFile(faults)
    return changed


def _supplement_subject(
    info_request: InformationRequest, supplement: intake.Supplement, path: str, faults: list[intake.Fault]
) -> None:
    """Fills empty fields only; a different value is a fault (design 9)."""
    given = subject_as_dict(supplement.subject)
    if not given:
        return
    row = info_request.subject
    present = json.loads(vault.open_text(look_for_desk("intake_supplement", info_request), row, "content") or "{}")
    for name, value in given.items():
        if name in present and present[name] != value:
            message = _("Another value is filled in already. Change it on the page of the request.")
            faults.append(intake.Fault(f"{path}/subject/{name}", "desk.different-value", message))
    vault.seal(row, "content", json.dumps({**given, **present}, ensure_ascii=False, sort_keys=True))
    row.save(update_fields=["content"])


@transaction.atomic(durable=True)
def choose_questions(*, info_request: InformationRequest, actor: User, questions: tuple[NewQuestion, ...]) -> int:
    """Standard questions of the set and own text; how many came in. Questions that are there stay (step 2)."""
    request = locked(info_request)
    workflow.require_possible(request.choose_questions, actor, Action.QUESTIONS_CHOSEN.label)
    before = request.questions.count()
    write_questions(request, questions)
    added = request.questions.count() - before
    if not added:
        raise DomainError(_("Tick at least one question, or write one in own words."))
    workflow.perform(
        request.choose_questions,
        action=Action.QUESTIONS_CHOSEN,
        actor=actor,
        at=clock.now(),
        questions=added,
    )
    if request.state == State.ACCEPTED:
        ensure_answers(request)
    return added


@transaction.atomic(durable=True)
def add_imi_report(*, info_request: InformationRequest, actor: User, file: NewFile) -> None:
    """IMI's PDF from before acceptance, unchanged (IN-09, ARC-09)."""
    request = locked(info_request)
    workflow.require_possible(request.add_imi_report, actor, Action.FILE_ADDED.label)
    now = clock.now()
    row = write_file(request, FileKind.IMI_BEFORE, file, by=actor, at=now)
    workflow.perform(
        request.add_imi_report,
        action=Action.FILE_ADDED,
        actor=actor,
        at=now,
        kind=FileKind.IMI_BEFORE.value,
        file=row.pk,
    )
