"""The overview of one request: its open facts, its dates with why they are so, and who had it when."""

from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from babel import Locale
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from authorities.models import User
from authorities.vocabulary import Role
from imidesk.core.vault import Look
from requests_app import catalogue, guards, provider
from requests_app.deadlines import DAYS_TO_ACCEPT
from requests_app.models import InformationRequest
from requests_app.models.access import memberships_today
from requests_app.selectors import case, relations
from requests_app.selectors.dates import Why, why_accept_by, why_agreed, why_asked, why_clarify_by
from requests_app.vocabulary import (
    FILE_PARTS,
    TEXT_PARTS,
    FileKind,
    Grant,
    Part,
    PreparedStep,
    Purpose,
    State,
    TextKind,
)


@dataclass(frozen=True)
class Fact:
    label: str
    value: object
    personal: bool = False


@dataclass(frozen=True)
class Dated:
    """A date of the request. `moment` has a time, `day` has none; `is_deadline` still counts down."""

    label: str
    why: str
    moment: datetime | None = None
    day: date | None = None
    is_deadline: bool = False
    reckoning: Why | None = None


@dataclass(frozen=True)
class Held:
    """Who had the request, from when until when."""

    who: str
    is_team: bool
    made_by: str
    made_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None


def facts(info_request: InformationRequest) -> list[Fact]:
    found = [
        Fact(_("Reference"), info_request.reference),
        Fact(_("IMI number"), info_request.imi_number),
        Fact(_("Module"), info_request.get_module_display()),
        Fact(_("Kind of request"), info_request.get_procedure_display()),
        Fact(_("Channel"), info_request.get_channel_display()),
        Fact(_("Requesting authority"), f"{info_request.requester} ({info_request.requester.country_name})"),
        Fact(_("Answering authority"), info_request.responder),
        Fact(_("Service activity"), _activity(info_request)),
        Fact(_("Keywords"), ", ".join(str(keyword) for keyword in case.keywords(info_request))),
        Fact(_("Legal basis"), _legal_basis(info_request)),
        Fact(_("Language of the requester"), language_name(info_request.language)),
    ]
    if info_request.forwarded_to:
        found.append(Fact(_("Forwarded to"), info_request.forwarded_to))
    if info_request.end_reason:
        found.append(Fact(_("Reason of the end"), catalogue.reason(info_request.end_reason).text))
    return found


def language_name(code: str) -> str:
    return Locale(get_language() or "nl").languages.get(code.lower(), code.upper()).capitalize()


def _activity(info_request: InformationRequest) -> object:
    return _("not in the list") if info_request.activity_not_listed else info_request.service_activity


def _legal_basis(info_request: InformationRequest) -> object:
    return catalogue.legal_basis(info_request.legal_basis).text if info_request.legal_basis else ""


def dates(info_request: InformationRequest) -> list[Dated]:
    """In the order of the life of a request; what has no date yet is left out."""
    request = info_request
    waiting = request.accepted_at is None and not request.has_ended
    answering = request.answered_at is None and not request.has_ended
    through_imi = guards.through_imi(request)
    again = request.state == State.ACCEPTED and request.clarified_at is not None
    asked_why = (
        _("%(days)d calendar days after receipt, as the requester asked.") % {"days": request.reply_days}
        if request.reply_days
        else _("As the requester asked.")
    )
    found = [
        Dated(
            _("Received in IMI") if through_imi else _("Received"),
            _("The day the request came in. All periods count from the day after."),
            request.received_at,
        ),
        Dated(_("Registered here"), _("Set by the desk."), request.registered_at),
        Dated(
            _("Accept by"),
            (
                _("%(days)d calendar days after receipt, as the scoreboard of IMI counts.")
                if through_imi
                else _("%(days)d calendar days after receipt.")
            )
            % {"days": DAYS_TO_ACCEPT},
            day=request.accept_by,
            is_deadline=waiting,
            reckoning=why_accept_by(request),
        ),
        Dated(
            _("Asked answer date"),
            asked_why,
            day=request.asked_on,
            is_deadline=answering and not request.agreed_on,
            reckoning=why_asked(request),
        ),
        Dated(
            _("Proposed answer date"),
            _("Counts as soon as the requester has agreed; until then the date asked counts."),
            day=request.proposed_on,
        ),
        Dated(
            _("Agreed answer date"),
            _("This date counts and is not moved."),
            day=request.agreed_on,
            is_deadline=answering,
            reckoning=why_agreed(request),
        ),
        Dated(_("Accepted"), _("When it was accepted in IMI, or here."), request.accepted_at),
        *_answered(request),
        Dated(
            _("Requester asked further"),
            _("After the answer. The figures count the first answer."),
            request.clarified_at,
        ),
        Dated(
            _("Answer date of the further question"),
            _("Counts instead of the dates before it, since the requester asked further."),
            day=request.clarify_by,
            is_deadline=again,
            reckoning=why_clarify_by(request),
        ),
        Dated(
            _("Ended"),
            " ".join(
                [_("From this moment the periods of blocking and erasing count."), relations.source_of_end(request)]
            ).strip(),
            request.ended_at,
        ),
        Dated(_("Saved in Corsa"), _("When the case number was entered here."), request.filed_at),
    ]
    return [row for row in found if row.moment or row.day]


