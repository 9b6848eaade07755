"""The three indicators of the scoreboard of IMI that this desk can count (STA-03 to STA-05), with their colours.

Indicators 4 and 5 are what requesters say of an answer; that is not at this desk, so there is no overall mark (STA-07).
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MINIMUM = 10
"""Under so many requests a figure is a count, without percentage, average or colour (design 8)."""


class Colour(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"

    @property
    def label(self) -> str:
        return str(_COLOURS[self][0])

    @property
    def badge(self) -> str:
        return _COLOURS[self][1]


_COLOURS: dict[Colour, tuple[str | Promise, str]] = {
    Colour.GREEN: (gettext_lazy("green"), "positive"),
    Colour.YELLOW: (gettext_lazy("yellow"), "warning"),
    Colour.RED: (gettext_lazy("red"), "negative"),
}


@dataclass(frozen=True)
class Scale:
    """Where green, yellow and red lie, in the figures of the scoreboard; `end` is where a drawing of it stops."""

    edges: tuple[int, int]
    colours: tuple[Colour, Colour, Colour]
    end: int
    texts: tuple[str | Promise, str | Promise, str | Promise]

    def colour(self, value: float) -> Colour:
        """Of a percentage both edges belong to the better colour, of days the lower edge to yellow."""
        low, high = self.edges
        if value < low:
            return self.colours[0]
        is_middle = value < high if self.colours[0] == Colour.RED else value <= high
        return self.colours[1] if is_middle else self.colours[2]


PERCENTAGE = Scale(
    edges=(60, 80),
    colours=(Colour.RED, Colour.YELLOW, Colour.GREEN),
    end=100,
    texts=(gettext_lazy("less than 60%"), gettext_lazy("60% to 79%"), gettext_lazy("80% or more")),
)
DAYS = Scale(
    edges=(16, 25),
    colours=(Colour.GREEN, Colour.YELLOW, Colour.RED),
    end=40,
    texts=(
        gettext_lazy("less than 16 days"),
        gettext_lazy("16 to 25 days"),
        gettext_lazy("more than 25 days"),
    ),
)


@dataclass(frozen=True)
class Zone:
    colour: Colour
    x: str
    width: str
    middle: str


@dataclass(frozen=True)
class Mark:
    """The value, its colour, and where both stand on the drawing; in whole percents, or days with one decimal."""

    text: str
    colour: Colour
    x: str
    zones: tuple[Zone, ...]


def percentage(part: int, whole: int) -> Mark | None:
    """Nothing under ten requests. Rounded first, so that the figure and its colour never differ."""
    if whole < MINIMUM:
        return None
    value = (200 * part + whole) // (2 * whole)
    return _mark(PERCENTAGE, value, _("%(number)d%%") % {"number": value})


def average_days(total: timedelta | None, number: int) -> Mark | None:
    if total is None or number < MINIMUM:
        return None
    tenths = (20 * total.days + number) // (2 * number)
    days = _("%(number)s days") % {"number": number_format(tenths / 10, decimal_pos=1)}
    return _mark(DAYS, tenths / 10, days)


def _mark(scale: Scale, value: float, text: str) -> Mark:
    bounds = (0, *scale.edges, scale.end)
    zones = tuple(
        Zone(colour, _share(begin, scale), _share(end - begin, scale), _share((begin + end) / 2, scale))
        for colour, begin, end in zip(scale.colours, bounds[:-1], bounds[1:], strict=True)
    )
    return Mark(text, scale.colour(value), _share(min(value, scale.end), scale), zones)


def _share(value: float, scale: Scale) -> str:
    return f"{100 * value / scale.end:.2f}%"
