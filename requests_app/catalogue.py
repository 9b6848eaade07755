"""Question sets, standard answers, reasons and legal bases: data files of the project, read once (ANS-05)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from imidesk.core.bilingual import (
    LANGUAGES,
    OUTWARD_LANGUAGES,
    CatalogueError,
    OutwardText,
    Text,
    read_file,
    read_outward,
    read_text,
)

DATA = Path(__file__).resolve().parent / "data"
KINDS = ("yes_no", "choice", "date", "number", "text", "document")
PROCEDURES = ("information_request", "good_repute", "sdg_evidence")
REASON_KINDS = (
    "forward",
    "refuse",
    "return",
    "delay",
    "withdrawn",
    "entered_in_error",
    "remove_file",
    "viewer",
    "hold",
    "opening",
    "not_told",
)
OUTWARD_REASONS = ("forward", "refuse")  # told to the next authority or to the requester; the others stay inside
FORWARD_TARGETS = ("justis", "nimic")
CRIMINAL = "criminal"
FICTITIOUS_CODE = "FICTIEF."
FICTITIOUS_NAME = "FICTIEF – "


class Coded(Protocol):
    @property
    def code(self) -> str: ...


Row = TypeVar("Row", bound=Coded)


@dataclass(frozen=True)
class StandardAnswer:
    """A ready sentence. Choosing one completes a question; one that excuses counts it as not answerable."""

    code: str
    text: OutwardText
    excuses: bool
    needs_text: bool
    everywhere: bool = False
    in_own_words: bool = False
    forward_to: str = ""
    suggested_text: OutwardText | None = None


@dataclass(frozen=True)
class Choice:
    code: str
    text: OutwardText


@dataclass(frozen=True)
class CatalogueQuestion:
    code: str
    kind: str
    text: OutwardText
    help: Text
    standard_answers: tuple[str, ...]
    choices: tuple[Choice, ...] = ()
    subject: str = ""
    retired: bool = False

    @property
    def is_criminal(self) -> bool:
        """Asks for criminal sanctions, which the Netherlands does not share through IMI (IN-15, IN-16)."""
        return self.subject == CRIMINAL


@dataclass(frozen=True)
class Tab:
    letter: str
    code: str
    name: OutwardText
    questions: tuple[CatalogueQuestion, ...]
    intro: Text | None = None
    warning: Text | None = None
    retired: tuple[CatalogueQuestion, ...] = ()


@dataclass(frozen=True)
class Withheld:
    """What is not given, and the standard answer that says so without telling whether there is anything."""

    what: Text
    answer: str


@dataclass(frozen=True)
class Disclosure:
    """What the answers to a set may tell, and what never (ANS-15, ANS-16, ANS-18)."""

    given: Text
    source: Text
    withheld: tuple[Withheld, ...]
    exception: Text


@dataclass(frozen=True)
class QuestionSet:
    code: str
    module: str
    procedure: str
    version: int
    name: OutwardText
    tabs: tuple[Tab, ...]
    warning: Text | None = None
    disclosure: Disclosure | None = None
    fictitious: bool = False

    @property
    def questions(self) -> tuple[CatalogueQuestion, ...]:
        """Those that can be asked today, in order."""
        return tuple(question for tab in self.tabs for question in tab.questions)

    def find(self, code: str) -> CatalogueQuestion | None:
        """A question by its code; a practice set also knows it by the code of its real twin."""
        if self.fictitious and not code.startswith(FICTITIOUS_CODE):
            code = FICTITIOUS_CODE + code
        return next((q for tab in self.tabs for q in tab.questions + tab.retired if q.code == code), None)

    def tab_of(self, code: str) -> Tab | None:
        question = self.find(code)
        return next((tab for tab in self.tabs if question in tab.questions + tab.retired), None)


@dataclass(frozen=True)
class Reason:
    """Why a step was taken, by code. `ground` is the ground of refusal put to the IMI coordinator."""

    code: str
    kind: str
    text: Text
    help: Text
    needs_text: bool
    target: str = ""
    ground: str = ""
    by_desk: bool = False


@dataclass(frozen=True)
class LegalBasis:
    code: str
    text: OutwardText
    procedures: tuple[str, ...]


@dataclass(frozen=True)
class ProviderLetter:
    """The letter of ANS-17, with marks for what only the handler can fill in."""

    text: Text
    provider: Text
    given: Text

    def gaps(self) -> tuple[str, ...]:
        return tuple(mark.in_language(language) for mark in (self.provider, self.given) for language in LANGUAGES)


@dataclass(frozen=True)
class PersonLetter:
    """The letter under AVG article 14, with a mark for who it is about when that is not known yet (DP-10)."""

    text: Text
    provider: Text


def language_for(requester: str) -> str:
    """The language of the catalogue in which somebody is answered: his own, or English (ANS-07, IN-16)."""
    language = requester.lower().split("-")[0]
    return language if language in OUTWARD_LANGUAGES else "en"


def question_sets() -> dict[str, QuestionSet]:
    """By code, the FICTIEF twins included."""
    return dict(_question_sets())


def set_for(procedure: str, fictitious: bool) -> QuestionSet:
    for question_set in _question_sets().values():
        if (question_set.procedure, question_set.fictitious) == (procedure, fictitious):
            return question_set
    raise CatalogueError(f"no question set for procedure {procedure}")


def question(code: str) -> CatalogueQuestion:
    return _questions()[code]


def standard_answers() -> tuple[StandardAnswer, ...]:
    return tuple(_standard_answers().values())


def standard_answer(code: str) -> StandardAnswer:
    return _standard_answers()[code]


def standard_answers_for(question: CatalogueQuestion | None) -> tuple[StandardAnswer, ...]:
    """What may be chosen at a question; None is a question in the requester's own words."""
    answers = _standard_answers()
    if question is None:
        return tuple(answer for answer in answers.values() if answer.everywhere or answer.in_own_words)
    return tuple(answers[code] for code in question.standard_answers)


