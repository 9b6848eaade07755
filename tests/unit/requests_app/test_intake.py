"""SP-30, SP-31, design 9: a file is taken in whole, or every fault is named by path and rule, never by value."""

import base64
import copy
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.utils import translation
from jsonschema import Draft202012Validator

from imidesk.core import strict_json, uploads
from requests_app import intake
from requests_app.intake import INTAKE, SUPPLEMENT, Fault, IntakeFile, check_attachments, read_intake
from tests.factories.files import docx_bytes, pdf_bytes

EXAMPLES = intake.SCHEMA_DIR / "examples"
SERVICES = json.loads((EXAMPLES / "services-request.json").read_text(encoding="utf-8"))
SUPPLEMENTING = json.loads((EXAMPLES / "supplement.json").read_text(encoding="utf-8"))
MARKER = "Qzx7Merkteken"


def read(value) -> IntakeFile | list[Fault]:
    return read_intake(json.dumps(value, ensure_ascii=False).encode())


def rules(answer) -> set[tuple[str, str]]:
    assert isinstance(answer, list), "the file was taken"
    return {(fault.path, fault.rule) for fault in answer}


def said(answer) -> str:
    with translation.override("en"):
        return "\n".join(str(fault) for fault in answer)


def changed(**fields):
    value = copy.deepcopy(SERVICES)
    request = value["requests"][0]
    for name, content in fields.items():
        if content is None:
            del request[name]
        else:
            request[name] = content
    return value


def attachment(**fields):
    plain = {
        "name": "brief.pdf",
        "media_type": uploads.PDF,
        "content": base64.b64encode(pdf_bytes()).decode(),
    }
    return {**plain, **fields}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.name)
def test_the_examples_are_taken(path):
    parsed = read_intake(path.read_bytes())

    assert isinstance(parsed, IntakeFile), said(parsed)
    assert check_attachments(parsed) == []


def test_a_request_comes_out_as_it_went_in():
    parsed = read(SERVICES)
    assert isinstance(parsed, IntakeFile)
    request = parsed.requests[0]

    assert request.requesting_authority.country == "DE"
    assert request.received_at == datetime(2026, 3, 2, 7, 40, tzinfo=UTC)
    assert (request.reply_days, request.reply_by) == (14, None)
    assert [question.kind for question in request.questions] == ["", "", "", "yes_no", "date"]
    assert request.subject is not None
    assert request.subject.birth_date == date(1980, 2, 29)
    assert request.subject.family_name == "Łukasińska-Voorbeeld"
    assert request.subject.numbers[0].type == "company_register"
    assert request.attachments[0].content.startswith(b"%PDF-")
    assert request.attachments[0].question == 2


def test_the_shortest_request_is_taken():
    given = changed(
        **dict.fromkeys(["imi_number", "keywords", "legal_basis", "language", "fictitious", "motivation"]),
        **dict.fromkeys(["questions", "subject", "attachments"]),
    )
    parsed = read(given)

    assert isinstance(parsed, IntakeFile), said(parsed)
    assert parsed.requests[0].imi_number == ""
    assert parsed.requests[0].subject is None


def test_a_rich_file_with_many_alphabets_is_taken():
    questions = [{"tab": f"Onderdeel {n % 4}", "text": f"Vraag {n}: שאלה", "kind": "text"} for n in range(40)]
    parsed = read(
        changed(
            questions=questions,
            attachments=[attachment(name=f"شهادة {n} ß.pdf", question=n * 4 + 1) for n in range(10)],
            motivation="Ελλάδα\n\tłódź\r\n" + "a" * 19_000,
        )
    )

    assert isinstance(parsed, IntakeFile), said(parsed)
    assert len(parsed.requests[0].questions) == 40


