"""Intake and supplement files: read strictly, judged against the schema, then against what a schema cannot say.

No models here: what needs the directory or earlier requests (an authority, a number already known, a catalogue code,
the pattern of IMI numbers, a moment in the future) is for the service that takes the requests in.
"""

import base64
import binascii
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, cast

from django.utils.translation import gettext_lazy as _
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from imidesk.core import strict_json, uploads
from imidesk.core.sentences import Sentence, sentence
from requests_app.deadlines import local_day

INTAKE = "imidesk.intake/1"
SUPPLEMENT = "imidesk.supplement/1"
SCHEMA_FILES = {INTAKE: "imidesk.intake.1.schema.json", SUPPLEMENT: "imidesk.supplement.1.schema.json"}
SCHEMA_DIR = Path(__file__).resolve().parent.parent / "docs" / "intake"
MAX_BYTES = strict_json.MAX_BYTES
MAX_FAULTS = 100
MAX_REPLY_DAYS = 366
MAX_TABS = 20
NOT_LISTED = "not_listed"  # service activity "staat er niet bij" (design 8)


@dataclass(frozen=True)
class Fault:
    """What is wrong where: JSON pointer and rule. Never the value, nor a name that the format does not know (SP-31)."""

    path: str
    rule: str
    message: Sentence

    def __str__(self) -> str:
        return f"{self.path or '/'} [{self.rule}] {self.message}"


@dataclass(frozen=True)
class IntakeAuthority:
    """Either `tooi`, or `name` and `country`."""

    tooi: str = ""
    name: str = ""
    country: str = ""


@dataclass(frozen=True)
class IntakeQuestion:
    """Either `code`, or `text` and `kind` on a `tab`."""

    tab: str = ""
    code: str = ""
    text: str = ""
    kind: str = ""
    comment: str = ""


@dataclass(frozen=True)
class IntakeNumber:
    type: str
    value: str


@dataclass(frozen=True)
class IntakeAddress:
    street: str = ""
    postcode: str = ""
    town: str = ""
    country: str = ""


@dataclass(frozen=True)
class IntakeSubject:
    kind: str
    family_name: str = ""
    given_names: str = ""
    legal_name: str = ""
    trade_name: str = ""
    birth_date: date | None = None
    numbers: tuple[IntakeNumber, ...] = ()
    address: IntakeAddress | None = None
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class IntakeAttachment:
    """`name` is cleaned; `question` is a position from 1, None for the request as a whole."""

    name: str
    media_type: str
    content: bytes
    question: int | None = None


@dataclass(frozen=True)
class IntakeRequest:
    """One request; of `reply_days` and `reply_by` exactly one is set."""

    module: str
    procedure: str
    requesting_authority: IntakeAuthority
    home_authority: IntakeAuthority
    received_at: datetime
    imi_number: str = ""
    service_activity: str = ""
    keywords: tuple[str, ...] = ()
    legal_basis: str = ""
    reply_days: int | None = None
    reply_by: date | None = None
    language: str = ""
    fictitious: bool = False
    motivation: str = ""
    questions: tuple[IntakeQuestion, ...] = ()
    subject: IntakeSubject | None = None
    attachments: tuple[IntakeAttachment, ...] = ()


@dataclass(frozen=True)
class Supplement:
    reference: str
    subject: IntakeSubject | None = None
    questions: tuple[IntakeQuestion, ...] = ()
    attachments: tuple[IntakeAttachment, ...] = ()


@dataclass(frozen=True)
class IntakeFile:
    """A file in order; position n of `requests` (or `supplements`) is `/requests/n` in a fault."""

    format: str
    requests: tuple[IntakeRequest, ...] = ()
    supplements: tuple[Supplement, ...] = ()


def read_intake(data: bytes) -> IntakeFile | list[Fault]:
    """The whole file, or every fault found in the first stage that it does not pass."""
    try:
        value = strict_json.read_strict(data)
    except strict_json.NotStrict as refused:
        return [Fault(_pointer(fault.path), fault.rule, fault.message) for fault in refused.faults]
    kind = value.get("format") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(kind, str) or kind not in SCHEMA_FILES:
        message = _("The file does not say which format it has. Start it with “format” and one of: %(formats)s.")
        return [Fault("/format", "format", sentence(message, formats=", ".join(SCHEMA_FILES)))]
    faults = _capped(_schema_faults(kind, value)) or _capped(_rule_faults(kind, value["requests"]))
    return faults or _parsed(kind, value["requests"])


