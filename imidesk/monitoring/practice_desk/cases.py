"""The invented requests: content from data, walked through the product's own services (practice desk)."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf

from authorities.models import Keyword, ServiceActivity, User
from authorities.vocabulary import Module
from imidesk.core import clock
from imidesk.monitoring.practice_desk.ground import Ground
from requests_app.answers import AnswerContent
from requests_app.models import InformationRequest
from requests_app.services import answering, assigning, receiving
from requests_app.services.receiving import LateActs, NewRequest
from requests_app.vocabulary import Channel, Procedure
from requests_app.writing import NewFile, NewQuestion

_DATA = Path(__file__).resolve().parent.parent / "data" / "practice_desk.json"
PDF = "application/pdf"


@cache
def data() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(_DATA.read_text(encoding="utf-8"))
    return content


@dataclass
class Case:
    """One request of the practice desk; its acts are called while the clock shows their moment."""

    ground: Ground
    content: dict[str, Any]
    handler: User
    row: InformationRequest = field(init=False)

    @property
    def allocator(self) -> User:
        return self.ground.people["imibeheerder"]

    def receive(self, received_at: datetime, late: LateActs | None = None) -> None:
        content = self.content
        procedure = content.get("procedure", Procedure.INFORMATION_REQUEST)
        activity = ServiceActivity.objects.filter(code=content["activity"]).first() if content["activity"] else None
        codes = content.get("keywords") or (activity.keywords.values_list("code", flat=True) if activity else [])
        new = NewRequest(
            home=self.ground.home,
            module=content.get("module", Module.SERVICES),
            procedure=procedure,
            requester=self.ground.authorities[content["requester"]],
            received_at=received_at,
            imi_number=content.get("imi_number", ""),
            channel=Channel.IMI if content.get("imi_number") else Channel.DESK,
            fictitious=content.get("fictitious", False),
            language=content["language"],
            service_activity=activity,
            keywords=tuple(Keyword.objects.filter(code__in=list(codes))),
            legal_basis=content["legal_basis"],
            reply_days=content["days"],
            motivation=content["motivation"],
            questions=tuple(
                NewQuestion(**{name: value for name, value in question.items() if name != "answer"})
                for question in content["questions"]
            ),
            subject=content["subject"],
            attachments=tuple(
                NewFile(file["name"], PDF, small_pdf(file["text"]), file["question"])
                for file in content.get("attachments", ())
            ),
            late=late,
        )
        self.row = receiving.register_request(actor=self.allocator, new=new)

    def choose_team(self) -> None:
        team = self.ground.teams[_team_of(self.handler)]
        assigning.choose_team(info_request=self.row, actor=self.allocator, team=team)

    def allocate(self) -> None:
        assigning.allocate(info_request=self.row, actor=self.allocator, handlers=[self.handler])

    def place_task(self) -> None:
        number = f"T-{1000 + self.row.pk}"
        assigning.place_task(info_request=self.row, actor=self.allocator, task_number=number, sent_on=clock.today())

    def take_up(self) -> None:
        assigning.take_up(info_request=self.row, actor=self.handler)

    def accept(self) -> None:
        answering.accept_request(info_request=self.row, actor=self.handler, done_at=clock.now())

    def answer(self) -> None:
        """What the data answers; a question without an answer there stays open."""
        tabs: dict[str, dict[Any, AnswerContent]] = {}
        for question, content in zip(self._questions(), self.content["questions"], strict=True):
            if "answer" in content:
                tabs.setdefault(question.tab, {})[question.pk] = AnswerContent(**content["answer"])
        for tab, contents in tabs.items():
            answering.save_tab(info_request=self.row, actor=self.handler, tab=tab, contents=contents, versions={})

    def attach(self) -> None:
        file = self.content["answer_attachment"]
        question = next(question for question in self._questions() if question.code == file["code"])
        answering.add_attachments(
            info_request=self.row,
            actor=self.handler,
            question=question.pk,
            files=[NewFile(file["name"], PDF, small_pdf(file["text"]))],
        )

    def report_delay(self, expected_on: date) -> None:
        assigning.report_delay(
            info_request=self.row,
            actor=self.handler,
            reason="delay.waiting_for_others",
            expected_on=expected_on,
            words=self.content.get("delay", ""),
        )

    def prepare(self) -> None:
        answering.prepare_answer(info_request=self.row, actor=self.handler)

    def send(self) -> None:
        if self.row.channel == Channel.IMI:
            self.prepare()
        answering.send_answer(info_request=self.row, actor=self.handler, done_at=clock.now())

    def _questions(self) -> Iterable[Any]:
        return self.row.questions.order_by("position")


def _team_of(handler: User) -> str:
    return str(handler.memberships.filter(team__isnull=False).values_list("team__name", flat=True).first())


def small_pdf(text: str) -> bytes:
    """A page with one line, in Latin-1, as a stand-in for what another authority or IMI would send."""
    escaped = text.encode("latin-1", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595, 842))
        page.Contents = pdf.make_stream(b"BT /F1 11 Tf 40 780 Td (" + escaped + b") Tj ET")
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type1,
            BaseFont=pikepdf.Name.Helvetica,
            Encoding=pikepdf.Name.WinAnsiEncoding,
        )
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        out = BytesIO()
        pdf.save(out, deterministic_id=True)
        return out.getvalue()
