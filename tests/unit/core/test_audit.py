from datetime import UTC, date, datetime
from io import StringIO
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from imidesk.core import append_only, audit, vault
from imidesk.core.ids import uuid7
from imidesk.core.models import AuditChain, AuditEvent, KeyCheck

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

audit.register(
    {
        "thing_seen": {},
        "thing_done": {
            "from": "code",
            "day": "date",
            "days": "number",
            "team": "id",
            "late": "flag",
            "reasons": "codes",
            "handlers": "ids",
        },
    }
)


@pytest.fixture
def chain(keys):
    subject = uuid7()
    for number in range(4):
        audit.record("thing", subject, "thing_done", actor=None, at=AT, details={"days": number})
    return subject


def faults(subject):
    return [fault.sentence for fault in audit.verify("thing", subject)]


def tamper(sql: str, *arguments: object) -> None:
    """As somebody who owns the database could."""
    names = [(table, f"{table}_no_{act.lower()}") for table, acts in append_only.PROTECTED.items() for act in acts]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table, name in names:
            on = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {name}{on}")
        cursor.execute(sql, arguments)


def test_events_form_a_chain_in_order(chain):
    """SP-09."""
    events = list(audit.events_of("thing", chain))

    assert [event.number for event in events] == [1, 2, 3, 4]
    assert [event.details["days"] for event in events] == [0, 1, 2, 3]
    assert all(event.at == AT and event.recorded_at > AT for event in events)
    assert AuditChain.objects.get(subject=chain).length == 4
    assert faults(chain) == []


def test_every_kind_of_detail_is_stored_in_its_normal_form(keys):
    """SP-10."""
    team = uuid7()
    details = {
        "from": "not_by-us.1",
        "day": date(2026, 2, 28),
        "days": 3,
        "team": team,
        "late": True,
        "reasons": ["a", "b"],
        "handlers": [1, team],
    }
    event = audit.record("thing", uuid7(), "thing_done", actor=None, at=AT, details=details)

    stored = AuditEvent.objects.get(pk=event.pk).details
    assert stored == {**details, "day": "2026-02-28", "team": str(team), "handlers": [1, str(team)]}


@pytest.mark.parametrize(
    "details",
    [
        {"from": "Jan de Voorbeeld"},
        {"from": "x" * 81},
        {"from": "jan@voorbeeld.example"},
        {"from": None},
        {"day": "morgen"},
        {"day": AT},
        {"days": True},
        {"days": 1.5},
        {"days": 2**60},
        {"team": "Vergunningen"},
        {"late": "ja"},
        {"reasons": "a"},
        {"reasons": ["met een spatie"]},
        {"handlers": ["Ada"]},
        {"note": "x"},
    ],
)
def test_content_does_not_get_into_the_trail(keys, details):
    """SP-10."""
    subject = uuid7()

    with pytest.raises(audit.NotInSchema):
        audit.record("thing", subject, "thing_done", actor=None, at=AT, details=details)
    assert not AuditChain.objects.filter(subject=subject).exists()


def test_an_unregistered_action_and_a_moment_without_zone_are_refused(keys):
    with pytest.raises(audit.NotInSchema):
        audit.record("thing", uuid7(), "thing_undone", actor=None, at=AT, details={})
    with pytest.raises(audit.NotInSchema):
        audit.record("thing", uuid7(), "thing_seen", actor=None, at=AT.replace(tzinfo=None), details={})


def test_a_schema_is_not_registered_in_two_ways():
    audit.register({"thing_seen": {}})
    with pytest.raises(audit.NotInSchema):
        audit.register({"thing_seen": {"days": "number"}})
    with pytest.raises(audit.NotInSchema):
        audit.register({"thing_heard": {"by": "text"}})


@pytest.mark.parametrize(
    "act",
    [
        lambda: AuditEvent.objects.update(action="other"),
        lambda: AuditEvent.objects.first().delete(),
        lambda: AuditEvent.objects.all()._raw_delete("default"),
        lambda: AuditChain.objects.all()._raw_delete("default"),
    ],
)
def test_the_database_refuses_to_change_the_trail(chain, act):
    """SP-09: append-only by trigger."""
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        act()
    assert AuditEvent.objects.filter(chain__subject=chain).count() == 4
    assert append_only.missing() == []


