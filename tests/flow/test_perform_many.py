"""What the night does to many at once writes the rows that `perform` writes for each (design idea 2)."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import transaction

from archive import report, services
from archive.models import RetentionRecord
from imidesk.core import audit, clock, jobs
from imidesk.core.errors import StepNotPossible
from imidesk.core.models import ProcessingRecord
from requests_app import workflow
from requests_app.checks import grant_faults
from requests_app.models import Allocation, DataDecision, InformationRequest, Reminder, Viewer
from requests_app.services import ending
from requests_app.vocabulary import Action, Channel, DataState, DecisionKind
from requests_app.writing import locked_many

LATER = timedelta(days=1)


@pytest.fixture
def ended(world, monkeypatch):
    """A request with everything that an act on its data moves, and others that ended otherwise."""
    monkeypatch.setattr(report, "render", lambda content: b"%PDF-1.7\n" + report.to_json(content).encode())
    full = world.closed(channel=Channel.DESK)
    forwarded = world.assigned()
    ending.forward_request(
        info_request=forwarded, actor=world.handler, to=world.justis, reason="forward.criminal_sanctions"
    )
    fictitious = world.closed(channel=Channel.DESK, fictitious=True)
    while jobs.run_due():
        continue
    now = clock.now()
    Allocation.objects.create(info_request=full, handler=world.other_handler, made_by=world.allocator, made_at=now)
    Viewer.objects.create(
        info_request=full,
        user=world.basic,
        reason="help",
        until=now.date() + LATER,
        added_by=world.handler,
        added_at=now,
    )
    DataDecision.objects.create(
        info_request=full, kind=DecisionKind.HOLD, ground="hold.court", until=now.date() + 60 * LATER, approved=True,
        owner=world.jurist, proposed_by=world.jurist, proposed_at=now, first_by=world.allocator, decided_at=now,
    )  # fmt: skip
    workflow.permissions.sync_grants([full])
    assert Reminder.objects.filter(info_request=full, sent_at=None).exists()
    return [one.pk for one in (full, forwarded, fictitious)]


def rows():
    """Every row of every table, without the numbers that a database or chance hands out."""
    return {
        model._meta.label: sorted(
            repr([(field.attname, field.value_from_object(row)) for field in _columns(model)])
            for row in model._base_manager.order_by()
        )
        for model in apps.get_models(include_auto_created=True)
    }


def _columns(model):
    by_chance = {"uuid"} if model is ProcessingRecord else set()
    return [
        field
        for field in model._meta.concrete_fields
        if field is not model._meta.auto_field and field.name not in by_chance
    ]


class Back(Exception):
    """Takes back what was done."""


def written(act):
    """What an act leaves behind, told as added and gone; the act itself is taken back."""
    before = rows()
    with pytest.raises(Back), transaction.atomic():
        act()
        after = rows()
        assert not list(audit.verify())
        assert not list(grant_faults())
        raise Back
    assert rows() == before
    return {
        label: (sorted(set(found) - set(before[label])), sorted(set(before[label]) - set(found)))
        for label, found in after.items()
        if found != before[label]
    }


def both_ways(pks, action, step, facts):
    at = clock.now()

    def one_by_one():
        for info_request in locked_many(pks):
            bound = getattr(info_request, step.__name__)
            workflow.perform(bound, action=action, actor=None, at=at, **facts(info_request))

    def together():
        workflow.perform_many(locked_many(pks), step, action=action, at=at, facts=facts)

    single, many = written(one_by_one), written(together)
    assert single == many
    return many


def test_blocking_and_erasing_many_writes_the_same_rows(ended, monkeypatch, settings):
    settings.IMIDESK_PROCESSING_RECORDS = "file"
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    services.block_due(moment.date())  # registers what ended
    due = dict(RetentionRecord.objects.values_list("info_request", "block_on"))

    blocked = both_ways(ended, Action.BLOCKED, InformationRequest.block, lambda one: {"due_on": due.get(one.pk)})

    assert len(blocked["core.AuditEvent"][0]) == len(ended)
    assert len(blocked["requests_app.InformationRequest"][0]) == len(ended)
    assert len(blocked["core.ProcessingRecord"][0]) == len(ended)
    for label in ("requests_app.Viewer", "requests_app.RequestUserPermission", "requests_app.Reminder"):
        assert blocked[label], label

    with transaction.atomic():
        block(ended)
    erased = both_ways(
        ended, Action.ERASED, InformationRequest.erase, lambda one: {"due_on": moment.date(), "filed": False}
    )

    assert len(erased["core.AuditEvent"][0]) == len(ended)
    assert erased["requests_app.Reminder"], "the hold needs no reminder any more"


def block(pks):
    workflow.perform_many(
        locked_many(pks), InformationRequest.block, action=Action.BLOCKED, at=clock.now(), facts=lambda one: {}
    )


def test_one_that_cannot_take_the_step_fails_all_and_changes_none(ended, world):
    still_open = world.accepted()

    with pytest.raises(StepNotPossible), transaction.atomic():
        block([*ended, still_open.pk])
    states = InformationRequest.objects.filter(pk__in=ended).values_list("data_state", flat=True).distinct()
    assert list(states) == [DataState.OPEN]

    with transaction.atomic():
        block(ended)
    assert list(states.all()) == [DataState.BLOCKED]