def _answered(request: InformationRequest) -> list[Dated]:
    """Twice, where the requester asked further in between (IMI-02)."""
    why = _("When the answer was sent in IMI, or here.")
    last = Dated(_("Answered"), why, request.answered_at)
    if request.first_answered_at == request.answered_at:
        return [last]
    return [Dated(_("Answered for the first time"), why, request.first_answered_at), last]


def task(info_request: InformationRequest) -> list[Fact]:
    """The task in Corsa; empty while there is none (IN-09)."""
    if not info_request.task_number:
        return []
    return [
        Fact(_("Task number"), info_request.task_number),
        Fact(_("Task sent on"), _day(info_request.task_sent_on)),
        Fact(_("Task signed off on"), _day(info_request.task_signed_off_on) or _("not yet")),
    ]


def _day(day: date | None) -> str:
    return date_format(day, "j F Y") if day else ""


def allocations(info_request: InformationRequest) -> list[Held]:
    return [
        Held(
            who=str(row.handler or row.team),
            is_team=row.handler_id is None,
            made_by=str(row.made_by or _("the desk")),
            made_at=row.made_at,
            accepted_at=row.accepted_at,
            ended_at=row.ended_at,
        )
        for row in sorted(case.allocations(info_request), key=attrgetter("made_at", "pk"))
    ]


def provider_facts(details: dict[str, Any]) -> list[Fact]:
    """What is known of the provider, all of it personal (DP-08); empty when nothing was taken over yet."""
    if not details:
        return []
    address = details.get("address") or {}
    number_types = dict(provider.NUMBER_TYPES)
    town = " ".join(filter(None, [address.get("postcode"), address.get("town")]))
    rows: list[tuple[str, object]] = [
        (_("Kind of provider"), dict(provider.KINDS).get(details.get("kind", ""), "")),
        (_("Family name"), details.get("family_name")),
        (_("Given names"), details.get("given_names")),
        (_("Name of the company"), details.get("legal_name")),
        (_("Trade name"), details.get("trade_name")),
        (_("Date of birth"), _birth_date(details.get("birth_date"))),
        *(
            (str(number_types.get(number["type"], number_types["other"])), number["value"])
            for number in details.get("numbers", [])
        ),
        (_("Address"), "\n".join(filter(None, [address.get("street"), town, _country(address.get("country"))]))),
        (_("E-mail"), details.get("email")),
        (_("Telephone"), details.get("phone")),
    ]
    return [Fact(label, value, personal=True) for label, value in rows if value]


def _birth_date(value: str | None) -> str:
    return _day(date.fromisoformat(value)) if value else ""


def _country(code: str | None) -> str:
    return Locale(get_language() or "nl").territories.get(code, code) if code else ""


def purpose(info_request: InformationRequest, grants: frozenset[Grant]) -> Purpose:
    """Why this user looks now (SEC-10): what he may do says what he is about to do."""
    if info_request.has_ended:
        return Purpose.FILE if Grant.FILE in grants and info_request.filed_at is None else Purpose.READ
    if Grant.ANSWER in grants:
        return Purpose.SEND if info_request.prepared_step == PreparedStep.ANSWER else Purpose.ANSWER
    if Grant.ACCEPT in grants:
        return Purpose.JUDGE
    if Grant.GIVE_ADVICE in grants and Grant.READ_PERSON not in grants:
        return Purpose.JUDGE
    return Purpose.ALLOCATE if Grant.ASSIGN in grants else Purpose.READ


