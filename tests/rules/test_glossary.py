"""Code and docs speak the same language (house style 5): docs/glossary.md has a row for every term of the code."""

import re
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.apps import apps
from django.db.models import Choices
from django.utils import translation

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "imidesk" / "locale" / "nl" / "LC_MESSAGES" / "django.po"
HEAD = ["term", "code", "Dutch", "meaning", "source", "avoid"]
MODELS = [
    model
    for label in ("core", "authorities", "requests_app", "archive")
    for model in apps.get_app_config(label).get_models()
]
VOCABULARIES = [
    import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for package in ("imidesk", "authorities", "requests_app", "archive")
    for path in sorted((ROOT / package).rglob("vocabulary.py"))
]
KINDS = [
    kind
    for module in VOCABULARIES
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Choices) and kind.__module__ == module.__name__
]
MEMBERS = {f"{kind.__name__}.{member.name}": member for kind in KINDS for member in kind}


@cache
def rows():
    lines = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [row for row in cells if row != HEAD and set(row[0]) != {"-"}]


@cache
def by_code():
    return {code: row for row in rows() for code in re.findall(r"`([^`]+)`", row[1])}


def test_every_vocabulary_is_read():
    """One of an app inside an app too, and no two give a kind the same name."""
    assert {"authorities.vocabulary", "requests_app.vocabulary", "archive.person_rights.vocabulary"} <= {
        module.__name__ for module in VOCABULARIES
    }
    assert len(MEMBERS) == sum(map(len, KINDS))


def test_every_row_has_every_cell():
    for row in rows():
        assert len(row) == len(HEAD) and all(row), row
        assert "–" not in (row[0], row[2], row[3], row[4]), row


def test_every_code_name_stands_in_one_row_and_exists():
    named = [code for row in rows() for code in re.findall(r"`([^`]+)`", row[1])]

    assert len(named) == len(set(named))
    assert set(named) <= {model.__name__ for model in MODELS} | set(MEMBERS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_has_a_row(model):
    assert model.__name__ in by_code()


@pytest.mark.parametrize("name", MEMBERS)
def test_every_member_of_a_vocabulary_has_a_row_with_its_label(name):
    assert name in by_code()
    with translation.override("en"):
        assert by_code()[name][0] == str(MEMBERS[name].label)


def test_dutch_labels_are_those_of_the_screens():
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="nl")
    for name, row in by_code().items():
        found = catalogue.get(row[0]) if name in MEMBERS else None
        if found is not None:
            assert row[2] == found.string, name
