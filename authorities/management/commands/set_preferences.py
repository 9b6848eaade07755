from argparse import ArgumentParser
from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authorities import accounts
from authorities.permissions import home_authority
from authorities.vocabulary import Module
from imidesk.core import security_log
from imidesk.core.errors import DomainError


class Command(BaseCommand):
    help = "Changes the preferences with which an authority of this desk works in a module (AUT-27 to AUT-33)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("authority", metavar="PREFIX", help="prefix of the authority at this desk")
        parser.add_argument("--module", required=True, choices=Module.values)
        add_preferences(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        authority = home_authority(options["authority"])
        if authority is None:
            raise CommandError("No authority at this desk has this prefix: `manage.py create_authority` makes one.")
        try:
            registration = accounts.set_preferences(
                authority=authority, module=Module(options["module"]), preferences=preferences_of(options)
            )
        except DomainError as fault:
            raise CommandError(str(fault.message)) from None
        origin = f"terminal:{getuser()}"
        security_log.note(
            "preferences_changed", object=f"authority:{authority.pk}", result="ok", origin=origin, actor_id=None
        )
        for name in accounts.PREFERENCES:
            self.stdout.write(f"{name}: {'yes' if getattr(registration, name) else 'no'}")


def add_preferences(parser: ArgumentParser) -> None:
    """Both may be given more than once."""
    for answer in ("yes", "no"):
        said = f"a preference that is {answer}"
        parser.add_argument(f"--{answer}", action="append", default=[], choices=accounts.PREFERENCES, help=said)


def preferences_of(options: dict[str, Any]) -> dict[str, bool]:
    both = set(options["yes"]) & set(options["no"])
    if both:
        raise CommandError(f"Yes and no at once: {', '.join(sorted(both))}.")
    return dict.fromkeys(options["yes"], True) | dict.fromkeys(options["no"], False)
