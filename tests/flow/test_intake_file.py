"""Files that bring requests or complete them, uploaded and from the terminal (design 6 and 9, SP-31)."""

import base64
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from authorities import services
from imidesk.core import audit
from imidesk.core.models import SecurityEvent
from requests_app import intake
from requests_app.models import InformationRequest, SealedFile
from requests_app.permissions import look
from requests_app.selectors import case
from requests_app.vocabulary import Action, FileKind, Part, Purpose, State

URL = reverse("requests_app:intake")
EXAMPLES = intake.SCHEMA_DIR / "examples"


@pytest.fixture
def world(world):
    services.load_lists()
    return world


def example(name, **changes):
    parsed = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    parsed["requests"][0].update(changes)
    return json.dumps(parsed).encode()


def two_requests(**changes):
    parsed = json.loads(example("services-request"))
    parsed["requests"].append({**parsed["requests"][0], "imi_number": "999999", **changes})
    return json.dumps(parsed).encode()


def supplement(info_request, **parts):
    parts = parts or {"subject": {"kind": "legal", "legal_name": "Vuurwerkbedrijf Voorbeeld B.V."}}
    item = {"reference": info_request.reference, **parts}
    return json.dumps({"format": "imidesk.supplement/1", "requests": [item]}).encode()


def upload(client, data):
    return client.post(URL, {"file": SimpleUploadedFile("in.json", data, content_type="application/json")})


@pytest.mark.parametrize("name", ["services-request", "sdg-request"])
def test_a_worked_example_comes_in_by_upload(world, sign_in, name):
    client = sign_in(world.allocator)
    response = upload(client, example(name))

    assert response.status_code == 302
    info_request = InformationRequest.objects.get()
    assert info_request.state == State.RECEIVED
    (event,) = audit.events_of("request", info_request.uuid)
    assert (event.actor, event.details["source"]) == (world.allocator, "upload")
    assert f'href="{info_request.get_absolute_url()}"' in client.get(response.url).content.decode()
    assert f'href="{info_request.get_absolute_url()}"' not in client.get(response.url).content.decode()


def test_every_fault_is_shown_with_path_and_rule_and_never_the_value(world, sign_in):
    """SP-31."""
    data = example("services-request", keywords=["geheim_een"], service_activity="geheim_twee")
    response = upload(sign_in(world.allocator), data)
    page = response.content.decode()
    assert response.status_code == 422
    assert "/requests/0/keywords/0" in page and "/requests/0/service_activity" in page
    assert "geheim" not in page
    assert page.count("Code van de regel: <code>") == len(response.context["faults"]) and ">Regel<" not in page
    assert not InformationRequest.objects.exists()


def test_one_fault_keeps_the_whole_file_out(world, sign_in):
    client = sign_in(world.allocator)
    assert upload(client, two_requests(keywords=["unknown"])).status_code == 422
    assert not InformationRequest.objects.exists()
    assert upload(client, two_requests()).status_code == 302
    assert InformationRequest.objects.count() == 2


def test_a_known_number_shows_the_request_that_is_there(world, sign_in):
    client = sign_in(world.allocator)
    upload(client, example("services-request"))
    response = upload(client, example("services-request"))
    assert response.status_code == 422
    assert InformationRequest.objects.get().get_absolute_url() in response.content.decode()


@pytest.mark.parametrize("person", ["basic", "jurist", "stranger"])
def test_others_take_nothing_in(world, sign_in, person):
    client = sign_in(getattr(world, person))
    assert client.get(URL).status_code == 403
    assert upload(client, example("services-request")).status_code == 403
    assert not InformationRequest.objects.exists()


def test_a_handler_takes_in_for_his_own_module_only(world, sign_in):
    client = sign_in(world.other_handler)
    assert upload(client, example("sdg-request")).status_code == 403
    assert upload(client, example("services-request")).status_code == 302


def test_no_file_is_said(world, sign_in):
    assert sign_in(world.allocator).post(URL, {}).status_code == 422


def test_the_handler_who_accepted_completes_with_a_file(world, sign_in):
    info_request = world.accepted(subject={})
    assert upload(sign_in(world.handler), supplement(info_request)).status_code == 302
    opened = look(world.handler, info_request, Part.PERSON, Purpose.READ)
    assert case.subject(info_request, opened)["legal_name"] == "Vuurwerkbedrijf Voorbeeld B.V."
    assert audit.events_of("request", info_request.uuid).last().action == Action.SUBJECT_COMPLETED


def test_a_supplement_tells_others_nothing(world, sign_in):
    """Not even whether a value is there: the same answer as for a request that does not exist (SP-29)."""
    info_request = world.accepted()
    pages = []
    for reference in (info_request.reference, "NB-2000-00001"):
        data = supplement(info_request).replace(info_request.reference.encode(), reference.encode())
        response = upload(sign_in(world.other_handler), data)
        assert response.status_code == 422
        pages.append([(fault.path, fault.rule, str(fault.message)) for fault in response.context["faults"]])
    assert pages[0] == pages[1]


def test_a_different_value_is_a_fault(world, sign_in):
    info_request = world.accepted()
    data = supplement(info_request, subject={"kind": "natural", "family_name": "Anders"})
    page = upload(sign_in(world.handler), data).content.decode()
    assert "/requests/0/subject/family_name" in page
    assert "Anders" not in page and "ukasiewicz" not in page


