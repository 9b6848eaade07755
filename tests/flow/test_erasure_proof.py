""" "Show me that X is gone": sought everywhere, found nowhere, said without content (SP-21 to SP-23)."""

import base64
import json
import re
import unicodedata
from contextlib import nullcontext
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from dateutil.relativedelta import relativedelta
from django.conf import settings as django_settings
from django.core import mail
from django.core.mail.backends.filebased import EmailBackend
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from archive import planting, proving, services, tasks
from archive.models import ErasureProof, ErasureScan, RetentionRecord
from archive.services import retaining
from authorities.vocabulary import Role
from imidesk.core import clock, heartbeat, jobs, outbox, vault, wake
from imidesk.core.models import DueJob, KeyCheck, OutgoingMessage, SecurityEvent
from requests_app.models import InformationRequest, ReadRecord, SavedView
from requests_app.vocabulary import Channel, DataState, Purpose
from tests.factories.steps import again
from tests.factories.world import make_user, member

PERSON = "Wojciechowska-Łukasiewicz"

pytestmark = pytest.mark.usefixtures("quick_pdf")


@pytest.fixture
def due(world):
    """Ended and blocked; erased by the next run of its day."""
    info_request = world.closed(
        channel=Channel.DESK,
        motivation=f"Is {PERSON} bij u bekend?\nGraag ook haar nummer 8812345678.",
    )
    while jobs.run_due():
        continue
    services.block_due(day(6))
    return info_request


@pytest.fixture(params=["small", "large"])
def run_size(request, monkeypatch):
    """A large run reads the columns of text alone, and what many rows say once."""
    if request.param == "large":
        monkeypatch.setattr(retaining, "LARGE_RUN", 0)


def day(months):
    return clock.today() + relativedelta(months=months, days=30)


def proof_of(info_request):
    out = StringIO()
    call_command("erasure_proof", info_request.reference, json=True, stdout=out)
    return json.loads(out.getvalue())


def test_the_proof_says_what_was_sought_where_and_that_nothing_was_found(due):
    services.erase_due(day(36))

    assert again(due).data_state == DataState.ERASED
    said = proof_of(due)
    assert said["sought"]["tekst bij het verzoek: tekst"] >= 3
    assert sum(said["proven by place"].values()) > 0
    assert said["found"] == said["sealed rows left"] == said["files left"] == 0
    assert said["key"] == "destroyed"
    assert said["keys and data on one disk"] is (connection.vendor == "sqlite")
    assert said["sealed rows erased"] > 3
    assert any(name.startswith("database") for name in said["read"])
    assert PERSON not in json.dumps(said, ensure_ascii=False)
    scan = ErasureScan.objects.get()
    assert scan.plants == dict.fromkeys(("counters", "queue", "sealed files", "security log", "sessions"), True)
    assert len(said["marker found in"]) == 5
    assert scan.places["table:requests_app_informationrequest"]["units"] == InformationRequest.objects.count()
    assert "table:requests_app_subject" in scan.places
    assert scan.other_finds == 0
    assert ReadRecord.objects.filter(request_uuid=due.uuid, purpose=Purpose.ERASE).count() == 1
    marks = SecurityEvent.objects.filter(action="erasure_search")
    assert marks.count() == 1
    assert not list(vault.stored_files())


def test_the_database_keeps_no_proof_of_an_erasure_that_left_something(due):
    """Pitfalls 5 and 10, house rule 4: measured, and nothing left; or held, and nothing measured."""
    services.erase_due(day(36))
    proof = ErasureProof.objects.filter(info_request=due)
    measured = {"rows_left": 0, "files_left": 0, "key_left": False, "found_in": []}
    assert proof.values(*measured).get() == measured

    for wrong in (
        {"rows_left": 1},
        {"files_left": 1},
        {"key_left": True},
        {"found_in": ["table:requests_app_informationrequest"]},
        {"rows_left": None},
        {"files_left": None},
        {"key_left": None},
        {"rows_left": 1, "files_left": None, "key_left": None},
    ):
        with pytest.raises(IntegrityError, match="proof_measures_all_or_nothing"), transaction.atomic():
            proof.update(**wrong)
            pytest.fail(f"stored: {wrong}")
    nothing = {"rows_left": None, "files_left": None, "key_left": None, "found_in": ["table:x"]}
    for right in (measured, nothing):
        assert proof.update(**right) == 1


WAYS = {
    "plain": lambda text: text,
    "decomposed capitals": lambda text: unicodedata.normalize("NFD", text.upper()),
    "JSON": json.dumps,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
}