@pytest.mark.parametrize("table", ["core_auditevent", "core_auditchain"])
def test_postgresql_refuses_to_truncate(chain, table):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE.")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize(
    "change",
    [
        "action = 'thing_seen'",
        "details = '{\"days\": 9}'",
        "at = '2026-11-20 09:30:00+00:00'",
        "recorded_at = '2026-11-20 09:30:00+00:00'",
    ],
)
def test_a_changed_event_shows(chain, change):
    """SP-09."""
    event = audit.events_of("thing", chain).get(number=2)
    if connection.vendor == "sqlite":
        change = change.replace("+00:00", "")

    tamper(f"UPDATE core_auditevent SET {change} WHERE id = %s", event.pk)

    assert faults(chain) == ["event 2 does not follow from the one before it, or was changed"]
    assert append_only.missing() != []


def test_an_event_that_is_added_while_the_trail_is_read_is_no_fault(chain, monkeypatch):
    """`verify_audit` runs beside the desk; a fault is one that stands when nobody can add to the chain."""
    read = audit._faults
    seen = []

    def while_the_desk_works(chains, keys):
        monkeypatch.setattr(audit, "_faults", read)
        audit.record("thing", chain, "thing_done", actor=None, at=AT, details={"days": 5})
        seen.extend(read(chains, keys))
        return seen

    monkeypatch.setattr(audit, "_faults", while_the_desk_works)
    assert list(read([AuditChain.objects.get(subject=chain)], {})) == []
    assert faults(chain) == []
    assert [fault.subject for fault in seen] == [chain]
    assert AuditEvent.objects.filter(chain__subject=chain).count() == 5


def test_a_missing_event_shows(chain):
    tamper("DELETE FROM core_auditevent WHERE id = %s", audit.events_of("thing", chain).get(number=2).pk)

    assert faults(chain) == ["event 2 is missing"]


def test_a_cut_tail_shows(chain):
    """SP-09: head and count on the locked row."""
    tamper("DELETE FROM core_auditevent WHERE id = %s", audit.events_of("thing", chain).get(number=4).pk)

    assert faults(chain) == ["the chain ends at event 3, but 4 were recorded"]


def test_a_chain_without_events_shows(chain):
    tamper("DELETE FROM core_auditevent WHERE chain_id = %s", AuditChain.objects.get(subject=chain).pk)

    assert faults(chain) == ["the chain has no event"]


def test_a_link_cannot_be_made_without_the_key(chain, monkeypatch):
    other = vault.AuditKey(key_id=KeyCheck.objects.get(family="audit").key_id, secret=b"x" * 32)
    with monkeypatch.context() as patch:
        patch.setattr(vault, "audit_key", lambda key_id=None: other)
        audit.record("thing", chain, "thing_seen", actor=None, at=AT, details={})

    assert faults(chain) == ["event 5 does not follow from the one before it, or was changed"]


def test_the_command_says_the_first_fault_of_each_chain(chain):
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert "whole" in out.getvalue()

    tamper("UPDATE core_auditevent SET action = 'thing_seen' WHERE number > 1")

    with pytest.raises(CommandError, match=f"thing {chain}: event 2") as caught:
        call_command("verify_audit")
    assert caught.value.returncode == 1
    assert "event 3" not in str(caught.value)


def test_registered_checks_run_on_the_last_event(chain, monkeypatch):
    """SP-09: a state must equal the last event's."""
    monkeypatch.setattr(audit, "_checks", {})

    def check(last: dict[UUID, AuditEvent]) -> dict[UUID, str]:
        return {subject: f"last is {event.number}" for subject, event in last.items() if subject == chain}

    audit.register_check("thing", check)
    audit.register_check("thing", check)

    assert faults(chain) == ["last is 4"]


def test_a_fault_is_found_in_whichever_batch_its_chain_is(keys, monkeypatch, django_assert_max_num_queries):
    """As many questions for many chains as for few."""
    subjects = [uuid7() for _ in range(5)]
    for subject in subjects:
        audit.record("thing", subject, "thing_seen", actor=None, at=AT, details={})
    with django_assert_max_num_queries(4):
        assert list(audit.verify("thing")) == []
    monkeypatch.setattr(audit, "CHAINS_AT_ONCE", 2)
    AuditChain.objects.filter(subject__in=subjects[2:]).update(length=7)
    assert [fault.subject for fault in audit.verify("thing")] == subjects[2:]


def test_an_event_is_recorded_within_a_transaction_only(keys, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(audit.transaction, "get_connection", lambda: SimpleNamespace(in_atomic_block=False))
        with pytest.raises(transaction.TransactionManagementError):
            audit.record("thing", uuid7(), "thing_seen", actor=None, at=AT, details={})
