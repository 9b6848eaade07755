from uuid import UUID

import pytest
from django.db import models

from imidesk.core import context, vault
from imidesk.core.ids import uuid7
from imidesk.core.models import KeyCheck, SealedRow


class Note(SealedRow):
    """A row as the apps above have them; it has no table, the vault needs none."""

    SEALED = {"text": "questions", "name": "person", "file": "person"}

    owner = models.UUIDField()
    text = models.BinaryField(default=bytes)
    name = models.BinaryField(default=bytes)

    class Meta:
        app_label = "core_tests"

    @property
    def seal_owner(self) -> UUID:
        return self.owner


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.IMIDESK_KEYS_DIR = tmp_path / "keys"
    settings.IMIDESK_FILES_DIR = tmp_path / "files"


@pytest.fixture(autouse=True)
def frame_of_core_alone(monkeypatch):
    monkeypatch.setattr(context, "_providers", [])


@pytest.fixture
def keys(db, folders):
    KeyCheck.objects.all().delete()
    return vault.make_keys()


@pytest.fixture
def owner(keys):
    owner = uuid7()
    vault.create_key(owner)
    return owner


@pytest.fixture
def note(owner):
    note = Note(owner=owner)
    vault.seal(note, "text", "Mag dit?")
    vault.seal(note, "name", "Ada Voorbeeld")
    return note


@pytest.fixture
def look():
    def make(owner, *parts):
        return vault.make_look(owner=owner, part=parts[0], user_id=None, purpose="test", parts=frozenset(parts))

    return make
