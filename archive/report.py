"""The end report of the desk: a snapshot with everything it prints, and its PDF (ARC-05, ARC-06, SP-19).

The PDF is a pure function of the snapshot: no clock, no maker, one language. The snapshot is what is stored sealed.
"""

import dataclasses
import json
import types
import typing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import rfc8785
from django.template.loader import render_to_string
from django.utils import timezone, translation

from archive.pdf import to_pdf
from imidesk.core.clock import AMSTERDAM

FORMAT = "imidesk.end_report/1"
LANGUAGE = "nl"
DATE_FORMAT = "j F Y"
LONG_TEXT = 1200  # characters; a longer question may be split over pages
MOMENT_FORMAT = r"j F Y, H.i \u\u\r"


class Variant(StrEnum):
    """Without or with personal data; named on every page (ARC-06)."""

    OPEN = "open"
    FULL = "full"


class Occasion(StrEnum):
    """For the task in the records system; the provisional copy at sending (ARC-07); at the end (ARC-05, ARC-13)."""

    TASK = "task"
    SENT = "sent"
    END = "end"


class Result(StrEnum):
    """What became of one question."""

    OPEN = "open"
    ANSWERED = "answered"
    EXCUSED = "excused"
    IN_IMI = "in_imi"


class Term(StrEnum):
    """The three clocks, each of its own (design 3)."""

    BLOCKED = "blocked"
    ERASED = "erased"
    CASE = "case"


class Part:
    """What reports are made of. Lists are taken as tuples, so that filling one is easy and comparing it is sound."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            if isinstance(value := getattr(self, field.name), list):
                object.__setattr__(self, field.name, tuple(value))


def _in_groups(digest: str) -> str:
    """In groups of eight, so that it can be compared by eye and broken over lines."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


@dataclass(frozen=True, kw_only=True)
class Party(Part):
    name: str
    country: str = ""