WORDS = (
    TextKind.MEMO,
    TextKind.ALLOCATION_NOTE,
    TextKind.WISH_NOTE,
    TextKind.RETURN_REASON,
    TextKind.DELAY_REASON,
    TextKind.FORWARD_REASON,
    TextKind.REFUSE_REASON,
    TextKind.ERROR_REASON,
    TextKind.CLOSING_NOTE,
    TextKind.VIEWER_REASON,
    TextKind.CLARIFICATION,
    TextKind.CORRECTION_REASON,
)


@dataclass(frozen=True)
class Words:
    label: str
    text: str
    written_at: datetime
    written_by: str


@dataclass(frozen=True)
class Opened:
    """What was sealed and this user may read; `provider` is None for who may not read the person."""

    motivation: str
    tabs: list[case.TabView]
    words: list[Words]
    advice: list[relations.Advice]
    provider: list[Fact] | None


def opened(info_request: InformationRequest, look: Look, part: Part, user: User) -> Opened:
    kinds = [kind for kind in WORDS if part == Part.PERSON or TEXT_PARTS[kind] == part]
    texts = case.text_views(info_request, look, TextKind.MOTIVATION, *kinds)
    views = [view for view in texts if view.kind not in _NOTES or _may_read(info_request, view, user)]
    return Opened(
        motivation="\n\n".join(view.text for view in views if view.kind == TextKind.MOTIVATION),
        tabs=case.tabs(info_request, look, with_answers=False),
        words=[
            Words(str(TextKind(view.kind).label), view.text, view.written_at, str(view.written_by or _("the desk")))
            for view in views
            if view.kind != TextKind.MOTIVATION
        ],
        advice=relations.advice(info_request, look),
        provider=provider_facts(case.subject(info_request, look)) if part == Part.PERSON else None,
    )


# Notes among the people of the desk: for the allocators, and these also for whom the request is or was allocated to.
_NOTES = {
    TextKind.ALLOCATION_NOTE: True,
    TextKind.DELAY_REASON: True,
    TextKind.WISH_NOTE: False,
    TextKind.RETURN_REASON: False,
}


def _may_read(info_request: InformationRequest, note: case.TextView, user: User) -> bool:
    """As the page promised to who wrote it, who may always read his own; nobody reads it along."""
    if note.written_by == user:
        return True
    if _NOTES[TextKind(note.kind)] and any(row.handler_id == user.pk for row in case.allocations(info_request)):
        return True
    return _allocates(info_request, user)


def _allocates(info_request: InformationRequest, user: User) -> bool:
    where = (Role.TOEWIJZER, info_request.home_id, info_request.module)
    return any((held.role, held.authority_id, held.module) == where for held in memberships_today(user))


@dataclass(frozen=True)
class FileRow:
    """A file, and the place of the question it belongs to, if any."""

    file: case.FileView
    place: str


@dataclass(frozen=True)
class FileGroup:
    label: str
    rows: list[FileRow]


def files(info_request: InformationRequest, look: Look, part: Part) -> list[FileGroup]:
    """By kind, in the order of the life of a request; a kind without files is left out."""
    kinds = [kind for kind in FileKind if part == Part.PERSON or FILE_PARTS[kind] == part]
    places = _places(info_request)
    found: dict[str, list[FileRow]] = {kind: [] for kind in kinds}
    for view in case.file_views(info_request, look, *kinds):
        found[view.kind].append(FileRow(view, places.get(view.question, "")))
    return [FileGroup(str(FileKind(kind).label), rows) for kind, rows in found.items() if rows]


def _places(info_request: InformationRequest) -> dict[UUID | None, str]:
    """Where each question stands on its tab; open data."""
    places: dict[UUID | None, str] = {}
    counts: dict[str, int] = {}
    for row in case.questions(info_request):
        counts[row.tab] = counts.get(row.tab, 0) + 1
        places[row.pk] = f"[{row.tab}] {counts[row.tab]}"
    return places
