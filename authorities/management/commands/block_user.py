from argparse import ArgumentParser
from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authorities import accounts
from imidesk.core import security_log
from imidesk.core.errors import DomainError


class Command(BaseCommand):
    help = "Blocks an account: its sessions end at once, and a restored copy does not bring it back (SP-24)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            accounts.block_user(username=options["username"])
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from None
        security_log.note("user_blocked", object="user", result="ok", origin=f"terminal:{getuser()}", actor_id=None)
        self.stdout.write("Done.")
