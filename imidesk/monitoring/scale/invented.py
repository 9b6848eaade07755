"""The made-up requests themselves: every row of one of them, sealed and chained as the services do (issue 4, "Volume").

Pure: what it needs of the database is in Plan, so that any process can make them.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from django.db.models import Model

from archive import retention
from archive.models import ArchiveCase, RetentionRecord
from authorities.vocabulary import Module
from imidesk.core import audit, vault
from imidesk.core.models import AuditChain, AuditEvent
from imidesk.monitoring.scale.ground import Ground, Handler, Home
from requests_app import catalogue
from requests_app.answers import AnswerContent
from requests_app.deadlines import asked_date, last_day_to_accept, local_day
from requests_app.models import (
    Allocation,
    Answer,
    InformationRequest,
    RequestQuestion,
    RequestUserPermission,
    SealedText,
    Subject,
)
from requests_app.permissions import grants_by_allocation
from requests_app.vocabulary import Action, AnswerStatus, Channel, DataState, Grant, Procedure, State, TextKind

QUESTIONS = 12
TEXTS = (TextKind.MOTIVATION, TextKind.MEMO, TextKind.ALLOCATION_NOTE)
BENCH_ALLOCATIONS = 200
_BENCH_OPEN = 20
_OPEN_SHARE = 0.03
_LARGEST_EVERY = 10
_PERIOD = timedelta(days=1090)
"""Under three years, so that nothing is due for erasing; what ended over six months ago is due for blocking."""
_GRANTS = len(Grant)
_EVENTS = 6
_FIRST_IMI_NUMBER = 5_000_000
_REPLY_DAYS = 14
_CONTENT: dict[str, str] = {
    AnswerStatus.NONE: "{}",
    AnswerStatus.ANSWERED: AnswerContent(text="Ja.").to_json(),
    AnswerStatus.EXCUSED: AnswerContent(standard="data_protection").to_json(),
}


@dataclass(frozen=True)
class Plan:
    """How many, who has them, when they came in, and with which numbers their rows begin."""

    number: int
    ground: Ground
    now: datetime
    first: dict[type[Model], int]
    keys: vault.KeyMaker
    audit_key: vault.AuditKey

    def place(self, index: int) -> tuple[int, int]:
        """The home of a request, and the how manieth of that home it is: one in ten belongs to the largest."""
        if index % _LARGEST_EVERY == 0:
            return 0, index // _LARGEST_EVERY
        other = index - index // _LARGEST_EVERY - 1
        smaller = len(self.ground.homes) - 1
        return 1 + other % smaller, other // smaller

    def is_open(self, index: int) -> bool:
        """The last that came in, at least one."""
        return index >= self._first_open

    @cached_property
    def _first_open(self) -> int:
        return self.number - max(1, round(self.number * _OPEN_SHARE))

    def received_at(self, index: int) -> datetime:
        return self.now - _PERIOD + (_PERIOD - timedelta(hours=20)) * (index / self.number)

    def handler(self, index: int) -> Handler:
        """The bench user has the latest of the largest home, some of them still open; the others share the rest."""
        home, turn = self.place(index)
        handlers = self.ground.homes[home].handlers
        if home:
            return handlers[turn % len(handlers)]
        return handlers[0] if self._is_for_bench(turn) else handlers[1 + turn % (len(handlers) - 1)]

    def per_home(self) -> dict[int, int]:
        counts: dict[int, int] = {}
        for index in range(max(0, self.number - _LARGEST_EVERY * len(self.ground.homes)), self.number):
            home, turn = self.place(index)
            counts[self.ground.homes[home].pk] = turn + 1
        return counts

    def _is_for_bench(self, turn: int) -> bool:
        return any(turn in turns for turns in self._turns_of_bench)

    @cached_property
    def _turns_of_bench(self) -> tuple[range, range]:
        """Of the turns of the largest home: the last that ended, and the last of all."""
        total = -(-self.number // _LARGEST_EVERY)
        first_open = min(total, -(-self._first_open // _LARGEST_EVERY))
        still_open = min(_BENCH_OPEN, total - first_open)
        ended = min(BENCH_ALLOCATIONS - still_open, first_open)
        return range(first_open - ended, first_open), range(total - still_open, total)


def rows(plan: Plan, begin: int, end: int) -> Iterator[Model]:
    with vault.key_scope():
        for index in range(begin, end):
            yield from _Invented(plan, index).rows()


class _Invented:
    """One request with everything that hangs on it."""

    def __init__(self, plan: Plan, index: int) -> None:
        self.plan, self.index = plan, index
        self.chance = random.Random(index)  # noqa: S311 - the same desk every time, nothing secret
        home, self.turn = plan.place(index)
        self.home: Home = plan.ground.homes[home]
        self.handler = plan.handler(index)
        self.is_open = plan.is_open(index)
        self.received_at = plan.received_at(index)
        self.accepted_at = self._later(self.received_at, 0.2, 6)
        self.answered_at = self._later(self.accepted_at, 3, 12)
        self.ended_at = self._later(self.answered_at, 0.5, 6)
        self.filed_at = self._later(self.ended_at, 0.5, 5)
        self.state = self._state()
        self.request = self._request()

    def rows(self) -> Iterator[Model]:
        yield self.request
        yield self.plan.keys.make(self.request.uuid)
        yield self._subject()
        yield from self._texts()
        yield from self._questions()
        yield from self._allocations()
        yield from self._trail()
        if self.request.ended_at:
            yield from self._archive(self.request.ended_at)

    def _later(self, moment: datetime, shortest: float, longest: float) -> datetime:
        """Whole minutes, and before now."""
        days = timedelta(days=self.chance.uniform(shortest, longest))
        return min((moment + days).replace(second=0, microsecond=0), self.plan.now)

    def _state(self) -> State:
        if not self.is_open:
            return State.CLOSED
        return State.ANSWERED if self.chance.random() < 0.3 else State.ACCEPTED

    def _pk(self, model: type[Model], each: int = 1, place: int = 0) -> int:
        return self.plan.first[model] + self.index * each + place

    def _request(self) -> InformationRequest:
        module = Module.SDG_EVIDENCE if self.chance.random() < 0.2 else Module.SERVICES
        is_services = module == Module.SERVICES
        asked_on = asked_date(self.received_at, _REPLY_DAYS)
        answered_at = self.answered_at if self.state != State.ACCEPTED else None
        activities = self.plan.ground.activities
        return InformationRequest(
            pk=self._pk(InformationRequest),
            reference=f"{self.home.prefix}-{local_day(self.received_at).year}-{self.turn + 1:05d}",
            imi_number=str(_FIRST_IMI_NUMBER + self.index),
            module=module,
            procedure=Procedure.INFORMATION_REQUEST if is_services else Procedure.SDG_EVIDENCE,
            channel=Channel.IMI,
            language="de",
            requester_id=self.chance.choice(self.plan.ground.requesters),
            responder_id=self.home.pk,
            home_id=self.home.pk,
            service_activity_id=self.chance.choice(activities) if is_services else None,
            state=self.state,
            data_state=DataState.OPEN,
            received_at=self.received_at,
            registered_at=self.plan.now,
            reply_days=_REPLY_DAYS,
            accept_by=last_day_to_accept(self.received_at),
            asked_on=asked_on,
            agreed_on=asked_on,
            accepted_at=self.accepted_at,
            answered_at=answered_at,
            first_answered_at=answered_at,
            ended_at=self.ended_at if self.state == State.CLOSED else None,
            filed_at=self.filed_at if self.state == State.CLOSED else None,
        )

    def _subject(self) -> Subject:
        row = Subject(info_request=self.request)
        subject = {
            "kind": "legal",
            "legal_name": f"Meetbedrijf {self.index} B.V.",
            "numbers": [{"type": "company_register", "value": f"{90000000 + self.index}"}],
            "address": {"street": f"Meetstraat {self.index % 400}", "town": "Oefenstad", "country": "NL"},
        }
        vault.seal(row, "content", json.dumps(subject, sort_keys=True))
        return row

    def _texts(self) -> Iterator[SealedText]:
        last = TextKind.CLOSING_NOTE if self.state == State.CLOSED else TextKind.DELAY_REASON
        for kind in (*TEXTS, last):
            by = self.handler.user if kind == last else self.home.allocator
            row = SealedText(info_request=self.request, kind=kind, written_at=self.received_at, written_by_id=by)
            vault.seal(row, "text", f"Verzonnen tekst {self.index} om het volume van een balie na te doen. " * 2)
            yield row

    def _questions(self) -> Iterator[Model]:
        asked = catalogue.set_for(self.request.procedure, False)
        listed = [(tab.letter, question) for tab in asked.tabs for question in tab.questions][:QUESTIONS]
        for position in range(1, QUESTIONS + 1):
            row = RequestQuestion(info_request=self.request, position=position)
            if position <= len(listed):
                row.tab, found = listed[position - 1]
                row.code, row.kind = found.code, found.kind
            else:
                row.tab, row.kind = "Z", "text"
                vault.seal(row, "own_text", f"Verzonnen vraag {position}?")
            yield row
            yield self._answer(row)

    def _answer(self, question: RequestQuestion) -> Answer:
        """All are answered, but for what is still worked on."""
        is_given = self.state != State.ACCEPTED or question.position <= QUESTIONS // 2
        row = Answer(question=question)
        if is_given:
            row.status = AnswerStatus.EXCUSED if self.chance.random() < 0.05 else AnswerStatus.ANSWERED
            row.version, row.saved_at, row.saved_by_id = 1, self.answered_at, self.handler.user
        vault.seal(row, "content", _CONTENT[row.status])
        return row

    def _allocations(self) -> Iterator[Model]:
        by, at = self.home.allocator, self.received_at
        pk = self._pk(Allocation, 2)
        yield Allocation(pk=pk, info_request=self.request, team_id=self.home.team, made_by_id=by, made_at=at)
        yield Allocation(
            pk=pk + 1,
            info_request=self.request,
            handler_id=self.handler.user,
            made_by_id=by,
            made_at=at,
            accepted_at=self.accepted_at,
        )
        given = sorted(grants_by_allocation(self.state, DataState.OPEN, accepted=True))
        for place, grant in enumerate(given):
            yield RequestUserPermission(
                pk=self._pk(RequestUserPermission, _GRANTS, place),
                user_id=self.handler.user,
                permission_id=self.plan.ground.permissions[grant],
                content_object_id=self.request.pk,
            )

    def _trail(self) -> Iterator[Model]:
        chain = AuditChain(pk=self._pk(AuditChain), kind="request", subject=self.request.uuid)
        events = audit.compose(chain, self._story(), key=self.plan.audit_key, recorded_at=self.plan.now)
        yield chain
        for place, event in enumerate(events):
            event.pk = self._pk(AuditEvent, _EVENTS, place)
            yield event

    def _story(self) -> Iterator[audit.Told]:
        allocator, handler, request = self.home.allocator, self.handler.user, self.request
        yield self._told(
            *(Action.RECEIVED, allocator, self.received_at, State.DRAFT, State.RECEIVED),
            channel=request.channel,
            module=request.module,
            procedure=request.procedure,
            source="scale",
            late=False,
        )
        yield self._told(
            *(Action.ALLOCATED, allocator, self.received_at, State.RECEIVED, State.ASSIGNED),
            handlers=[handler],
            ended=[],
            team=self.home.team,
        )
        yield self._told(
            *(Action.ACCEPTED, handler, self.accepted_at, State.ASSIGNED, State.ACCEPTED),
            mandate=self.handler.mandate,
            agreed_on=request.agreed_on,
        )
        if self.state == State.CLOSED:
            yield self._answered(State.ANSWERED)
            yield self._told(
                Action.CLOSED, handler, self.ended_at, State.ANSWERED, State.CLOSED, late=False, source="imi"
            )
            yield self._told(Action.FILED, handler, self.filed_at, State.CLOSED, State.CLOSED, files=2)
            return
        yield self._told(
            Action.SUBJECT_COMPLETED, handler, self.accepted_at, State.ACCEPTED, State.ACCEPTED, source="form"
        )
        yield self._told(
            *(Action.ANSWERS_SAVED, handler, self.answered_at, State.ACCEPTED, State.ACCEPTED),
            tab="A",
            answered=QUESTIONS // 2,
            excused=0,
        )
        if self.state == State.ANSWERED:
            yield self._answered(State.ANSWERED)
        else:
            yield self._told(
                Action.DATE_AGREED,
                handler,
                self.answered_at,
                State.ACCEPTED,
                State.ACCEPTED,
                agreed_on=request.agreed_on,
            )

    def _answered(self, to: State) -> audit.Told:
        return self._told(
            *(Action.ANSWERED, self.handler.user, self.answered_at, State.ACCEPTED, to),
            mandate=self.handler.mandate,
            answered=QUESTIONS,
            excused=0,
            in_imi_only=False,
        )

    def _told(
        self, action: Action, actor: int, at: datetime, before: State, after: State, **details: object
    ) -> audit.Told:
        given = {name: value for name, value in details.items() if value is not None}
        return audit.tell(action, actor, at, {"from": before, "to": after, **given})

    def _archive(self, ended_at: datetime) -> Iterator[Model]:
        block_on: date = retention.block_on(ended_at, self.request.module)
        yield RetentionRecord(
            pk=self._pk(RetentionRecord),
            info_request=self.request,
            block_on=block_on,
            erase_on=retention.erase_on(ended_at),
        )
        yield ArchiveCase(
            pk=self._pk(ArchiveCase),
            info_request=self.request,
            case_number=f"M.{self.index}",
            case_type=retention.CASE_TYPE,
            keep_until=retention.case_until(ended_at),
            filed_by_id=self.handler.user,
            filed_at=self.filed_at,
        )
