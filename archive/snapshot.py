"""Fills a report from the database, in Dutch whatever language is active; what is printed is decided in archive.report.

The open variant is built without a look, so nothing sealed can get into it (SP-07, ARC-06).
"""

import secrets
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from babel import Locale
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from archive import retention, selectors
from archive.report import (
    LANGUAGE,
    Answer,
    AuditAnchor,
    Dates,
    Declaration,
    EndReport,
    FileEntry,
    Mandate,
    Moment,
    Occasion,
    Party,
    QuestionEntry,
    Reason,
    Result,
    Retention,
    Row,
    Tab,
    Term,
    TimelineEntry,
    Variant,
)
from authorities import models as authorities
from authorities.vocabulary import Role
from imidesk.core import audit
from imidesk.core.clock import AMSTERDAM
from imidesk.core.models import AuditEvent
from imidesk.core.vault import Look
from requests_app import catalogue
from requests_app.models import Allocation, InformationRequest, SealedFile
from requests_app.selectors import answering, case, relations, timeline
from requests_app.vocabulary import (
    END_ACTIONS,
    END_STATES,
    Action,
    AnswerStatus,
    FileKind,
    State,
    TextKind,
)

SOFTWARE = "IMI-balie 0.1"
ATTACHMENTS = (FileKind.FROM_REQUESTER, FileKind.ANSWER_ATTACHMENT)
IMI_REPORTS = (FileKind.IMI_BEFORE, FileKind.IMI_FULL)

ENDING = (*END_ACTIONS, Action.END_CORRECTED)  # each of them leaves reports
_ACCEPTED = (Action.ACCEPTED, Action.ACCEPTANCE_RECORDED)
_ANSWERED = (Action.ANSWERED, Action.ANSWER_RECORDED)

_REASON_TEXTS = {
    Action.RETURNED: TextKind.RETURN_REASON,
    Action.FORWARDED: TextKind.FORWARD_REASON,
    Action.REFUSED: TextKind.REFUSE_REASON,
    Action.ENTERED_IN_ERROR: TextKind.ERROR_REASON,
    Action.CLARIFICATION_ASKED: TextKind.CLARIFICATION,
}

# Details that the timeline tells by name.
_NAMING = frozenset({"handlers", "ended", "user", "proposed_by"})

# In what capacity somebody acted, the one nearest to the act first.
_FUNCTIONS = (Role.BEHANDELAAR, Role.TOEWIJZER, Role.JURIST)


def events_until(info_request: InformationRequest, number: int) -> list[AuditEvent]:
    """What a report knows: the events up to its last one, without the making of reports itself."""
    events = audit.events_of("request", info_request.uuid).filter(number__lte=number)
    return [event for event in events if event.action != Action.REPORT_MADE]


def ending_of(info_request: InformationRequest) -> AuditEvent | None:
    """The event that ended the request, or the last correction of it."""
    return audit.events_of("request", info_request.uuid).filter(action__in=ENDING).last()


def build(info_request: InformationRequest, occasion: Occasion, last_event: AuditEvent, look: Look | None) -> EndReport:
    """With a look at the person the full variant, without a look the open one."""
    with translation.override(LANGUAGE), timezone.override(AMSTERDAM):
        events = events_until(info_request, last_event.number)
        return _Builder(info_request, occasion, last_event, look, events).report()


def opened(info_request: InformationRequest, look: Look) -> EndReport:
    """What the end report says of the sealed data, for a page: without the course of the request beside them."""
    told = relations.events_told(info_request)
    last = next(event for event in reversed(told) if event.action in ENDING)
    until = [event for event in told if event.number <= last.number]
    with translation.override(LANGUAGE), timezone.override(AMSTERDAM):
        return _Builder(info_request, Occasion.END, last, look, until).opened(look)


