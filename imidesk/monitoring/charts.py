"""Drawings of figures: places on an SVG whose width is that of the page, so that its words keep their size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dateutil.relativedelta import relativedelta
from django.utils.formats import date_format

HEIGHT = 150
MOST_MONTHS = 24
SHARE_OF_COLUMN = 0.68


@dataclass(frozen=True)
class Bar:
    """`x` and `width` in percents of the drawing, `y` and `height` in pixels from its top."""

    label: str
    year: str
    value: int
    x: str
    width: str
    middle: str
    y: int
    height: int


def columns(buckets: Sequence[tuple[str, str, int]]) -> tuple[Bar, ...]:
    """A column per label and year; the year stands under the first column of it alone."""
    if not buckets:
        return ()
    highest = max(value for _label, _year, value in buckets) or 1
    step = 100 / len(buckets)
    bars = []
    for index, (label, year, value) in enumerate(buckets):
        height = round(HEIGHT * value / highest)
        middle = step * (index + 0.5)
        is_first = index == 0 or buckets[index - 1][1] != year
        bars.append(
            Bar(
                label=label,
                year=year if is_first else "",
                value=value,
                x=f"{middle - step * SHARE_OF_COLUMN / 2:.2f}%",
                width=f"{step * SHARE_OF_COLUMN:.2f}%",
                middle=f"{middle:.2f}%",
                y=HEIGHT - height,
                height=height,
            )
        )
    return tuple(bars)


def share(value: int, highest: int) -> str:
    """The length of a bar beside a figure."""
    return f"{100 * value / highest:.2f}%" if highest else "0%"


def by_year(since: date, until: date) -> bool:
    return since.replace(day=1) + relativedelta(months=MOST_MONTHS) <= until


def months(since: date, until: date) -> list[date]:
    """The first day of every month of a period."""
    first = since.replace(day=1)
    number = (until.year - first.year) * 12 + until.month - first.month + 1
    return [first + relativedelta(months=index) for index in range(number)]


def month_name(day: date) -> str:
    return date_format(day, "M")