@pytest.mark.usefixtures("run_size")
@pytest.mark.parametrize("way", WAYS)
def test_what_stands_in_the_open_of_the_request_holds_its_erasure_until_it_is_clean(due, world, way):
    """A door that let a name into an open column: here a case number."""
    services.erase_due(clock.today())
    InformationRequest.objects.filter(pk=due.pk).update(task_number=WAYS[way](PERSON)[:80])

    run = services.erase_due(day(36))

    assert run.held == [due.reference]
    assert run.erased == []
    assert again(due).data_state == DataState.BLOCKED
    assert vault.key_exists(due.uuid)
    proof = ErasureProof.objects.get()
    assert proof.found_in == ["table:requests_app_informationrequest"]
    assert SecurityEvent.objects.filter(action="erasure_held", object=due.reference).exists()
    with pytest.raises(services.NotAllErased):
        services.refuse_silence(run)
    outbox.send_pending()
    told = [message for message in mail.outbox if message.to == [world.jurist.email]][-1]
    assert reverse("archive:retention") in told.body
    assert PERSON not in told.body + told.subject
    with pytest.raises(CommandError, match="Held"):
        proof_of(due)

    InformationRequest.objects.filter(pk=due.pk).update(task_number="2026-1")
    assert services.erase_due(day(36)).erased == [due.reference]
    assert proof_of(due)["found"] == 0


@pytest.mark.usefixtures("run_size")
def test_a_row_that_belongs_to_the_request_by_its_name_alone_holds_it(due):
    """Without a foreign key: a job, which keeps the uuid of its request."""
    job = DueJob.objects.filter(subject=due.uuid).order_by("pk").first()
    DueJob.objects.filter(pk=job.pk).update(fault=PERSON)

    assert services.erase_due(day(36)).held == [due.reference]

    assert ErasureProof.objects.get().found_in == ["table:core_duejob"]
    DueJob.objects.filter(pk=job.pk).update(fault="")
    assert services.erase_due(day(36)).erased == [due.reference]


@pytest.mark.usefixtures("run_size")
def test_a_leak_of_one_never_holds_another(due, world):
    other = world.closed(channel=Channel.DESK)
    services.block_due(day(6))
    InformationRequest.objects.filter(pk=due.pk).update(task_number=PERSON)

    run = services.erase_due(day(36))

    assert run.held == [due.reference]
    assert run.erased == [other.reference]


@pytest.mark.usefixtures("run_size")
def test_a_find_that_names_no_request_is_for_a_person_and_holds_nothing(due, world):
    SavedView.objects.create(user=world.handler, name=PERSON, query="", made_at=clock.now())

    run = services.erase_due(day(36))

    assert run.erased == [due.reference]
    assert ErasureProof.objects.get().other_places == ["table:requests_app_savedview"]
    assert ErasureScan.objects.get().other_finds == 1
    assert SecurityEvent.objects.filter(action="erasure_other_find").exists()
    assert OutgoingMessage.objects.filter(template="erasure_alarm", user=world.jurist).exists()


def test_a_file_that_names_the_request_and_the_person_holds_it(due):
    stray = Path(django_settings.VAR_DIR) / "mail" / f"{due.reference}.log"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"\x00\x01" + f"{due.reference} {PERSON}".encode("utf-16-le"))
    try:
        assert services.erase_due(day(36)).held == [due.reference]
        assert ErasureProof.objects.get().found_in == ["folder:mail"]
    finally:
        stray.unlink()
    assert services.erase_due(day(36)).erased == [due.reference]


@pytest.mark.parametrize("store", ["_session", "_cache", "_file", "_queue"])
def test_a_store_in_which_the_marker_is_not_found_makes_the_proof_void(due, store, monkeypatch):
    """A search that does not see proves nothing, so nothing is erased (SP-22)."""
    plant = getattr(planting, store)

    def elsewhere(search, *rest):
        made = plant(search, *rest)
        made.__enter__()
        made.__exit__(None, None, None)
        return nullcontext()

    monkeypatch.setattr(planting, store, elsewhere)
    run = services.erase_due(day(36))

    assert run.failed == [due.reference]
    assert again(due).data_state == DataState.BLOCKED
    assert ErasureScan.objects.get().is_void
    assert SecurityEvent.objects.filter(action="erasure_search_void").exists()

    monkeypatch.undo()
    assert services.erase_due(day(36)).erased == [due.reference]


