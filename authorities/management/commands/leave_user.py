from argparse import ArgumentParser
from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authorities import accounts
from imidesk.core import security_log
from imidesk.core.errors import DomainError


class Command(BaseCommand):
    help = "Ends the account of who leaves: out at once, erased IMIDESK_ACCOUNT_YEARS later (DP-15)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            accounts.leave(username=options["username"])
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from None
        security_log.note("user_left", object="user", result="ok", origin=f"terminal:{getuser()}", actor_id=None)
        self.stdout.write("Done.")
