import sys
from argparse import ArgumentParser
from getpass import getuser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authorities import services
from imidesk.core import security_log


class Command(BaseCommand):
    help = "Reads the TOOI list of Dutch authorities (CSV): all of it or nothing. Exit code 2 when a row is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            data = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}", returncode=2) from None
        try:
            loaded = services.load_authorities(data)
        except services.FaultyList as faulty:
            self._note("refused")
            for fault in faulty.faults:
                self.stderr.write(fault)
            sys.exit(2)
        self._note("ok")
        self.stdout.write(
            f"{loaded.added} came in, {loaded.changed} changed, {loaded.ended} ended; "
            f"{loaded.passed_over} had ended before and were left out."
        )

    def _note(self, result: str) -> None:
        security_log.note(
            "authorities_loaded", object="authorities", result=result, origin=f"terminal:{getuser()}", actor_id=None
        )
