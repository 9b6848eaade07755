"""The practice desk is lived through, not painted (practice desk, design 8)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings

from archive import report
from archive.models import RetentionRecord
from imidesk.core import audit, clock, jobs, outbox, vault
from imidesk.core.models import Installation
from imidesk.core.models.due import DueJob, OutgoingMessage
from imidesk.monitoring.practice_desk import cases, ground, make
from imidesk.monitoring.practice_mail import mails
from requests_app.checks import grant_faults
from requests_app.models import Answer, InformationRequest, ReadRecord, SealedFile, Subject
from requests_app.permissions import look
from requests_app.vocabulary import OPEN_STATES, Action, Part, Purpose

ROOT = Path(__file__).resolve().parents[2]
HISTORY = 8


@pytest.fixture(scope="module")
def desk(django_db_setup, django_db_blocker, tmp_path_factory):
    """The desk as `practice_desk --history 8` makes it, with reports that cost nothing; undone after this module."""
    folder = tmp_path_factory.mktemp("practice")
    patch = pytest.MonkeyPatch()
    patch.setattr(report, "render", lambda content: b"%PDF-1.7 stand-in")
    settings = override_settings(
        IMIDESK_FILES_DIR=folder / "files",
        IMIDESK_MAIL_DIR=folder / "mail",
        IMIDESK_LEDGER_DIR=folder / "ledger",
        EMAIL_FILE_PATH=folder / "mail",
        EMAIL_BACKEND="django.core.mail.backends.filebased.EmailBackend",
    )
    undone = transaction.atomic()
    undone._from_testcase = True
    with django_db_blocker.unblock(), settings, undone, vault.key_scope():
        make.fill(HISTORY)
        yield folder
        transaction.set_rollback(True)
    patch.undo()


pytestmark = pytest.mark.usefixtures("desk", "db")

# number of the table of the practice desk: key of its content, state, state of the data, prepared
TABLE = {
    1: ("fireworks_de", "received", "open", ""),
    2: ("ecology_pl", "received", "open", ""),
    3: ("geothermal_at", "assigned", "open", ""),
    4: ("drilling_be", "accepted", "open", ""),
    5: ("extraction_es", "accepted", "open", ""),
    6: ("repute_it", "accepted", "open", ""),
    7: ("evidence_pt", "accepted", "open", "answer"),
    8: ("asbestos_fr", "answered", "open", ""),
    9: ("noise_cz", "closed", "open", ""),
    10: ("fireworks_dk", "closed", "blocked", ""),
    11: ("extraction_ro", "closed", "erased", ""),
    12: ("criminal_gr", "forwarded", "open", ""),
}


def numbered(number: int) -> InformationRequest:
    return InformationRequest.objects.get(imi_number=cases.data()["cases"][TABLE[number][0]]["imi_number"])


@pytest.mark.parametrize("number", TABLE)
def test_each_request_stands_where_the_table_says(number):
    info_request = numbered(number)
    assert (info_request.state, info_request.data_state, info_request.prepared_step) == TABLE[number][1:]


def test_dates_are_those_of_the_table():
    today = clock.today()
    assert [(numbered(n).accept_by - today).days for n in (1, 2, 3)] == [7, 3, 2]
    assert {n: (numbered(n).answer_due_on - today).days for n in (3, 4, 5, 6, 7)} == {3: 9, 4: 3, 5: -4, 6: 6, 7: 2}
    assert (today - numbered(8).answered_at.astimezone(clock.AMSTERDAM).date()).days == 33
    assert (today - numbered(9).ended_at.astimezone(clock.AMSTERDAM).date()).days == 6
    assert (today - numbered(12).ended_at.astimezone(clock.AMSTERDAM).date()).days == 12


def test_answers_are_given_as_far_as_the_table_says():
    done = {n: Answer.objects.filter(question__info_request=numbered(n)).exclude(status="").count() for n in (4, 6, 7)}
    assert done == {4: 5, 6: 5, 7: 6}
    assert numbered(4).questions.count() == 9
    assert SealedFile.objects.filter(info_request=numbered(4), kind="answer_attachment").count() == 1
    assert Answer.objects.filter(question__info_request=numbered(6), status="excused").count() == 1


def test_two_more_are_fictitious():
    rows = InformationRequest.objects.filter(fictitious=True).order_by("state")
    assert [(row.state, row.channel) for row in rows] == [("answered", "desk"), ("received", "desk")]


def test_the_clock_ends_at_real_time_and_nothing_waits():
    assert not Installation.objects.get().clock_offset
    assert set(outbox.counts()) == {OutgoingMessage.State.SENT}
    assert set(jobs.counts()) == {DueJob.State.DONE}


def test_trails_and_grants_are_whole():
    """SP-09, design idea 1."""
    assert not list(audit.verify())
    assert not list(grant_faults())


def test_times_follow_the_clock_of_their_day():
    """Every event of the trail was recorded when it happened, in the order of the chain."""
    for info_request in InformationRequest.objects.all():
        recorded = [event.recorded_at for event in audit.events_of("request", info_request.uuid)]
        assert recorded == sorted(recorded)
        assert abs(recorded[0] - info_request.registered_at).total_seconds() < 60


def test_what_is_blocked_is_shut_and_what_is_erased_is_gone():
    """DP-03, DP-05."""
    blocked, erased = numbered(10), numbered(11)
    handler = blocked.allocation_set.get(accepted_at__isnull=False).handler
    with pytest.raises(PermissionDenied):
        look(handler, blocked, Part.PERSON, Purpose.READ)
    assert vault.key_exists(blocked.uuid)
    assert not vault.key_exists(erased.uuid)
    assert not Subject.objects.filter(info_request=erased).exists()
    assert not SealedFile.objects.filter(info_request=erased).exists()
    record = RetentionRecord.objects.get(info_request=erased)
    assert record.erased_at.astimezone(clock.AMSTERDAM).date() == record.erase_on
    assert erased.filed_at
    assert erased.answered_at


def test_nobody_saw_the_person_of_the_request_on_criminal_sanctions():
    """IN-15."""
    assert not ReadRecord.objects.filter(request_uuid=numbered(12).uuid, user__isnull=False, part=Part.PERSON).exists()


def test_mails_tell_nothing_of_a_case(desk):
    """NOT-10."""
    found = mails()
    assert len(found) == OutgoingMessage.objects.filter(state=OutgoingMessage.State.SENT).count()
    text = "\n".join(f"{mail.subject}\n{mail.body}" for mail in found)
    assert numbered(1).reference in text
    for content in cases.data()["cases"].values():
        subject = content["subject"]
        for value in (subject.get("legal_name"), subject.get("family_name"), content["motivation"]):
            assert value is None or value not in text


def test_history_is_ended_filed_and_out_of_the_work():
    history = InformationRequest.objects.filter(imi_number__startswith="799")
    assert history.count() == HISTORY
    assert not history.filter(state__in=OPEN_STATES).exists()
    assert set(history.values_list("state", flat=True)) == {"closed", "forwarded", "refused"}
    unfiled = history.filter(accepted_at__isnull=False, filed_at__isnull=True)
    assert not unfiled.exists()
    late = [row for row in history if row.answered_at and row.answered_at.date() > row.agreed_on]
    assert len(late) == 1


def test_later_blocks_and_erases(capsys):
    """`make later MONTHS=7`, then 37."""
    call_command("later", months=7)
    assert numbered(9).data_state == "blocked"
    call_command("later", months=37)
    assert numbered(9).data_state == "erased"
    assert numbered(1).state == "received"
    events = audit.events_of("request", numbered(9).uuid)
    assert [event.action for event in events][-2:] == [Action.BLOCKED, Action.ERASED]
    assert not list(audit.verify())
    out = capsys.readouterr().out
    assert out.count("\n") == 2


@pytest.mark.parametrize("months", [0, -1, 1000])
def test_later_refuses_what_is_no_number_of_months(months):
    with pytest.raises(CommandError):
        call_command("later", months=months)


def test_both_commands_refuse_another_database():
    """SP-38."""
    before = InformationRequest.objects.count()
    Installation.objects.update(kind=Installation.Kind.PRODUCTION)
    for command, options in (("practice_desk", {}), ("later", {"months": 1})):
        with pytest.raises(CommandError):
            call_command(command, **options)
    assert InformationRequest.objects.count() == before > 0


def test_practice_desk_refuses_other_settings(settings):
    """SP-38."""
    settings.IMIDESK_KIND = "production"
    with pytest.raises(CommandError):
        call_command("practice_desk")


def test_every_person_of_the_desk_has_a_name_and_a_role():
    assert len(ground.PEOPLE) == 8
    assert all(person.role and person.what_to_try for person in ground.PEOPLE)


WIPE = """
import django
django.setup()
from datetime import date
from pathlib import Path
from django.conf import settings
from django.db import transaction
from authorities.models import User
from authorities.services import load_lists
from imidesk.core import append_only, audit, clock, key_files, start_up
from imidesk.core.ids import uuid7
from imidesk.core.models import AuditEvent, Installation
from imidesk.monitoring.practice_desk import ground, wipe

