"""The daily anchor: a trail that is changed or cut afterwards no longer agrees with it (SP-09)."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import DatabaseError

from imidesk.core import anchor, audit, clock
from imidesk.core.ids import uuid7
from imidesk.core.models import DailyAnchor

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def trail(keys, settings, tmp_path, monkeypatch):
    """Two chains of three events, a day old."""
    settings.IMIDESK_ANCHORS_DIR = tmp_path / "anchors"
    monkeypatch.setattr(audit, "_actions", {})
    audit.register({"thing_done": {}})
    subjects = [uuid7(), uuid7()]
    for _ in range(3):
        for subject in subjects:
            with transaction.atomic():
                audit.record("thing", subject, "thing_done", actor=None, at=AT, details={})
    clock.move(timedelta(days=1))
    return subjects


def check():
    out = StringIO()
    call_command("verify_audit", anchor=anchor.path(), stdout=out)
    return out.getvalue()


def without_triggers(sql):
    """As somebody would who owns the database."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
        else:
            cursor.execute("DROP TRIGGER core_auditevent_no_update")
            cursor.execute("DROP TRIGGER core_auditevent_no_delete")
        cursor.execute(sql)


def test_an_anchor_a_day_stands_in_the_file_and_in_the_database(trail):
    made = anchor.make()

    assert (made.chains, made.events) == (2, 6)
    assert anchor.make() is None
    assert list(anchor.read(anchor.path())) == [made]
    assert DailyAnchor.objects.get().digest == made.digest
    assert oct(anchor.path().stat().st_mode & 0o777) == "0o600"
    assert "agrees with 1 anchors" in check()


def test_later_events_leave_the_anchor_true(trail):
    anchor.make()
    with transaction.atomic():
        audit.record("thing", trail[0], "thing_done", actor=None, at=AT, details={})
    clock.move(timedelta(days=1))
    assert anchor.make().events == 7

    assert "agrees with 2 anchors" in check()


def test_a_tail_cut_off_with_its_head_put_back_shows(trail):
    """Head and length of the chain agree again, so the chain alone looks whole."""
    anchor.make()
    assert "whole" in check()

    without_triggers("DELETE FROM core_auditevent WHERE number = 3")
    for chain in audit.AuditChain.objects.all():
        last = chain.events.get(number=2)
        chain.head, chain.length = last.link, 2
        chain.save()
    assert list(audit.verify()) == []

    with pytest.raises(CommandError, match="changed or cut"):
        check()


def test_an_anchor_that_was_written_anew_does_not_fit_its_signature(trail):
    made = anchor.make()
    row = json.loads(anchor.path().read_text())
    anchor.path().write_text(json.dumps({**row, "events": made.events - 1}) + "\n")

    with pytest.raises(CommandError, match="signature"):
        check()


@pytest.mark.parametrize(("text", "sentence"), [("", "no anchor"), ("{}\n", "Line 1"), ("no json\n", "Line 1")])
def test_a_file_that_holds_no_anchors_is_refused_in_words(trail, text, sentence):
    anchor.make()
    assert "agrees" in check()
    anchor.path().write_text(text)

    with pytest.raises(CommandError, match=sentence):
        check()


def test_a_missing_file_is_refused_in_words(trail):
    with pytest.raises(CommandError, match="cannot be read"):
        check()


@pytest.mark.parametrize("sql", ["UPDATE core_dailyanchor SET events = 1", "DELETE FROM core_dailyanchor"])
def test_an_anchor_is_only_added(trail, sql):
    anchor.make()

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert DailyAnchor.objects.get().events == 6


@pytest.mark.parametrize(
    "change", [{"signature": 7}, {"events": 2**60}, {"chains": True}, {"up_to": "gisteren"}, {"more": "x"}]
)
def test_a_line_of_another_shape_is_refused_in_words(trail, change):
    anchor.make()
    row = json.loads(anchor.path().read_text())
    assert "agrees" in check()
    anchor.path().write_text(json.dumps({**row, **change}) + "\n")

    with pytest.raises(CommandError, match="Line 1"):
        check()


def test_a_file_that_is_no_text_is_refused_in_words(trail):
    anchor.make()
    anchor.path().write_bytes(b"\xff\xfe\x00")

    with pytest.raises(CommandError, match="Line 1"):
        check()


def test_many_anchors_read_the_trail_once(trail, django_assert_max_num_queries):
    for _ in range(5):
        anchor.make()
        clock.move(timedelta(days=1))
    lines = anchor.read(anchor.path())
    assert len(lines) == 5

    with django_assert_max_num_queries(8):
        assert list(anchor.faults(lines)) == []