STRICT = [
    (b"", "", "SP-31.json"),
    (b"\xef\xbb\xbf{}", "", "SP-31.byte-order-mark"),
    ('{"format": 1}'.encode("utf-16"), "", "SP-31.byte-order-mark"),
    ('{"format": 1}'.encode("utf-16-le"), "", "SP-31.nul"),
    (b'{"format": "caf\xe9"}', "", "SP-31.encoding"),
    (b'{"format": "\xed\xa0\x80"}', "", "SP-31.encoding"),
    (b'{"format": "a\x00"}', "", "SP-31.nul"),
    (b'{"format": "\\u0000"}', "/format", "SP-31.nul"),
    (b'{"requests": [{"imi_number": "\\ud800"}]}', "/requests/0/imi_number", "SP-31.surrogate"),
    (b'{"requests": [{"reply_days": NaN}]}', "/requests/0/reply_days", "SP-31.not-a-number"),
    (b'{"requests": [{"reply_days": -Infinity}]}', "/requests/0/reply_days", "SP-31.not-a-number"),
    (b'{"requests": [{"reply_days": 1e999}]}', "/requests/0/reply_days", "SP-31.not-a-number"),
    (b'{"requests": [{"reply_days": 1234567890123456}]}', "/requests/0/reply_days", "SP-31.long-number"),
    (b'{"requests": [{"imi_number": "1", "imi_number": "2"}]}', "/requests/0/imi_number", "SP-31.duplicate-key"),
    (b'{"format": "a", "\\u0066ormat": "b"}', "/format", "SP-31.duplicate-key"),
    (b'{"requests": ' + b"[" * 13 + b"]" * 13 + b"}", "/requests/0/0/0/0/0/0/0/0/0/0/0", "SP-31.depth"),
    (b"[" * 1_000_000, "/0/0/0/0/0/0/0/0/0/0/0/0", "SP-31.depth"),
    (b"[" + b"0," * 200_000 + b"0]", "", "SP-31.values"),
    (b'{"format": "x"} {}', "", "SP-31.json"),
    (b'{"format": "x",}', "", "SP-31.json"),
    (b"{'format': 1}", "", "SP-31.json"),
    (b'{"format": "a\nb"}', "/format", "SP-31.json"),
    (b'{"format": 012}', "", "SP-31.json"),
    (b'{"format": tru}', "/format", "SP-31.json"),
    (b'{"format": "\\ud83d\\ude00"}', "/format", "format"),
    (b"[]", "/format", "format"),
    (b'{"format": ["imidesk.intake/1"]}', "/format", "format"),
    (b'{"format": "imidesk.intake/2"}', "/format", "format"),
]


@pytest.mark.parametrize(("data", "path", "rule"), STRICT)
def test_what_programs_read_differently_is_refused_first(data, path, rule):
    """SP-31."""
    assert rules(read_intake(data)) == {(path, rule)}


def test_more_than_60_mb_is_refused_unread(monkeypatch):
    monkeypatch.setattr(strict_json, "_Reader", None)

    assert rules(read_intake(b" " * (intake.MAX_BYTES + 1))) == {("", "SP-31.size")}


def test_strict_reading_gives_what_json_gives():
    text = '{"a": [1, -2.5, 1e3, true, false, null, "\\ud83d\\ude00 é\\n", {}, []], "b": {"c": ""}}'

    assert strict_json.read_strict(text.encode()) == json.loads(text)


SCHEMA = [
    ({"module": None}, "/requests/0/module", "required"),
    ({"module": 7}, "/requests/0/module", "enum"),
    ({"module": "sdg_evidence"}, "/requests/0/procedure", "enum"),
    ({"procedure": "sdg_evidence"}, "/requests/0/procedure", "enum"),
    ({"service_activity": None}, "/requests/0/service_activity", "required"),
    ({"service_activity": "Vuurwerk!"}, "/requests/0/service_activity", "pattern"),
    ({"imi_number": "1" * 21}, "/requests/0/imi_number", "maxLength"),
    ({"imi_number": "1\n"}, "/requests/0/imi_number", "not"),
    ({"imi_number": "  "}, "/requests/0/imi_number", "pattern"),
    ({"imi_number": ""}, "/requests/0/imi_number", "minLength"),
    ({"imi_number": 482913}, "/requests/0/imi_number", "type"),
    ({"requesting_authority": {"name": "A"}}, "/requests/0/requesting_authority", "oneOf"),
    ({"requesting_authority": {"name": "A", "country": "US"}}, "/requests/0/requesting_authority/country", "enum"),
    (
        {"requesting_authority": {**SERVICES["requests"][0]["home_authority"], "name": "A"}},
        "/requests/0/requesting_authority",
        "oneOf",
    ),
    ({"home_authority": {"tooi": "https://elders.example/pv30"}}, "/requests/0/home_authority/tooi", "pattern"),
    ({"received_at": "2026-03-02"}, "/requests/0/received_at", "pattern"),
    ({"received_at": "2026-03-02T08:40:00"}, "/requests/0/received_at", "pattern"),
    ({"reply_days": None}, "/requests/0", "oneOf"),
    ({"reply_by": "2026-04-01"}, "/requests/0", "oneOf"),
    ({"reply_days": 0}, "/requests/0/reply_days", "minimum"),
    ({"reply_days": True}, "/requests/0/reply_days", "type"),
    ({"language": "xx"}, "/requests/0/language", "enum"),
    ({"fictitious": "ja"}, "/requests/0/fictitious", "type"),
    ({"questions": [{"code": "a", "text": "b", "kind": "text"}]}, "/requests/0/questions/0", "oneOf"),
    ({"questions": [{"tab": "A", "text": "b"}]}, "/requests/0/questions/0", "oneOf"),
    ({"questions": [{"text": "b", "kind": "text"}]}, "/requests/0/questions/0", "oneOf"),
    (
        {"questions": [{"tab": "A", "text": "b", "kind": "choice"}]},
        "/requests/0/questions/0/kind",
        "enum",
    ),
    ({"questions": [{}] * 101}, "/requests/0/questions", "maxItems"),
    ({"subject": {}}, "/requests/0/subject/kind", "required"),
    ({"subject": {"kind": "legal", "email": "x"}}, "/requests/0/subject/email", "pattern"),
    ({"attachments": [attachment(media_type="text/html")]}, "/requests/0/attachments/0/media_type", "enum"),
    ({"attachments": [attachment(question=0)]}, "/requests/0/attachments/0/question", "minimum"),
    ({"attachments": [attachment(name="a\r\nb.pdf")]}, "/requests/0/attachments/0/name", "not"),
]


