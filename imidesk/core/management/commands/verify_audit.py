from argparse import ArgumentParser
from getpass import getuser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from imidesk.core import anchor, audit, security_log


class Command(BaseCommand):
    help = (
        "Recomputes every audit chain; exit 1 and the first fault of each chain that has one (SP-09)."
        " With --anchor also compares the trail with the daily anchors of a file kept outside the database."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--anchor", type=Path, metavar="FILE", help="the file of anchors, a line a day")

    def handle(self, *args: Any, anchor: Path | None, **options: Any) -> None:
        faults = [str(fault) for fault in audit.verify()]
        anchors = 0
        if anchor is not None:
            anchors, differing = _compare(anchor)
            faults += differing
        result = "fault" if faults else "ok"
        security_log.note(
            "audit_verified", object="audit", result=result, origin=f"terminal:{getuser()}", actor_id=None
        )
        if faults:
            raise CommandError("\n".join(faults))
        self.stdout.write("Every chain is whole.")
        if anchor is not None:
            self.stdout.write(f"The trail agrees with {anchors} anchors.")


def _compare(file: Path) -> tuple[int, list[str]]:
    try:
        lines = anchor.read(file)
    except OSError as fault:
        raise CommandError(f"The file of anchors cannot be read ({type(fault).__name__}).") from None
    except anchor.NotAnAnchor as fault:
        raise CommandError(str(fault)) from None
    if not lines:
        raise CommandError("The file holds no anchor.")
    return len(lines), list(anchor.faults(lines))
