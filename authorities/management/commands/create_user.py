from argparse import ArgumentParser
from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authorities import accounts
from authorities.permissions import home_authority
from authorities.vocabulary import Module, Role
from imidesk.core import security_log
from imidesk.core.errors import DomainError


class Command(BaseCommand):
    help = (
        "Invites a person and shows an enrolment code, once. Tell user name and code by two different ways (USR-06);"
        " the person chooses a password at /inschrijven/. With --again a new code for who was invited before."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--again", metavar="USERNAME", help="a new code for an invited account")
        parser.add_argument("--authority", metavar="PREFIX", help="prefix of the authority at this desk")
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")
        parser.add_argument("--email", default="")
        parser.add_argument("--phone", default="")
        parser.add_argument("--language", choices=["nl", "en"], default="nl")
        parser.add_argument("--role", action="append", choices=Role.values, default=[], dest="roles")
        parser.add_argument("--module", action="append", choices=Module.values, default=[], dest="modules")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            username, code = self._again(options) if options["again"] else self._new(options)
        except DomainError as fault:
            raise CommandError(str(fault.message)) from None
        self.stdout.write(f"User name: {username}")
        self.stdout.write(f"Enrolment code, {accounts.CODE_DAYS} days: {code}")
        self.stdout.write("Tell both by different ways. The code is not kept and cannot be shown again.")

    def _again(self, options: dict[str, Any]) -> tuple[str, str]:
        code = accounts.renew_code(username=options["again"])
        _note("enrolment_renewed", "user")
        return options["again"], code

    def _new(self, options: dict[str, Any]) -> tuple[str, str]:
        authority = home_authority(options["authority"] or "")
        if authority is None:
            raise CommandError("No authority at this desk has this prefix: `manage.py create_authority` makes one.")
        if not options["roles"]:
            raise CommandError("Name at least one --role.")
        user, code = accounts.create_user(
            authority=authority,
            first_name=options["first_name"],
            last_name=options["last_name"],
            email=options["email"],
            phone=options["phone"],
            language=options["language"],
            roles=[Role(role) for role in options["roles"]],
            modules=[Module(module) for module in options["modules"]],
        )
        _note("user_invited", f"user:{user.pk}")
        return user.username, code


def _note(action: str, who: str) -> None:
    security_log.note(action, object=who, result="ok", origin=f"terminal:{getuser()}", actor_id=None)
