from argparse import ArgumentParser
from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authorities import accounts
from authorities.vocabulary import Role
from imidesk.core import security_log
from imidesk.core.errors import DomainError


class Command(BaseCommand):
    help = "Withdraws a role from today on, also for a copy that is put back later (SP-24)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("role", choices=[role.value for role in Role])

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            accounts.withdraw_role(username=options["username"], role=Role(options["role"]))
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from None
        security_log.note("role_withdrawn", object="user", result="ok", origin=f"terminal:{getuser()}", actor_id=None)
        self.stdout.write("Done.")
