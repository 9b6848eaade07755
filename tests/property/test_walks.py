"""Design ideas 1, 2 and 8: random steps by random people, with fitting and unfitting arguments, through the services.

A refusal changes nothing; a step leaves one event per perform; no constraint breaks; chain and grants stay right.
"""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import transaction
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from archive import report
from archive.services import filing, reporting, retaining
from authorities.models import Team
from authorities.vocabulary import Module
from imidesk.core import audit, clock
from imidesk.core.errors import DomainError
from imidesk.core.models import AuditEvent
from requests_app import catalogue, workflow
from requests_app.answers import AnswerContent
from requests_app.checks import grant_faults
from requests_app.models import EndCorrection, InformationRequest, SealedFile, Viewer
from requests_app.services import answering, assigning, ending, practising, receiving, relations
from requests_app.services.receiving import LateActs
from requests_app.vocabulary import Channel, DataState, Procedure, State
from requests_app.writing import NewFile, NewQuestion
from tests.factories import files

pytestmark = pytest.mark.slow
STEPS_OF_A_WALK = 14
TABLES = [model for label in ("core", "requests_app", "archive") for model in apps.get_app_config(label).get_models()]
# What comes next on a good day: the walk takes these more often, or it would seldom get beyond acceptance.
NEXT = {
    State.RECEIVED: ("allocate", "allocate", "choose_team", "accept"),
    State.ASSIGNED: (
        "accept",
        "accept",
        "take_up",
        "take_up",
        "prepare_acceptance",
        "finish_acceptance",
        "give_back",
        "refuse",
    ),
    State.ACCEPTED: (
        "answer_all",
        "answer_all",
        "prepare_answer",
        "send",
        "send",
        "attach",
        "forward",
        "add_viewer",
        "ask_advice",
        "give_advice",
        "report_delay",
        "reassign",
    ),
    State.ANSWERED: ("close", "close", "requester_closes", "confirm", "withdraw", "clarify", "requester_asks_further"),
    State.CLOSED: (
        "make_reports",
        "add_imi_report",
        "complete_subject",
        "file",
        "sign_off",
        "block",
        "propose_end",
        "decide_end",
    ),
    State.FORWARDED: ("make_reports", "sign_off", "block"),
    State.REFUSED: ("make_reports", "sign_off", "block"),
    State.WITHDRAWN: ("make_reports", "sign_off", "block"),
    State.ENTERED_IN_ERROR: ("make_reports", "sign_off", "block"),
}


