import os
import stat
import subprocess
import sys
from io import StringIO

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection

from imidesk.core import checks, key_files, start_up, vault
from imidesk.core.ids import uuid7
from imidesk.core.models import Installation, KeyCheck, SealKey, SecurityEvent
from imidesk.core.secrets import secret_of_installation


def found():
    return {message.id for message in [*checks.settings_fit_production(), *checks.database_fits(["default"])]}


def test_a_desk_with_its_own_database_and_keys_starts(keys):
    start_up.refuse_on_faults()
    assert found() == set()


def test_settings_of_another_kind_refuse_the_database(keys, settings):
    """SP-38."""
    settings.IMIDESK_KIND = "production"

    with pytest.raises(ImproperlyConfigured, match="practice database"):
        start_up.refuse_on_faults()
    assert "core.E002" in found()


def test_production_refuses_practice_keys_keys_in_the_project_and_readable_ones(keys, settings, tmp_path):
    """SP-03, SP-38."""
    settings.IMIDESK_KIND = "production"
    assert any("practice" in fault for fault in start_up.setting_faults())

    for file in list(key_files.key_files()):
        file.path.rename(file.path.with_name(file.path.name.removeprefix("practice-")))
    assert start_up.setting_faults() == []
    file.path.with_name(file.path.name.removeprefix("practice-")).chmod(0o640)
    assert any("read by others" in fault for fault in start_up.setting_faults())
    settings.BASE_DIR = tmp_path
    assert any("inside the project" in fault for fault in start_up.setting_faults())
    settings.DEBUG = True
    assert any("DEBUG" in fault for fault in start_up.setting_faults())
    assert "core.E001" in found()


def test_a_missing_key_stops_the_start(keys):
    """SP-03."""
    next(key_files.key_files()).path.unlink()

    with pytest.raises(ImproperlyConfigured, match="missing"):
        start_up.refuse_on_faults()
    assert found() == {"core.E003"}


@pytest.mark.django_db
def test_a_desk_without_keys_does_not_start_but_can_be_checked_and_migrated():
    KeyCheck.objects.all().delete()

    with pytest.raises(ImproperlyConfigured, match="make_keys"):
        start_up.refuse_on_faults()
    assert found() == set()


def test_a_lost_trigger_is_seen(keys):
    """SP-09."""
    with connection.cursor() as cursor:
        on = " ON core_auditevent" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER core_auditevent_no_update{on}")

    assert found() == {"core.E004"}


@pytest.mark.django_db
def test_the_stamp_was_made_at_the_first_migrate(settings):
    """SP-38."""
    assert Installation.objects.get().kind == settings.IMIDESK_KIND == "practice"


def test_keys_are_made_and_rotated_from_the_terminal(keys):
    """SP-04, SP-12."""
    owner = uuid7()
    vault.create_key(owner)
    out = StringIO()

    call_command("make_keys", stdout=out)
    call_command("rotate_keys", stdout=out)

    assert "practice-kek-0001" in out.getvalue()
    assert "1 data keys wrapped anew" in out.getvalue() and "may be destroyed from" in out.getvalue()
    assert SealKey.objects.get().key_id == "practice-kek-0002"
    actions = SecurityEvent.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["keys_checked", "keys_rotated"]


def test_the_secret_of_an_installation_is_made_once_and_is_its_owners(tmp_path):
    """SP-38."""
    secret = secret_of_installation(tmp_path / "var")

    assert len(secret) >= 64
    assert secret_of_installation(tmp_path / "var") == secret
    (path,) = (tmp_path / "var").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_processes_that_start_together_agree_on_the_secret(tmp_path):
    code = "import sys, pathlib; from imidesk.core.secrets import secret_of_installation as s; "
    code += "print(s(pathlib.Path(sys.argv[1])))"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": ""}
    runs = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, env=environment)
        for _ in range(4)
    ]

    assert len({run.communicate()[0] for run in runs}) == 1
