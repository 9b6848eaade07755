"""A marker typed into a field that is not sealed is refused, or goes nowhere: every form of a walk (issue 5)."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.apps import apps
from django.db import models, transaction

from archive.personal_data import CLASSIFICATION, Kind
from requests_app.models import InformationRequest
from tests.factories.marked_walk import Walk, corrected_twice
from tests.factories.typing import MARK, NUMBER, Field, Typist

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_pdf")]


def readable() -> set[str]:
    """Columns in which a marker stands in the open; who is no part of a request is not asked here."""
    found = set()
    for model in apps.get_models(include_auto_created=True):
        kinds = CLASSIFICATION.get(model._meta.label, {})
        columns = [
            one.name
            for one in model._meta.concrete_fields
            if isinstance(one, models.CharField | models.TextField | models.JSONField)
            and kinds.get(one.name) not in (Kind.SEALED, Kind.ACCOUNT)
        ]
        for row in model._default_manager.values(*columns) if columns else ():
            found |= {
                f"{model._meta.label}.{name}" for name, value in row.items() if MARK in json.dumps(value, default=str)
            }
    return found


class Prober(Typist):
    """Before each form is sent it types a marker into every other field of it, one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.tried = 0

    def probe(self, client: Any, target: str, fields: list[Field], body: dict[str, Any]) -> None:
        for name in dict.fromkeys(one.name for one in fields if not one.is_free and one.kind != "file"):
            savepoint = transaction.savepoint()
            answer = client.post(target, self._fresh(body) | {name: self.mark(name)})
            self.tried += 1
            if answer.status_code == 302:
                assert readable() == set(), f"{target} took a marker in {name}"
            transaction.savepoint_rollback(savepoint)


def test_no_field_of_a_form_lets_a_marker_into_the_open(world):
    prober = Prober()
    corrected_twice(Walk(world, prober))

    assert prober.tried > 100
    assert {field.split()[-1] for field in prober.open_fields} == {"task_number", "case-case_number"}
    assert readable() == set()


def leaves(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(part, dict | list):
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            yield from leaves(value, (*path, key))
    else:
        yield path


def test_no_place_of_an_intake_file_lets_a_marker_into_the_open(world):
    """Each value of a file that is taken in, in turn: refused, or sealed. Who asks is the directory's, by name."""
    walk = Walk(world, Typist())
    walk.typist.client(world.allocator)
    whole = {**walk.intake_file(), "attachments": []}
    assert InformationRequest.objects.count() == 0
    taken = set()
    for path in leaves(whole):
        item = deepcopy(whole)
        place = item
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = walk.typist.mark("file")
        savepoint = transaction.savepoint()
        if walk.send_file(item).status_code == 302:
            taken.add(path[0])
            assert readable() == set(), path
        transaction.savepoint_rollback(savepoint)
    assert taken == {"requesting_authority", "motivation", "questions", "subject"}
    assert NUMBER in str(whole)