class Walk:
    """One step is a method; what it needs is drawn when it is taken."""

    def __init__(self, world, data):
        self.world = world
        self.any_of = lambda *choices: data.draw(st.sampled_from(choices))
        self.fitting = True
        self.people = (
            world.handler,
            world.handler,
            world.allocator,
            world.other_handler,
            world.backup,
            world.basic,
            world.jurist,
            world.stranger,
        )
        self.requests = []
        self.actor = world.allocator
        self.request = None

    def draw(self, fitting, *others):
        """The first choice while the walk does what fits, any of them otherwise."""
        return fitting if self.fitting else self.any_of(fitting, *others)

    def moment(self):
        return clock.now() + self.draw(timedelta(0), -timedelta(minutes=1), -timedelta(days=30), timedelta(days=1))

    def day(self):
        return clock.today() + timedelta(days=self.draw(0, 7, 30, -1, -400))

    def words(self):
        return self.draw("Toelichting in eigen woorden.", "", "é" * 400)

    def reason(self, kind):
        return self.draw(*(reason.code for reason in catalogue.reasons(kind)), "no_such_reason")

    def question(self):
        return self.any_of(*(self.request.questions.all() or [None]))

    def register(self):
        module = self.any_of(Module.SERVICES, Module.SERVICES, Module.SDG_EVIDENCE)
        channel = self.any_of(Channel.IMI, Channel.DESK)
        procedure = Procedure.SDG_EVIDENCE if module == Module.SDG_EVIDENCE else Procedure.INFORMATION_REQUEST
        fictitious = channel == Channel.DESK and self.any_of(False, False, True)
        received_at = clock.now() - self.any_of(timedelta(hours=2), timedelta(days=40))
        asked = catalogue.set_for(procedure, fictitious).questions[: self.draw(2, 1, 0)]
        new = self.world.new_request(
            module=module,
            procedure=procedure,
            channel=channel,
            fictitious=fictitious,
            received_at=received_at,
            reply_days=self.any_of(14, None),
            questions=tuple(NewQuestion(code=question.code) for question in asked),
            late=self.late_acts(received_at) if self.any_of(False, False, False, True) else None,
        )
        self.requests.append(receiving.register_request(actor=self.actor, new=new))

    def late_acts(self, received_at):
        later = [received_at + timedelta(minutes=minutes) for minutes in (10, 20, 30)]
        answered_at, closed_at = self.any_of(
            (None, None), (later[1], None), (later[1], later[2]), *(() if self.fitting else ((None, later[2]),))
        )
        return LateActs(self.draw(self.world.handler, self.world.basic), later[0], answered_at, closed_at)

    def choose_questions(self):
        known = catalogue.set_for(self.request.procedure, self.request.fictitious).questions[self.any_of(0, 4)]
        own = NewQuestion(tab="Eigen tabblad", text="Wat is er gebeurd?", kind="text")
        receiving.choose_questions(
            info_request=self.request, actor=self.actor, questions=(NewQuestion(code=known.code), own)
        )

    def choose_team(self):
        team = self.draw(self.world.team, Team(pk=0, authority=self.world.germany))
        assigning.choose_team(info_request=self.request, actor=self.actor, team=team, note=self.words())

    def allocate(self):
        handlers = self.draw(
            [self.world.handler], [self.world.handler, self.world.other_handler], [self.world.basic], []
        )
        assigning.allocate(info_request=self.request, actor=self.actor, handlers=handlers, note=self.words())

    def take_up(self):
        assigning.take_up(info_request=self.request, actor=self.actor)

    def give_back(self):
        assigning.give_back(
            info_request=self.request, actor=self.actor, reason=self.reason("return"), words=self.words()
        )

    def ask_allocation(self):
        assigning.ask_allocation(info_request=self.request, actor=self.actor, note=self.words())

    def return_for_team(self):
        assigning.return_for_team(
            info_request=self.request,
            actor=self.actor,
            reason=self.reason("return"),
            returned_on=self.day(),
            words=self.words(),
        )

    def report_delay(self):
        assigning.report_delay(
            info_request=self.request,
            actor=self.actor,
            reason=self.reason("delay"),
            expected_on=self.day(),
            words=self.words(),
        )

    def reassign(self):
        handlers, ended = self.any_of(
            ([self.world.other_handler], [self.world.handler]),
            ([self.world.other_handler], []),
            ([self.world.handler], [self.world.other_handler]),
            ([], [self.world.handler, self.world.other_handler]),
            ([self.world.basic], [self.world.handler]),
        )
        assigning.reassign(
            info_request=self.request, actor=self.actor, handlers=handlers, ended=ended, note=self.words()
        )

    def hand_over(self):
        giver, taker = self.any_of(
            (self.world.handler, self.world.other_handler),
            (self.world.other_handler, self.world.handler),
            (self.world.handler, self.world.handler),
            (self.world.handler, self.world.jurist),
        )
        assigning.hand_over_one(info_request=self.request, actor=self.actor, giver=giver, taker=taker)

    def place_task(self):
        assigning.place_task(info_request=self.request, actor=self.actor, task_number="T-1", sent_on=self.day())

    def accept(self):
        answering.accept_request(
            info_request=self.request,
            actor=self.actor,
            done_at=self.moment(),
            proposed_on=self.day() if self.any_of(False, False, True) else None,
        )

    def prepare_acceptance(self):
        answering.prepare_acceptance(info_request=self.request, actor=self.actor)

    def finish_acceptance(self):
        answering.finish_prepared_acceptance(info_request=self.request, actor=self.actor, done_at=self.moment())

    def finish_end(self):
        ending.finish_prepared_end(info_request=self.request, actor=self.actor, done_at=self.moment())

    def confirm(self):
        answering.confirm_acceptance(info_request=self.request, actor=self.actor)

    def agree_date(self):
        answering.agree_date(info_request=self.request, actor=self.actor, agreed_on=self.day())

    def complete_subject(self):
        answering.complete_subject(
            info_request=self.request, actor=self.actor, subject={"kind": "legal", "legal_name": "Voorbeeld GmbH"}
        )

    def answer_all(self):
        for letter in sorted(set(self.request.questions.values_list("tab", flat=True))):
            answering.save_tab(
                info_request=self.request,
                actor=self.actor,
                tab=letter,
                contents={
                    question.pk: AnswerContent(standard="data_protection", text=self.words())
                    for question in self.request.questions.filter(tab=letter)
                },
                versions={},
            )

    def answer_one(self):
        question = self.question()
        if question is None:
            return
        content = AnswerContent(
            value=self.draw("", "yes", "2026-02-30", "12,5", "NaN"),
            standard=self.draw("", "no_such"),
            text=self.words(),
        )
        answering.save_tab(
            info_request=self.request,
            actor=self.actor,
            tab=self.draw(question.tab, "Z"),
            contents={question.pk: content},
            versions={question.pk: self.draw(0, 1, 7)},
        )

    def attach(self):
        question = self.question()
        file = NewFile("bewijs.pdf", "application/pdf", b"%PDF-1.7 bewijs")
        if question is not None:
            answering.add_attachments(info_request=self.request, actor=self.actor, question=question.pk, files=[file])

    def detach(self):
        file = SealedFile.objects.filter(info_request=self.request).order_by("?").first()
        if file is not None:
            reason = self.draw("remove_file.wrong_file", "no_such")
            answering.remove_attachment(info_request=self.request, actor=self.actor, file=file.pk, reason=reason)

    def prepare_answer(self):
        answering.prepare_answer(info_request=self.request, actor=self.actor)

    def unprepare(self):
        answering.withdraw_preparation(info_request=self.request, actor=self.actor)

    def send(self):
        answering.send_answer(info_request=self.request, actor=self.actor, done_at=self.moment())

    def answered_in_imi(self):
        answering.record_answer_in_imi(
            info_request=self.request,
            actor=self.actor,
            done_at=self.moment(),
            report=NewFile("imi.pdf", "application/pdf", b"%PDF-1.7 imi"),
        )

    def forward(self):
        act = self.any_of(ending.forward_request, ending.prepare_forward)
        to = self.draw(self.world.justis, self.world.nimic, self.world.home)
        act(info_request=self.request, actor=self.actor, to=to, reason=self.reason("forward"), words=self.words())

    def refuse(self):
        act = self.any_of(ending.refuse_request, ending.prepare_refusal)
        act(info_request=self.request, actor=self.actor, reason=self.reason("refuse"), words=self.words())

    def close(self):
        ending.close_request(info_request=self.request, actor=self.actor, closed_at=self.moment(), note=self.words())

    def withdraw(self):
        ending.withdraw_request(
            info_request=self.request, actor=self.actor, withdrawn_at=self.moment(), reason=self.reason("withdrawn")
        )

    def mark_error(self):
        ending.mark_entered_in_error(
            info_request=self.request, actor=self.actor, reason=self.reason("entered_in_error"), words=self.words()
        )

    def join(self):
        relations.join(info_request=self.request, actor=self.actor)

    def add_viewer(self):
        relations.add_viewer(
            info_request=self.request,
            actor=self.actor,
            user=self.any_of(self.world.basic, self.world.jurist, self.world.other_handler, self.world.stranger),
            reason=self.reason("viewer"),
            until=self.day(),
            words=self.words(),
        )

    def remove_viewer(self):
        row = Viewer.objects.filter(info_request=self.request).order_by("?").first()
        if row is not None:
            relations.remove_viewer(info_request=self.request, actor=self.actor, viewer=row.pk)

    def ask_advice(self):
        relations.ask_advice(info_request=self.request, actor=self.actor, question=self.words())

    def give_advice(self):
        relations.give_advice(
            info_request=self.request, actor=self.draw(self.world.jurist, self.actor), answer=self.words()
        )

    def clarify(self):
        relations.clarify(
            info_request=self.request,
            actor=self.actor,
            asked_at=self.moment(),
            reply_by=self.day(),
            words=self.words(),
        )

    def requester_asks_further(self):
        practising.requester_asks_further(info_request=self.request, reply_by=self.day(), words=self.words())

    def propose_end(self):
        ending.propose_end(
            info_request=self.request,
            actor=self.actor,
            ended_at=self.moment(),
            evidence=NewFile("imi.pdf", "application/pdf", b"%PDF-1.7 imi"),
            words=self.words(),
        )

    def decide_end(self):
        row = EndCorrection.objects.filter(info_request=self.request).last()
        if row is not None:
            actor = self.draw(self.world.allocator, self.actor)
            approved = self.any_of(True, False)
            ending.decide_end(info_request=self.request, actor=actor, proposal=row.pk, approved=approved)

    def requester_closes(self):
        practising.requester_closes(info_request=self.request)

    def requester_withdraws(self):
        practising.requester_withdraws(info_request=self.request)

    def add_imi_before(self):
        receiving.add_imi_report(
            info_request=self.request, actor=self.actor, file=NewFile("imi.pdf", "application/pdf", b"%PDF-1.7")
        )

    def add_imi_report(self):
        filing.add_imi_report(
            info_request=self.request,
            actor=self.actor,
            name="imi.pdf",
            declared_type="application/pdf",
            content=files.pdf_bytes(),
        )

    def make_reports(self):
        self.any_of(reporting.make_task_report, reporting.make_sent_copy, reporting.make_end_reports)(self.request.uuid)

    def file(self):
        filing.file_request(
            info_request=self.request,
            actor=self.actor,
            case_number=self.draw("C-2026-1", " "),
            signed_off_on=self.draw(None, clock.today()),
        )

    def sign_off(self):
        filing.sign_off_task(info_request=self.request, actor=self.actor, signed_off_on=self.day())

    def block(self):
        run = retaining.block_due(clock.today() + timedelta(days=self.any_of(0, 100, 400)))
        assert run.failed == []

    def erase(self):
        run = retaining.erase_due(clock.today() + timedelta(days=self.any_of(0, 1200)))
        assert run.failed == []

    def time_passes(self):
        clock.move(timedelta(days=self.any_of(1, 8, 35)))

    def choose(self):
        self.request = InformationRequest.objects.get(pk=self.any_of(*self.requests).pk)
        self.fitting = self.any_of(True, True, True, False, False)
        if not self.fitting:
            self.actor = self.any_of(*self.people)
            return self.any_of(*STEPS)
        blocked = self.request.data_state == DataState.BLOCKED
        name = self.any_of(*NEXT[self.request.state], *(("erase", "erase") if blocked else ()))
        self.actor = self.world.allocator if name in ("allocate", "choose_team", "reassign") else self.world.handler
        return name