@pytest.mark.parametrize(("fields", "path", "rule"), SCHEMA)
def test_what_the_schema_refuses_is_named_by_path_and_rule(fields, path, rule):
    assert (path, rule) in rules(read(changed(**fields)))


BEYOND = [
    ({"received_at": "2026-02-30T08:40:00Z"}, "/requests/0/received_at", "moment"),
    ({"received_at": "2026-02-20T25:40:00Z"}, "/requests/0/received_at", "moment"),
    ({"reply_days": None, "reply_by": "2026-02-31"}, "/requests/0/reply_by", "date"),
    ({"reply_days": None, "reply_by": "2026-03-02"}, "/requests/0/reply_by", "reply_by"),
    ({"reply_days": None, "reply_by": "2027-03-04"}, "/requests/0/reply_by", "reply_by"),
    (
        {"received_at": "2026-03-02T23:30:00Z", "reply_days": None, "reply_by": "2026-03-03"},
        "/requests/0/reply_by",
        "reply_by",
    ),
    ({"subject": {"kind": "natural", "birth_date": "1981-02-29"}}, "/requests/0/subject/birth_date", "date"),
    (
        {"questions": [{"code": "a"}, {"code": "a"}], "attachments": []},
        "/requests/0/questions/1/code",
        "question-twice",
    ),
    (
        {"questions": [{"tab": f"T{n}", "text": "x", "kind": "text"} for n in range(21)]},
        "/requests/0/questions",
        "tabs",
    ),
    ({"motivation": "a\x1bb"}, "/requests/0/motivation", "control-character"),
    ({"attachments": [attachment(question=6)]}, "/requests/0/attachments/0/question", "question-position"),
    ({"attachments": [attachment(content="%%%%")]}, "/requests/0/attachments/0/content", "base64"),
    ({"attachments": [attachment(content="YWJ\u0665")]}, "/requests/0/attachments/0/content", "base64"),
    ({"attachments": [attachment(content="YWJj\nYWJj")]}, "/requests/0/attachments/0/content", "base64"),
    ({"attachments": [attachment(name="brief.docx")]}, "/requests/0/attachments/0/name", "SP-30.name"),
    ({"attachments": [attachment(name="brief.html")]}, "/requests/0/attachments/0/name", "SP-30.name"),
]


def test_one_mistake_is_one_fault():
    assert rules(read(changed(imi_number=482913))) == {("/requests/0/imi_number", "type")}


@pytest.mark.parametrize(("fields", "path", "rule"), BEYOND)
def test_what_the_schema_cannot_say_is_refused_too(fields, path, rule):
    Draft202012Validator(json.loads(intake.schema_text(INTAKE))).validate(changed(**fields))

    assert rules(read(changed(**fields))) == {(path, rule)}


def test_an_attachment_over_20_mb_is_refused():
    content = base64.b64encode(b"x" * (uploads.LIMIT + 1)).decode()

    assert rules(read(changed(attachments=[attachment(content=content)]))) <= {
        ("/requests/0/attachments/0/content", "SP-30.size"),
        ("/requests/0/attachments/0/content", "maxLength"),
    }


def test_the_same_number_twice_for_one_authority_is_refused():
    twice = {**SERVICES, "requests": SERVICES["requests"] * 2}

    assert rules(read(twice)) == {("/requests/1/imi_number", "imi_number-twice")}

    elsewhere = {**SERVICES, "requests": [copy.deepcopy(request) for request in twice["requests"]]}
    elsewhere["requests"][1]["home_authority"]["tooi"] = "https://identifier.overheid.nl/tooi/id/provincie/pv27"
    assert isinstance(read(elsewhere), IntakeFile)


