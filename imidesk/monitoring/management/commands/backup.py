from argparse import ArgumentParser
from getpass import getuser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from imidesk.core import backup, security_log


class Command(BaseCommand):
    help = (
        "Makes a copy of the database and the sealed files, never of a key, and removes the copies in that folder that"
        " are older than IMIDESK_BACKUP_DAYS (design 7, SP-05)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, metavar="FOLDER", help="where the copies are kept (var/backups)")

    def handle(self, *args: Any, to: Path | None, **options: Any) -> None:
        folder = to or settings.VAR_DIR / "backups"
        try:
            made = backup.make(folder)
        except backup.BackupRefused as refused:
            raise CommandError(str(refused)) from None
        security_log.note("backup_made", object="backup", result="ok", origin=f"terminal:{getuser()}", actor_id=None)
        self.stdout.write(str(made))
        for path in backup.remove_old(folder):
            self.stdout.write(f"Removed: {path}")
