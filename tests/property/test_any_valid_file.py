"""Any file that is valid against the published schema goes all the way: in, accepted, answered, closed, reported."""

import base64
import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from archive import report, services, snapshot
from authorities.models import ServiceActivity
from authorities.services import load_lists
from authorities.vocabulary import Module
from imidesk.core import audit, clock
from requests_app import catalogue, intake
from requests_app.answers import AnswerContent
from requests_app.deadlines import local_day
from requests_app.permissions import look_for_desk
from requests_app.services import answering, assigning, ending, receiving
from requests_app.vocabulary import State
from tests.factories.files import pdf_bytes
from tests.property.test_walks import undone

LETTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp", "Cn", "Co"))
NAMES = st.sampled_from(
    ["Łukasz Groß", "Ελευθερία", "שרה כהן", "فاطمة الزهراء", "<b>O'Neil</b> {{ x }}", "=cmd()", "%s"]
)
LINES = st.one_of(NAMES, st.text(LETTERS, min_size=1, max_size=40).filter(str.strip))
TEXTS = st.one_of(LINES, st.lists(LINES, min_size=1, max_size=4).map("\n".join))
PDF = base64.b64encode(pdf_bytes()).decode()


def optional(**fields):
    return st.fixed_dictionaries({}, optional=fields)


SUBJECTS = st.builds(
    lambda kind, rest: {"kind": kind, **rest},
    st.sampled_from(["natural", "legal"]),
    optional(
        family_name=LINES,
        given_names=LINES,
        legal_name=LINES,
        trade_name=LINES,
        birth_date=st.dates().map(
            lambda day: day.replace(year=1900 + day.year % 100, day=min(day.day, 28)).isoformat()
        ),
        numbers=st.lists(st.fixed_dictionaries({"type": st.just("vat"), "value": LINES}), max_size=3),
        address=optional(street=LINES, town=LINES, country=st.sampled_from(["DE", "GR"])),
        phone=st.just("+49 30 000000"),
    ),
)


@st.composite
def files(draw, world):
    procedure = draw(st.sampled_from(catalogue.PROCEDURES))
    module = Module.SDG_EVIDENCE if procedure == "sdg_evidence" else Module.SERVICES
    codes = [question.code for question in catalogue.set_for(procedure, False).questions]
    own = st.fixed_dictionaries(
        {"tab": LINES, "text": TEXTS, "kind": st.sampled_from(["yes_no", "date", "number", "text", "document"])},
        optional={"comment": TEXTS},
    )
    questions = [{"code": code} for code in draw(st.lists(st.sampled_from(codes), unique=True, max_size=6))]
    questions += draw(st.lists(own, min_size=0 if questions else 1, max_size=6))
    attachments = [
        {
            "name": f"{draw(NAMES)}.pdf",
            "media_type": "application/pdf",
            "content": PDF,
            **draw(optional(question=st.integers(1, len(questions)))),
        }
        for _number in range(draw(st.integers(0, 2)))
    ]
    received = clock.now() - timedelta(days=draw(st.integers(0, 30)), minutes=1)
    request = {
        "imi_number": str(draw(st.integers(1_000_000, 9_999_999))),
        "module": module.value,
        "procedure": procedure,
        "requesting_authority": draw(
            st.fixed_dictionaries({"name": LINES, "country": st.sampled_from(["DE", "PL", "GR", "NL"])})
        ),
        "home_authority": {"tooi": world.home.tooi_id},
        "received_at": received.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "questions": questions,
        "attachments": attachments,
        **draw(optional(motivation=TEXTS, subject=SUBJECTS, language=st.sampled_from(["de", "el", "pl"]))),
        **draw(optional(fictitious=st.booleans())),
    }
    if module == Module.SERVICES:
        request["service_activity"] = draw(st.sampled_from(["fireworks_display", intake.NOT_LISTED]))
    if draw(st.booleans()):
        request["reply_days"] = draw(st.integers(1, 366))
    else:
        request["reply_by"] = (local_day(received) + timedelta(days=draw(st.integers(1, 366)))).isoformat()
    return {"format": intake.INTAKE, "requests": [request]}


@pytest.fixture
def lists(world):
    load_lists()
    assert ServiceActivity.objects.filter(code="fireworks_display").exists()


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_any_valid_file_goes_all_the_way(world, lists, client, monkeypatch, data):
    monkeypatch.setattr(report, "render", lambda content: report.to_html(content).encode())
    content = data.draw(files(world))
    Draft202012Validator(json.loads(intake.schema_text(intake.INTAKE))).validate(content)
    client.force_login(world.handler)

    with undone():
        taken = receiving.take_in(actor=None, data=json.dumps(content).encode(), source="command")
        info_request = assigning.allocate(info_request=taken[0], actor=world.allocator, handlers=[world.handler])
        info_request = answering.accept_request(info_request=info_request, actor=world.handler)
        letters = sorted(set(info_request.questions.values_list("tab", flat=True)))
        for letter in letters:
            page = client.get(reverse("requests_app:tab", args=[info_request.reference, letter]))
            assert page.status_code == 200
            answers = {
                question.pk: AnswerContent(standard="data_protection", text=data.draw(TEXTS))
                for question in info_request.questions.filter(tab=letter)
            }
            answering.save_tab(
                info_request=info_request, actor=world.handler, tab=letter, contents=answers, versions={}
            )
        for name in ("detail", "files", "timeline", "subject", "send"):
            assert client.get(reverse(f"requests_app:{name}", args=[info_request.reference])).status_code == 200, name
        if info_request.channel == "imi":
            answering.prepare_answer(info_request=info_request, actor=world.handler)
            page = client.get(reverse("requests_app:enter_in_imi", args=[info_request.reference]))
            assert page.status_code == 200
        answering.send_answer(info_request=info_request, actor=world.handler)
        info_request = ending.close_request(info_request=info_request, actor=world.handler, closed_at=clock.now())
        services.make_end_reports(info_request.uuid)

        assert info_request.state == State.CLOSED
        last = snapshot.events_until(info_request, 10_000)[-1]
        told = snapshot.build(info_request, report.Occasion.END, last, look_for_desk("full_report", info_request))
        assert report.from_json(report.to_json(told)) == told
        assert list(audit.verify("request", info_request.uuid)) == []
        transaction.get_connection().run_on_commit.clear()