def check_attachments(parsed: IntakeFile) -> list[Fault]:
    """Attachments whose content is not what it says (SP-30, SP-32); apart, as each one costs a child process."""
    items: tuple[IntakeRequest | Supplement, ...] = parsed.requests or parsed.supplements
    return [
        Fault(f"/requests/{position}/attachments/{number}/content", "SP-30.content", refused.message)
        for position, item in enumerate(items)
        for number, attachment in enumerate(item.attachments)
        if (refused := _refusal(attachment)) is not None
    ]


def schema_text(kind: str) -> str:
    """The published schema of a format, as the desk serves it."""
    return (SCHEMA_DIR / SCHEMA_FILES[kind]).read_text(encoding="utf-8")


def _refusal(attachment: IntakeAttachment) -> uploads.UploadRefused | None:
    try:
        uploads.check_upload(attachment.name, attachment.media_type, attachment.content)
    except uploads.UploadRefused as refused:
        return refused
    return None


def _capped(faults: Iterator[Fault]) -> list[Fault]:
    found = list(dict.fromkeys(islice(faults, MAX_FAULTS)))
    if next(faults, None) is not None:
        message = _("There are more faults than these %(limit)s. Correct these first.")
        found.append(Fault("", "more-faults", sentence(message, limit=MAX_FAULTS)))
    return found


# The schema, in our words: the library's own messages quote the value.


@cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema_text(kind)))


@cache
def _known_names() -> frozenset[str]:
    found: set[str] = set()

    def collect(schema: object) -> None:
        if isinstance(schema, dict):
            found.update(schema.get("properties", {}))
            for value in schema.values():
                collect(value)
        elif isinstance(schema, list):
            for value in schema:
                collect(value)

    for kind in SCHEMA_FILES:
        collect(json.loads(schema_text(kind)))
    return frozenset(found)


def _pointer(path: Sequence[str | int]) -> str:
    """A JSON pointer, broken off before the first name that the format does not know: that could be personal data."""
    parts: list[str] = []
    for step in path:
        if isinstance(step, str) and step not in _known_names():
            break
        parts.append(f"/{step}")
    return "".join(parts)


def _schema_faults(kind: str, value: object) -> Iterator[Fault]:
    for error in _validator(kind).iter_errors(value):
        yield from _faults_of(error)


def _faults_of(error: ValidationError) -> Iterator[Fault]:
    path, rule = _pointer(list(error.absolute_path)), str(error.validator)
    schema: Any = error.schema
    expected: Any = error.validator_value
    if rule == "required":
        for name in expected:
            if name not in cast(dict[str, object], error.instance):
                yield Fault(f"{path}/{name}", rule, _("This field is missing. Add it."))
    elif rule == "additionalProperties":
        names = schema["properties"]
        message = _("The name of field %(number)s here is not one of this format. Use only: %(names)s.")
        for number, name in enumerate(cast(dict[str, object], error.instance), start=1):
            if name not in names:
                yield Fault(path, rule, sentence(message, number=number, names=", ".join(names)))
    else:
        yield Fault(path, rule, _message(rule, expected, schema))


_TYPES: Mapping[str, Sentence] = {
    "string": _("This must be text, between double quotes."),
    "integer": _("This must be a whole number, without quotes."),
    "boolean": _("This must be true or false, without quotes."),
    "object": _("This must be an object, between { and }."),
    "array": _("This must be a list, between [ and ]."),
}

_LIMITS: Mapping[str, Sentence] = {
    "maxLength": _("This text is too long. Use at most %(limit)s characters."),
    "minLength": _("This text is too short. Use at least %(limit)s characters, or leave the field out."),
    "maximum": _("This number is too large. Use at most %(limit)s."),
    "minimum": _("This number is too small. Use at least %(limit)s."),
    "maxItems": _("This list is too long. Use at most %(limit)s items."),
    "minItems": _("This list is too short. Use at least %(limit)s items."),
    "minProperties": _("This object is too small. Give at least %(limit)s fields."),
    "const": _("This has a fixed value. Write exactly: %(limit)s."),
}

