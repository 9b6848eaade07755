import os
import re
import stat
import subprocess
import sys
from io import StringIO

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection

from imidesk.core import append_only, checks, key_files, start_up, unsafe, vault
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


@pytest.fixture
def production(keys, settings):
    """What imidesk/settings/production.py sets, on the test's own keys."""
    settings.IMIDESK_KIND = "production"
    for file in list(key_files.key_files()):
        file.path.rename(file.path.with_name(file.path.name.removeprefix("practice-")))
    settings.SECRET_KEY = "f3a9" * 16
    settings.ALLOWED_HOSTS = ["imi.voorbeeld.example"]
    settings.IMIDESK_BASE_URL = "https://imi.voorbeeld.example"
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31536000
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    return settings


def _readable(settings):
    next(key_files.key_files()).path.chmod(0o640)


def _of_practice(settings):
    path = next(key_files.key_files()).path
    path.rename(path.with_name(f"practice-{path.name}"))


UNSAFE = {
    "core.E010": {"DEBUG": True},
    "core.E011": lambda settings: setattr(settings, "BASE_DIR", key_files.folder().parent),
    "core.E012": _of_practice,
    "core.E013": _readable,
    "core.E014": {"SECRET_KEY": "only-for-tests"},
    "core.E015": {"ALLOWED_HOSTS": ["*"]},
    "core.E016": {"IMIDESK_BASE_URL": "http://imi.voorbeeld.example"},
    "core.E017": {"SECURE_HSTS_SECONDS": 0},
    "core.E018": {"SESSION_COOKIE_NAME": "sessionid"},
    "core.E019": {"CONTENT_SECURITY_POLICY": {"DIRECTIVES": {"default-src": ["'self'"]}}},
    "core.E020": {"ADMINS": [("Anna", "anna@voorbeeld.example")]},
    "core.E021": {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend"},
    "core.E022": {"FILE_UPLOAD_HANDLERS": ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]},
    "core.E023": {"CELERY_ACCEPT_CONTENT": ["json", "pickle"]},
    "core.E024": {"IMIDESK_PROCESSING_RECORDS": "otlp", "IMIDESK_PROCESSING_ENDPOINT": "https://log.example/v1/traces"},
    "core.E025": {"IMIDESK_BACKUP_DAYS": 0},
}


def test_every_refusal_has_a_row_here():
    assert set(UNSAFE) == {refusal.id for refusal in unsafe.REFUSALS}


@pytest.mark.parametrize("code", UNSAFE)
def test_production_refuses_what_is_unsafe_and_practice_does_not(production, code):
    """SP-03, SP-15, SP-16, SP-27, SP-38, SP-40: a system check with a hint, and no start."""
    assert checks.settings_fit_production() == []

    change = UNSAFE[code]
    if callable(change):
        change(production)
    else:
        for name, value in change.items():
            setattr(production, name, value)

    (message,) = checks.settings_fit_production()
    assert (message.id, bool(message.hint)) == (code, True)
    with pytest.raises(ImproperlyConfigured, match=re.escape(message.msg)):
        start_up.refuse_on_faults()
    production.IMIDESK_KIND = "practice"
    assert checks.settings_fit_production() == []


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


def test_what_a_waiting_migration_makes_is_not_missed_before_it(keys, settings, monkeypatch):
    """`migrate` asks these checks first: an upgrade that brings a protected table could not begin otherwise."""
    monkeypatch.setitem(append_only.PROTECTED, "core_later", ("DELETE",))
    assert found() == {"core.E004"}

    monkeypatch.setattr(start_up, "waiting_migrations", lambda: 1)

    assert found() == set()
    settings.IMIDESK_KIND = "production"
    assert "core.E002" in found()


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
