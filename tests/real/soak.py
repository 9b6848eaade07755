"""`make soak`: many kills, at work and at night, and their figures in docs/reliability.md."""

import argparse
import os
import platform
import re
import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imidesk.settings.test")
django.setup()

from tests.real.desk import ROOT, real_desk  # noqa: E402
from tests.real.faults import desk_to_kill  # noqa: E402
from tests.real.nights import figures_of  # noqa: E402

PAGE = ROOT / "docs" / "reliability.md"


def table(rows: Iterable[tuple[str, object]], seed: int) -> str:
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    lines = [f"Measured on {date.today():%d %B %Y}, {machine}, seed {seed}.", "", "| what | figure |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| {name} | {value} |" for name, value in rows), "", ""])


def write(marker: str, told: str) -> None:
    """Between the two marks of the page."""
    block = re.compile(rf"(?<=<!-- {marker} -->\n).*?(?=<!-- /{marker} -->)", re.DOTALL)
    PAGE.write_text(block.sub(lambda _: told, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(told)


def at_work(kills: int, seed: int) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="imidesk-soak-") as folder,
        desk_to_kill(Path(folder), seed=seed) as faults,
    ):
        figures = faults.run(kills)
        sizes = faults.checker.sizes()
    in_the_end = ((f"{name} in the end", number) for name, number in sizes.items())
    write("soak", table([*figures.lines(), *in_the_end], seed))


def at_night(kills: int, seed: int) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="imidesk-nights-") as folder,
        real_desk(Path(folder), settings="tests.real.settings") as desk,
    ):
        figures = figures_of(desk.environment, kills=kills, seed=seed)
    write("nights", table(figures.lines(), seed))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300, help="of the processes of the day; 0 for none")
    parser.add_argument("--nights", type=int, default=100, help="of a night's run; 0 for none")
    parser.add_argument("--seed", type=int, default=4)
    chosen = parser.parse_args()
    if chosen.nights:
        at_night(chosen.nights, chosen.seed)
    if chosen.kills:
        at_work(chosen.kills, chosen.seed)


if __name__ == "__main__":
    main()
