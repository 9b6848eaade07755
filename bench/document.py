"""Writes docs/performance.md: the machine, what was wanted, what was found."""

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.pages import ACCEPT, ACCEPTING, BARE, FILTERED, LIST, OVERVIEW, PAGES, REQUEST, ROUNDS, Side

_HEAD = """# How fast the desk is

Written by `make bench`; do not edit. Times depend on the machine, ratios hardly do: each is of one run, in which the
small desk, the large one and the bare view were asked in turns, in {rounds} rounds of which the median counts.

- Machine: {machine}.
- A desk of {small:,} requests and one of {large:,}, made by `manage.py load_scale`.
- PostgreSQL (1 GB of shared buffers, `wal_level=minimal`, the rest as it comes, so commits wait for the disk) and Redis
  of the bench's own, gunicorn with two workers on the same machine. Those measured belong to the largest authority,
  with a tenth of all requests.
- One visitor of our own (`bench/client.py`) over one connection: wrk and locust measure many at once, and a comparison
  of large, small and bare in turns asks for one at a time, with the sign-in and the token of a form.
- The bare view (`bench/bare.py`) runs in the same server behind the same middleware, for a visitor who is signed in,
  and fetches fifty rows for a Django template: three queries.
- Large against small is asked of the list with which a handler works; what other lists take stands below it.
- The longest transaction is that of a batch, as long as all its requests are well; one that fails is tried by itself.
"""
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


@dataclass(frozen=True)
class Wanted:
    what: str
    found: float
    at_most: float

    @property
    def is_met(self) -> bool:
        return self.found <= self.at_most


@dataclass(frozen=True)
class Report:
    ours: float
    alone: float
    pages: int


@dataclass(frozen=True)
class Part:
    """Rows touched, and seconds: bare statements on them, and the desk's own way."""

    rows: int
    bare: float
    ours: float


@dataclass(frozen=True)
class Night:
    requests: int
    blocking: Part
    erasing: Part
    search: float
    longest: float

    @classmethod
    def of(cls, found: dict[str, Any]) -> "Night":
        parts = {name: Part(**found[name]) for name in ("blocking", "erasing")}
        return cls(**{**found, **parts})

    @property
    def seconds(self) -> float:
        return self.blocking.ours + self.erasing.ours + self.search


def wanted(small: Side, large: Side, report: Report, night: Night, minutes: float) -> list[Wanted]:
    """The sentences of issues 4 and 5, "Speed"."""
    here, there = large.times, small.times
    bare = here[BARE].median
    labels = {page.name: page.label for page in (*PAGES, ACCEPTING)}
    found = [
        Wanted(f"{labels[name]}: large against small", here[name].median / there[name].median, limit)
        for name, limit in ((LIST, 1.15), (REQUEST, 1.15), (OVERVIEW, 2.0))
    ]
    found += [
        Wanted(f"{labels[name]}: against the bare view", here[name].median / bare, limit)
        for name, limit in ((FILTERED, 2.5), (REQUEST, 4.0), (ACCEPT, 4.0))
    ]
    found += [
        Wanted(f"{labels[name]}: 95th percentile against the median", times.percentile_95 / times.median, 3.0)
        for name, times in here.items()
    ]
    label = f"end report of {report.pages} pages: against WeasyPrint alone"
    found.append(Wanted(label, report.ours / report.alone, 1.3))
    parts = {"blocking": night.blocking, "erasing": night.erasing}
    found += [
        Wanted(
            f"{name} at night, without the search: against bare statements on the same rows", part.ours / part.bare, 5.0
        )
        for name, part in parts.items()
    ]
    found.append(Wanted("longest transaction of a night, in milliseconds", 1000 * night.longest, 300))
    label = "a night from blocking to proof, in milliseconds a request"
    found.append(Wanted(label, 1000 * night.seconds / night.requests, 5.0))
    return [*found, Wanted("loading the large desk, in minutes", minutes, 40.0)]


def write(
    numbers: tuple[int, int], small: Side, large: Side, report: Report, night: Night, minutes: float
) -> list[Wanted]:
    checked = wanted(small, large, report, night, minutes)
    lines = [*_lines(numbers, small, large, report, checked), *_of_the_night(night)]
    DOCUMENT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return checked


def _lines(
    numbers: tuple[int, int], small: Side, large: Side, report: Report, checked: Iterable[Wanted]
) -> Iterable[str]:
    yield _HEAD.format(rounds=ROUNDS, machine=_machine(), small=numbers[0], large=numbers[1])
    yield "## Wanted and found"
    yield ""
    yield "| what | at most | found | |"
    yield "| --- | ---: | ---: | --- |"
    for one in checked:
        yield f"| {one.what} | {one.at_most:.2f} | {one.found:.2f} | {'yes' if one.is_met else '**no**'} |"
    yield ""
    yield "## Times in milliseconds"
    yield ""
    yield f"| page | median at {numbers[0]:,} | 95% | median at {numbers[1]:,} | 95% |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for page in (*PAGES, ACCEPTING):
        cells = [
            f"{1000 * seconds:.1f}"
            for side in (small, large)
            for seconds in (side.times[page.name].median, side.times[page.name].percentile_95)
        ]
        yield f"| {page.label} | {' | '.join(cells)} |"
    yield ""
    yield (
        f"The end report of {report.pages} pages, its data read and opened, took {report.ours:.2f} s;"
        f" WeasyPrint alone {report.alone:.2f} s."
    )


def _of_the_night(night: Night) -> Iterable[str]:
    yield ""
    yield "## A night"
    yield ""
    yield (
        f"On the large desk {night.requests:,} requests were blocked and erased: those that ended longest ago, on the"
        " days on which they are due. The bare statements are UPDATE, DELETE and INSERT on the same rows of the same"
        " tables, a few for all requests, with the foreign keys checked, and taken back. The search reads the whole"
        " desk once for all."
    )
    yield ""
    yield "| part | rows touched | bare, s | the desk, s | rows a second |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, part in (("blocking", night.blocking), ("erasing", night.erasing)):
        yield f"| {name} | {part.rows:,} | {part.bare:.1f} | {part.ours:.1f} | {part.rows / part.ours:,.0f} |"
    yield f"| the search before erasing | | | {night.search:.1f} | |"
    yield ""
    yield f"Together {night.requests / night.seconds:,.0f} requests a second, proof included."


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {system}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return " ".join(line.partition(":")[2].split())
    return platform.machine()