def test_a_supplement_needs_something_to_add_and_comes_once():
    empty = {"format": SUPPLEMENT, "requests": [{"reference": "NB-2026-00001"}]}

    assert rules(read(empty)) == {("/requests/0", "minProperties")}
    assert rules(read({**SUPPLEMENTING, "requests": SUPPLEMENTING["requests"] * 2})) == {
        ("/requests/1/reference", "reference-twice")
    }


def test_content_that_is_not_what_it_says_is_found_apart():
    content = base64.b64encode(docx_bytes()).decode()
    parsed = read(changed(attachments=[attachment(), attachment(content=content)]))

    assert isinstance(parsed, IntakeFile)
    assert rules(check_attachments(parsed)) == {("/requests/0/attachments/1/content", "SP-30.content")}


def test_names_of_attachments_are_cleaned():
    parsed = read(changed(attachments=[attachment(name="../../map/besluit\u202e.pdf")]))

    assert isinstance(parsed, IntakeFile)
    assert parsed.requests[0].attachments[0].name == "besluit.pdf"


@pytest.mark.parametrize(
    "value",
    [
        {**SERVICES, MARKER: 1},
        changed(**{MARKER: {MARKER: MARKER}}),
        changed(module=MARKER, language=MARKER, received_at=MARKER, service_activity=MARKER + " !"),
        changed(subject={"kind": MARKER, MARKER: MARKER, "email": MARKER, "numbers": [{"type": MARKER}]}),
        changed(questions=[{"code": MARKER, "text": MARKER, "kind": MARKER}]),
        changed(attachments=[attachment(content=MARKER + "!", name=MARKER + ".exe")]),
        {"format": MARKER},
    ],
)
def test_a_fault_never_repeats_what_was_written(value):
    """Neither values nor unknown names: both may be personal data (SP-31)."""
    answer = read(value)

    assert isinstance(answer, list) and answer
    for language in ("nl", "en"):
        with translation.override(language):
            assert not any(MARKER.lower() in (str(fault) + repr(fault)).lower() for fault in answer)


def test_duplicate_names_that_are_unknown_are_not_repeated():
    answer = read_intake(f'{{"requests": [{{"{MARKER}": 1, "{MARKER}": 2}}]}}'.encode())

    assert rules(answer) == {("/requests/0", "SP-31.duplicate-key")}


def test_an_unknown_name_is_told_by_its_place_and_the_names_that_are_known():
    answer = read(changed(home_authority={"tooi": SERVICES["requests"][0]["home_authority"]["tooi"], "naam": "x"}))

    assert said(answer) == (
        "/requests/0/home_authority [additionalProperties] "
        "The name of field 2 here is not one of this format. Use only: tooi."
    )


def test_a_file_full_of_faults_names_a_hundred():
    answer = read({"format": INTAKE, "requests": [{}] * 100})

    assert isinstance(answer, list)
    assert len(answer) <= intake.MAX_FAULTS + 1
    assert answer[-1].rule == "more-faults"


@pytest.mark.parametrize("kind", [INTAKE, SUPPLEMENT])
def test_the_schemas_are_schemas(kind):
    schema = json.loads(intake.schema_text(kind))

    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["format"]["const"] == kind


def test_the_two_schemas_agree_where_they_overlap():
    first, second = (json.loads(intake.schema_text(kind))["$defs"] for kind in (INTAKE, SUPPLEMENT))

    shared = first.keys() & second.keys()
    assert {"subject", "question", "attachment"} <= shared
    assert all(first[name] == second[name] for name in shared)


def test_the_schema_names_the_codes_of_the_desk():
    from authorities.vocabulary import Module
    from requests_app.vocabulary import Procedure, QuestionKind

    definitions = json.loads(intake.schema_text(INTAKE))["$defs"]

    assert definitions["request"]["properties"]["module"]["enum"] == Module.values
    assert definitions["request"]["properties"]["procedure"]["enum"] == Procedure.values
    kinds = set(definitions["question"]["properties"]["kind"]["enum"])
    assert kinds == set(QuestionKind.values) - {QuestionKind.CHOICE}
    types = definitions["attachment"]["properties"]["media_type"]["enum"]
    assert set(types) == set(uploads.MEDIA_TYPES.values())


def test_the_docs_name_every_example_and_every_rule():
    readme = (Path(intake.SCHEMA_DIR) / "README.md").read_text(encoding="utf-8")

    assert all(path.name in readme for path in EXAMPLES.glob("*.json"))
    assert all(f"`{rule}`" in readme for _data, _path, rule in STRICT)
    assert all(f"`{rule}`" in readme for _fields, _path, rule in BEYOND)