def reasons(kind: str) -> tuple[Reason, ...]:
    """What a person may choose from; what only the desk writes is left out."""
    if kind not in REASON_KINDS:
        raise CatalogueError(f"unknown kind of reason: {kind}")
    return tuple(reason for reason in _reasons().values() if reason.kind == kind and not reason.by_desk)


def reason(code: str) -> Reason:
    return _reasons()[code]


def legal_bases(procedure: str | None = None) -> tuple[LegalBasis, ...]:
    return tuple(basis for basis in _legal_bases().values() if procedure is None or procedure in basis.procedures)


def legal_basis(code: str) -> LegalBasis:
    return _legal_bases()[code]


@cache
def provider_letter() -> ProviderLetter:
    raw = read_file(DATA / "provider_letter.json")
    marks = {name: read_text(text, "provider_letter") for name, text in raw["to_fill_in"].items()}
    return ProviderLetter(text=read_text(raw["text"], "provider_letter"), **marks)


@cache
def person_letter() -> PersonLetter:
    raw = read_file(DATA / "person_letter.json")
    provider = read_text(raw["to_fill_in"]["provider"], "person_letter")
    return PersonLetter(text=read_text(raw["text"], "person_letter"), provider=provider)


@cache
def _question_sets() -> dict[str, QuestionSet]:
    answers = _standard_answers()
    real = [read_question_set(read_file(path), answers) for path in sorted((DATA / "questions").glob("*.json"))]
    return _by_code([*real, *map(fictitious_twin, real)])


@cache
def _questions() -> dict[str, CatalogueQuestion]:
    tabs = [tab for question_set in _question_sets().values() for tab in question_set.tabs]
    return _by_code(question for tab in tabs for question in tab.questions + tab.retired)


@cache
def _standard_answers() -> dict[str, StandardAnswer]:
    return read_standard_answers(read_file(DATA / "standard_answers.json"))


@cache
def _reasons() -> dict[str, Reason]:
    return read_reasons(read_file(DATA / "reasons.json"))


@cache
def _legal_bases() -> dict[str, LegalBasis]:
    raws = read_file(DATA / "legal_basis.json")["legal_bases"]
    for raw in raws:
        _refuse_unknown(raw["procedures"], PROCEDURES, raw["code"])
    return _by_code(LegalBasis(r["code"], read_outward(r["text"], r["code"]), tuple(r["procedures"])) for r in raws)


def read_question_set(raw: Mapping[str, Any], answers: Mapping[str, StandardAnswer]) -> QuestionSet:
    _refuse_unknown([raw["procedure"]], PROCEDURES, raw["code"])
    disclosure = _read_disclosure(raw["disclosure"], raw["code"], answers) if "disclosure" in raw else None
    offered = [row.answer for row in disclosure.withheld] if disclosure else []
    return QuestionSet(
        code=raw["code"],
        module=raw["module"],
        procedure=raw["procedure"],
        version=raw["version"],
        name=read_outward(raw["name"], raw["code"]),
        tabs=tuple(_read_tab(tab, raw["code"], answers, offered) for tab in raw["tabs"]),
        warning=read_text(raw["warning"], raw["code"]) if "warning" in raw else None,
        disclosure=disclosure,
    )


def _read_disclosure(raw: Mapping[str, Any], where: str, answers: Mapping[str, StandardAnswer]) -> Disclosure:
    _refuse_unknown([row["answer"] for row in raw["withheld"]], answers, where)
    return Disclosure(
        given=read_text(raw["given"], where),
        source=read_text(raw["source"], where),
        withheld=tuple(Withheld(read_text(row["what"], where), row["answer"]) for row in raw["withheld"]),
        exception=read_text(raw["exception"], where),
    )


