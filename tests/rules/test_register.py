"""One register says what becomes of every field of every model and of every folder (house rule 7, pitfall 13)."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from archive.personal_data import CLASSIFICATION, FOLDERS, Kind
from imidesk.core import secrets
from imidesk.core.models import SealedRow
from imidesk.settings import base

LABELS = ("core", "authorities", "requests_app", "archive")
MODELS = {model._meta.label: model for label in LABELS for model in apps.get_app_config(label).get_models()}
SEALED_MODELS = {label: model for label, model in MODELS.items() if issubclass(model, SealedRow)}
PROJECT = Path(__file__).resolve().parents[2]


def test_every_model_is_in_the_register():
    assert set(CLASSIFICATION) == set(MODELS)


@pytest.mark.parametrize("label", sorted(MODELS))
def test_every_field_says_what_becomes_of_it(label):
    options = MODELS[label]._meta
    fields = {field.name for field in (*options.concrete_fields, *options.many_to_many)}
    assert set(CLASSIFICATION[label]) == fields


@pytest.mark.parametrize("label", sorted(SEALED_MODELS))
def test_what_is_sealed_is_classified_so_and_the_other_way_round(label):
    """A stored file is sealed too, but no column."""
    columns = {
        name
        for name in SEALED_MODELS[label].SEALED
        if name != "file" or not hasattr(SEALED_MODELS[label], "storage_name")
    }
    classified = {name for name, kind in CLASSIFICATION[label].items() if kind == Kind.SEALED}
    assert columns == classified
    assert all(isinstance(SEALED_MODELS[label]._meta.get_field(name), models.BinaryField) for name in columns)


def test_nothing_but_a_sealed_row_is_classified_as_sealed():
    sealed = {label for label, row in CLASSIFICATION.items() if Kind.SEALED in row.values()}
    assert sealed == set(SEALED_MODELS)


def test_free_text_of_a_request_is_sealed():
    """Design idea 3: an open text field of requests_app or archive holds a code, a number or a name from a list."""
    for label, model in MODELS.items():
        if model._meta.app_label in ("requests_app", "archive"):
            assert not [field.name for field in model._meta.concrete_fields if isinstance(field, models.TextField)], (
                label
            )


def paths(value):
    if isinstance(value, Path):
        yield value
    elif isinstance(value, str) and value.startswith(str(base.VAR_DIR)):
        yield Path(value)
    elif isinstance(value, dict):
        for item in value.values():
            yield from paths(item)


def test_every_folder_of_the_settings_is_in_the_register():
    written = {
        path.relative_to(base.VAR_DIR).parts[0]
        for name in dir(base)
        if name.isupper() and name != "VAR_DIR"
        for path in paths(getattr(base, name))
        if path.is_relative_to(base.VAR_DIR)
    }
    assert {name for name in written if not name.startswith("test.sqlite3")} <= set(FOLDERS)
    assert {"files", "keys", "mail"} <= written
    assert Path(settings.IMIDESK_FILES_DIR).name in FOLDERS


def test_every_name_that_a_script_writes_under_var_is_in_the_register():
    sources = [*PROJECT.glob("scripts/*.py"), *PROJECT.glob("imidesk/**/*.py")]
    named = {
        name
        for source in sources
        for name in re.findall(r"\b(?:VAR|VAR_DIR|_FOLDER)\s*/\s*\"([^\"]+)\"", source.read_text())
        if name != "test.sqlite3"
    }
    assert named | {secrets.SECRET_KEY, secrets.PRACTICE_PASSWORD} <= set(FOLDERS)