class _Builder:
    def __init__(
        self,
        info_request: InformationRequest,
        occasion: Occasion,
        last_event: AuditEvent,
        look: Look | None,
        events: list[AuditEvent],
    ) -> None:
        self.request = info_request
        self.occasion = occasion
        self.look = look
        self.last = last_event
        self.events = events
        self.places: dict[UUID, str] = {}

    def opened(self, look: Look) -> EndReport:
        request = self.request
        tabs = self._full_tabs(look)
        facts = self._sealed_facts(look)
        return EndReport(
            variant=Variant.FULL,
            kind=self.occasion,
            reference=request.reference,
            module=str(request.get_module_display()),
            home=_party(request.home),
            requesting=_party(request.requester),
            responding=_party(request.responder),
            tabs=tabs,
            attachment_count=len(facts["attachments"]),
            reasons=self._reasons(),
            **facts,
        )

    def report(self) -> EndReport:
        request = self.request
        tabs = self._tabs()
        full = self._sealed_facts(self.look) if self.look else {}
        state = State(self.last.details["to"])
        return EndReport(
            variant=Variant.FULL if self.look else Variant.OPEN,
            kind=self.occasion,
            reference=request.reference,
            imi_number=request.imi_number,
            module=str(request.get_module_display()),
            procedure=str(request.get_procedure_display()),
            channel=str(request.get_channel_display()),
            fictitious=request.fictitious,
            practice=selectors.is_practice(),
            home=_party(request.home),
            requesting=_party(request.requester),
            responding=_party(request.responder),
            service_activity=self._service_activity(),
            keywords=tuple(sorted(str(keyword) for keyword in request.keywords.all())),
            legal_basis=str(catalogue.legal_basis(request.legal_basis).text) if request.legal_basis else "",
            state=str(state.label),
            outcome=self._outcome(state),
            team=self._team(),
            records_task=request.task_number,
            dates=self._dates(),
            tabs=tabs,
            attachment_count=SealedFile.objects.filter(info_request=request, kind__in=ATTACHMENTS).count(),
            mandate=self._mandate(),
            declarations=self._declarations(),
            reasons=self._reasons(),
            timeline=self._timeline(),
            retention=self._retention(),
            anchor=AuditAnchor(
                number=self.last.number,
                link=bytes(self.last.link).hex(),
                what=str(Action(self.last.action).label),
                at=self.last.at,
            ),
            software=SOFTWARE,
            **full,
        )

    def _sealed_facts(self, look: Look) -> dict[str, Any]:
        request = self.request
        return {
            "number": secrets.token_hex(16),
            "provider": provider_rows(case.subject(request, look)),
            "motivation": case.motivation(request, look),
            "attachments": tuple(self._file(file) for file in case.file_views(request, look, *ATTACHMENTS)),
            "imi_reports": tuple(self._file(file) for file in case.file_views(request, look, *IMI_REPORTS)),
        }

    def _service_activity(self) -> str:
        if self.request.service_activity:
            return str(self.request.service_activity)
        return _("not in the list") if self.request.activity_not_listed else ""

    def _outcome(self, state: State) -> str:
        request = self.request
        if state == State.FORWARDED and request.forwarded_to:
            return _("forwarded to %(authority)s") % {"authority": request.forwarded_to}
        if state in (State.ANSWERED, State.CLOSED):
            if self._is_in_imi:
                return _("answered in IMI, see the report of IMI")
            return str(State.ANSWERED.label)
        return str(state.label) if state in END_STATES else ""

    @property
    def _is_in_imi(self) -> bool:
        return self.request.answered_in_imi_only and self._event(*_ANSWERED) is not None

    def _team(self) -> str:
        last = Allocation.objects.filter(info_request=self.request, team__isnull=False).order_by("pk").last()
        return str(last.team) if last else ""

    def _event(self, *actions: Action) -> AuditEvent | None:
        """The last event of one of these actions."""
        return next((event for event in reversed(self.events) if event.action in actions), None)

    def _dates(self) -> Dates:
        request = self.request
        return Dates(
            received=Moment(at=request.received_at, registered_at=request.registered_at),
            accept_by=request.accept_by,
            accepted=_moment(self._event(*_ACCEPTED)),
            asked=request.asked_on,
            proposed=request.proposed_on,
            agreed=request.agreed_on,
            answered=_moment(self._event(*_ANSWERED)),
            closed=self._ended(),
        )

    def _ended(self) -> Moment | None:
        """As two people corrected it, where they did."""
        corrected = self._event(Action.END_CORRECTED)
        if corrected and self.request.ended_at:
            return Moment(at=self.request.ended_at, registered_at=corrected.recorded_at)
        return _moment(self._event(*END_ACTIONS))

    def _tabs(self) -> tuple[Tab, ...]:
        return self._full_tabs(self.look) if self.look else self._open_tabs()

    def _full_tabs(self, look: Look) -> tuple[Tab, ...]:
        views = case.tabs(self.request, look, with_answers=True)
        self.places = {question.uuid: _number(question) for tab in views for question in tab.questions}
        return tuple(
            Tab(
                letter=tab.letter,
                name=str(tab.name),
                own_name=tab.known is None or str(tab.name) != str(tab.known.name),
                questions=tuple(self._full_question(question) for question in tab.questions),
            )
            for tab in views
        )

    def _full_question(self, question: case.QuestionView) -> QuestionEntry:
        return QuestionEntry(
            number=_number(question),
            code=question.code,
            text=str(question.text),
            result=self._result(question.status),
            answer=answer_of(question),
            comments=(question.comment,) if question.comment else (),
        )

    def _open_tabs(self) -> tuple[Tab, ...]:
        """Codes and statuses alone: a question or a tab in own words stays unnamed (design 4)."""
        known = {tab.letter: tab for tab in catalogue.set_for(self.request.procedure, self.request.fictitious).tabs}
        found: dict[str, list[QuestionEntry]] = {}
        own_names = set()
        for row in self.request.questions.select_related("answer").order_by("tab", "position"):
            entries = found.setdefault(row.tab, [])
            if row.own_tab_name:
                own_names.add(row.tab)
            answer = getattr(row, "answer", None)
            entries.append(
                QuestionEntry(
                    number=f"{row.tab}.{len(entries) + 1}",
                    code=row.code,
                    text=str(catalogue.question(row.code).text) if row.code else "",
                    result=self._result(answer.status if answer else AnswerStatus.NONE),
                )
            )
        return tuple(
            Tab(
                letter=letter,
                name="" if letter in own_names or letter not in known else str(known[letter].name),
                own_name=letter in own_names or letter not in known,
                questions=tuple(entries),
            )
            for letter, entries in sorted(found.items())
        )

    def _result(self, status: str) -> Result:
        if status == AnswerStatus.EXCUSED:
            return Result.EXCUSED
        if status == AnswerStatus.ANSWERED:
            return Result.IN_IMI if self._is_in_imi else Result.ANSWERED
        return Result.OPEN

    def _file(self, file: case.FileView) -> FileEntry:
        return FileEntry(
            name=file.name,
            size=file.size,
            sha256=file.sha256,
            media_type=file.media_type,
            question=self.places.get(file.question, "") if file.question else "",
        )

    def _mandate(self) -> Mandate | None:
        """The one of the last act that needed a mandate."""
        ids = [event.details["mandate"] for event in self.events if "mandate" in event.details]
        found = authorities.Mandate.objects.filter(pk=ids[-1]).first() if ids else None
        if found is None:
            return None
        return Mandate(
            function=found.function,
            reference=found.regulation,
            valid_from=found.valid_from,
            valid_until=found.valid_until,
        )

    def _declarations(self) -> tuple[Declaration, ...]:
        """What the handler confirmed at accepting (IN-12) and at sending (ANS-23)."""
        found = []
        accepted = self._event(Action.ACCEPTED)
        if accepted:
            found += [
                Declaration(text=_("We are competent for this request"), at=accepted.at),
                Declaration(text=_("We are able to answer"), at=accepted.at),
            ]
        answered = self._event(Action.ANSWERED)
        if answered and not answered.details.get("in_imi_only"):
            found += [
                Declaration(
                    text=_(
                        "This information is needed for the statutory tasks of my authority and of the requesting"
                        " authority."
                    ),
                    at=answered.at,
                ),
                Declaration(
                    text=_(
                        "My authority acts within its own powers, on matters that fall under the directive or"
                        " regulation."
                    ),
                    at=answered.at,
                ),
            ]
        return tuple(found)

    def _reasons(self) -> tuple[Reason, ...]:
        found = []
        for event in self.events:
            if event.action == Action.CLARIFICATION_ASKED:
                found.append(
                    Reason(act=str(Action(event.action).label), ground=_new_date(event), words=self._words_of(event))
                )
            elif event.action in _REASON_TEXTS and event.details.get("reason"):
                forwarded = self.request.forwarded_to if event.action == Action.FORWARDED else None
                found.append(
                    Reason(
                        act=str(Action(event.action).label),
                        ground=str(catalogue.reason(event.details["reason"]).text),
                        forwarded_to=_party(forwarded) if forwarded else None,
                        words=self._words_of(event),
                    )
                )
        return tuple(found)

    def _words_of(self, event: AuditEvent) -> str:
        """An end has one text at most; a request may be returned or asked further more than once, each with its own."""
        if self.look is None:
            return ""
        action = Action(event.action)
        texts = case.text_views(self.request, self.look, _REASON_TEXTS[action])
        if action == Action.CLARIFICATION_ASKED:
            asked = [event.number for event in self.events if event.action == action]
            texts = texts[asked.index(event.number) :][:1]
        own = [text for text in texts if action != Action.RETURNED or text.written_at == event.at]
        return "\n\n".join(text.text for text in own)

    def _timeline(self) -> tuple[TimelineEntry, ...]:
        functions = self._functions()
        sentences = {entry.number: entry.what for entry in timeline.timeline(self.request)}
        return tuple(
            TimelineEntry(
                what=self._sentence(event, sentences),
                moment=Moment(at=event.at, registered_at=event.recorded_at),
                by=functions.get(event.actor_id or 0, _("IMI desk")),
                name=str(event.actor) if event.actor and self.look else "",
            )
            for event in self.events
        )

    def _sentence(self, event: AuditEvent, sentences: Mapping[int, str]) -> str:
        """Names of people stand in the full variant only."""
        if self.look is None and _NAMING.intersection(event.details):
            return str(Action(event.action).label)
        return sentences[event.number]

    def _functions(self) -> dict[int, str]:
        """By role at the home authority; who had the request acted as its handler."""
        actors = {event.actor_id for event in self.events if event.actor_id}
        memberships = authorities.Membership.objects.filter(user__in=actors, authority=self.request.home)
        roles: dict[int, set[str]] = {}
        for user, role in memberships.filter(Q(module="") | Q(module=self.request.module)).values_list("user", "role"):
            roles.setdefault(user, set()).add(role)
        handlers = set(
            Allocation.objects.filter(info_request=self.request, handler__in=actors).values_list("handler", flat=True)
        )
        return {actor: _function(roles.get(actor, set()), had_it=actor in handlers) for actor in actors}

    def _retention(self) -> tuple[Retention, ...]:
        dates = selectors.dates_of(self.request) if self.occasion == Occasion.END else selectors.NO_DATES
        if self.request.fictitious:
            return (Retention(term=Term.ERASED, on=dates.erase_on, article=str(retention.SHORT)),)
        block = retention.BLOCK_BY_MODULE.get(self.request.module, retention.BLOCK)
        return (
            Retention(term=Term.BLOCKED, on=dates.block_on, article=str(block.article)),
            Retention(term=Term.ERASED, on=dates.erase_on, article=str(retention.ERASE.article)),
            Retention(term=Term.CASE, on=dates.case_until, article=str(retention.CASE.article)),
        )


