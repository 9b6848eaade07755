"""Whatever the day and the country, a reminder goes on a working day, in order, once (pitfalls 19 and 20)."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from imidesk.core.clock import AMSTERDAM
from requests_app import provider
from requests_app.deadlines import Calendar, Rhythm, Unit, asked_date, last_day_to_accept, local_day
from requests_app.reminders import RULES

COUNTRIES = st.sampled_from(provider.country_codes())
DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))


def last_sunday(year: int, month: int) -> date:
    end = date(year, month, 31)
    return end - timedelta(days=(end.weekday() + 1) % 7)


CLOCK_CHANGES = st.builds(last_sunday, st.integers(1996, 2100), st.sampled_from([3, 10]))
MOMENTS = st.builds(
    lambda day, minute: datetime.combine(day, time(minute // 60, minute % 60), tzinfo=UTC),
    DAYS | CLOCK_CHANGES.flatmap(lambda day: st.sampled_from([day, day - timedelta(days=1)])),
    st.integers(0, 24 * 60 - 1),
)
RHYTHMS = st.sampled_from([rule.rhythm for rule in RULES])


@given(received_at=MOMENTS, days=st.integers(0, 365))
def test_a_period_is_a_number_of_days_of_the_calendar_of_amsterdam(received_at, days):
    received = received_at.astimezone(AMSTERDAM).date()
    assert (asked_date(received_at, days) - received).days == days
    assert (last_day_to_accept(received_at) - received).days == 7
    assert local_day(received_at) == received


@given(base=DAYS, country=COUNTRIES, rhythm=RHYTHMS, late=st.integers(-40, 120))
def test_reminders_go_on_working_days_in_order_and_never_on_the_day_they_count_from(base, country, rhythm, late):
    calendar = Calendar.of(country)
    today = base + timedelta(days=late)
    found = rhythm.until_next(base, calendar, today)
    assert all(calendar.is_working_day(day) for day in found)
    assert found == sorted(set(found))
    assert sum(day > today for day in found) <= 1
    if rhythm.offset > 0:
        assert all(day > base for day in found)
    if rhythm.offset < 0:
        assert all(day < base for day in found)


@given(base=DAYS, country=COUNTRIES, rhythm=RHYTHMS, late=st.integers(0, 90), step=st.integers(1, 30))
def test_looking_later_finds_the_same_days_and_more(base, country, rhythm, late, step):
    """Reckoned from the dates each time, so a run that was missed changes nothing."""
    calendar = Calendar.of(country)
    early = rhythm.until_next(base, calendar, base + timedelta(days=late))
    assert rhythm.until_next(base, calendar, base + timedelta(days=late + step))[: len(early)] == early


@given(day=DAYS, country=COUNTRIES, working_days=st.integers(-30, 30))
def test_shifting_and_counting_agree(day, country, working_days):
    calendar = Calendar.of(country)
    there = calendar.shift(day, working_days)
    assert calendar.is_working_day(there)
    if working_days > 0:
        assert calendar.working_days(day, there) == working_days
    if working_days < 0:
        between = calendar.working_days(there - timedelta(days=1), day - timedelta(days=1))
        assert between == -working_days


@given(base=DAYS, country=COUNTRIES, months=st.integers(1, 24))
def test_months_never_creep(base, country, months):
    rhythm = Rhythm(1, Unit.MONTHS, every=1)
    counted = rhythm.before_moving(base, months - 1)
    assert (counted.year * 12 + counted.month) - (base.year * 12 + base.month) == months
    assert counted.day == base.day or (counted + timedelta(days=1)).day == 1
