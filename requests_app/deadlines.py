"""Dates of a request: pure arithmetic in calendar days, Europe/Amsterdam, the day of receipt not counted (design 9)."""

from datetime import date, datetime, timedelta

from imidesk.core.clock import AMSTERDAM

DAYS_TO_ACCEPT = 7  # as the scoreboard counts (STA-03)


def local_day(moment: datetime) -> date:
    return moment.astimezone(AMSTERDAM).date()


def last_day_to_accept(received_at: datetime) -> date:
    return local_day(received_at) + timedelta(days=DAYS_TO_ACCEPT)


def asked_date(received_at: datetime, days: int) -> date:
    return local_day(received_at) + timedelta(days=days)
