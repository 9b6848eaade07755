import sys
from argparse import ArgumentParser
from getpass import getuser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from imidesk.core import security_log
from imidesk.core.errors import DomainError
from requests_app.intake import MAX_BYTES, Fault
from requests_app.services import receiving


class Command(BaseCommand):
    """Acts as the desk, without an actor; the security log names the user of the machine (design 9)."""

    help = "Takes in requests, or completes accepted ones, from JSON. All of a file or nothing; exit code 2 on a fault."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        if not all([self._take_in(file) for file in options["files"]]):
            sys.exit(2)

    def _take_in(self, file: Path) -> bool:
        try:
            with file.open("rb") as source:
                data = source.read(MAX_BYTES + 1)
        except OSError as error:
            self.stderr.write(f"{file}: {error.strerror}")
            return False
        try:
            taken = receiving.take_in(actor=None, data=data, source="command")
        except receiving.FaultyFile as faulty:
            faults = faulty.faults
        except receiving.KnownNumber as known:
            faults = [Fault("/requests/0/imi_number", "IN-01.known-number", known.message)]
        except DomainError as error:
            faults = [Fault("", "desk", error.message)]
        else:
            for info_request in taken:
                self._note(info_request.reference, "ok")
                self.stdout.write(f"{file}: {info_request.reference}")
            return True
        self._note("file", "refused")
        for fault in faults:
            self.stderr.write(f"{file}: {fault}")
        return False

    def _note(self, subject: str, result: str) -> None:
        security_log.note("intake", object=subject, result=result, origin=f"terminal:{getuser()}", actor_id=None)
