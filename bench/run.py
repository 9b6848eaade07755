"""`make bench`: two desks, loaded unless an earlier run did, measured in one go; exit 1 where something is too slow."""

import argparse
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from bench import document, pages
from bench.cluster import make_database, postgresql, redis
from bench.desk import ROOT, Desk
from bench.document import Night, Report
from bench.pages import Side

LOADED = "loaded.txt"


def main() -> int:
    arguments = _arguments()
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    os.chmod(folder, 0o755)  # noqa: S103 - the server of the database runs as another user
    with ExitStack() as stack:
        server = stack.enter_context(postgresql(folder))
        broker = stack.enter_context(redis(folder))
        desks = [
            _loaded(Desk(number, f"{server}/desk_{number}", f"{broker}/{place}", folder / str(number)), server)
            for place, number in enumerate((arguments.small, arguments.large))
        ]
        print("Measuring", flush=True)
        sides = [
            Side(stack.enter_context(desk.served()), desk.ask("bench.prepare", str(pages.to_prepare())))
            for desk in desks
        ]
        pages.measure(sides)
        report = Report(**desks[-1].ask("bench.report"))
        print(f"A night of {arguments.night}", flush=True)
        night = Night.of(desks[-1].ask("bench.retention", str(arguments.night)))
    minutes = float((desks[-1].folder / LOADED).read_text(encoding="utf-8"))
    checked = document.write((arguments.small, arguments.large), sides[0], sides[1], report, night, minutes)
    for one in checked:
        print(f"{'ok      ' if one.is_met else 'too slow'} {one.found:6.2f} (at most {one.at_most}) {one.what}")
    return 0 if all(one.is_met for one in checked) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--night", type=int, default=50_000, help="requests of the large that a night ends")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench", help="desks loaded here are used again")
    return parser.parse_args()


def _loaded(desk: Desk, server: str) -> Desk:
    desk.folder.mkdir(parents=True, exist_ok=True)
    made = make_database(server, desk.database.rpartition("/")[2])
    desk.manage("migrate", "-v0")
    if made or not (desk.folder / LOADED).exists():
        desk.manage("createcachetable")
        desk.manage("make_keys")
        began = time.monotonic()
        desk.manage("load_scale", str(desk.number))
        minutes = (time.monotonic() - began) / 60
        (desk.folder / LOADED).write_text(f"{minutes:.1f}", encoding="utf-8")
    return desk


if __name__ == "__main__":
    sys.exit(main())
