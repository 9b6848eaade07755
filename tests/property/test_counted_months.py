"""Whatever came in and whatever became of it: counted ahead or counted now, the figures are the same (issue 4)."""

from datetime import date, datetime, time, timedelta
from itertools import count

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authorities.models import Authority
from authorities.vocabulary import Module
from imidesk.core import audit, clock
from requests_app import catalogue
from requests_app.deadlines import AMSTERDAM
from requests_app.models import Allocation, Answer, CountedMonth, InformationRequest, RequestQuestion
from requests_app.selectors.measures import COLUMNS, DAYS, Measures, Period
from requests_app.services import counting, ending
from requests_app.vocabulary import END_STATES, Action, AnswerStatus, Channel, Procedure, State

PERIODS = st.tuples(st.integers(100, 480), st.integers(-20, 60))
"""How many days ago it began and ended: some months whole, others in part."""
REQUESTS = st.lists(
    st.fixed_dictionaries(
        {
            "days_ago": st.integers(1, 460),
            "minute": st.sampled_from([0, 1, 600, 1439]),
            "state": st.sampled_from([State.ACCEPTED, State.ANSWERED, *END_STATES]),
            "module": st.sampled_from([Module.SERVICES, Module.SDG_EVIDENCE]),
            "requester": st.integers(0, 2),
            "activity": st.integers(0, 1),
            "handler": st.integers(0, 2),
            "fictitious": st.sampled_from([False, False, False, True]),
            "late": st.booleans(),
            "excused": st.booleans(),
            "returned": st.booleans(),
        }
    ),
    min_size=10,
    max_size=30,
)


class Written:
    """Requests as rows: what the figures look at, and nothing else."""

    def __init__(self, world):
        self.home = world.home
        self.requesters = [
            Authority.objects.create(name=f"Amt {number}", country=country)
            for number, country in enumerate(("DE", "PL", "BE"))
        ]
        self.activities = [None, world.activity]
        self.handlers = [None, world.handler, world.other_handler]
        self.world = world
        self.numbers = count(1)

    def add(self, *, days_ago, minute, state, module, requester, activity, handler, late, excused, returned, **facts):
        day = clock.today() - timedelta(days=days_ago)
        received_at = datetime.combine(day, time(minute // 60, minute % 60), AMSTERDAM)
        number = next(self.numbers)
        accepted = state in (State.ACCEPTED, State.ANSWERED, State.CLOSED)
        answered = state in (State.ANSWERED, State.CLOSED)
        answered_at = received_at + timedelta(hours=30 if late else 5) if answered else None
        row = InformationRequest.objects.create(
            reference=f"EIG-2026-{number:05d}",
            module=module,
            procedure=Procedure.INFORMATION_REQUEST,
            channel=Channel.DESK,
            requester=self.requesters[requester],
            responder=self.home,
            home=self.home,
            service_activity=self.activities[activity],
            activity_not_listed=activity == 0,
            state=state,
            received_at=received_at,
            registered_at=clock.now(),
            accept_by=day + timedelta(days=0 if late else 7),
            agreed_on=day,
            accepted_at=received_at + timedelta(hours=1) if accepted else None,
            answered_at=answered_at,
            first_answered_at=answered_at,
            ended_at=received_at + timedelta(days=3) if state in END_STATES else None,
            end_reason="forward.criminal_sanctions" if state == State.FORWARDED else "",
            forwarded_to=self.requesters[0] if state == State.FORWARDED else None,
            **facts,
        )
        if self.handlers[handler]:
            Allocation.objects.create(info_request=row, handler=self.handlers[handler], made_at=received_at)
        else:
            Allocation.objects.create(info_request=row, team=self.world.team, made_at=received_at)
        if excused:
            code = catalogue.set_for(Procedure.INFORMATION_REQUEST, False).questions[0].code
            question = RequestQuestion.objects.create(info_request=row, tab="A", position=1, code=code, kind="text")
            Answer.objects.create(question=question, status=AnswerStatus.EXCUSED, content=b"")
        if returned:
            details = {"reason": "return.no_time", "from": "assigned", "to": "received"}
            audit.record("request", row.uuid, Action.RETURNED, actor=None, at=received_at, details=details)
        return row


def figures(user, period):
    found = Measures(user, period)
    return {
        "activity": _sums(found.per_activity(), "module", "service_activity__code"),
        "requester": _sums(found.per_requester(), "requester__name"),
        "month": found_months(found.per_month()),
        "year": found_months(found.per_month(by_year=True)),
        "unit": _sums([row for rows in found.per_unit().values() for row in rows], "about", "unit_name"),
        "reasons": sorted((one.kind, one.code, one.requests) for one in found.reasons()),
        "now": found.now(),
    }


def found_months(rows):
    columns = {begin: {name: row.get(name) for name in (*COLUMNS, DAYS)} for begin, row in rows.items()}
    return {begin: _numbers(row) for begin, row in columns.items() if row["binnengekomen"]}


def _sums(rows, *keys):
    found = {}
    for row in rows:
        key = tuple(str(row[name]) for name in keys)
        for name, value in _numbers(row).items():
            found[key, name] = found[key, name] + value if (key, name) in found else value
    return found


def _numbers(row):
    return {
        name: value
        for name, value in row.items()
        if value and isinstance(value, int | timedelta) and name not in ("requester", "unit")
    }


@pytest.mark.django_db
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests=REQUESTS, period=PERIODS, least=st.sampled_from([1, 2, 4]))
def test_counted_ahead_or_counted_now_the_figures_are_the_same(world, requests, period, least):
    period = Period(*(clock.today() - timedelta(days=days) for days in period))
    undone = transaction.atomic()
    undone._from_testcase = True
    with undone:
        written = Written(world)
        for request in requests:
            written.add(**request)
        now = figures(world.jurist, period)
        counting.count_months(least)
        assert figures(world.jurist, period) == now
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_what_ends_after_the_count_is_counted_at_once(world):
    """The month it came in is counted from the requests again, until the next night."""
    period = Period(date(clock.today().year - 2, 1, 1), clock.today() + timedelta(days=40))
    world.closed()
    still_open = world.answered()
    assert counting.count_months(1) == 1
    before = Measures(world.jurist, period)
    assert before.counted_at is not None
    assert before.per_activity()

    ending.close_request(info_request=still_open, actor=world.handler, closed_at=clock.now())

    assert CountedMonth.objects.count() == 1
    changed = Measures(world.jurist, period)
    assert changed.counted_at is None
    now = figures(world.jurist, period)
    assert counting.count_months(1) == 1
    assert Measures(world.jurist, period).counted_at is not None
    assert figures(world.jurist, period) == now