@dataclass(frozen=True, kw_only=True)
class Row(Part):
    """A label in Dutch and its value; for the provider, and so only in the full variant."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Moment(Part):
    """When something happened, and when that was recorded here (design 9, "Times")."""

    at: datetime
    registered_at: datetime | None = None

    @property
    def is_late(self) -> bool:
        """Recorded more than a minute after it happened, so that both times are worth printing."""
        return self.registered_at is not None and (self.registered_at - self.at).total_seconds() >= 60


@dataclass(frozen=True, kw_only=True)
class Dates(Part):
    received: Moment | None = None
    accept_by: date | None = None
    accepted: Moment | None = None
    asked: date | None = None
    proposed: date | None = None
    agreed: date | None = None
    answered: Moment | None = None
    closed: Moment | None = None


@dataclass(frozen=True, kw_only=True)
class Answer(Part):
    """Only in the full variant. `value` is what was chosen or filled in, as shown; `standard` the standard answer."""

    value: str = ""
    standard: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class QuestionEntry(Part):
    """`text` is the standard text when there is a code; a question in own words is only in the full variant."""

    number: str
    code: str = ""
    text: str = ""
    result: Result = Result.OPEN
    answer: Answer | None = None
    comments: tuple[str, ...] = ()

    @property
    def is_long(self) -> bool:
        answer = self.answer or Answer()
        return sum(map(len, (self.text, answer.value, answer.standard, answer.text, *self.comments))) > LONG_TEXT


@dataclass(frozen=True, kw_only=True)
class Tab(Part):
    """`name` is that of the question set, or in own words: then `own_name`, and only in the full variant."""

    letter: str
    name: str = ""
    own_name: bool = False
    questions: tuple[QuestionEntry, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FileEntry(Part):
    """Only in the full variant; the open one says how many. `question` is a number as in QuestionEntry."""

    name: str
    size: int
    sha256: str
    media_type: str = ""
    question: str = ""

    @property
    def digest(self) -> str:
        return _in_groups(self.sha256)


@dataclass(frozen=True, kw_only=True)
class Mandate(Part):
    function: str
    reference: str = ""
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class Declaration(Part):
    text: str
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class TimelineEntry(Part):
    """`what` in words of the catalogue, `by` a function; `name` of a person only in the full variant."""

    what: str
    moment: Moment
    by: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Reason(Part):
    """Why it was forwarded, refused or delayed: `act` and `ground` by code, `words` only in the full variant."""

    act: str
    ground: str
    article: str = ""
    forwarded_to: Party | None = None
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Retention(Part):
    """`article` is the ground as it must be printed, e.g. "artikel 14, eerste lid, Verordening (EU) 1024/2012"."""

    term: Term
    on: date | None = None
    article: str = ""


@dataclass(frozen=True, kw_only=True)
class AuditAnchor(Part):
    """The last event the report knows, at the end the one that ended the request: its number and link (SP-09)."""

    number: int
    link: str
    what: str = ""
    at: datetime | None = None

    @property
    def digest(self) -> str:
        return _in_groups(self.link)


@dataclass(frozen=True, kw_only=True)
class EndReport(Part):
    """Everything a report prints. Texts are as they must be printed, in Dutch; "" or () is left out.

    The open variant cannot be made with anything sealed in it; `without_personal_data` makes one of a full one.
    """

    variant: Variant
    kind: Occasion
    reference: str
    module: str
    home: Party
    requesting: Party
    responding: Party
    number: str = ""
    imi_number: str = ""
    procedure: str = ""
    channel: str = ""
    fictitious: bool = False
    practice: bool = False
    service_activity: str = ""
    keywords: tuple[str, ...] = ()
    legal_basis: str = ""
    state: str = ""
    outcome: str = ""
    team: str = ""
    records_task: str = ""
    dates: Dates = Dates()
    provider: tuple[Row, ...] = ()
    motivation: str = ""
    tabs: tuple[Tab, ...] = ()
    attachment_count: int = 0
    attachments: tuple[FileEntry, ...] = ()
    imi_reports: tuple[FileEntry, ...] = ()
    mandate: Mandate | None = None
    declarations: tuple[Declaration, ...] = ()
    reasons: tuple[Reason, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    retention: tuple[Retention, ...] = ()
    anchor: AuditAnchor | None = None
    software: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.attachments and self.attachment_count not in (0, len(self.attachments)):
            raise ValueError("attachment_count differs from the attachments listed")
        object.__setattr__(self, "attachment_count", self.attachment_count or len(self.attachments))
        if self.is_full and not self.number:
            raise ValueError("the full variant carries a random number (SP-19)")
        if not self.is_full and any(getattr(self, name) != value for name, value in _opened(self).items()):
            raise ValueError("the open variant holds no personal data and no free text (ARC-06)")

    @property
    def is_full(self) -> bool:
        return self.variant == Variant.FULL

    def without_personal_data(self) -> "EndReport":
        return replace(self, **_opened(self))


def _opened(report: EndReport) -> dict[str, Any]:
    """What the sealed fields become in the open variant (design 4)."""
    return {
        "variant": Variant.OPEN,
        "number": "",
        "provider": (),
        "motivation": "",
        "attachments": (),
        "imi_reports": (),
        "tabs": tuple(_opened_tab(tab) for tab in report.tabs),
        "reasons": tuple(replace(reason, words="") for reason in report.reasons),
        "timeline": tuple(replace(entry, name="") for entry in report.timeline),
    }


def _opened_tab(tab: Tab) -> Tab:
    questions = tuple(
        replace(question, text=question.text if question.code else "", answer=None, comments=())
        for question in tab.questions
    )
    return replace(tab, name="" if tab.own_name else tab.name, questions=questions)


def to_json(report: EndReport) -> str:
    """Canonical (RFC 8785): the same report gives the same text, whatever zone its times came in."""
    content = {"format": FORMAT} | _plain(report)
    return rfc8785.dumps(content).decode()


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        if timezone.is_naive(value):
            raise ValueError("a report holds only times with a zone")
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value


def from_json(text: str) -> EndReport:
    content = json.loads(text)
    if content.pop("format", None) != FORMAT:
        raise ValueError("not an end report of a known format")
    return typing.cast(EndReport, _typed(EndReport, content))


def _typed(hint: Any, value: Any) -> Any:
    if isinstance(hint, types.UnionType):
        if value is None:
            return None
        return _typed(next(option for option in typing.get_args(hint) if option is not types.NoneType), value)
    if typing.get_origin(hint) is tuple:
        return tuple(_typed(typing.get_args(hint)[0], item) for item in value)
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return typing.cast(type, hint)(**{name: _typed(hints[name], item) for name, item in value.items()})
    if hint is datetime or hint is date:
        return hint.fromisoformat(value)
    if issubclass(hint, StrEnum):
        return hint(value)
    return value


def context_of(report: EndReport) -> dict[str, Any]:
    return {
        "report": report,
        "date_format": DATE_FORMAT,
        "moment_format": MOMENT_FORMAT,
        "answer_count": sum(question.result != Result.OPEN for tab in report.tabs for question in tab.questions),
        "question_count": sum(len(tab.questions) for tab in report.tabs),
    }


def to_html(report: EndReport) -> str:
    with translation.override(LANGUAGE), timezone.override(AMSTERDAM):
        return render_to_string("archive/report/end_report.html", context_of(report))


def render(report: EndReport) -> bytes:
    """The report as PDF/A-2a and PDF/UA-1; the same report gives the same bytes (SP-19)."""
    return to_pdf(to_html(report))
