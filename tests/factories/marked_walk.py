"""Requests walked to their end by the people of a desk, page by page, with a marker in every text they can type."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from archive.models import PersonRequest
from archive.person_rights.vocabulary import Outcome, PaperKind
from authorities.models import User
from imidesk.core import clock
from requests_app import catalogue
from requests_app.models import DataDecision, EndCorrection, InformationRequest
from requests_app.vocabulary import Procedure
from tests.factories.steps import run_jobs
from tests.factories.typing import Field, Forms, Typist, media_type
from tests.factories.world import World

CASE, TASK = "C2026-00042", "T-77"
BORN = "1971-03-17"
KINDS = ("text", "number", "yes_no", "document")
_numbers = count(880001)


def typed(moment) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def address(name: str, info_request: InformationRequest, *more: object) -> str:
    space = "" if ":" in name else "requests_app:"
    return reverse(space + name, args=[info_request.reference, *more])


class Walk:
    """One desk; each method is what somebody does on its pages."""

    def __init__(self, world: World, typist: Typist) -> None:
        self.world, self.typist = world, typist

    def do(self, by: User, name: str, info_request: InformationRequest, press: str = "", **choose: object) -> None:
        self.typist.submit(by, address(name, info_request), choose, press=press)

    def fields(self, by: User, page: str) -> list[Field]:
        shown = self.typist.client(by).get(page).content.decode()
        return [one for _action, found in Forms(shown).forms for one in found]

    # Arrival

    def intake_file(self, procedure: str = Procedure.INFORMATION_REQUEST) -> dict[str, object]:
        """Every text that the format has room for, and a file of every kind."""
        mark = self.typist.mark
        known = [question.code for question in catalogue.set_for(procedure, False).questions[:3]]
        tab, with_file = mark("file: tab"), mark("file: tab")
        own = [
            {"tab": with_file if kind == "document" else tab, "text": mark("file: question"), "kind": kind}
            for kind in KINDS
        ]
        return {
            "imi_number": str(next(_numbers)),
            "module": "services",
            "procedure": str(procedure),
            "requesting_authority": {"name": self.world.germany.name, "country": "DE"},
            "home_authority": {"tooi": self.world.home.tooi_id},
            "service_activity": self.world.activity.code,
            "received_at": (clock.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "reply_days": 14,
            "language": "de",
            "motivation": mark("file: motivation"),
            "questions": [
                *({"code": code, "comment": mark("file: comment")} for code in known),
                *(question | {"comment": mark("file: comment")} for question in own),
            ],
            "subject": {
                "kind": "natural",
                **{
                    name: mark(f"file: {name}")
                    for name in ("family_name", "given_names", "legal_name", "trade_name", "phone")
                },
                "birth_date": BORN,
                "numbers": [{"type": "tax", "value": self.typist.number("file: number")}],
                "address": {
                    **{name: mark(f"file: {name}") for name in ("street", "postcode", "town")},
                    "country": "DE",
                },
                "email": f"{mark('file: email')}@dienstverlener.example",
            },
            "attachments": [
                {
                    "name": f"{mark('file: name')}.{kind}",
                    "media_type": media_type(kind),
                    "content": base64.b64encode(self.typist.content(kind, "file: content")).decode(),
                    "question": number,
                }
                for number, kind in enumerate(("pdf", "docx", "png"), start=1)
            ],
        }

    def arrive_by_file(self, procedure: str = Procedure.INFORMATION_REQUEST) -> InformationRequest:
        item = self.intake_file(procedure)
        answer = self.send_file(item)
        assert answer.status_code == 302, answer.content.decode()[-3000:]
        return InformationRequest.objects.get(imi_number=item["imi_number"])

    def send_file(self, *items: dict[str, object]):
        content = json.dumps({"format": "imidesk.intake/1", "requests": items}).encode()
        file = SimpleUploadedFile("verzoeken.json", content, content_type="application/json")
        return self.typist.client(self.world.allocator).post(reverse("requests_app:intake"), {"file": file})

    def arrive_by_page(self, procedure: str = Procedure.INFORMATION_REQUEST) -> InformationRequest:
        number = str(next(_numbers))
        led = self.typist.submit(
            self.world.allocator,
            reverse("requests_app:register"),
            {
                "imi_number": number,
                "module": f"{self.world.home.pk}:{procedure}",
                "requester": self.world.germany.pk,
                "service_activity": self.world.activity.code,
                "received_at": typed(clock.now() - timedelta(hours=1)),
                "reply_days": 14,
                "proposed_name": "",
                "proposed_country": "",
            },
        )
        info_request = InformationRequest.objects.get(imi_number=number)
        codes = [question.code for question in catalogue.set_for(procedure, False).questions[:2]]
        own = {f"own-{row}-kind": kind for row, kind in enumerate(KINDS[:3])}
        own |= {"own-0-tab": "new", "own-1-tab": "A", "own-1-new_tab": "", "own-2-tab": "A", "own-2-new_tab": ""}
        self.typist.submit(self.world.allocator, led, {"codes": codes, **own})
        return info_request

    # From the team to acceptance

    def triage(self, info_request: InformationRequest) -> None:
        """Asked for, given to the team, delayed, taken up, advised on, and given back."""
        world = self.world
        self.do(world.other_handler, "ask_allocation", info_request)
        self.do(world.allocator, "assign", info_request, press="to=team", team=world.team.pk)
        self.do(world.allocator, "task", info_request, task_number=TASK)
        self.do(
            world.handler, "delay", info_request, reason="delay.other", expected_on=clock.today() + timedelta(days=9)
        )
        self.do(world.handler, "take_up", info_request)
        self.do(world.handler, "ask_advice", info_request)
        self.do(world.jurist, "ask_advice", info_request)
        self.do(world.handler, "give_back", info_request, reason="return.no_time")

    def accept(self, info_request: InformationRequest) -> None:
        ticks = {"competent": "on", "able": "on", "date_choice": "asked", "proposed_on": ""}
        self.do(self.world.handler, "accept", info_request, done_at=typed(clock.now()), **ticks)

    def accepted(self, info_request: InformationRequest) -> None:
        handlers = [self.world.handler.pk]
        self.do(self.world.allocator, "assign", info_request, press="to=handlers", handlers=handlers)
        self.accept(info_request)
        page = address("subject", info_request)
        numbers = {one.name: "tax" for one in self.fields(self.world.handler, page) if one.name.endswith("-type")}
        person = {"kind": "natural", "country": "DE", "birth_date": BORN}
        self.typist.submit(self.world.handler, page, person | numbers)

    # Answering

    def draft(self, info_request: InformationRequest) -> None:
        """What the page saves by itself while somebody types."""
        question = info_request.questions.first()
        page = address("tab", info_request, question.tab)
        kept = [f"{name}-{question.uuid}" for name in ("standard", "version", "base", "sent")]
        body = {one.name: one.value for one in self.fields(self.world.handler, page) if one.name in kept}
        body |= {f"text-{question.uuid}": self.typist.mark("draft"), "token": str(uuid4())}
        answer = self.typist.client(self.world.handler).post(
            address("save_answer", info_request, question.tab, question.uuid), body
        )
        assert answer.status_code == 200, answer.content.decode()

    def answer(self, info_request: InformationRequest) -> None:
        for letter in sorted(set(info_request.questions.values_list("tab", flat=True))):
            page = address("tab", info_request, letter)
            chosen = {}
            for one in self.fields(self.world.handler, page):
                if one.name.startswith("value-") and one.kind in ("radio", "date"):
                    chosen.setdefault(one.name, one.attributes.get("value") or BORN)
            self.typist.submit(self.world.handler, page, chosen)

    def send(self, info_request: InformationRequest) -> None:
        self.do(self.world.handler, "send", info_request, needed="on", within_powers="on")
        info_request = InformationRequest.objects.get(pk=info_request.pk)
        if info_request.prepared_step:
            self.do(self.world.handler, "enter_in_imi", info_request, done_at=typed(clock.now()))

    # After the answer

    def read_along(self, info_request: InformationRequest) -> None:
        person = {
            "person": self.world.basic.pk,
            "reason": "viewer.other",
            "until": (clock.today() + timedelta(days=7)).isoformat(),
        }
        self.do(self.world.handler, "add_viewer", info_request, **person)

    def ask_further(self, info_request: InformationRequest) -> None:
        days = {"asked_at": typed(clock.now()), "reply_by": clock.today().isoformat()}
        self.do(self.world.handler, "clarify", info_request, **days)

    def close(self, info_request: InformationRequest) -> None:
        self.do(self.world.handler, "close", info_request, closed_at=typed(clock.now()))

    def letter(self, info_request: InformationRequest) -> None:
        self.do(self.world.handler, "letter", info_request, press="act=save", sent_on="")
        self.do(self.world.handler, "letter", info_request, press="act=send", sent_on=clock.today().isoformat())

    def correct(self, info_request: InformationRequest) -> None:
        """To another minute each time: the one before the present."""
        clock.move(timedelta(minutes=5))
        ended_at = clock.now() - timedelta(minutes=1)
        self.do(self.world.handler, "correct_end", info_request, ended_at=typed(ended_at))
        proposal = EndCorrection.objects.get(info_request=info_request, decided_at__isnull=True)
        self.typist.submit(
            self.world.allocator,
            address("correct_end", info_request),
            {"proposal": proposal.pk},
            press="decision=approve",
        )

    def imi_report(self, info_request: InformationRequest) -> None:
        self.do(
            self.world.handler, "archive:file", info_request, **{"imi-report": self.typist.upload("imi", only="pdf")}
        )

    def file(self, info_request: InformationRequest) -> None:
        run_jobs()
        self.imi_report(info_request)
        number = {"case-case_number": CASE, "case-signed_off_on": clock.today().isoformat()}
        self.do(self.world.handler, "archive:file", info_request, **number)

    # Blocked data, and who asks about his own

    def open_blocked(self, info_request: InformationRequest) -> None:
        self.do(self.world.jurist, "archive:annotate", info_request)
        self.do(self.world.other_handler, "archive:ask_opening", info_request, reason="opening.proof")
        row = DataDecision.objects.get(info_request=info_request)
        page = reverse("archive:decision", args=[row.pk])
        for person in (self.world.jurist, self.world.allocator):
            self.typist.submit(person, page, {}, press="act=approve")
        self.typist.submit(self.world.other_handler, page, {}, press="act=begin")
        seen = self.typist.client(self.world.other_handler).get(address("archive:opened", info_request))
        assert seen.status_code == 200

    def person_request(self) -> PersonRequest:
        world, today = self.world, clock.today().isoformat()
        chosen = {"right": "access", "received_on": today, "birth_date": BORN, "references": ""}
        self.typist.submit(world.jurist, reverse("archive:person_new"), chosen)
        row = PersonRequest.objects.latest("pk")
        page = reverse("archive:person", args=[row.number])
        self.typist.submit(world.jurist, page, {"paper-kind": PaperKind.REQUEST})
        self.typist.submit(world.jurist, page, {"answer-outcome": Outcome.GRANTED, "answer-answered_on": today})
        return row


# The ways a request ends


def corrected_twice(walk: Walk) -> InformationRequest:
    """Given to a team and back, answered, asked further, answered again, closed, its end corrected twice, filed."""
    info_request = walk.arrive_by_file()
    walk.triage(info_request)
    walk.accepted(info_request)
    walk.draft(info_request)
    walk.answer(info_request)
    walk.read_along(info_request)
    walk.send(info_request)
    walk.ask_further(info_request)
    walk.send(info_request)
    walk.close(info_request)
    walk.correct(info_request)
    walk.correct(info_request)
    walk.file(info_request)
    return info_request


def told_to_the_provider(walk: Walk) -> InformationRequest:
    """Good repute: the provider gets a letter."""
    info_request = walk.arrive_by_page(Procedure.GOOD_REPUTE)
    walk.accepted(info_request)
    walk.answer(info_request)
    walk.send(info_request)
    walk.letter(info_request)
    walk.close(info_request)
    walk.file(info_request)
    return info_request


def forwarded(walk: Walk) -> InformationRequest:
    """After acceptance, prepared first and done in IMI later."""
    info_request = walk.arrive_by_page()
    walk.accepted(info_request)
    walk.answer(info_request)
    to = {"to": walk.world.justis.pk, "reason": "forward.not_competent_after_acceptance", "done_at": ""}
    walk.do(walk.world.handler, "forward", info_request, press="later=1", **to)
    walk.do(walk.world.handler, "prepared", info_request, done_at=typed(clock.now()))
    walk.file(info_request)
    return info_request


def refused(walk: Walk) -> InformationRequest:
    info_request = walk.arrive_by_file()
    walk.do(walk.world.allocator, "assign", info_request, press="to=handlers", handlers=[walk.world.handler.pk])
    reason = {"reason": "refuse.outside_scope", "done_at": typed(clock.now())}
    walk.do(walk.world.handler, "refuse", info_request, **reason)
    return info_request


def withdrawn(walk: Walk) -> InformationRequest:
    """After acceptance and never filed, so that its filing package goes on after blocking."""
    info_request = walk.arrive_by_page()
    walk.accepted(info_request)
    walk.answer(info_request)
    reason = {"reason": catalogue.reasons("withdrawn")[0].code, "withdrawn_at": typed(clock.now())}
    walk.do(walk.world.handler, "withdraw", info_request, **reason)
    walk.imi_report(info_request)
    return info_request


def entered_in_error(walk: Walk) -> InformationRequest:
    info_request = walk.arrive_by_page()
    walk.do(walk.world.allocator, "mark_error", info_request, reason="entered_in_error.duplicate")
    return info_request


WAYS: tuple[Callable[[Walk], InformationRequest], ...] = (
    corrected_twice,
    told_to_the_provider,
    forwarded,
    refused,
    withdrawn,
    entered_in_error,
)


def all_ways(walk: Walk) -> Iterator[tuple[str, InformationRequest]]:
    for way in WAYS:
        yield way.__name__, way(walk)
