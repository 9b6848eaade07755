"""What a restored copy must not bring back stands in a file outside it, and the desk waits for it (SP-24)."""

import json
import shutil
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.urls import reverse

from archive import services
from archive.models import RetentionFeed
from archive.services import keeping_keys
from authorities.models import Membership
from authorities.vocabulary import Role, UserStatus
from imidesk.core import clock, key_files, ledger, tasks, vault
from imidesk.core.models import AuditEvent, KeyCheck, LedgerEntry, SealKey


def written():
    return [json.loads(line) for line in ledger.path().read_text().splitlines()]


def put_older_copy_back():
    """The database knows nothing of what the ledger says."""
    LedgerEntry.objects.all().delete()
    ledger.look()


def status_of(user):
    return type(user).objects.get(pk=user.pk).status


@pytest.fixture(autouse=True)
def looked_afresh(db, monkeypatch):
    monkeypatch.setattr(ledger, "_behind", False)


def test_a_blocked_account_is_out_at_once_and_stays_out_after_a_restore(world, sign_in):
    client = sign_in(world.handler)
    start = reverse("monitoring:start")
    assert client.get(start).status_code == 200
    call_command("block_user", world.handler.username, stdout=StringIO())
    assert client.get(start).status_code == 302
    tasks.run_due_jobs()
    line = written()[-1]
    assert (line["kind"], line["subject"]) == ("account_blocked", str(world.handler.uuid))
    assert world.handler.username not in ledger.path().read_text()
    assert ledger.look() is False

    type(world.handler).objects.filter(pk=world.handler.pk).update(status=UserStatus.ACTIVE)
    put_older_copy_back()
    client = sign_in(world.allocator)
    assert client.get(start).status_code == 503
    assert client.get(reverse("ready")).status_code == 503
    assert client.get(reverse("live")).status_code == 200
    with pytest.raises(ImproperlyConfigured):
        ledger.refuse_when_behind()

    out = StringIO()
    call_command("replay_ledger", stdout=out)
    assert out.getvalue().startswith("1 entries")
    assert status_of(world.handler) == UserStatus.BLOCKED
    assert Session.objects.count() == 0
    assert sign_in(world.allocator).get(start).status_code == 200
    assert AuditEvent.objects.filter(action="user_blocked").count() == 2


def test_a_withdrawn_role_stays_withdrawn(world):
    held = Membership.objects.valid_on(clock.today()).filter(user=world.allocator, role=Role.TOEWIJZER)
    assert held.exists()
    call_command("withdraw_role", world.allocator.username, Role.TOEWIJZER, stdout=StringIO())
    ledger.flush()
    assert not held.exists()
    Membership.objects.filter(user=world.allocator).update(valid_until=None)
    put_older_copy_back()
    assert held.exists()

    call_command("replay_ledger", stdout=StringIO())

    assert not held.exists()


def test_the_address_of_a_feed_that_was_renewed_stays_dead(world, client):
    """SP-17, SP-24: and the one that came after it lives on."""
    old = services.renew_feed(user=world.jurist)
    assert client.get(reverse("archive:feed"), {"sleutel": old}).status_code == 200
    digest = RetentionFeed.objects.get().digest
    services.end_feed(user=world.jurist)
    ledger.flush()
    assert old not in ledger.path().read_text()
    RetentionFeed.objects.create(user=world.jurist, digest=digest, made_at=clock.now())
    put_older_copy_back()

    call_command("replay_ledger", stdout=StringIO())

    assert client.get(reverse("archive:feed"), {"sleutel": old}).status_code == 404
    new = services.renew_feed(user=world.jurist)
    ledger.replay()
    assert client.get(reverse("archive:feed"), {"sleutel": new}).status_code == 200


@pytest.mark.parametrize("command", [("block_user", "niemand"), ("withdraw_role", "niemand", Role.JURIST)])
def test_who_is_not_there_is_said(world, command):
    with pytest.raises(CommandError):
        call_command(*command)
    assert not LedgerEntry.objects.exists()


def test_a_destroyed_key_is_forgotten_first(world):
    """Otherwise the desk would wait for a file that is gone for good (SP-03, SP-05)."""
    old = KeyCheck.objects.get(family="kek", destroyed_at__isnull=True)
    vault.rotate()
    ledger.note(ledger.Kind.ACCOUNT_BLOCKED, world.handler.uuid)
    ledger.note(ledger.Kind.KEY_DESTROYED, clock.installation(), {"key_id": old.key_id})
    ledger.flush()
    put_older_copy_back()

    assert [line.kind for line in ledger.missing()] == ["account_blocked", "key_destroyed"]
    ledger.replay(ledger.Kind.KEY_DESTROYED)

    assert KeyCheck.objects.get(pk=old.pk).destroyed_at
    assert [line.kind for line in ledger.missing()] == ["account_blocked"]