# By the title that the part of the schema has.
_SHAPES: Mapping[str, Sentence] = {
    "date": _("This is not a date. Write year, month and day, as 2026-03-31."),
    "moment": _("This is not a moment. Write date, time and offset, as 2026-03-02T08:40:00+01:00."),
    "tooi": _(
        "This is not a TOOI identifier. Write it in full, starting with https://identifier.overheid.nl/tooi/id/."
    ),
    "code": _("This is not a code. Use the code of the list: small letters, digits, point, hyphen and underscore."),
    "email": _("This is not an e-mail address. Correct it or leave the field out."),
}

_CHOICES: Mapping[str, Sentence] = {
    "request": _("Give either “reply_days” or “reply_by”, one of the two."),
    "authority": _("Name the authority either by “tooi” alone, or by “name” and “country” together."),
    "question": _("Give either “code”, or “text” with “kind” and “tab”, not both."),
}


def _message(rule: str, expected: Any, schema: Mapping[str, Any]) -> Sentence:
    title = schema.get("title", "")
    if rule == "type":
        return _TYPES[expected]
    if rule in _LIMITS:
        return sentence(_LIMITS[rule], limit=expected)
    if rule == "enum":
        return sentence(_("This value is not in the list. Choose one of: %(values)s."), values=", ".join(expected))
    if rule == "oneOf":
        return _CHOICES[title]
    if rule == "not":
        return _("This must stand on one line, without line breaks, tabs or other control characters. Remove them.")
    return _SHAPES.get(title, _("This text has only spaces. Fill it in or leave the field out."))


# What a schema cannot say.


def _rule_faults(kind: str, items: list[dict[str, Any]]) -> Iterator[Fault]:
    for position, item in enumerate(items):
        path = f"/requests/{position}"
        if kind == INTAKE:
            yield from _date_faults(path, item)
        if "birth_date" in item.get("subject", {}):
            yield from _day_faults(f"{path}/subject/birth_date", item["subject"]["birth_date"])
        yield from _question_faults(path, item.get("questions", []))
        yield from _attachment_faults(path, item, item.get("questions", [] if kind == INTAKE else None))
        yield from _character_faults(path, item)
    yield from _number_faults(kind, items)


def _date_faults(path: str, item: Mapping[str, Any]) -> Iterator[Fault]:
    try:
        received = datetime.fromisoformat(item["received_at"])
    except ValueError:
        message = _("This date or time does not exist. Correct it, as in 2026-03-02T08:40:00+01:00.")
        yield Fault(f"{path}/received_at", "moment", message)
        return
    if "reply_by" not in item:
        return
    faults = list(_day_faults(f"{path}/reply_by", item["reply_by"]))
    yield from faults
    if not faults:
        days = (date.fromisoformat(item["reply_by"]) - local_day(received)).days
        if not 1 <= days <= MAX_REPLY_DAYS:
            message = _(
                "This date must come after the day of receipt, and at most %(limit)s days after it. Correct it."
            )
            yield Fault(f"{path}/reply_by", "reply_by", sentence(message, limit=MAX_REPLY_DAYS))


def _day_faults(path: str, written: str) -> Iterator[Fault]:
    try:
        date.fromisoformat(written)
    except ValueError:
        yield Fault(path, "date", _("This day is not in the calendar. Correct it."))


def _question_faults(path: str, questions: list[dict[str, Any]]) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, question in enumerate(questions):
        code = question.get("code")
        if code in seen:
            yield Fault(
                f"{path}/questions/{number}/code",
                "question-twice",
                _("This question stands there twice. Keep one of them."),
            )
        elif code:
            seen.add(code)
    if len({question["tab"] for question in questions if "text" in question}) > MAX_TABS:
        message = _("The questions stand on more than %(limit)s tabs. Put more of them on one tab.")
        yield Fault(f"{path}/questions", "tabs", sentence(message, limit=MAX_TABS))