def fictitious_twin(real: QuestionSet) -> QuestionSet:
    """The same questions for practice, marked as such; never a second file that could differ."""

    def marked(question: CatalogueQuestion) -> CatalogueQuestion:
        return replace(question, code=FICTITIOUS_CODE + question.code)

    tabs = tuple(
        replace(
            tab,
            name=_marked_name(tab.name),
            questions=tuple(map(marked, tab.questions)),
            retired=tuple(map(marked, tab.retired)),
        )
        for tab in real.tabs
    )
    return replace(real, code=FICTITIOUS_CODE + real.code, name=_marked_name(real.name), tabs=tabs, fictitious=True)


def read_standard_answers(raw: Mapping[str, Any]) -> dict[str, StandardAnswer]:
    rows = []
    for row in raw["standard_answers"]:
        _refuse_unknown([row["forward_to"]] if "forward_to" in row else [], FORWARD_TARGETS, row["code"])
        texts = {"text": read_outward(row["text"], row["code"])}
        if "suggested_text" in row:
            texts["suggested_text"] = read_outward(row["suggested_text"], row["code"])
        rows.append(StandardAnswer(**{**row, **texts}))
    return _by_code(rows)


def read_reasons(raw: Mapping[str, Any]) -> dict[str, Reason]:
    _refuse_unknown(raw, REASON_KINDS, "reasons")
    rows = []
    for kind, kind_rows in raw.items():
        read = read_outward if kind in OUTWARD_REASONS else read_text
        for row in kind_rows:
            _refuse_unknown([row["target"]] if "target" in row else [], FORWARD_TARGETS, row["code"])
            texts = {"text": read(row["text"], row["code"]), "help": read_text(row["help"], row["code"])}
            rows.append(Reason(**{**row, **texts, "kind": kind}))
    found = _by_code(rows)
    _refuse_unknown([row.ground for row in rows if row.ground], found, "ground")
    return found


def _read_tab(
    raw: Mapping[str, Any], set_code: str, answers: Mapping[str, StandardAnswer], offered: Iterable[str]
) -> Tab:
    where = f"{set_code} [{raw['letter']}]"
    questions = [_read_question(question, answers, offered) for question in raw["questions"]]
    return Tab(
        letter=raw["letter"],
        code=raw["code"],
        name=read_outward(raw["name"], where),
        questions=tuple(question for question in questions if not question.retired),
        intro=read_text(raw["intro"], where) if "intro" in raw else None,
        warning=read_text(raw["warning"], where) if "warning" in raw else None,
        retired=tuple(question for question in questions if question.retired),
    )


def _read_question(
    raw: Mapping[str, Any], answers: Mapping[str, StandardAnswer], offered: Iterable[str]
) -> CatalogueQuestion:
    code = raw["code"]
    _refuse_unknown([raw["kind"]], KINDS, code)
    _refuse_unknown([raw["subject"]] if "subject" in raw else [], [CRIMINAL], code)
    _refuse_unknown(raw["standard_answers"], answers, code)
    if bool(raw.get("choices")) != (raw["kind"] == "choice"):
        raise CatalogueError(f"{code}: choices belong to kind choice, and only to that")
    # At a question on criminal sanctions even "no information" would tell something: it offers its own list alone.
    everywhere = [*offered, *(a.code for a in answers.values() if a.everywhere)]
    if raw.get("subject") == CRIMINAL:
        everywhere = []
    choices = _by_code(Choice(c["code"], read_outward(c["text"], code)) for c in raw.get("choices", []))
    return CatalogueQuestion(
        code=code,
        kind=raw["kind"],
        text=read_outward(raw["text"], code),
        help=read_text(raw["help"], code),
        standard_answers=tuple(dict.fromkeys([*raw["standard_answers"], *everywhere])),
        choices=tuple(choices.values()),
        subject=raw.get("subject", ""),
        retired=raw.get("retired", False),
    )


def _marked_name(name: OutwardText) -> OutwardText:
    return OutwardText(**{language: FICTITIOUS_NAME + name.in_language(language) for language in OUTWARD_LANGUAGES})


def _by_code(rows: Iterable[Row]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in rows:
        if row.code in found:
            raise CatalogueError(f"code used twice: {row.code}")
        found[row.code] = row
    return found


def _refuse_unknown(codes: Iterable[str], known: Iterable[str], where: str) -> None:
    unknown = sorted(set(codes) - set(known))
    if unknown:
        raise CatalogueError(f"{where}: unknown {', '.join(unknown)}")
