"""Calendar months and years in Europe/Amsterdam; last day of the month where the day is missing (design 3)."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.db import models
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archive import retention, selectors
from requests_app.models import InformationRequest
from requests_app.vocabulary import State

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LONGEST_BLOCK_MONTHS = 18
"""Article 14(1): no module may be given more (DP-04)."""
YEARS = 2100 - 1990 + 1
DAYS = (date(2101, 1, 1) - date(1990, 1, 1)).days
CLOCKS = (retention.erase_on, retention.case_until, lambda moment: retention.block_on(moment, "services"))
days = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 12, 31))
moments = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 12, 31), timezones=st.just(UTC))


def ended(text: str) -> datetime:
    """A moment on the clock of Amsterdam."""
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)


@pytest.mark.parametrize(
    ("moment", "blocked", "erased"),
    [
        ("2026-11-21T14:32", date(2027, 5, 21), date(2029, 11, 21)),
        ("2026-08-31T10:00", date(2027, 2, 28), date(2029, 8, 31)),
        ("2027-08-31T10:00", date(2028, 2, 29), date(2030, 8, 31)),
        ("2028-02-29T10:00", date(2028, 8, 29), date(2031, 2, 28)),
        ("2026-03-31T10:00", date(2026, 9, 30), date(2029, 3, 31)),
        ("2026-12-31T23:59:59", date(2027, 6, 30), date(2029, 12, 31)),
        ("2027-01-01T00:00", date(2027, 7, 1), date(2030, 1, 1)),
    ],
)
def test_months_and_years_of_the_calendar(moment: str, blocked: date, erased: date) -> None:
    """DP-03, DP-05: 31 August and 29 February too."""
    assert retention.block_on(ended(moment), "services") == blocked
    assert retention.erase_on(ended(moment)) == erased


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 6, 30, 21, 59, 59, tzinfo=UTC), date(2026, 12, 30)),
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC), date(2027, 6, 30)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), date(2027, 7, 1)),
    ],
)
def test_the_day_is_the_one_of_amsterdam(moment: datetime, day: date) -> None:
    """Midnight falls at 22.00 or 23.00 UTC."""
    assert retention.block_on(moment, "services") == day


def changes_of_the_clock() -> list[datetime]:
    """Both of every year, as the time zone has them."""
    at_one = [datetime(1990, 1, 1, hour=1, tzinfo=UTC) + timedelta(days=number) for number in range(DAYS)]
    offsets = [moment.astimezone(AMSTERDAM).utcoffset() for moment in at_one]
    found = [moment for moment, before, now in zip(at_one[1:], offsets, offsets[1:], strict=False) if before != now]
    assert len(found) == 2 * YEARS
    return found


def test_no_change_of_the_clock_moves_anything() -> None:
    """Two in each year from 1990 to 2100; the hour that comes twice lies on one day."""
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    for change in changes_of_the_clock():
        for clock in CLOCKS:
            around = {clock(change + by) for by in (-hour, -minute, timedelta(0), minute, hour)}
            assert len(around) == 1, change


@settings(deadline=None)
@given(days, st.integers(min_value=1, max_value=LONGEST_BLOCK_MONTHS))
@example(date(2099, 8, 31), 6)
@example(date(2096, 2, 29), 12)
@example(date(2028, 2, 29), 18)
@example(date(1990, 10, 31), 1)
def test_a_module_counts_its_own_months_from_midnight_to_midnight(day: date, months: int) -> None:
    """DP-04: the first and the last moment of a day give one date, in the right month, the next midnight another."""
    with patch.dict(retention.BLOCK_BY_MODULE, services=retention.Period(months, "article 14(1)")):
        first, last = (retention.block_on(local(day, at), "services") for at in (time.min, time.max))
        after = retention.block_on(local(day + timedelta(days=1), time.min), "services")
    assert first == last == later(day, months)
    assert after == later(day + timedelta(days=1), months) >= last
    assert retention.block_on(local(day, time.max), "services") == later(day, 6)
    assert retention.erase_on(local(day, time.max)) == later(day, 36)


def test_every_leap_day_and_every_end_of_a_month_has_its_date() -> None:
    """From 1990 to 2100, which is no leap year itself."""
    for year in range(1990, 2101):
        for month in range(1, 13):
            last = date(year, month, monthrange(year, month)[1])
            moment = local(last, time(12))
            assert retention.block_on(moment, "services") == later(last, 6)
            erase = retention.erase_on(moment)
            assert (erase.year, erase.month) == (year + 3, month)
            assert erase.day == min(last.day, monthrange(year + 3, month)[1])


def local(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=AMSTERDAM)


def later(day: date, months: int) -> date:
    """Counted otherwise than the desk does."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


# What is typed or happens at some moment, but for the end itself.
OTHER_DATES = [
    one.name
    for one in InformationRequest._meta.concrete_fields
    if isinstance(one, models.DateField) and one.name != "ended_at"
]


@settings(deadline=None)
@given(moments, moments, st.data())
def test_only_another_end_moves_the_dates_of_a_request(
    ended_at: datetime, other: datetime, data: st.DataObject
) -> None:
    """Design 3: whatever its other dates are, and they stand where they stood while its end stays."""
    chosen = data.draw(st.dictionaries(st.sampled_from(OTHER_DATES), moments))
    info_request = InformationRequest(module="services", state=State.CLOSED, ended_at=ended_at)
    before = selectors.dates_of(info_request)
    for name, moment in chosen.items():
        setattr(info_request, name, moment)
    assert selectors.dates_of(info_request) == before
    info_request.ended_at = other
    day = other.astimezone(AMSTERDAM).date()
    assert selectors.dates_of(info_request).erase_on == later(day, 36)
    assert selectors.dates_of(info_request).block_on == later(day, 6)


@given(moments)
@example(datetime(2099, 8, 31, 22, 0, tzinfo=UTC))
@example(datetime(2000, 2, 28, 23, 0, tzinfo=UTC))
def test_the_clocks_run_in_order_and_never_short(moment: datetime) -> None:
    """From 1990 to 2100: each date lies in the right month, on the same day or the last of that month."""
    day = moment.astimezone(AMSTERDAM).date()
    block = retention.block_on(moment, "services")
    erase = retention.erase_on(moment)
    case = retention.case_until(moment)
    assert day < block < erase < case
    for later, months in ((block, 6), (erase, 36), (case, 120)):
        assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
        is_last = (later + timedelta(days=1)).day == 1
        assert later.day == day.day or (is_last and later.day < day.day)


@given(moments, st.integers(min_value=0, max_value=10_000_000))
def test_who_ends_later_is_never_blocked_earlier(moment: datetime, seconds: int) -> None:
    later = moment + timedelta(seconds=seconds)
    assert retention.block_on(moment, "services") <= retention.block_on(later, "services")
    assert retention.erase_on(moment) <= retention.erase_on(later)


def test_no_module_keeps_longer_than_the_law_allows() -> None:
    """DP-04: at most 18 months, and only where a Union act says so."""
    for period in (retention.BLOCK, *retention.BLOCK_BY_MODULE.values()):
        assert 0 < period.months <= LONGEST_BLOCK_MONTHS
    assert all(str(period.article) for period in (retention.BLOCK, retention.ERASE, retention.CASE))


@given(moments)
def test_short_clocks_count_days(moment: datetime) -> None:
    day = moment.astimezone(AMSTERDAM).date()
    assert retention.fictitious_until(moment) - day == timedelta(days=30)
    assert retention.draft_until(moment) - day == timedelta(days=180)
