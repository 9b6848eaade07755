"""How long pages take on a small desk and on a large one, in turns, so that both meet the same machine."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bench.client import Visitor, fields_of

ROUNDS = 5
TO_WARM_UP = 8
HANDLER, ALLOCATOR, JURIST, ACCEPTER = "handler", "allocator", "jurist", "accepter"


@dataclass(frozen=True)
class Page:
    """Of `path`, {number} and the names of the prepared pages are filled in."""

    name: str
    label: str
    who: str
    path: str
    each_round: int = 30


BARE, LIST, FILTERED, REQUEST, ACCEPT, OVERVIEW = "bare", "list", "filtered", "request", "accept", "overview"

PAGES = (
    Page(BARE, "bare view: fifty rows and a template", HANDLER, "{bare}"),
    Page(LIST, "list of a handler with 200 requests", HANDLER, "{list}"),
    Page(FILTERED, "list with filters and counts", ALLOCATOR, "{list}?lijst=te_laat&module=services"),
    Page("ended", "list of what ended", ALLOCATOR, "{list}?state=closed"),
    Page("corsa", "list: to do in Corsa", ALLOCATOR, "{list}?lijst=in_corsa"),
    Page("to_block", "list: blocked within 90 days", JURIST, "{list}?lijst=blokkeren_90"),
    Page("search", "search by part of a number", ALLOCATOR, "{list}?q={number}"),
    Page(REQUEST, "page of an accepted request, with the person", HANDLER, "{request}"),
    Page("start", "Start of a handler", HANDLER, "{start}"),
    Page("start_allocator", "Start of the IMI administrator", ALLOCATOR, "{start}"),
    Page(OVERVIEW, "overview of the lawyer over twelve months", JURIST, "{overview}", each_round=6),
)
ACCEPTING = Page(ACCEPT, "accepting, as the press of the button", ACCEPTER, "", each_round=20)


@dataclass
class Times:
    """Seconds, by round."""

    rounds: list[list[float]] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The median of the medians of the rounds."""
        return statistics.median(statistics.median(one) for one in self.rounds)

    @property
    def percentile_95(self) -> float:
        every = sorted(seconds for one in self.rounds for seconds in one)
        return every[min(len(every) - 1, round(len(every) * 0.95))]


@dataclass
class Side:
    """One desk while it is measured."""

    visitor: Visitor
    prepared: dict[str, Any]
    times: dict[str, Times] = field(default_factory=dict)

    def look(self, page: Page, number: int) -> list[float]:
        path = page.path.format(**self.prepared["pages"])
        return [self.visitor.get(path, self._cookies(page)).seconds for _ in range(number)]

    def accept(self, number: int) -> list[float]:
        found = []
        for _ in range(number):
            path = self.prepared["to_accept"].pop()
            form = self.visitor.get(path, self._cookies(ACCEPTING))
            given = fields_of(form.body) | {"competent": "on", "able": "on", "date_choice": "asked"}
            cookies = self._cookies(ACCEPTING) | form.cookies
            found.append(self.visitor.post(path, cookies, given).seconds)
        return found

    def note(self, page: Page, seconds: list[float]) -> None:
        self.times.setdefault(page.name, Times()).rounds.append(seconds)

    def _cookies(self, page: Page) -> dict[str, str]:
        return {"sessionid": self.prepared["sessions"][page.who]}


def to_prepare() -> int:
    """How many requests a desk has to have for accepting."""
    return ROUNDS * ACCEPTING.each_round + TO_WARM_UP


def measure(sides: Iterable[Side]) -> None:
    both = list(sides)
    for side in both:
        for page in PAGES:
            side.look(page, TO_WARM_UP)
        side.accept(TO_WARM_UP)
    for _ in range(ROUNDS):
        for page in PAGES:
            for side in both:
                side.note(page, side.look(page, page.each_round))
        for side in both:
            side.note(ACCEPTING, side.accept(ACCEPTING.each_round))