def _attachment_faults(path: str, item: Mapping[str, Any], questions: list[Any] | None) -> Iterator[Fault]:
    """Without questions of its own a supplement counts those of the request, which the services know."""
    for number, attachment in enumerate(item.get("attachments", [])):
        inside = f"{path}/attachments/{number}"
        if questions is not None and attachment.get("question", 1) > len(questions) and "question" in attachment:
            message = _("There is no question at this position. Count the questions of this request from 1.")
            yield Fault(f"{inside}/question", "question-position", message)
        try:
            uploads.check_name(attachment["name"], attachment["media_type"])
        except uploads.UploadRefused as refused:
            yield Fault(f"{inside}/name", "SP-30.name", refused.message)
        try:
            content = base64.b64decode(attachment["content"], validate=True)
        except (binascii.Error, ValueError):
            message = _("This is not base64. Encode the file again, on one line and with padding.")
            yield Fault(f"{inside}/content", "base64", message)
            continue
        if len(content) > uploads.LIMIT:
            yield Fault(f"{inside}/content", "SP-30.size", uploads.too_large())


def _character_faults(path: str, item: Mapping[str, Any]) -> Iterator[Fault]:
    """Running text may have line breaks and tabs, and no other control characters."""
    texts = {f"{path}/motivation": item.get("motivation", "")}
    for number, question in enumerate(item.get("questions", [])):
        for name in ("text", "comment"):
            texts[f"{path}/questions/{number}/{name}"] = question.get(name, "")
    for where, text in texts.items():
        if any((char < " " and char not in "\n\r\t") or "\x7f" <= char <= "\x9f" for char in text):
            yield Fault(where, "control-character", _("This text contains control characters. Remove them."))


def _number_faults(kind: str, items: list[dict[str, Any]]) -> Iterator[Fault]:
    if kind == SUPPLEMENT:
        keys = [("", item["reference"]) for item in items]
        name, message = "reference", _("This request stands twice in the file. Put everything in one item.")
    else:
        keys = [(item["home_authority"]["tooi"], item.get("imi_number", "")) for item in items]
        name, message = "imi_number", _("This IMI number stands twice in the file. Keep one of the requests.")
    for key, times in Counter(keys).items():
        if times > 1 and key[-1]:
            again = keys.index(key, keys.index(key) + 1)
            yield Fault(f"/requests/{again}/{name}", f"{name}-twice", message)


# From checked values to dataclasses.


def _parsed(kind: str, items: list[dict[str, Any]]) -> IntakeFile:
    if kind == SUPPLEMENT:
        return IntakeFile(kind, supplements=tuple(Supplement(item["reference"], **_common(item)) for item in items))
    return IntakeFile(kind, requests=tuple(_request(item) for item in items))


def _common(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "subject": _subject(item["subject"]) if "subject" in item else None,
        "questions": tuple(IntakeQuestion(**question) for question in item.get("questions", [])),
        "attachments": tuple(_attachment(attachment) for attachment in item.get("attachments", [])),
    }


def _request(item: Mapping[str, Any]) -> IntakeRequest:
    return IntakeRequest(
        **{
            **item,
            **_common(item),
            "requesting_authority": IntakeAuthority(**item["requesting_authority"]),
            "home_authority": IntakeAuthority(**item["home_authority"]),
            "keywords": tuple(dict.fromkeys(item.get("keywords", []))),
            "received_at": datetime.fromisoformat(item["received_at"]),
            "reply_days": int(item["reply_days"]) if "reply_days" in item else None,
            "reply_by": date.fromisoformat(item["reply_by"]) if "reply_by" in item else None,
        }
    )


def _subject(item: Mapping[str, Any]) -> IntakeSubject:
    return IntakeSubject(
        **{
            **item,
            "birth_date": date.fromisoformat(item["birth_date"]) if "birth_date" in item else None,
            "numbers": tuple(IntakeNumber(**number) for number in item.get("numbers", [])),
            "address": IntakeAddress(**item["address"]) if "address" in item else None,
        }
    )


def _attachment(item: Mapping[str, Any]) -> IntakeAttachment:
    question = item.get("question")
    return IntakeAttachment(
        name=uploads.clean_name(item["name"]),
        media_type=item["media_type"],
        content=base64.b64decode(item["content"], validate=True),
        question=None if question is None else int(question),
    )
