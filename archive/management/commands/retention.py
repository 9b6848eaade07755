import json
from argparse import ArgumentParser
from contextlib import suppress
from datetime import date
from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from archive import selectors
from archive.services import NotAllErased, refuse_silence
from archive.tasks import BLOCKING, ERASING, block_all, erase_all
from imidesk.core import clock, heartbeat, security_log, vault

WORDS = {
    "ended": "ended by the desk",
    "blocked": "blocked",
    "erased": "erased",
    "waiting": "waiting for its filing receipt",
    "held": "held: something of it stands in the open (`manage.py erasure_proof` says where)",
    "failed": "failed, tried again the next time",
}


class Command(BaseCommand):
    help = "Blocks and erases what is due (DP-03, DP-05). Exit 1 when something failed; the rest is done all the same."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", type=date.fromisoformat, metavar="DATE", help="as of this day, not today")
        parser.add_argument("--dry-run", action="store_true", help="says what would be done, and does nothing")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        today = clock.today()
        day: date = options["as_of"] or today
        if day > today and not options["dry_run"] and not selectors.is_practice():
            raise CommandError("In production a day in the future goes only with --dry-run.", returncode=2)
        done = self._forecast(day) if options["dry_run"] else self._run(day)
        if options["json"]:
            self.stdout.write(json.dumps({"as_of": day.isoformat(), "dry_run": options["dry_run"], **done}))
        else:
            self._tell(day, done, dry_run=options["dry_run"])
        if done["failed"] or done["held"]:
            raise CommandError(f"{len(done['failed'])} failed, {len(done['held'])} held", returncode=1)

    def _forecast(self, day: date) -> dict[str, list[str]]:
        found = selectors.forecast(day)
        return {
            "ended": found.ended,
            "blocked": found.blocked,
            "erased": found.erased,
            "waiting": found.waiting,
            "held": [],
            "failed": [],
        }

    def _run(self, day: date) -> dict[str, list[str]]:
        """A person has looked, so a clock that jumped does not hold it up (SP-40)."""
        with vault.key_scope():
            with suppress(NotAllErased), heartbeat.beat(BLOCKING):
                first = block_all(day)
                refuse_silence(first)
            with suppress(NotAllErased), heartbeat.beat(ERASING):
                second = erase_all(day)
                refuse_silence(second)
        security_log.note(
            "retention_run", object=f"day:{day}", result="ok", origin=f"terminal:{getuser()}", actor_id=None
        )
        return {
            "ended": first.ended,
            "blocked": first.blocked,
            "erased": second.erased,
            "waiting": selectors.forecast(day).waiting,
            "held": second.held,
            "failed": sorted({*first.failed, *second.failed}),
        }

    def _tell(self, day: date, done: dict[str, list[str]], *, dry_run: bool) -> None:
        self.stdout.write(f"As of {day}{' (nothing is changed)' if dry_run else ''}:")
        for name, references in done.items():
            if references or name in ("blocked", "erased"):
                self.stdout.write(
                    f"  {len(references)} {WORDS[name]}{': ' if references else ''}{', '.join(references)}"
                )
