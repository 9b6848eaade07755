from argparse import ArgumentParser
from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authorities import second_step
from imidesk.core import security_log, vault
from imidesk.core.errors import DomainError


class Command(BaseCommand):
    help = (
        "Takes the second step of signing in away from who lost the device and the recovery codes. Make sure who it is"
        " first, face to face or by calling back. The sessions of this account end, and the password stays needed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with vault.key_scope():
                user = second_step.reset(username=options["username"])
        except DomainError as fault:
            raise CommandError(str(fault.message)) from None
        security_log.note(
            "second_step_reset", object=f"user:{user.pk}", result="ok", origin=f"terminal:{getuser()}", actor_id=None
        )
        self.stdout.write("The second step is off. The user signs in with the password, and can set up a new one.")
