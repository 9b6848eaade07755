"""A copy and what may not be put back (design 7, SP-03, SP-05). The way back itself is in tests/real/test_backup.py."""

import json
import stat
import tarfile
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from imidesk.core import backup, clock, key_files, vault
from imidesk.core.models import Installation, SecurityEvent


@pytest.fixture
def copies(note, settings, tmp_path):
    """The folder of copies of a desk with one sealed file."""
    settings.VAR_DIR = tmp_path / "var"
    note.stored_as = vault.store_file(note, b"Ada Voorbeeld schreef dit.")
    return tmp_path / "copies"


@pytest.fixture
def copy(copies):
    call_command("backup", to=copies, stdout=StringIO())
    (made,) = copies.iterdir()
    return made


def restore(folder, **options):
    call_command("restore", folder, stdout=StringIO(), **options)


def change(folder, **facts):
    path = folder / backup.MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))


def test_a_copy_holds_database_and_sealed_files_and_no_key(copy, note):
    manifest = backup.read(copy)

    assert {path.name for path in copy.iterdir()} == {backup.MANIFEST, *manifest.sha256}
    assert manifest.installation == str(Installation.objects.get().uuid)
    with tarfile.open(copy / backup.FILES) as archive:
        assert archive.getnames() == [note.stored_as]
    every_byte = b"".join(path.read_bytes() for path in copy.iterdir())
    assert note.stored_as.encode() in every_byte
    assert b"Ada Voorbeeld" not in every_byte
    for file in key_files.key_files():
        assert file.path.read_bytes() not in every_byte
    assert SecurityEvent.objects.get().action == "backup_made"


def test_a_copy_is_its_owners(copies, copy):
    assert stat.S_IMODE(copies.stat().st_mode) == stat.S_IMODE(copy.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in copy.iterdir()} == {0o600}


def test_no_copy_outlives_the_days_that_the_proof_of_erasure_counts_on(copies, copy, settings):
    """SP-05."""
    clock.move(timedelta(days=30))
    call_command("backup", to=copies, stdout=StringIO())
    assert len(list(copies.iterdir())) == 2

    settings.IMIDESK_BACKUP_DAYS = 45
    clock.move(timedelta(days=20))
    call_command("backup", to=copies, stdout=StringIO())

    assert not copy.exists()
    assert len(list(copies.iterdir())) == 2


def test_a_copy_that_was_broken_off_leaves_nothing(copies, monkeypatch):
    def full(*args):
        raise OSError("no space")

    monkeypatch.setattr(backup, "_pack_files", full)

    with pytest.raises(OSError):
        backup.make(copies)
    assert list(copies.iterdir()) == []


WRONG = {
    "not a backup": lambda copy: (copy / backup.MANIFEST).unlink(),
    "another format": lambda copy: change(copy, format="imidesk.backup/2"),
    "settings of a practice desk": lambda copy: change(copy, kind="production"),
    "this desk has": lambda copy: change(copy, engine="oracle"),
    "newer version": lambda copy: change(copy, migrations=["core.9999_later"]),
    "missing or damaged": lambda copy: (copy / backup.FILES).write_bytes(b"torn"),
    "does not hold": lambda copy: change(copy, sha256={}),
    "another installation": lambda copy: change(copy, installation="0199a1f0-0000-7000-8000-000000000000"),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_a_copy_that_does_not_fit_is_refused_before_anything_is_touched(copy, monkeypatch, sentence):
    """SP-38: the same copy, unchanged, is taken up to where the database would be replaced."""
    loaded = []
    for name in ("_load_sqlite", "_load_postgresql"):
        monkeypatch.setattr(backup, name, loaded.append)
    backup.put_back(copy, replace=True)
    assert len(loaded) == 1

    WRONG[sentence](copy)

    with pytest.raises(CommandError, match=sentence):
        restore(copy, replace=True)
    assert len(loaded) == 1


def test_an_occupied_database_is_replaced_only_when_told(copy):
    with pytest.raises(CommandError, match="--replace"):
        restore(copy)


def test_a_database_of_another_kind_is_never_replaced(copy, settings):
    """SP-38."""
    change(copy, kind="production")
    settings.IMIDESK_KIND = "production"
    with pytest.raises(CommandError, match="This is a practice database"):
        restore(copy, replace=True, other=True)


def test_an_archive_that_would_write_elsewhere_is_refused(copy, tmp_path):
    with tarfile.open(copy / backup.FILES, "w") as archive:
        (tmp_path / "x").write_text("x")
        archive.add(tmp_path / "x", arcname="../x")
    manifest = json.loads((copy / backup.MANIFEST).read_text())
    change(copy, sha256={**manifest["sha256"], backup.FILES: backup._digest(copy / backup.FILES)})

    with pytest.raises(CommandError, match="something else"):
        restore(copy, replace=True)
