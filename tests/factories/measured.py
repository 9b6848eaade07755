"""A desk on which every page can be opened: each kind of person, and a request in every place a page is about."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from itertools import pairwise

from dateutil.relativedelta import relativedelta
from django.db.models import F

from archive import services as keeping
from archive.models import PersonHit, PersonRequest, PersonSearch
from archive.person_rights import services as persons
from archive.person_rights.vocabulary import Found, PaperKind, Right
from authorities.models import Absence, Keyword, Team, User
from authorities.vocabulary import ROLES_PER_MODULE, Module, Role
from imidesk.core import clock
from requests_app import catalogue
from requests_app.answers import AnswerContent
from requests_app.models import (
    DataDecision,
    DecisionFile,
    EndCorrection,
    InformationRequest,
    ProviderLetter,
    SavedView,
    SealedFile,
)
from requests_app.selectors.letters import version_of
from requests_app.services import answering, assigning, ending, letters, relations
from requests_app.services.receiving import LateActs
from requests_app.vocabulary import Channel, Procedure, State
from requests_app.writing import NewFile, NewQuestion
from tests.factories.files import pdf_bytes
from tests.factories.steps import again, run_jobs
from tests.factories.world import World, make_user, mandated, member

APPLICANT = "applicant"
PREPARED, FORWARDING, JOINED, LETTER = "prepared", "forwarding", "joined", "letter"
FILED, BLOCKED, OPENED, ERASED = "filed", "blocked", "opened", "erased"
LADEN, LADEN_LATE = "laden", "laden late"
HELD, ASKED, GRANTED = "held", "asked", "granted"
DECIDERS = (Role.JURIST, Role.TOEWIJZER, Role.TOEZICHTHOUDER)


def cast(world: World) -> dict[str, User]:
    """Somebody of every role, and the handler who asks to open what is blocked."""
    found = {
        Role.BEHANDELAAR: world.handler,
        Role.TOEWIJZER: world.allocator,
        Role.BASISGEBRUIKER: world.basic,
        Role.JURIST: world.jurist,
    }
    for role in set(Role) - found.keys():
        found[role] = make_user(f"een-{role}", "Iemand", f"Voorbeeld {role}")
        _appoint(world, found[role], role)
    return {**{str(role): user for role, user in found.items()}, APPLICANT: world.other_handler}


def _appoint(world: World, user: User, role: Role) -> None:
    member(user, world.home, role, *(Module.values if role in ROLES_PER_MODULE else ()))


@dataclass(frozen=True)
class Place:
    """What a page is about: the values of its arguments, and what stands behind the address."""

    name: str
    values: dict[str, object]
    query: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """What pages are about, by the name of its place."""

    requests: dict[str, InformationRequest]
    decisions: dict[str, DataDecision]
    person_request: PersonRequest
    queries: dict[str, dict[str, str]]

    @cached_property
    def _of_requests(self) -> list[Place]:
        return [Place(place, _of_request(found)) for place, found in self.requests.items()]

    @cached_property
    def _of_decisions(self) -> list[Place]:
        return [Place(place, _of_decision(found)) for place, found in self.decisions.items()]

    def places(self, name: str, arguments: tuple[str, ...], user: User) -> Iterator[Place]:
        if "reference" in arguments:
            yield from self._of_requests
        elif "decision" in arguments:
            yield from self._of_decisions
        elif "number" in arguments:
            yield Place("person", _of_person(self.person_request))
        else:
            yield Place("", {"pk": SavedView.objects.filter(user=user).values_list("pk", flat=True).first()})
            if name in self.queries:
                yield Place("asked", {}, self.queries[name])


def _of_person(row: PersonRequest) -> dict[str, object]:
    return {"number": row.number, "paper": row.papers.values_list("pk", flat=True).first()}


def _of_request(info_request: InformationRequest) -> dict[str, object]:
    question = info_request.questions.first()
    file = SealedFile.objects.filter(info_request=info_request).first()
    return {
        "reference": info_request.reference,
        "letter": "A",
        "question": question and question.uuid,
        "file": file and file.pk,
    }


def _of_decision(decision: DataDecision) -> dict[str, object]:
    file = DecisionFile.objects.filter(decision=decision).first()
    return {"decision": decision.pk, "file": file and file.pk}


def build(world: World, *, questions: int | None, times: int) -> Measured:
    """One request in every place, with so many questions (None: all of the set) and so many of all that is beside."""
    codes = catalogue.set_for(Procedure.INFORMATION_REQUEST, False).questions[:questions]
    asked = {"questions": tuple(NewQuestion(code=question.code) for question in codes)}
    erased = _erased(world, asked)
    _blocked_soon(world, asked)
    requests = {**_in_states(world, asked), **_in_between(world, asked), **_blocked(world, asked, times)}
    requests |= {ERASED: erased, LADEN: _laden(world, times), LADEN_LATE: _laden_late(world, asked, times)}
    for place in (State.ACCEPTED, State.ANSWERED, State.CLOSED):
        _readers(world, requests[place], times)
    decisions = _decisions(world, requests, times)
    queries = {
        "archive:proof": {"verzoek": erased.reference},
        "archive:rehearsal": {"day": (clock.today() + relativedelta(years=3)).isoformat()},
        "archive:feed": {"sleutel": keeping.renew_feed(user=world.jurist)},
    }
    return Measured(requests, decisions, _person_request(world, requests, times), queries)


def _in_states(world: World, asked: dict[str, object]) -> dict[str, InformationRequest]:
    prepared = world.complete(**asked)
    answering.prepare_answer(info_request=prepared, actor=world.handler)
    return {
        State.RECEIVED: world.received(**asked),
        State.ASSIGNED: world.assigned(**asked),
        State.ACCEPTED: world.complete(**asked),
        State.ANSWERED: world.answered(**asked),
        State.CLOSED: world.closed(**asked),
        PREPARED: again(prepared),
    }


def _in_between(world: World, asked: dict[str, object]) -> dict[str, InformationRequest]:
    """What a state alone does not open: a step prepared, a second handler, a letter to write, a case that is filed."""
    forwarding = world.assigned(**asked)
    reason = catalogue.reasons("forward")[0].code
    ending.prepare_forward(
        info_request=forwarding, actor=world.handler, to=world.justis, reason=reason, words="Zij gaan erover."
    )
    joined = assigning.allocate(
        info_request=world.received(**asked), actor=world.allocator, handlers=[world.handler, world.other_handler]
    )
    answering.accept_request(info_request=joined, actor=world.handler, done_at=clock.now())
    found = {FORWARDING: forwarding, JOINED: joined, LETTER: _with_letter(world), FILED: _filed(world, asked)}
    return {place: again(info_request) for place, info_request in found.items()}


def _with_letter(world: World) -> InformationRequest:
    question = NewQuestion(code="repute.sanctions.1")
    accepted = world.accepted(procedure=Procedure.GOOD_REPUTE, questions=(question,))
    (row,) = accepted.questions.all()
    told = {row.pk: AnswerContent(value="yes", text="Een boete van 2025.")}
    answering.save_tab(info_request=accepted, actor=world.handler, tab=row.tab, contents=told, versions={})
    answering.prepare_answer(info_request=accepted, actor=world.handler)
    info_request = answering.send_answer(info_request=accepted, actor=world.handler, done_at=clock.now())
    letter = ProviderLetter.objects.select_related("info_request").get(info_request=info_request)
    base = version_of(letter)
    letters.save_letter(
        info_request=info_request, actor=world.handler, language="nl", text="Wij gaven inlichtingen.", base=base
    )
    return info_request


def _filed(world: World, asked: dict[str, object]) -> InformationRequest:
    info_request = world.closed(channel=Channel.DESK, **asked)
    run_jobs()
    keeping.file_request(info_request=info_request, actor=world.handler, case_number="C2026-1")
    return again(info_request)


def _filed_and_blocked(world: World, asked: dict[str, object]) -> InformationRequest:
    info_request = _filed(world, asked)
    keeping.block_now(info_request=info_request, actor=world.handler)
    return again(info_request)


def _erased(world: World, asked: dict[str, object]) -> InformationRequest:
    info_request = _filed_and_blocked(world, asked)
    keeping.erase_due(clock.today() + relativedelta(years=3))
    return again(info_request)


def _blocked_soon(world: World, asked: dict[str, object]) -> None:
    """Within a month, as the register of what is kept says."""
    _put_back(world.closed(**asked), timedelta(days=155))
    keeping.block_due(clock.today())


def _blocked(world: World, asked: dict[str, object], times: int) -> dict[str, InformationRequest]:
    found = {BLOCKED: _filed_and_blocked(world, asked), OPENED: _filed_and_blocked(world, asked)}
    for info_request in found.values():
        for _time in range(times):
            keeping.annotate(
                info_request=again(info_request), actor=world.jurist, contested="Zo is het niet.", corrected="Anders."
            )
    return {place: again(info_request) for place, info_request in found.items()}


def _readers(world: World, info_request: InformationRequest, times: int) -> None:
    """Readers and keywords; the answers come with the questions, the files with the reports."""
    for number in range(times):
        keyword, _is_new = Keyword.objects.get_or_create(code=f"trefwoord-{number}")
        info_request.keywords.add(keyword)
        reader = make_user(f"lezer-{info_request.pk}-{number}", "Iemand", "Voorbeeld")
        member(reader, world.home, Role.RAADPLEGER, *Module.values)
        until = clock.today() + timedelta(days=3)
        relations.add_viewer(
            info_request=info_request, actor=world.handler, user=reader, reason="viewer.check", until=until
        )


def _laden(world: World, times: int) -> InformationRequest:
    """Ended, with all that may stand beside one request at once."""
    accepted, answered, ended = (clock.now() - timedelta(minutes=minutes) for minutes in (60, 50, 40))
    question = NewQuestion(code="repute.sanctions.1")
    info_request = world.received(procedure=Procedure.GOOD_REPUTE, questions=(question,))
    assigning.ask_allocation(info_request=info_request, actor=world.other_handler, note="Mag ik?")
    handlers = [world.handler, world.other_handler]
    assigning.allocate(info_request=info_request, actor=world.allocator, handlers=handlers)
    answering.accept_request(info_request=info_request, actor=world.handler, done_at=accepted)
    assigning.report_delay(
        info_request=info_request,
        actor=world.handler,
        reason="delay.other",
        expected_on=clock.today(),
        words="Het duurt langer.",
    )
    for _time in range(times):
        relations.ask_advice(info_request=info_request, actor=world.handler, question="Mag dit?")
        relations.give_advice(info_request=info_request, actor=world.jurist, answer="Dat mag.")
    _readers(world, info_request, times)
    world.answer_all(info_request)
    answering.prepare_answer(info_request=info_request, actor=world.handler)
    answering.send_answer(info_request=info_request, actor=world.handler, done_at=answered)
    ending.close_request(info_request=info_request, actor=world.handler, closed_at=ended)
    return _disputed(world, info_request, times)


def _laden_late(world: World, asked: dict[str, object], times: int) -> InformationRequest:
    """The same of one that was registered after its end, and that another handler may still accept as well."""
    accepted, answered, ended = (clock.now() - timedelta(minutes=minutes) for minutes in (60, 50, 40))
    acts = LateActs(world.handler, accepted, answered, ended)
    info_request = world.received(late=acts, **asked)
    answering.confirm_acceptance(info_request=info_request, actor=world.handler)
    _readers(world, info_request, times)
    return _disputed(world, info_request, times)


def _disputed(world: World, info_request: InformationRequest, times: int) -> InformationRequest:
    """Its end corrected and to be corrected again, its erasure put off."""
    for _time in range(times):
        proposal = _other_end(world, info_request)
        ending.decide_end(info_request=info_request, actor=world.allocator, proposal=proposal.pk, approved=True)
    _hold(world, info_request)
    _other_end(world, info_request)
    return again(info_request)


def _other_end(world: World, info_request: InformationRequest) -> EndCorrection:
    was = again(info_request).ended_at
    assert was
    return ending.propose_end(
        info_request=info_request,
        actor=world.handler,
        ended_at=was + timedelta(seconds=1),
        evidence=_paper(),
        words="Op een andere dag.",
    )


def _paper() -> NewFile:
    return NewFile("stuk.pdf", "application/pdf", pdf_bytes())


def _decisions(world: World, requests: dict[str, InformationRequest], times: int) -> dict[str, DataDecision]:
    """A hold that runs, an opening one agreed to, and one that is begun."""
    for _time in range(times):
        held = _hold(world, requests[State.CLOSED])
        _hold(world, requests[OPENED])
    asked = _opening(world, requests[BLOCKED])
    keeping.approve(decision=asked, actor=world.jurist)
    granted = _opening(world, requests[OPENED])
    for actor in (world.jurist, world.allocator):
        keeping.approve(decision=granted, actor=actor)
    keeping.begin_opening(decision=granted, actor=world.other_handler)
    return {HELD: held, ASKED: asked, GRANTED: granted}


_MOMENTS = ("received_at", "registered_at", "accepted_at", "answered_at", "first_answered_at", "ended_at")


def _put_back(info_request: InformationRequest, by: timedelta) -> None:
    moments = {name: F(name) - by for name in _MOMENTS}
    InformationRequest.objects.filter(pk=info_request.pk).update(**moments)


def _hold(world: World, info_request: InformationRequest) -> DataDecision:
    """Of what is to be erased within the year, since no other can be put off."""
    ended_at = again(info_request).ended_at
    if ended_at and ended_at > clock.now() - timedelta(days=9):
        _put_back(info_request, timedelta(days=900))
    held = keeping.propose_hold(
        info_request=again(info_request),
        actor=world.jurist,
        ground="hold.court",
        words="De rechter vroeg erom.",
        until=clock.today() + relativedelta(months=8),
        owner=world.jurist,
    )
    return keeping.approve(decision=held, actor=world.allocator)


def _opening(world: World, info_request: InformationRequest) -> DataDecision:
    return keeping.ask_opening(
        info_request=again(info_request),
        actor=world.other_handler,
        ground="opening.proof",
        words="Voor de rechter.",
        document=_paper(),
    )


def _person_request(world: World, requests: dict[str, InformationRequest], times: int) -> PersonRequest:
    """With papers, a search that is done, and what it found."""
    found = list(requests.values())[: 1 + times]
    row = persons.register_person_request(
        actor=world.jurist,
        home=world.home,
        right=Right.ACCESS,
        received_on=clock.today(),
        person={"family_name": "Voorbeeld"},
        words="Wat hebt u over mij?",
        references=[info_request.reference for info_request in found],
    )
    for _time in range(times):
        file = _paper()
        persons.add_paper(
            person_request=row,
            actor=world.jurist,
            kind=PaperKind.REQUEST,
            name=file.name,
            media_type=file.media_type,
            content=file.content,
        )
    _searched(row, found, world)
    return row


def _searched(row: PersonRequest, found: Iterable[InformationRequest], world: World) -> None:
    now = clock.now()
    search = PersonSearch.objects.create(
        person_request=row,
        asked_by=world.jurist,
        asked_at=now,
        released_by=world.allocator,
        released_at=now,
        finished_at=now,
    )
    PersonHit.objects.bulk_create(
        PersonHit(search=search, info_request=info_request, found=Found.PROVIDER) for info_request in found
    )


def grow(world: World, people: dict[str, User], numbers: Iterable[int]) -> None:
    """More requests, people, teams, absences and saved views; and more who decide, each standing in for the next."""
    today, now = clock.today(), clock.now()
    for number in numbers:
        world.received()
        team = Team.objects.create(authority=world.home, name=f"Team {number}")
        handler = make_user(f"nog-{number}", "Iemand", f"Voorbeeld {number}")
        member(handler, world.home, Role.BEHANDELAAR, *Module.values, team=team)
        mandated(handler, world.home)
        Absence.objects.create(user=handler, first_day=today, last_day=today)
        for person in people.values():
            SavedView.objects.create(user=person, name=f"Weergave {number}", query="", made_at=now)
        deciders = [make_user(f"beslist-{role}-{number}", "Iemand", f"Voorbeeld {number}") for role in DECIDERS]
        for role, decider in zip(DECIDERS, deciders, strict=True):
            _appoint(world, decider, role)
        for first, second in pairwise(deciders):
            Absence.objects.create(user=first, deputy=second, first_day=today, last_day=today)