STEPS = tuple(
    name
    for name, step in vars(Walk).items()
    if callable(step)
    and not name.startswith("_")
    and name not in {"moment", "day", "words", "reason", "question", "late_acts", "choose", "draw"}
)


def everything():
    """All rows of requests, with what belongs to them, their mail, work and trail."""
    return {model._meta.label: sorted(map(repr, model.objects.values_list())) for model in TABLES}


@pytest.fixture
def performs(monkeypatch):
    """Counts the acts of the one door."""
    count = [0]
    original = workflow.perform

    def counted(step, /, **facts):
        said = original(step, **facts)
        count[0] += 1
        return said

    original_many = workflow.perform_many

    def counted_many(info_requests, *arguments, **facts):
        count[0] += len(info_requests)
        return original_many(info_requests, *arguments, **facts)

    monkeypatch.setattr(workflow, "perform", counted)
    monkeypatch.setattr(workflow, "perform_many", counted_many)
    return count


@contextmanager
def undone():
    """What a walk wrote is taken back; a savepoint, because the services open durable transactions."""
    savepoint = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(savepoint)


def take(walk, name, performs):
    before, events = everything(), AuditEvent.objects.count()
    performs[0] = 0
    try:
        getattr(walk, name)()
    except (DomainError, PermissionDenied) as refusal:
        event(f"{name} refused by {type(refusal).__name__}")
        if name != "answer_all":  # a save per tab: those before the refused one stay
            assert everything() == before, name
    else:
        event(f"{name} done")
        assert AuditEvent.objects.count() - events == performs[0], name


@settings(
    max_examples=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_any_walk_leaves_one_event_per_step_and_breaks_no_rule(world, performs, monkeypatch, data):
    monkeypatch.setattr(report, "render", lambda content: b"%PDF-1.7")
    with undone():
        walk = Walk(world, data)
        take(walk, "register", performs)
        if not walk.requests:
            walk.requests.append(world.received())
        for _ in range(STEPS_OF_A_WALK):
            take(walk, walk.choose(), performs)
        assert list(audit.verify()) == []
        assert list(grant_faults()) == []
