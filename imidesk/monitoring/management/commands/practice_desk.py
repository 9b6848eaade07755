from argparse import ArgumentParser
from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from imidesk.core import security_log
from imidesk.core.errors import DomainError
from imidesk.monitoring.practice_desk import ground, make


class Command(BaseCommand):
    help = "Makes the practice desk afresh, with fresh dates; only on a practice database (SP-38)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--history", type=int, default=0, metavar="N", help="also N ended and filed requests")

    def handle(self, *args: Any, history: int, **options: Any) -> None:
        try:
            make.make_afresh(history)
        except DomainError as error:
            raise CommandError(str(error)) from None
        origin = f"terminal:{getuser()}"
        security_log.note("practice_desk_made", object="installation", result="ok", origin=origin, actor_id=None)
        self.stdout.write(_("The practice desk is ready. Everybody signs in with the password %s") % make.password())
        for person in ground.PEOPLE:
            self.stdout.write(f"  {person.username:<15} {person.first_name} {person.last_name} – {person.role}")
