"""A new key every 30 days, the old one destroyed by two persons when no copy needs it; red when late (SP-04, SP-05)."""

import shutil

import pytest
from django.conf import settings as django_settings
from django.urls import reverse

from archive import tasks
from archive.services.keeping_keys import KeysOverdue
from authorities.vocabulary import Role
from imidesk.core import heartbeat, key_files, vault
from imidesk.core.models import KeyCheck, LedgerEntry, SealKey
from tests.factories.steps import pass_days
from tests.factories.world import make_user, member


@pytest.fixture
def desk(world, settings, tmp_path):
    """Keys of its own, since a destroyed file does not come back with the database."""
    shutil.copytree(settings.IMIDESK_KEYS_DIR, tmp_path / "keys")
    settings.IMIDESK_KEYS_DIR = tmp_path / "keys"
    world.accepted()
    return world


def person(world, name, role):
    user = make_user(name, name.capitalize(), "Voorbeeld")
    member(user, world.home, role)
    return user


def current():
    return KeyCheck.objects.get(family="kek", retired_at__isnull=True)


def test_the_key_is_renewed_after_thirty_days_and_everything_with_it(desk):
    old = current()
    tasks.keep_keys_fresh()
    assert current() == old

    pass_days(30)
    tasks.keep_keys_fresh()

    assert current() != old
    assert not SealKey.objects.exclude(key_id=current().key_id).exists()
    assert KeyCheck.objects.get(pk=old.pk).retired_at
    assert [state.late for state in heartbeat.states() if state.name == "keeping_keys"] == [False]
    tasks.keep_keys_fresh()
    assert KeyCheck.objects.filter(family="kek").count() == 2


def test_a_rotation_that_was_left_half_way_goes_on_the_next_night(desk, monkeypatch):
    old = current()
    pass_days(30)
    monkeypatch.setattr(vault, "rewrap", lambda: iter([]))
    vault.rotate()
    assert SealKey.objects.filter(key_id=old.key_id).exists()
    monkeypatch.undo()

    tasks.keep_keys_fresh()

    assert not SealKey.objects.filter(key_id=old.key_id).exists()
    assert KeyCheck.objects.filter(family="kek").count() == 2


@pytest.mark.parametrize("second", [Role.FG, Role.JURIST, Role.BEHEERDER])
def test_two_persons_destroy_a_key_when_no_copy_needs_it(desk, sign_in, second):
    old = current()
    vault.rotate()
    first, other = person(desk, "sjaak", Role.BEHEERDER), person(desk, "hilde", second)
    address = reverse("archive:keys")
    record = {"key": old.key_id}

    assert sign_in(first).post(address, record).status_code == 422
    pass_days(django_settings.IMIDESK_BACKUP_DAYS)
    assert sign_in(first).post(address, record).status_code == 302
    again = sign_in(first).post(address, record)
    assert again.status_code == 422
    assert key_files.read(old.key_id)
    page = sign_in(other).get(address).content.decode()
    assert old.key_id in page and str(first) in page
    assert sign_in(other).post(address, record).status_code == 302

    assert KeyCheck.objects.get(pk=old.pk).destroyed_at
    assert LedgerEntry.objects.get(kind="key_destroyed").what == {"key_id": old.key_id}
    assert vault.key_faults() == []
    assert sign_in(other).post(address, record).status_code == 422


def test_a_lawyer_and_an_officer_alone_do_not_make_two(desk, sign_in):
    old = current()
    vault.rotate()
    pass_days(django_settings.IMIDESK_BACKUP_DAYS)
    address = reverse("archive:keys")
    assert sign_in(desk.jurist).post(address, {"key": old.key_id}).status_code == 302
    officer = person(desk, "hilde", Role.FG)

    assert sign_in(officer).post(address, {"key": old.key_id}).status_code == 422
    assert not KeyCheck.objects.get(pk=old.pk).destroyed_at
    assert sign_in(desk.handler).get(address).status_code == 403


@pytest.mark.parametrize(
    ("name", "role", "pages"),
    [
        ("sjaak", Role.BEHEERDER, {"monitoring:start", "monitoring:heartbeat"}),
        ("saskia", Role.FG, {"monitoring:start", "monitoring:heartbeat", "archive:retention"}),
        ("wietske", Role.JURIST, {"monitoring:heartbeat", "archive:retention"}),
        ("hilde", Role.TOEWIJZER, set()),
    ],
)
def test_who_records_the_end_of_a_key_finds_the_page(desk, sign_in, name, role, pages):
    user = make_user(name, name.capitalize(), "Voorbeeld")
    member(user, desk.home, role, *(["services"] if role == Role.TOEWIJZER else []))
    client = sign_in(user)
    asked = {"monitoring:start", "monitoring:heartbeat", "archive:retention"}

    answers = {page: client.get(reverse(page)).content.decode() for page in asked}

    assert {page for page, shown in answers.items() if f'href="{reverse("archive:keys")}"' in shown} == pages


def test_the_file_goes_with_the_record(desk, sign_in, django_capture_on_commit_callbacks):
    old = current()
    vault.rotate()
    pass_days(django_settings.IMIDESK_BACKUP_DAYS)
    address = reverse("archive:keys")
    sign_in(desk.jurist).post(address, {"key": old.key_id})
    assert key_files.read(old.key_id)

    with django_capture_on_commit_callbacks(execute=True):
        sign_in(person(desk, "sjaak", Role.BEHEERDER)).post(address, {"key": old.key_id})

    assert key_files.read(old.key_id) is None
    assert vault.key_faults() == []


def test_a_destruction_that_is_late_is_red(desk):
    vault.rotate()
    pass_days(django_settings.IMIDESK_BACKUP_DAYS + 13)
    tasks.keep_keys_fresh()
    pass_days(1)

    with pytest.raises(KeysOverdue):
        tasks.keep_keys_fresh()
    assert [state.fault for state in heartbeat.states() if state.name == "keeping_keys"] == ["KeysOverdue"]


def test_a_lost_key_stops_the_desk_until_it_comes_back_from_escrow(desk):
    """The runbook's rehearsal: nothing is made anew in the place of what is lost (SP-03)."""
    key = current()
    file = key_files.folder() / f"{key.key_id}.key"
    escrow = file.read_bytes()
    file.unlink()

    assert any(key.key_id in fault for fault in vault.key_faults())
    with pytest.raises(vault.KeyMissing):
        vault.new_key()
    with pytest.raises(vault.KeyMissing):
        vault.make_keys()
    assert current() == key

    file.write_bytes(escrow)
    assert vault.key_faults() == []