@pytest.mark.parametrize("what", ["subject", "kind", "signature"])
def test_a_line_that_was_changed_is_refused(world, what):
    ledger.note(ledger.Kind.ACCOUNT_BLOCKED, world.handler.uuid)
    ledger.flush()
    put_older_copy_back()
    line = written()[0]
    other = {"subject": str(world.jurist.uuid), "kind": "erased", "signature": "00" * 32}
    ledger.path().write_text(json.dumps({**line, what: other[what]}) + "\n")

    with pytest.raises(CommandError, match="Line 1"):
        call_command("replay_ledger")
    assert status_of(world.jurist) == UserStatus.ACTIVE


def test_lines_of_another_installation_are_not_ours(world):
    """A practice desk made afresh keeps its folder."""
    ledger.note(ledger.Kind.ACCOUNT_BLOCKED, world.handler.uuid)
    ledger.flush()
    put_older_copy_back()
    assert ledger.look() is True
    line = written()[0]
    ledger.path().write_text(json.dumps({**line, "installation": str(world.jurist.uuid)}) + "\n")

    assert ledger.look() is False
    assert ledger.missing() == []


def test_a_line_that_was_written_twice_is_done_once(world):
    ledger.note(ledger.Kind.ACCOUNT_BLOCKED, world.handler.uuid)
    ledger.flush()
    LedgerEntry.objects.update(written_at=None)
    ledger.flush()
    assert len(written()) == 2
    put_older_copy_back()

    assert ledger.replay() == 1
    assert ledger.replay() == 0


def test_a_folder_that_cannot_be_written_to_loses_nothing(world, settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.IMIDESK_LEDGER_DIR = tmp_path / "file"
    ledger.note(ledger.Kind.ACCOUNT_BLOCKED, world.handler.uuid)
    with pytest.raises(OSError):
        tasks.run_due_jobs()

    settings.IMIDESK_LEDGER_DIR = tmp_path / "ledger"
    tasks.run_due_jobs()
    assert len(written()) == 1


def test_a_copy_whose_every_key_was_destroyed_goes_on_with_the_key_that_came_after(world, settings, tmp_path):
    """SP-05, SP-24: nothing in it opens, and the desk itself works."""
    shutil.copytree(settings.IMIDESK_KEYS_DIR, tmp_path / "keys")
    settings.IMIDESK_KEYS_DIR = tmp_path / "keys"
    old = KeyCheck.objects.get(family="kek", destroyed_at__isnull=True)
    vault.rotate()
    later = KeyCheck.objects.get(family="kek", retired_at__isnull=True).key_id
    ledger.note(ledger.Kind.KEY_DESTROYED, clock.installation(), {"key_id": old.key_id})
    ledger.flush()
    put_older_copy_back()
    KeyCheck.objects.filter(pk=later).delete()
    KeyCheck.objects.filter(pk=old.pk).update(retired_at=None)

    ledger.replay()

    assert KeyCheck.objects.get(family="kek", destroyed_at__isnull=True).key_id == later
    assert vault.key_faults() == []
    assert vault.key_exists(world.accepted().uuid)


def test_what_an_old_copy_brings_back_under_a_destroyed_key_stops_nothing(
    world, sign_in, settings, tmp_path, no_person_in_the_log
):
    """SP-05: nothing opens it any more, the rest gets its new key, and who asks for it is told in words."""
    shutil.copytree(settings.IMIDESK_KEYS_DIR, tmp_path / "keys")
    settings.IMIDESK_KEYS_DIR = tmp_path / "keys"
    old = KeyCheck.objects.get(family="kek", destroyed_at__isnull=True)
    lost, kept = world.accepted(), world.accepted()
    address = reverse("requests_app:detail", args=[lost.reference])
    assert sign_in(world.handler).get(address).status_code == 200
    copied = SealKey.objects.filter(owner=lost.uuid).values("wrapped", "key_id", "key_ids").get()
    vault.rotate()
    ledger.note(ledger.Kind.KEY_DESTROYED, clock.installation(), {"key_id": old.key_id})
    ledger.flush()
    put_older_copy_back()
    SealKey.objects.filter(owner=lost.uuid).update(**copied)
    ledger.replay()
    key_files.remove(old.key_id)

    clock.move(timedelta(days=31))
    assert keeping_keys.keep_keys() == SealKey.objects.exclude(owner=lost.uuid).count()
    assert not vault.rotation_due(keeping_keys.ROTATE_EVERY)

    newest = KeyCheck.objects.get(family="kek", retired_at__isnull=True).key_id
    assert SealKey.objects.get(owner=kept.uuid).key_id == newest
    assert vault.is_lost(lost.uuid)
    answer = sign_in(world.handler).get(address)
    assert answer.status_code == 409
    assert "Vraag de technisch beheerder" in answer.content.decode()
    assert any("key_missing" in line for line in no_person_in_the_log.getvalue().splitlines())
    assert sign_in(world.handler).get(reverse("requests_app:detail", args=[kept.reference])).status_code == 200
