"""`make soak`: many kills, and their figures in docs/reliability.md."""

import argparse
import os
import platform
import re
import tempfile
from datetime import date
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imidesk.settings.test")
django.setup()

from tests.real.desk import ROOT  # noqa: E402
from tests.real.faults import Figures, desk_to_kill  # noqa: E402

PAGE = ROOT / "docs" / "reliability.md"
BLOCK = re.compile(r"(?<=<!-- soak -->\n).*?(?=<!-- /soak -->)", re.DOTALL)


def table(figures: Figures, sizes: dict[str, int], seed: int) -> str:
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    lines = [f"Measured on {date.today():%d %B %Y}, {machine}, seed {seed}.", "", "| what | figure |", "| --- | --- |"]
    rows = [*figures.lines(), *((f"{name} in the end", number) for name, number in sizes.items())]
    return "\n".join([*lines, *(f"| {name} | {value} |" for name, value in rows), "", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=4)
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="imidesk-soak-") as folder,
        desk_to_kill(Path(folder), seed=chosen.seed) as faults,
    ):
        figures = faults.run(chosen.kills)
        sizes = faults.checker.sizes()
    told = table(figures, sizes, chosen.seed)
    PAGE.write_text(BLOCK.sub(lambda _: told, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(told)


if __name__ == "__main__":
    main()
