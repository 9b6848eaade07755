"""The colours of the scoreboard at their edges (STA-03 to STA-05), and no colour under ten (design 8)."""

from datetime import timedelta

import pytest
from django.utils import translation

from imidesk.monitoring import indicators


@pytest.mark.parametrize(
    ("part", "whole", "text", "colour"),
    [
        (10, 10, "100%", "green"),
        (8, 10, "80%", "green"),
        (159, 200, "80%", "green"),
        (158, 200, "79%", "yellow"),
        (6, 10, "60%", "yellow"),
        (118, 200, "59%", "red"),
        (0, 10, "0%", "red"),
    ],
)
def test_a_percentage_has_the_colour_of_what_is_shown(part, whole, text, colour):
    mark = indicators.percentage(part, whole)

    assert (mark.text, mark.colour) == (text, colour)


@pytest.mark.parametrize(
    ("days", "number", "text", "colour"),
    [
        (0, 10, "0.0 days", "green"),
        (1594, 100, "15.9 days", "green"),
        (1596, 100, "16.0 days", "yellow"),
        (2504, 100, "25.0 days", "yellow"),
        (2505, 100, "25.1 days", "red"),
        (9000, 100, "90.0 days", "red"),
    ],
)
def test_days_have_the_colour_of_what_is_shown(days, number, text, colour):
    with translation.override("en"):
        mark = indicators.average_days(timedelta(days=days), number)

    assert (mark.text, mark.colour) == (text, colour)


def test_fewer_than_ten_are_not_judged():
    assert indicators.percentage(10, 10) and not indicators.percentage(9, 9)
    assert indicators.average_days(timedelta(days=10), 10) and not indicators.average_days(timedelta(days=9), 9)
    assert indicators.percentage(0, 0) is None and indicators.average_days(None, 0) is None


def test_the_zones_fill_the_drawing_and_the_mark_stays_on_it():
    mark = indicators.average_days(timedelta(days=9000), 100)

    assert [zone.colour for zone in mark.zones] == ["green", "yellow", "red"]
    assert [zone.x for zone in mark.zones] == ["0.00%", "40.00%", "62.50%"]
    assert sum(float(zone.width.rstrip("%")) for zone in mark.zones) == 100
    assert mark.x == "100.00%"
