import json
import logging

import pytest
from django.db import IntegrityError, connection

from imidesk.core.models import Installation
from tests import log_scan
from tests.factories.world import SUBJECT


@pytest.fixture
def lines():
    """What a handler with our formatter writes, beside the test run's own handlers."""
    with log_scan.written() as log:
        yield log.getvalue


def test_the_scan_of_every_test_would_find_a_person(no_person_in_the_log):
    """A "not in" that was never "in" proves nothing: a sentence that quotes a name is seen, escapes and all."""
    logging.getLogger("imidesk.somewhere").warning("job_failed")
    assert "job_failed" in no_person_in_the_log.getvalue()
    assert log_scan.persons_in(no_person_in_the_log.getvalue()) == []

    logging.getLogger("imidesk.somewhere").warning("about %s", SUBJECT["family_name"])

    assert SUBJECT["family_name"] not in no_person_in_the_log.getvalue(), "escaped"
    assert len(log_scan.persons_in(no_person_in_the_log.getvalue())) == 1
    no_person_in_the_log.truncate(0)
    no_person_in_the_log.seek(0)


def test_a_line_is_json_with_listed_facts_only(lines):
    """SP-16."""
    logging.getLogger("imidesk.somewhere").warning("job_failed", extra={"kind": "report", "answer": "Ada Voorbeeld"})

    line = json.loads(lines())
    assert (line["event"], line["level"], line["kind"]) == ("job_failed", "warning", "report")
    assert "Voorbeeld" not in str(line)


def test_an_error_is_logged_without_its_text_and_without_locals(lines):
    """SP-16: class and place only."""
    secret = "Ada " + "Voorbeeld"
    try:
        try:
            raise ValueError(secret)
        except ValueError as fault:
            raise RuntimeError(f"about {secret}") from fault
    except RuntimeError:
        logging.getLogger("imidesk.somewhere").exception("erasure_failed")

    text = lines()
    outer, inner = json.loads(text)["exception"]
    assert (outer["class"], inner["class"]) == ("builtins.RuntimeError", "builtins.ValueError")
    assert "test_logging.py" in outer["frames"][-1]
    assert "Voorbeeld" not in text


@pytest.mark.django_db
def test_a_database_error_is_logged_with_constraint_and_state_not_with_the_row(lines):
    """SP-16: psycopg quotes the row."""
    with pytest.raises(IntegrityError) as caught:
        Installation.objects.create(id=7, kind="practice")
    logging.getLogger("imidesk.somewhere").error("failed", exc_info=caught.value)

    facts = json.loads(lines())["exception"]
    assert facts[0]["class"] == "django.db.utils.IntegrityError"
    if connection.vendor == "postgresql":
        assert facts[1]["constraint"] == "installation_is_single" and facts[1]["sqlstate"] == "23514"
    assert "Failing row" not in str(facts)


def test_a_failed_task_is_logged_by_name(lines):
    """SP-16: Celery's own sentence quotes the error."""
    try:
        raise ValueError("Ada Voorbeeld")
    except ValueError:
        logging.getLogger("celery.app.trace").error(
            "Task %(name)s raised %(exc)s",
            {"name": "a.task", "exc": "Ada Voorbeeld"},
            exc_info=True,
            extra={"data": {"name": "a.task", "exc": "Ada Voorbeeld"}},
        )

    text = lines()
    assert json.loads(text)["task"] == "a.task"
    assert "Voorbeeld" not in text


@pytest.mark.django_db
def test_an_address_is_logged_by_the_name_of_its_page(lines, client):
    """SP-16: what was typed in an address may be anything."""
    assert client.get("/Ada Voorbeeld/?q=Voorbeeld").status_code == 404
    assert client.post("/aanmelden/Voorbeeld/").status_code == 404
    assert client.delete("/hulp/").status_code in (302, 405)

    text = lines()
    assert json.loads(text.splitlines()[0])["event"] == "GET no page"
    assert "Voorbeeld" not in text
