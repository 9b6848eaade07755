from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from imidesk.core import clock, once
from imidesk.core.errors import DomainError
from imidesk.core.models import Installation

pytestmark = pytest.mark.django_db


def test_now_is_the_database_servers_time_plus_the_offset(django_assert_num_queries):
    """Design 9, "Clock"."""
    with django_assert_num_queries(1):
        before = clock.now()
    assert before.tzinfo is not None
    assert abs(before - datetime.now(UTC)) < timedelta(minutes=1)

    clock.move(timedelta(days=35))

    assert timedelta(days=35) <= clock.now() - before < timedelta(days=35, minutes=1)


def test_the_process_time_plays_no_part(time_machine):
    time_machine.move_to(datetime(2031, 5, 1, tzinfo=UTC))

    assert clock.now().year != 2031


@pytest.mark.parametrize("by", [timedelta(0), timedelta(days=-1), timedelta(days=35, seconds=1)])
def test_the_clock_moves_forward_by_at_most_35_days(by):
    with pytest.raises(DomainError):
        clock.move(by)


def test_the_clock_can_be_set_back_for_making_the_practice_desk():
    before = clock.now()
    clock.set_back(timedelta(days=1200))

    assert before - clock.now() > timedelta(days=1199)
    with pytest.raises(DomainError):
        clock.set_back(timedelta(days=-1))


def test_a_production_clock_stands_still():
    Installation.objects.update(kind="production", clock_offset=timedelta(0))

    for act in (clock.move, clock.set_back):
        with pytest.raises(DomainError):
            act(timedelta(days=1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Installation.objects.update(clock_offset=timedelta(seconds=1))


def test_there_is_one_installation():
    with pytest.raises(IntegrityError), transaction.atomic():
        Installation.objects.create(id=2, kind="practice")


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2026, 7, 31, 22, 0, tzinfo=UTC), date(2026, 8, 1)),
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), date(2026, 3, 29)),
    ],
)
def test_today_is_the_day_in_amsterdam(monkeypatch, moment, day):
    monkeypatch.setattr(clock, "moment", lambda: moment)

    assert clock.today() == day


def test_the_clock_asks_the_database():
    assert Installation.objects.values_list(Now(), flat=True).get().tzinfo is not None


def test_a_page_asks_the_time_once_and_nothing_else_keeps_it(django_assert_num_queries):
    with django_assert_num_queries(2):
        assert clock.today() == clock.today()
    with once.one_answer(reads_only=False), django_assert_num_queries(1):
        before = clock.moment()
        assert clock.today() == before.astimezone(clock.AMSTERDAM).date()

    clock.move(timedelta(days=1))

    with once.one_answer(reads_only=True):
        assert clock.moment() - before >= timedelta(days=1)


def test_what_a_step_may_change_is_kept_only_where_nothing_steps():
    answers = iter(range(9))
    for reads_only, expected in ((True, [0, 0]), (False, [1, 2])):
        with once.one_answer(reads_only=reads_only):
            assert [once.per_page("key", lambda: next(answers)) for _ in range(2)] == expected
