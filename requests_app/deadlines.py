"""Dates of a request: pure arithmetic over days, Europe/Amsterdam, the day of receipt not counted (design 9, "Dates").

A period is in calendar days and months and never moves; the calendar of working days only moves reminders and explains.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from itertools import count

import holidays
from dateutil.relativedelta import relativedelta

from imidesk.core.clock import AMSTERDAM

TELL_MONTHS = 1  # to the data subject, AVG article 14(3)(a)
DAYS_TO_ACCEPT = 7  # as the scoreboard counts (STA-03)
HERE = "NL"
SATURDAY = 5
DAY = timedelta(days=1)


class Unit(Enum):
    DAYS = "calendar days"
    WORKING_DAYS = "working days"
    MONTHS = "calendar months"


def local_day(moment: datetime) -> date:
    return moment.astimezone(AMSTERDAM).date()


def last_day_to_accept(received_at: datetime) -> date:
    return local_day(received_at) + timedelta(days=DAYS_TO_ACCEPT)


def asked_date(received_at: datetime, days: int) -> date:
    return local_day(received_at) + timedelta(days=days)


@dataclass(frozen=True)
class Calendar:
    """The days on which the desk and the asking authority both work."""

    countries: tuple[str, ...]

    @classmethod
    def of(cls, country: str) -> "Calendar":
        """A country that the library does not know has no holidays of its own here."""
        known = country != HERE and country in holidays.list_supported_countries()
        return cls((HERE, country) if known else (HERE,))

    def closed_in(self, day: date) -> tuple[str, ...]:
        """The countries that have a holiday on this day."""
        return tuple(country for country in self.countries if day in holidays_of(country, day.year))

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < SATURDAY and not self.closed_in(day)

    def on_or_before(self, day: date) -> date:
        while not self.is_working_day(day):
            day -= DAY
        return day

    def shift(self, day: date, working_days: int) -> date:
        """So many working days after a day, or before it; for none the day itself or the working day before it."""
        step = DAY if working_days > 0 else -DAY
        for _ in range(abs(working_days)):
            day += step
            while not self.is_working_day(day):
                day += step
        return day if working_days else self.on_or_before(day)

    def working_days(self, since: date, until: date) -> int:
        """After a day, up to and with another."""
        return sum(self.is_working_day(day) for day in days_between(since + DAY, until))

    def holidays_between(self, first: date, last: date) -> list[date]:
        """Both included, and not those in a weekend."""
        return [day for day in days_between(first, last) if day.weekday() < SATURDAY and self.closed_in(day)]


def days_between(first: date, last: date) -> Iterator[date]:
    """Both included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


@lru_cache(maxsize=1000)
def holidays_of(country: str, year: int, language: str | None = None) -> dict[date, str]:
    """Each with its name, also the day on which one is kept that falls in a weekend; in the country's own language."""
    return dict(holidays.country_holidays(country, years=year, language=language).items())


def holiday_name(country: str, day: date, language: str) -> str:
    """In this language, where the library has it; empty otherwise."""
    wanted = "en_US" if language == "en" else language
    languages = holidays.country_holidays(country).supported_languages
    return holidays_of(country, day.year, wanted).get(day, "") if wanted in languages else ""


def working_days(since: datetime, today: date) -> int:
    """Dutch working days after a day, up to and with today."""
    return Calendar.of(HERE).working_days(local_day(since), today)


@dataclass(frozen=True)
class Rhythm:
    """So long after a day, and then every so long; or so long before it, and then every so long until that day."""

    offset: int
    unit: Unit
    every: int = 0

    def before_moving(self, base: date, number: int = 0) -> date:
        """Counted from the base each time, so that the end of a month does not creep."""
        length = self.offset + number * self.every
        if self.unit == Unit.MONTHS:
            return base + relativedelta(months=length)
        return base + timedelta(days=length)

    def days(self, base: date, calendar: Calendar) -> Iterator[date]:
        """On working days only: what falls on a weekend or a holiday goes on the working day before.

        Left out is what would then fall on the day it counts from, or before: its people hear of it on that day anyway.
        """
        day = self._day(base, calendar, 0)
        for number in count(1):
            if self.offset < 0 and day >= base:
                return
            if self.offset <= 0 or day > base:
                yield day
            if not self.every:
                return
            is_chain = self.unit == Unit.WORKING_DAYS
            day = calendar.shift(day, self.every) if is_chain else self._day(base, calendar, number)

    def _day(self, base: date, calendar: Calendar, number: int) -> date:
        if self.unit == Unit.WORKING_DAYS:
            return calendar.shift(base, self.offset)
        return calendar.on_or_before(self.before_moving(base, number))

    def until_next(self, base: date, calendar: Calendar, today: date) -> list[date]:
        """Every day up to and with today, and the first one after it."""
        found = []
        for day in self.days(base, calendar):
            found.append(day)
            if day > today:
                break
        return found
