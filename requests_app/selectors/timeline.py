"""The timeline of a request in words: every event of its audit trail as a sentence, without a code in it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from authorities.models import Authority, Team, User
from imidesk.core import audit
from imidesk.core.models import AuditEvent
from requests_app import catalogue
from requests_app.models import InformationRequest
from requests_app.vocabulary import Action, Channel, DecisionKind, FileKind, PreparedStep, Procedure, State

RECORDED_LATER = timedelta(minutes=1)


@dataclass(frozen=True)
class TimelineEntry:
    """`recorded_at` only when the act was recorded later than it was done."""

    number: int
    at: datetime
    recorded_at: datetime | None
    who: str
    by_desk: bool
    what: str


def timeline(info_request: InformationRequest) -> list[TimelineEntry]:
    """Oldest first. Asks four queries, however long the trail is."""
    events = list(audit.events_of("request", info_request.uuid))
    names = _Names.of(events)
    return [
        TimelineEntry(
            number=event.number,
            at=event.at,
            recorded_at=event.recorded_at if event.recorded_at - event.at > RECORDED_LATER else None,
            who=str(event.actor) if event.actor else _("the desk"),
            by_desk=event.actor is None,
            what=_SENTENCES[Action(event.action)](_Telling(event.details, names)),
        )
        for event in events
    ]


@dataclass(frozen=True)
class _Names:
    users: dict[int, str]
    teams: dict[int, str]
    authorities: dict[int, str]

    @classmethod
    def of(cls, events: Iterable[AuditEvent]) -> "_Names":
        details = [event.details for event in events]
        handlers = {pk for detail in details for name in ("handlers", "ended") for pk in detail.get(name, [])}
        handlers |= _ids(details, "user") | _ids(details, "proposed_by")
        return cls(
            users={user.pk: str(user) for user in User.objects.filter(pk__in=handlers)},
            teams=_by_pk(Team.objects.filter(pk__in=_ids(details, "team"))),
            authorities=_by_pk(Authority.objects.filter(pk__in=_ids(details, "authority"))),
        )


def _ids(details: list[dict[str, Any]], name: str) -> set[int]:
    return {detail[name] for detail in details if name in detail}


def _by_pk(rows: Iterable[Any]) -> dict[int, str]:
    return {row.pk: str(row) for row in rows}


@dataclass(frozen=True)
class _Telling:
    """The details of one event, read as words."""

    details: dict[str, Any]
    names: _Names

    def number(self, name: str) -> int:
        return int(self.details.get(name, 0))

    def day(self, name: str) -> str:
        value = self.details.get(name)
        return date_format(date.fromisoformat(value), "j F Y") if value else ""

    @property
    def handlers(self) -> str:
        return self.people("handlers")

    def people(self, name: str) -> str:
        return ", ".join(self.names.users.get(pk, "?") for pk in self.details.get(name, []))

    def person(self, name: str) -> str:
        return self.names.users.get(self.details.get(name, 0), "?")

    @property
    def team(self) -> str:
        return self.names.teams.get(self.details.get("team", 0), "?")

    @property
    def authority(self) -> str:
        return self.names.authorities.get(self.details.get("authority", 0), "?")

    @property
    def file_kind(self) -> str:
        return str(FileKind(self.details["kind"]).label)

    @property
    def decision(self) -> str:
        return str(DecisionKind(self.details["kind"]).label)

    @property
    def held_until(self) -> str:
        return _("Until %(day)s.") % {"day": self.day("until")} if self.details.get("until") else ""

    @property
    def step(self) -> str:
        return str(PreparedStep(self.details["step"]).label)

    @property
    def reason(self) -> str:
        """As a sentence of its own; nothing where no reason was asked."""
        code = self.details.get("reason")
        return _("Reason: %(reason)s.") % {"reason": catalogue.reason(code).text} if code else ""

    @property
    def back_to_received(self) -> bool:
        return self.details.get("to") == State.RECEIVED


Sentence = Callable[[_Telling], str]


def _told(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _received(event: _Telling) -> str:
    kind = str(Procedure(event.details["procedure"]).label)
    if event.details["channel"] == Channel.IMI:
        came = _("The request came in through IMI (%(kind)s).") % {"kind": kind}
    else:
        came = _("The request came in at the desk (%(kind)s).") % {"kind": kind}
    late = _("It was registered here after it had been dealt with in IMI.") if event.details.get("late") else ""
    source = _("It was read in from a file.") if event.details.get("source") == "file" else ""
    return _told(came, late, source)


def _questions_chosen(event: _Telling) -> str:
    count = event.number("questions")
    return ngettext(
        "%(count)d question was taken over from IMI.", "%(count)d questions were taken over from IMI.", count
    ) % {"count": count}


def _returned(event: _Telling) -> str:
    rest = _("The request is back with the allocator.") if event.back_to_received else ""
    return _told(_("%(handlers)s returned the request.") % {"handlers": event.handlers}, event.reason, rest)


def _allocated(event: _Telling) -> str:
    team = _("Team: %(team)s.") % {"team": event.team} if event.details.get("team") else ""
    given = _("The request was allocated to %(handlers)s.") % {"handlers": event.handlers}
    return _told(given, team, _no_longer(event))


def _no_longer(event: _Telling) -> str:
    people = event.people("ended")
    return _("No longer: %(people)s.") % {"people": people} if people else ""


def _team_returned(event: _Telling) -> str:
    facts = {"team": event.team, "day": event.day("returned_on")}
    rest = _("The request is back with the allocator.")
    return _told(_("Team %(team)s returned the request on %(day)s.") % facts, event.reason, rest)


def _replaced(event: _Telling) -> str:
    given = _("The request went to %(handlers)s after acceptance.") % {"handlers": event.handlers}
    confirm = _("The provider opens to a new handler once that handler accepts too.")
    return _told(given if event.handlers else "", _no_longer(event), confirm if event.handlers else "")


def _delay_reported(event: _Telling) -> str:
    said = _("A delay was reported. Expected: %(day)s.") % {"day": event.day("expected_on")}
    return _told(said, event.reason)


def _accepted(event: _Telling) -> str:
    if event.details.get("agreed_on"):
        day = _("The answer date asked was taken over: %(day)s.") % {"day": event.day("agreed_on")}
    elif event.details.get("proposed_on"):
        day = _("Another answer date was proposed: %(day)s.") % {"day": event.day("proposed_on")}
    else:
        day = ""
    return _told(_("The request was accepted. The provider is visible to the handler who accepted."), day)


def _viewer_added(event: _Telling) -> str:
    facts = {"person": event.person("user"), "day": event.day("until")}
    return _told(_("%(person)s was added as a viewer until %(day)s.") % facts, event.reason)


def _asked_further(event: _Telling) -> str:
    day = _("The new answer date is %(day)s.") % {"day": event.day("reply_by")} if event.details.get("reply_by") else ""
    return _told(_("The requester asked further after the answer."), day)


def _end_corrected(event: _Telling) -> str:
    facts = {"was": event.day("was"), "day": event.day("ended_on"), "person": event.person("proposed_by")}
    return _("The date of the end was corrected from %(was)s to %(day)s. %(person)s had proposed this.") % facts


def _answers_saved(event: _Telling) -> str:
    return _("Answers were saved on tab %(tab)s: %(answered)d answered, %(excused)d that cannot be answered.") % {
        "tab": event.details["tab"],
        "answered": event.number("answered"),
        "excused": event.number("excused"),
    }


def _answered(event: _Telling) -> str:
    if event.details.get("in_imi_only"):
        return _("The answer was sent in IMI. It stands in the PDF of IMI.")
    return _("The answer was sent: %(answered)d questions answered, %(excused)d that cannot be answered.") % {
        "answered": event.number("answered"),
        "excused": event.number("excused"),
    }


def _forwarded(event: _Telling) -> str:
    return _told(_("The request was forwarded to %(authority)s.") % {"authority": event.authority}, event.reason)


def _report_made(event: _Telling) -> str:
    with_person = event.details.get("variant") == "full"
    return _("A report with personal data was made.") if with_person else _("A report without personal data was made.")


def _filed(event: _Telling) -> str:
    count = event.number("files")
    if not count:
        return _("The case was saved in Corsa.")
    return ngettext(
        "The case was saved in Corsa with %(count)d file.", "The case was saved in Corsa with %(count)d files.", count
    ) % {"count": count}


def _erased(event: _Telling) -> str:
    filed = event.details.get("filed", True)
    return _told(
        _("The personal data were erased. Nobody can bring them back; the dates remain."),
        "" if filed else _("The case had not been saved in Corsa."),
    )


_SENTENCES: dict[Action, Sentence] = {
    Action.RECEIVED: _received,
    Action.QUESTIONS_CHOSEN: _questions_chosen,
    Action.TEAM_CHOSEN: lambda event: _("The request went to team %(team)s.") % {"team": event.team},
    Action.ALLOCATED: _allocated,
    Action.TAKEN_UP: lambda event: _("%(handlers)s took the request up.") % {"handlers": event.handlers},
    Action.RETURNED: _returned,
    Action.ALLOCATION_ASKED: lambda event: (
        _("%(handlers)s asked for the allocation of this request.") % {"handlers": event.handlers}
    ),
    Action.TEAM_RETURNED: _team_returned,
    Action.REALLOCATED: _replaced,
    Action.DELAY_REPORTED: _delay_reported,
    Action.TASK_PLACED: lambda event: _("The task was sent in Corsa on %(day)s.") % {"day": event.day("sent_on")},
    Action.ACCEPTED: _accepted,
    Action.ACCEPTANCE_RECORDED: lambda event: (
        _("The request was accepted in IMI by %(handlers)s. That was recorded afterwards.")
        % {"handlers": event.handlers}
    ),
    Action.ACCEPTANCE_CONFIRMED: lambda event: _(
        "The handler confirmed the acceptance. The provider is visible to this handler."
    ),
    Action.JOINED: lambda event: _(
        "A second handler accepted the request too. The provider is visible to this handler."
    ),
    Action.VIEWER_ADDED: _viewer_added,
    Action.VIEWER_REMOVED: lambda event: (
        _("%(person)s does not read along any more.") % {"person": event.person("user")}
    ),
    Action.ADVICE_ASKED: lambda event: _("The lawyer was asked for advice."),
    Action.ADVICE_GIVEN: lambda event: _("The lawyer gave advice."),
    Action.CLARIFICATION_ASKED: _asked_further,
    Action.END_CORRECTION_PROPOSED: lambda event: (
        _("Another date of the end was proposed: %(day)s. A second person decides.") % {"day": event.day("ended_on")}
    ),
    Action.END_CORRECTED: _end_corrected,
    Action.END_CORRECTION_DECLINED: lambda event: (
        _("The other date of the end was declined. %(person)s had proposed it.")
        % {"person": event.person("proposed_by")}
    ),
    Action.END_CORRECTION_LAPSED: lambda event: (
        _("The other date of the end lapsed at blocking: nobody had decided. %(person)s had proposed it.")
        % {"person": event.person("proposed_by")}
    ),
    Action.DATE_AGREED: lambda event: (
        _("The requester agreed with answer date %(day)s.") % {"day": event.day("agreed_on")}
    ),
    Action.SUBJECT_COMPLETED: lambda event: _("The data of the provider were taken over from IMI."),
    Action.ANSWERS_SAVED: _answers_saved,
    Action.FILE_ADDED: lambda event: _("A file was added: %(kind)s.") % {"kind": event.file_kind},
    Action.FILE_REMOVED: lambda event: _("A file was removed: %(kind)s.") % {"kind": event.file_kind},
    Action.PREPARED: lambda event: (
        _("A step was prepared and is still to be done in IMI: %(step)s.") % {"step": event.step}
    ),
    Action.PREPARATION_WITHDRAWN: lambda event: _("The preparation was taken back: %(step)s.") % {"step": event.step},
    Action.ANSWERED: _answered,
    Action.ANSWER_RECORDED: lambda event: (
        _("The answer was sent in IMI by %(handlers)s. That was recorded afterwards.") % {"handlers": event.handlers}
    ),
    Action.LETTER_SAVED: lambda event: _("The letter to the provider was saved."),
    Action.LETTER_SENT: lambda event: (
        _("The letter to the provider was sent on %(day)s.") % {"day": event.day("sent_on")}
    ),
    Action.PERSON_TOLD: lambda event: (
        _("The data subject was told in a letter on %(day)s.") % {"day": event.day("sent_on")}
    ),
    Action.PERSON_NOT_TOLD: lambda event: _told(_("The data subject is not told."), event.reason),
    Action.CLOSED: lambda event: _("The requester closed the request."),
    Action.FORWARDED: _forwarded,
    Action.REFUSED: lambda event: _told(_("The request was refused."), event.reason),
    Action.WITHDRAWN: lambda event: _told(_("The requester withdrew the request."), event.reason),
    Action.ENTERED_IN_ERROR: lambda event: _told(_("The request was marked as entered in error."), event.reason),
    Action.REPORT_MADE: _report_made,
    Action.FULL_REPORT_TAKEN: lambda event: _("The report with personal data was written to a file."),
    Action.FILED: _filed,
    Action.TASK_SIGNED_OFF: lambda event: (
        _("The task in Corsa was signed off on %(day)s.") % {"day": event.day("signed_off_on")}
    ),
    Action.DECISION_PROPOSED: lambda event: _told(
        _("Proposed: %(kind)s. A second person decides.") % {"kind": event.decision}, event.reason, event.held_until
    ),
    Action.OPENING_ASKED: lambda event: _told(
        _("Asked: %(kind)s. The lawyer and a second person decide.") % {"kind": event.decision}, event.reason
    ),
    Action.DECISION_APPROVED: lambda event: (
        _("Decided: %(kind)s.") % {"kind": event.decision}
        if event.details.get("final")
        else _("One of two people agreed: %(kind)s.") % {"kind": event.decision}
    ),
    Action.DECISION_DECLINED: lambda event: _("Declined: %(kind)s.") % {"kind": event.decision},
    Action.DECISION_ENDED: lambda event: _("Ended: %(kind)s.") % {"kind": event.decision},
    Action.OPENING_BEGUN: lambda event: _told(
        _("The blocked data were opened on screen for half an hour."), event.reason
    ),
    Action.ANNOTATED: lambda event: _("It was recorded that blocked data are contested, and what is right."),
    Action.BLOCKED: lambda event: _("The personal data were blocked. Nobody reads them any more; the dates remain."),
    Action.ERASED: _erased,
}
