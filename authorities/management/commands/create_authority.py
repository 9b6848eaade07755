from argparse import ArgumentParser
from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authorities import accounts
from authorities.management.commands.set_preferences import add_preferences, preferences_of
from authorities.vocabulary import AuthorityKind, Module
from imidesk.core import security_log
from imidesk.core.errors import DomainError


class Command(BaseCommand):
    help = "Makes an authority work at this desk, with the modules it is registered for (AUT-07, AUT-12)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the official name, as in the directory")
        parser.add_argument("--prefix", required=True, help="of its references: NB gives NB-2026-00001")
        parser.add_argument("--email", required=True, help="general address, of the form imi@…")
        parser.add_argument("--module", action="append", required=True, choices=Module.values, dest="modules")
        parser.add_argument("--kind", choices=AuthorityKind.values, default=AuthorityKind.PROVINCE)
        parser.add_argument("--tooi", default="", help="TOOI identifier, when the name alone is not enough")
        add_preferences(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            authority = accounts.create_authority(
                name=options["name"],
                prefix=options["prefix"],
                email=options["email"],
                modules=[Module(module) for module in dict.fromkeys(options["modules"])],
                kind=AuthorityKind(options["kind"]),
                tooi_id=options["tooi"],
                preferences=preferences_of(options),
            )
        except DomainError as fault:
            raise CommandError(str(fault.message)) from None
        origin = f"terminal:{getuser()}"
        security_log.note(
            "authority_created", object=f"authority:{authority.pk}", result="ok", origin=origin, actor_id=None
        )
        self.stdout.write(
            f"{authority.name} works at this desk; its references begin with {authority.reference_prefix}-."
        )
        if not authority.email.startswith("imi@"):
            self.stdout.write("The general address should show that it is for IMI: imi@… (AUT-04).")
