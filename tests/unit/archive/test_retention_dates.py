"""Calendar months and years in Europe/Amsterdam; last day of the month where the day is missing (design 3)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive import retention

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
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


@pytest.mark.parametrize("change", [datetime(2026, 3, 29, 1, 0, tzinfo=UTC), datetime(2026, 10, 25, 1, 0, tzinfo=UTC)])
def test_a_change_of_the_clock_moves_nothing(change: datetime) -> None:
    minute = timedelta(minutes=1)
    for clock in (retention.erase_on, retention.case_until, lambda moment: retention.block_on(moment, "services")):
        assert clock(change - minute) == clock(change) == clock(change + minute)


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
        assert 0 < period.months <= retention.LONGEST_BLOCK_MONTHS
    assert all(str(period.article) for period in (retention.BLOCK, retention.ERASE, retention.CASE))


@given(moments)
def test_short_clocks_count_days(moment: datetime) -> None:
    day = moment.astimezone(AMSTERDAM).date()
    assert retention.fictitious_until(moment) - day == timedelta(days=30)
    assert retention.draft_until(moment) - day == timedelta(days=180)
