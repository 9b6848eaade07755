"""`preflight` and the addresses that containers ask (SP-16, SP-38; design 6)."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from sectxt import Parser

from imidesk.core import key_files, readiness


def preflight():
    out = StringIO()
    try:
        call_command("preflight", stdout=out)
    except CommandError as fault:
        return out.getvalue(), str(fault)
    return out.getvalue(), ""


def test_every_part_says_a_sentence(keys, settings, tmp_path):
    settings.IMIDESK_FILES_DIR = tmp_path

    told, fault = preflight()

    assert fault == ""
    for part in readiness.PARTS:
        assert f" {part.name}: " in told


def test_a_missing_key_a_silent_mail_server_and_a_folder_that_is_not_there_are_named(keys, settings, tmp_path):
    settings.IMIDESK_FILES_DIR = tmp_path
    assert preflight()[1] == ""

    next(key_files.key_files()).path.unlink()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 1
    settings.IMIDESK_FILES_DIR = tmp_path / "nowhere"

    told, fault = preflight()

    assert fault == "3 faults."
    for part in ("keys", "mail", "files"):
        assert f"FAULT   {part}: " in told


def test_a_part_that_breaks_tells_its_class_and_not_its_text(keys, monkeypatch):
    def broken():
        raise RuntimeError("row of Athina")
        yield

    part = readiness.Part("keys", broken, for_web=True)
    monkeypatch.setattr(readiness, "PARTS", (part,))

    told, fault = preflight()

    assert fault == "One fault."
    assert "RuntimeError" in told
    assert "Athina" not in told


def test_a_container_is_alive_without_a_database_and_ready_with_its_keys(keys, client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get(reverse("live")).status_code == 200
    assert client.get(reverse("ready")).content == b"ready"

    next(key_files.key_files()).path.unlink()

    answer = client.get(reverse("ready"))
    assert answer.status_code == 503
    assert answer.content == b"not ready"
    assert answer["Cache-Control"] == "no-store"
    assert client.get(reverse("live")).status_code == 200


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite writes no log.")
def test_a_log_that_may_quote_a_row_warns_in_practice_and_refuses_in_production(keys, settings):
    with connection.cursor() as cursor:
        for name, value in readiness.QUIET_POSTGRESQL.items():
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
    assert not [found for found in readiness.findings() if "SP-16" in found.sentence]

    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('log_error_verbosity', 'verbose', true)")

    loud = [found for found in readiness.findings() if "SP-16" in found.sentence]
    assert [found.is_warning for found in loud] == [True]
    settings.IMIDESK_KIND = "production"
    loud = [found for found in readiness.findings() if "SP-16" in found.sentence]
    assert [found.is_fault for found in loud] == [True]


def test_a_weakness_can_be_told(client, db, settings):
    """RFC 9116, as internet.nl reads it."""
    settings.IMIDESK_BASE_URL = "https://imi.brabant.example"
    settings.IMIDESK_SECURITY_CONTACT = "mailto:security@brabant.example"

    answer = client.get("/.well-known/security.txt")

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    parser = Parser(answer.content, urls="https://imi.brabant.example/.well-known/security.txt")
    assert parser.errors == []
    assert b"security@brabant.example" in answer.content