wipe.make_blank()
first = {file.key_id: key_files.read(file.key_id) for file in key_files.key_files()}
load_lists()
ground.lay("a password of the practice desk", since=date(2020, 1, 1))
audit.register({"example_happened": {}})
with transaction.atomic():
    audit.record("user", uuid7(), "example_happened", actor=None, at=clock.now(), details={})
for folder in (settings.IMIDESK_FILES_DIR, settings.IMIDESK_MAIL_DIR):
    Path(folder, "ab").mkdir(parents=True)
    Path(folder, "ab", "left").write_text("left")
stamp = Installation.objects.get().uuid
wipe.make_blank()
second = {file.key_id: key_files.read(file.key_id) for file in key_files.key_files()}
assert set(first) == set(second) and first != second, "keys"
assert not User.objects.exists() and not AuditEvent.objects.exists(), "rows"
assert Installation.objects.get().uuid != stamp, "stamp"
assert not list(Path(settings.IMIDESK_FILES_DIR).iterdir()), "files"
assert not list(Path(settings.IMIDESK_MAIL_DIR).iterdir()), "mail"
assert not append_only.missing() and not start_up.stamp_faults(), "triggers"
"""


def test_wiping_leaves_a_new_desk_behind(tmp_path):
    """SP-09: the trail only grows, so a practice desk starts with a new database, and with new keys (SP-03)."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"IMIDESK_VAR_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "imidesk.settings.dev"}
    done = subprocess.run(
        [sys.executable, "-c", WIPE], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
