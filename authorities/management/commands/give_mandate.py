from argparse import ArgumentParser
from datetime import date
from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authorities import accounts
from authorities.permissions import home_authority
from imidesk.core import clock, security_log
from imidesk.core.errors import DomainError


class Command(BaseCommand):
    help = "Records the mandate of a person: who accepts, refuses, forwards or sends needs one (USR-34)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--authority", required=True, metavar="PREFIX", help="prefix of the authority at this desk")
        parser.add_argument("--function", required=True, help="the function that holds the mandate")
        parser.add_argument("--regulation", required=True, help="where the mandate is laid down")
        parser.add_argument("--from", type=date.fromisoformat, dest="valid_from", metavar="DATE", help="today")
        parser.add_argument("--until", type=date.fromisoformat, dest="valid_until", metavar="DATE", help="no end")

    def handle(self, *args: Any, **options: Any) -> None:
        authority = home_authority(options["authority"])
        if authority is None:
            raise CommandError("No authority at this desk has this prefix: `manage.py create_authority` makes one.")
        try:
            mandate = accounts.give_mandate(
                username=options["username"],
                authority=authority,
                function=options["function"],
                regulation=options["regulation"],
                valid_from=options["valid_from"] or clock.today(),
                valid_until=options["valid_until"],
            )
        except DomainError as fault:
            raise CommandError(str(fault.message)) from None
        origin = f"terminal:{getuser()}"
        security_log.note(
            "mandate_given", object=f"user:{mandate.holder_id}", result="ok", origin=origin, actor_id=None
        )
        self.stdout.write(f"{options['username']} holds a mandate from {mandate.valid_from}.")
