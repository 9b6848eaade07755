"""Dates of a request and days of a reminder (design 9, "Dates"; STA-03; pitfall 19)."""

from datetime import UTC, date, datetime

import holidays
import pytest

from requests_app import provider
from requests_app.deadlines import (
    Calendar,
    Rhythm,
    Unit,
    asked_date,
    holiday_name,
    last_day_to_accept,
    working_days,
)

HERE = Calendar.of("NL")
GERMAN = Calendar.of("DE")


def test_a_request_comes_from_one_of_thirty_countries():
    assert len(provider.country_codes()) == 30


@pytest.mark.parametrize("country", provider.country_codes())
def test_the_library_knows_the_holidays_of_every_country_of_the_eea(country):
    assert country in holidays.list_supported_countries()
    calendar = Calendar.of(country)
    assert calendar.countries == (("NL",) if country == "NL" else ("NL", country))
    assert country in calendar.closed_in(date(2026, 12, 25))
    assert holiday_name(country, date(2026, 12, 25), "en")


def test_a_country_that_the_library_does_not_know_has_no_holidays_of_its_own():
    assert Calendar.of("XX") == Calendar.of("") == HERE


def test_a_holiday_kept_on_another_day_counts_on_that_day():
    """27 April 2025 is a Sunday: King's Day is kept on Saturday; the British Boxing Day of 2027 on Tuesday."""
    assert HERE.closed_in(date(2025, 4, 26)) == ("NL",)
    assert Calendar.of("GB").closed_in(date(2027, 12, 28)) == ("GB",)


@pytest.mark.parametrize(
    ("received_at", "last_day"),
    [
        (datetime(2026, 11, 16, 9, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 11, 16, 23, 30, tzinfo=UTC), date(2026, 11, 24)),  # after midnight in Amsterdam
        (datetime(2026, 3, 28, 22, 59, tzinfo=UTC), date(2026, 4, 4)),  # the clock goes forward
        (datetime(2026, 10, 24, 21, 59, tzinfo=UTC), date(2026, 10, 31)),  # the clock goes back
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), date(2026, 11, 1)),
    ],
)
def test_the_day_of_receipt_is_not_counted_and_the_day_is_that_of_amsterdam(received_at, last_day):
    assert last_day_to_accept(received_at) == last_day == asked_date(received_at, 7)


def test_working_days_leave_weekends_and_holidays_out():
    friday = datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert working_days(friday, date(2026, 11, 20)) == 0
    assert working_days(friday, date(2026, 11, 23)) == 1
    assert working_days(datetime(2026, 12, 24, 9, tzinfo=UTC), date(2026, 12, 28)) == 1


@pytest.mark.parametrize(
    ("day", "shift", "to"),
    [
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
        (date(2026, 11, 22), 0, date(2026, 11, 20)),
        (date(2026, 11, 22), -1, date(2026, 11, 20)),
        (date(2026, 11, 23), -5, date(2026, 11, 16)),
        (date(2026, 12, 24), 2, date(2026, 12, 29)),
        (date(2026, 5, 4), -1, date(2026, 4, 30)),  # 1 May is a holiday in Germany
    ],
)
def test_shifting_by_working_days(day, shift, to):
    assert GERMAN.shift(day, shift) == to


@pytest.mark.parametrize(
    ("received", "days"),
    [
        (date(2026, 11, 17), [date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 23)]),  # Tuesday
        (date(2026, 11, 19), [date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 25)]),  # Thursday
        (date(2026, 11, 20), [None, date(2026, 11, 24), date(2026, 11, 26)]),  # Friday: day 2 would be Friday itself
        (date(2026, 12, 22), [date(2026, 12, 24), date(2026, 12, 24), date(2026, 12, 28)]),  # Christmas
    ],
)
def test_reminders_of_the_seven_days(received, days):
    found = [next(Rhythm(day, Unit.DAYS).days(received, GERMAN), None) for day in (2, 4, 6)]
    assert found == days


def test_every_second_working_day_after():
    days = Rhythm(2, Unit.WORKING_DAYS, every=2).until_next(date(2026, 12, 22), GERMAN, date(2026, 12, 30))
    assert days == [date(2026, 12, 24), date(2026, 12, 29), date(2026, 12, 31)]


def test_months_are_counted_from_the_same_day_each_time():
    days = Rhythm(1, Unit.MONTHS, every=1).until_next(date(2026, 8, 31), HERE, date(2026, 10, 31))
    assert days == [date(2026, 9, 30), date(2026, 10, 30), date(2026, 11, 30)]


def test_weekly_before_a_day_ends_before_that_day():
    days = Rhythm(-30, Unit.DAYS, every=7).until_next(date(2026, 11, 18), HERE, date(2027, 1, 1))
    assert days == [date(2026, 10, 19), date(2026, 10, 26), date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16)]
