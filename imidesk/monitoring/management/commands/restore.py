from argparse import ArgumentParser
from contextlib import suppress
from getpass import getuser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from imidesk.core import backup, ledger, security_log, vault


class Command(BaseCommand):
    help = (
        "Puts a copy made by `backup` back, ends every session, does again what was erased or withdrawn since, and"
        " verifies trail and grants (design 7, SP-24). The desk must not be running."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER")
        parser.add_argument("--replace", action="store_true", help="in the place of the desk that is in the database")
        parser.add_argument("--other", action="store_true", help="also when that desk is another installation")

    def handle(self, *args: Any, folder: Path, replace: bool, other: bool, **options: Any) -> None:
        try:
            backup.put_back(folder, replace=replace, other=other)
        except backup.BackupRefused as refused:
            raise CommandError(str(refused)) from None
        call_command("migrate", verbosity=0)
        backup.end_sessions()
        security_log.note("restored", object="backup", result="ok", origin=f"terminal:{getuser()}", actor_id=None)
        self.stdout.write("Database and files are back; every session is ended.")
        with suppress(vault.KeyMissing):
            ledger.replay(ledger.Kind.KEY_DESTROYED)
        if faults := vault.key_faults():
            raise CommandError(" ".join([*faults, "Then run verify_audit and verify_grants."]))
        backup.after_restore()
        for command in ("verify_audit", "verify_grants"):
            call_command(command, stdout=self.stdout)
        self.stdout.write("Now run `manage.py retention` before anybody signs in (docs/runbook.md).")