def test_mail_that_is_kept_as_files_is_a_store(due, settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = settings.IMIDESK_MAIL_DIR
    services.erase_due(day(36))

    assert ErasureScan.objects.get().plants["mail"] is True
    assert list(Path(settings.IMIDESK_MAIL_DIR).glob("*")) == []


def test_a_mail_in_the_file_of_the_marker_stays(due, settings, tmp_path, monkeypatch):
    """Django names a file by the second, so that two senders may write into one."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = settings.IMIDESK_MAIL_DIR
    file = Path(settings.IMIDESK_MAIL_DIR) / "one.log"
    monkeypatch.setattr(EmailBackend, "_get_filename", lambda backend: str(file))
    mail.send_mail("Kept", "This stays.", "desk@example.invalid", ["somebody@example.invalid"])
    before = file.read_bytes()

    services.erase_due(day(36))

    assert ErasureScan.objects.get().plants["mail"] is True
    assert b"This stays." in before and file.read_bytes() == before


def test_what_the_directory_knows_is_not_sought(due, world):
    """SP-23: a user's own name in a note is no sign of a provider."""
    make_user("annelies", "Annelies", PERSON)

    run = services.erase_due(day(36))

    assert run.erased == [due.reference]
    assert ErasureScan.objects.get().other_finds == 0


def test_one_that_does_not_open_never_stops_the_others(due, world):
    other = world.closed(channel=Channel.DESK)
    services.block_due(day(6))
    vault.destroy_key(due.uuid)

    run = services.erase_due(day(36))

    assert run.failed == [due.reference]
    assert run.erased == [other.reference]
    long_ago = clock.today() - timedelta(days=31)
    RetentionRecord.objects.update(block_on=long_ago, erase_on=long_ago)
    with pytest.raises(services.NotAllErased):
        tasks.erase_due_requests()
    assert [state.fault for state in heartbeat.states() if state.name == "erasing"] == ["NotAllErased"]


def test_a_large_run_reads_the_columns_of_text_and_what_changed(due, monkeypatch):
    monkeypatch.setattr(retaining, "LARGE_RUN", 0)
    services.erase_due(day(36))

    scan = ErasureScan.objects.get()
    assert not scan.whole
    assert not scan.is_void
    assert proof_of(due)["found"] == 0


def same(page, reference):
    """Without what differs from answer to answer."""
    return re.sub(r"[A-Za-z0-9]{64}", "", page.content.decode().replace(reference, ""))


def test_what_memory_does_not_hold_is_sought_in_another_search(due, world, monkeypatch):
    other = world.closed(channel=Channel.DESK)
    services.block_due(day(6))
    monkeypatch.setattr(proving, "AT_ONCE", 1)
    monkeypatch.setattr(proving, "MOST_VALUES", 1)
    monkeypatch.setattr(retaining, "LARGE_RUN", 1)

    assert services.erase_due(day(36)).erased == [due.reference, other.reference]

    scans = ErasureScan.objects.order_by("pk")
    assert [(scan.requests, scan.whole) for scan in scans] == [(1, False), (1, False)]
    assert ErasureProof.objects.values("scan").distinct().count() == 2
    assert proof_of(due)["found"] == proof_of(other)["found"] == 0


def test_the_page_is_for_who_answers_for_it(due, world, sign_in):
    services.erase_due(day(36))
    officer = make_user("hilde", "Hilde", "Voorbeeld")
    member(officer, world.home, Role.FG)
    address = f"{reverse('archive:proof')}?verzoek={due.reference}"

    for user in (officer, world.jurist, world.allocator):
        page = sign_in(user).get(address)
        assert page.status_code == 200
        text = page.content.decode()
        assert 'id="proof-outcome"' in text
        assert 'id="proof-final"' in text
        assert ('id="proof-one-disk"' in text) is (connection.vendor == "sqlite")
        assert PERSON not in text
        assert re.search(r"verzegelde bestanden <span[^>]*>\(files\)", text)
        assert re.search(r"sleutel \d+ van de balie <span[^>]*>\(.*-kek-\d+\)", text)
        assert re.search(r'bewaren/"[^>]*aria-current="page"', text)
        register = sign_in(user).get(reverse("archive:retention")).content.decode()
        assert address in register and 'name="verzoek"' in register and "Kenmerk van het verzoek" in register
    for user in (world.handler, world.basic):
        assert sign_in(user).get(address).status_code == 403
    other = make_user("vreemd", "Iris", "Elders")
    member(other, world.justis, Role.FG)
    unseen = sign_in(other).get(address)
    nowhere = sign_in(other).get(address.replace(due.reference, "NB-2026-99999"))
    assert unseen.status_code == nowhere.status_code == 404
    assert 'id="proof-missing"' in unseen.content.decode()
    assert "Controleer het kenmerk van het verzoek, of kijk onder “Bewaren en wissen”" in unseen.content.decode()
    assert same(unseen, due.reference) == same(nowhere, "NB-2026-99999")


def test_final_is_when_every_key_that_ever_covered_it_was_destroyed(due, settings, tmp_path):
    """SP-05: done at erasing, final at the destruction of the keys; not as long as the file of one is still there."""
    vault.rotate()
    services.erase_due(day(36))
    said = proof_of(due)
    assert len(said["keys that ever covered it"]) == 2
    assert said["final"] is False
    expected = clock.today() + timedelta(days=30 + django_settings.IMIDESK_BACKUP_DAYS)
    assert said["irrecoverable also from backups from"] == expected.isoformat()

    KeyCheck.objects.filter(family="kek").update(retired_at=clock.now(), destroyed_at=clock.now())
    assert proof_of(due)["final"] is False

    settings.IMIDESK_KEYS_DIR = tmp_path
    said = proof_of(due)
    assert said["final"] is True
    assert said["irrecoverable also from backups from"] == clock.today().isoformat()


def test_a_broker_that_is_down_costs_time_and_erases_nothing(due, monkeypatch):
    def down(marker):
        raise ConnectionError

    monkeypatch.setattr(wake, "planted", down)
    assert services.erase_due(day(36)).failed == [due.reference]
    assert again(due).data_state == DataState.BLOCKED

    monkeypatch.undo()
    assert services.erase_due(day(36)).erased == [due.reference]