def attachment(question):
    content = base64.b64encode(b"Bijlage.").decode()
    return {"name": "bijlage.txt", "media_type": "text/plain", "content": content, "question": question}


def test_an_attachment_to_a_question_of_a_request_without_questions_is_a_fault(world, sign_in):
    parsed = json.loads(example("services-request", attachments=[attachment(1)]))
    del parsed["requests"][0]["questions"]
    response = upload(sign_in(world.allocator), json.dumps(parsed).encode())
    assert response.status_code == 422
    assert "/requests/0/attachments/0/question" in response.content.decode()


def test_an_attachment_of_a_supplement_finds_a_question_that_was_there_already(world, sign_in):
    """Places count in the file, also where a question of the catalogue is not asked twice."""
    info_request = world.accepted()
    there = info_request.questions.order_by("position").last()
    questions = [{"code": there.code}, {"tab": "A", "text": "Waarom?", "kind": "text"}]
    data = supplement(info_request, questions=questions, attachments=[attachment(1), attachment(2)])
    assert upload(sign_in(world.handler), data).status_code == 302
    info_request.refresh_from_db()
    first, second = SealedFile.objects.filter(info_request=info_request, kind=FileKind.FROM_REQUESTER).order_by("pk")
    assert first.question == there
    assert second.question == info_request.questions.order_by("position").last() != there
    assert info_request.questions.count() == 4


def test_an_attachment_of_a_supplement_without_questions_counts_those_of_the_request(world, sign_in):
    info_request = world.accepted()
    client = sign_in(world.handler)
    assert upload(client, supplement(info_request, attachments=[attachment(4)])).status_code == 422
    assert upload(client, supplement(info_request, attachments=[attachment(3)])).status_code == 302
    file = SealedFile.objects.get(info_request=info_request, kind=FileKind.FROM_REQUESTER)
    assert file.question == info_request.questions.order_by("position").last()


def test_a_supplement_with_a_question_of_no_catalogue_is_a_fault(world, sign_in):
    data = supplement(world.accepted(), questions=[{"code": "geen_vraag"}])
    response = upload(sign_in(world.handler), data)
    assert response.status_code == 422
    assert "/requests/0/questions/0/code" in response.content.decode()


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("imidesk.intake.1", "application/schema+json"),
        ("imidesk.supplement.1", "application/schema+json"),
        ("services-request", "application/json"),
        ("supplement", "application/json"),
    ],
)
def test_the_desk_serves_its_formats(world, sign_in, name, media_type):
    response = sign_in(world.basic).get(reverse("requests_app:schema", args=[name]))
    assert response.headers["Content-Type"] == media_type
    assert json.loads(response.content)
    assert sign_in(world.allocator).get(URL).content.decode().count(f"/{name}.json") == 1


def test_no_other_file_is_served(world, sign_in):
    assert sign_in(world.basic).get(reverse("requests_app:schema", args=["README"])).status_code == 404


# manage.py intake


def run(tmp_path, *contents):
    files = []
    for number, data in enumerate(contents):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_bytes(data)
    call_command("intake", *map(str, files))


def test_the_command_acts_as_the_desk(world, tmp_path, capsys):
    run(tmp_path, example("services-request"))
    info_request = InformationRequest.objects.get()
    (event,) = audit.events_of("request", info_request.uuid)
    assert (event.actor, event.details["source"]) == (None, "command")
    assert info_request.reference in capsys.readouterr().out
    note = SecurityEvent.objects.get(action="intake")
    assert (note.object, note.result, note.actor_id) == (info_request.reference, "ok", None)
    assert note.origin.startswith("terminal:")


def test_the_command_completes_what_was_accepted(world, tmp_path):
    info_request = world.accepted(subject={})
    attachment = {"name": "b.txt", "media_type": "text/plain", "content": base64.b64encode(b"Bijlage.").decode()}
    run(tmp_path, supplement(info_request, attachments=[attachment]))
    assert SealedFile.objects.get(info_request=info_request).kind == FileKind.FROM_REQUESTER


def test_a_wrong_file_ends_the_command_with_2_and_a_line_per_fault(world, tmp_path, capsys):
    data = example("services-request", keywords=["geheim_een"], service_activity="geheim_twee")
    with pytest.raises(SystemExit) as ended:
        run(tmp_path, data, example("sdg-request"))
    lines = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert len(lines) == 2
    assert "/requests/0/service_activity [list]" in lines[0]
    assert "geheim" not in "".join(lines)
    assert InformationRequest.objects.get().module == "sdg_evidence"
    assert {note.result for note in SecurityEvent.objects.filter(action="intake")} == {"ok", "refused"}


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"format": "x"}', b'{"format": "imidesk.intake/1"}', b"\xff"])
def test_what_is_no_intake_file_is_refused(world, tmp_path, data):
    with pytest.raises(SystemExit) as ended:
        run(tmp_path, data)
    assert ended.value.code == 2


def test_a_file_that_is_not_there_ends_with_2(world, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("intake", str(tmp_path / "absent.json"))
    assert ended.value.code == 2
    assert "absent.json" in capsys.readouterr().err


def test_a_known_number_ends_the_command_with_its_reference(world, tmp_path, capsys):
    run(tmp_path, example("services-request"))
    with pytest.raises(SystemExit):
        run(tmp_path, example("services-request"))
    assert InformationRequest.objects.get().reference in capsys.readouterr().err
