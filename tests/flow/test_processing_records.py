"""Processing records: one per look and per act of the night, to a sink that is a setting (SP-18)."""

import http.server
import json
import threading

import pytest
from dateutil.relativedelta import relativedelta
from django.urls import reverse

from archive.services import block_due, erase_due
from imidesk.core import clock, heartbeat, jobs, processing, unsafe, vault
from imidesk.core.models import AuditEvent, Heartbeat, ProcessingRecord
from imidesk.core.tasks import send_processing_records
from requests_app.models import ReadRecord
from requests_app.vocabulary import PROCESSING, Action, Channel, DataState, Purpose, name_of_look
from tests.factories.world import SUBJECT

PAGE = reverse("monitoring:heartbeat")
FIELDS = {"trace_id", "span_id", "status", "name", "start_time", "end_time", "resource", "attributes"}
ATTRIBUTES = {processing.ACTIVITY, processing.DATA_SUBJECT, processing.DATA_SUBJECT_TYPE}

pytestmark = pytest.mark.usefixtures("quick_pdf")


@pytest.fixture
def folder(settings, tmp_path):
    settings.IMIDESK_PROCESSING_DIR = tmp_path / "processing"
    return settings.IMIDESK_PROCESSING_DIR


@pytest.fixture
def to_file(settings, folder):
    settings.IMIDESK_PROCESSING_RECORDS = "file"
    return folder


@pytest.fixture
def receiver(settings):
    """A log of processing that takes what it is sent, and answers as the test says."""
    taken, answers = [], [(200, {})]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            content = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.path, self.headers["Content-Type"], json.loads(content)))
            status, answer = answers[-1]
            self.send_response(status)
            self.send_header("Location", "http://elsewhere.example/")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.IMIDESK_PROCESSING_RECORDS = "otlp"
    settings.IMIDESK_PROCESSING_ENDPOINT = f"http://127.0.0.1:{server.server_port}/v1/traces"
    settings.IMIDESK_OUTBOUND_HOSTS = ["127.0.0.1"]
    yield taken, answers
    server.shutdown()


def open_page(sign_in, user, info_request):
    return sign_in(user).get(info_request.get_absolute_url())


def lines(folder):
    return [json.loads(line) for file in sorted(folder.glob("*.jsonl")) for line in file.read_text().splitlines()]


def test_off_writes_nothing(world, sign_in, folder):
    info_request = world.accepted()
    assert open_page(sign_in, world.handler, info_request).status_code == 200
    send_processing_records()

    assert ReadRecord.objects.filter(trace_id=None).exists()
    assert not ReadRecord.objects.filter(trace_id__isnull=False).exists()
    assert not ProcessingRecord.objects.exists()
    assert not folder.exists()
    assert "processing_records" not in {state.name for state in heartbeat.states()}


def test_every_look_is_a_line_that_names_nobody(world, sign_in, to_file):
    info_request = world.accepted()
    assert open_page(sign_in, world.handler, info_request).status_code == 200
    waiting = ProcessingRecord.objects.count()
    send_processing_records()

    told = lines(to_file)
    traces = {str(trace.hex) for trace in ReadRecord.objects.values_list("trace_id", flat=True)}
    assert waiting == len(told) == len(traces) > 0
    assert {line["trace_id"] for line in told} == traces
    assert not ProcessingRecord.objects.exists()
    for line in told:
        assert set(line) == FIELDS
        assert set(line["attributes"]) == ATTRIBUTES
        assert line["name"] in PROCESSING
    assert {line["attributes"][processing.DATA_SUBJECT] for line in told} == {vault.pseudonym(info_request.uuid)}
    written = "".join(file.read_text() for file in to_file.glob("*"))
    for name in (SUBJECT["family_name"], world.handler.last_name, world.handler.username, info_request.reference):
        assert name not in written
    assert str(info_request.uuid) not in written and info_request.uuid.hex not in written


def test_one_person_has_another_pseudonym_in_each_request(world, to_file):
    first, second = world.accepted(), world.accepted()

    assert vault.pseudonym(first.uuid) == vault.pseudonym(first.uuid) != vault.pseudonym(second.uuid)