def _function(roles: set[str], *, had_it: bool) -> str:
    if had_it:
        return str(Role.BEHANDELAAR.label)
    return next((str(role.label) for role in reversed(_FUNCTIONS) if role in roles), _("employee"))


def _party(authority: authorities.Authority) -> Party:
    return Party(name=authority.name, country=authority.country_name)


def _moment(event: AuditEvent | None) -> Moment | None:
    return Moment(at=event.at, registered_at=event.recorded_at) if event else None


def _number(question: case.QuestionView) -> str:
    return f"{question.tab}.{question.number}"


def answer_of(question: case.QuestionView) -> Answer | None:
    """As a person reads it; None where nothing was answered."""
    words = answering.in_words(question)
    if words.is_empty:
        return None
    return Answer(value=words.value or words.attached, standard=words.standard, text=words.text)


def _new_date(event: AuditEvent) -> str:
    day = date_format(date.fromisoformat(event.details["reply_by"]), "j F Y")
    return _("New answer date: %(day)s") % {"day": day}


def provider_rows(subject: Mapping[str, Any]) -> tuple[Row, ...]:
    """What is known of the provider, in a fixed order; an unknown field is left out, never printed raw."""
    plain = (
        ("given_names", _("Given names")),
        ("family_name", _("Family name")),
        ("legal_name", _("Legal name")),
        ("trade_name", _("Trade name")),
    )
    rows = [(label, subject.get(name, "")) for name, label in plain]
    kinds = {"natural": _("natural person"), "legal": _("legal person")}
    rows.insert(0, (_("Kind of provider"), kinds.get(subject.get("kind", ""), "")))
    if subject.get("birth_date"):
        rows.append((_("Date of birth"), date_format(date.fromisoformat(subject["birth_date"]), "j F Y")))
    rows += [(_number_label(number["type"]), number["value"]) for number in subject.get("numbers", ())]
    rows.append((_("Address"), ", ".join(_address_lines(subject.get("address") or {}))))
    rows += [(_("E-mail"), subject.get("email", "")), (_("Telephone"), subject.get("phone", ""))]
    return tuple(Row(label=label, value=value) for label, value in rows if value)


def _number_label(kind: str) -> str:
    return {
        "company_register": _("Number in the company register"),
        "vat": _("VAT number"),
        "tax": _("Tax number"),
        "professional_register": _("Number in the professional register"),
        "identity_document": _("Number of the identity document"),
    }.get(kind, _("Other number"))


def _address_lines(address: Mapping[str, str]) -> Iterable[str]:
    place = " ".join(filter(None, [address.get("postcode"), address.get("town")]))
    country = address.get("country", "")
    names = Locale(LANGUAGE).territories
    return filter(None, [address.get("street"), place, names.get(country, country)])


def file_name(reference: str, occasion: Occasion, variant: Variant) -> str:
    """In Dutch: it leaves the desk with the file."""
    stem = {
        Occasion.TASK: "rapport-bij-taak",
        Occasion.SENT: "voorlopig-rapport",
        Occasion.END: "eindrapport",
    }[occasion]
    tail = "met-persoonsgegevens" if variant == Variant.FULL else "zonder-persoonsgegevens"
    return f"{stem}-{reference}-{tail}.pdf"