def test_blocking_and_erasing_are_lines_and_the_pseudonym_ends_with_the_key(world, to_file):
    info_request = world.closed(channel=Channel.DESK)
    while jobs.run_due():
        continue
    known = vault.pseudonym(info_request.uuid)
    block_due(clock.today() + relativedelta(months=6, days=1))
    erase_due(clock.today() + relativedelta(years=3, months=2))
    send_processing_records()

    info_request.refresh_from_db()
    assert info_request.data_state == DataState.ERASED
    acts = {line["name"]: line for line in lines(to_file) if line["name"] in (Action.BLOCKED, Action.ERASED)}
    assert set(acts) == {Action.BLOCKED, Action.ERASED}
    assert {line["attributes"][processing.DATA_SUBJECT] for line in acts.values()} == {known}
    for action, line in acts.items():
        assert processing.trace_of(AuditEvent.objects.get(action=action)).hex == line["trace_id"]
    assert name_of_look(Purpose.ERASE) in {line["name"] for line in lines(to_file)}
    with pytest.raises(vault.Sealed):
        vault.pseudonym(info_request.uuid)
    assert processing.pseudonym(info_request.uuid) == ""


def test_otlp_takes_spans_with_the_listed_attributes_only(world, sign_in, receiver):
    taken, _answers = receiver
    info_request = world.accepted()
    open_page(sign_in, world.handler, info_request)
    waiting = ProcessingRecord.objects.count()
    send_processing_records()

    ((path, kind, body),) = taken
    assert (path, kind) == ("/v1/traces", "application/json")
    (resource,) = body["resourceSpans"]
    spans = resource["scopeSpans"][0]["spans"]
    assert len(spans) == waiting > 0
    assert {pair["key"] for pair in resource["resource"]["attributes"]} == {"service.name", "service.instance.id"}
    for span in spans:
        assert {pair["key"] for pair in span["attributes"]} == ATTRIBUTES
        assert (len(span["traceId"]), len(span["spanId"])) == (32, 16)
        assert span["startTimeUnixNano"].isdigit()
    assert not ProcessingRecord.objects.exists()


@pytest.mark.parametrize(
    "answer", [(503, {}), (302, {}), (200, {"partialSuccess": {"rejectedSpans": "1"}})], ids=["down", "moved", "partly"]
)
def test_a_sink_that_fails_is_red_and_stops_no_look(world, sign_in, receiver, answer):
    taken, answers = receiver
    answers.append(answer)
    info_request = world.accepted()

    assert open_page(sign_in, world.handler, info_request).status_code == 200
    with pytest.raises(processing.SinkRefused):
        send_processing_records()

    assert len(taken) == 1
    assert open_page(sign_in, world.handler, info_request).status_code == 200
    machine = sign_in(world.allocator).get(PAGE).context["machine"]
    assert "processing_records" in {task.state.name for task in machine.late}
    waiting = ProcessingRecord.objects.count()
    answers.append((200, {}))
    send_processing_records()
    assert waiting > 0 and not ProcessingRecord.objects.exists()
    assert Heartbeat.objects.get(name=processing.HEARTBEAT).fault == ""


def test_a_host_that_is_not_listed_gets_nothing(world, sign_in, receiver, settings):
    taken, _answers = receiver
    settings.IMIDESK_OUTBOUND_HOSTS = []
    open_page(sign_in, world.handler, world.accepted())

    with pytest.raises(processing.SinkRefused):
        send_processing_records()

    assert taken == [] and ProcessingRecord.objects.exists()


@pytest.mark.parametrize(
    ("kind", "url", "refused"),
    [
        ("off", "", False),
        ("file", "", False),
        ("otlp", "https://log.example/v1/traces", False),
        ("otlp", "http://log.example/v1/traces", True),
        ("otlp", "https://elsewhere.example/v1/traces", True),
        ("syslog", "", True),
    ],
)
def test_production_refuses_a_sink_that_does_not_fit(settings, kind, url, refused):
    settings.IMIDESK_KIND = "production"
    settings.IMIDESK_OUTBOUND_HOSTS = ["log.example"]
    settings.IMIDESK_PROCESSING_RECORDS, settings.IMIDESK_PROCESSING_ENDPOINT = kind, url

    assert ("core.E024" in {refusal.id for refusal in unsafe.refusals()}) == refused


def test_no_act_outside_the_list_is_told(world, to_file):
    with pytest.raises(ValueError, match="not an act"):
        processing.note("registered", "", at=clock.now(), trace=processing.new_trace())


def test_every_purpose_of_a_look_belongs_to_an_activity():
    assert set(PROCESSING) == {*map(name_of_look, Purpose.values), Action.BLOCKED, Action.ERASED}
