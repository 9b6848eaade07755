import time
from argparse import ArgumentParser
from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from imidesk.core import security_log
from imidesk.core.errors import DomainError
from imidesk.monitoring.scale import loading


class Command(BaseCommand):
    help = "Loads N made-up requests to measure with; only on a practice desk, while nobody works there (issue 4)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", type=int, metavar="N")

    def handle(self, *args: Any, number: int, **options: Any) -> None:
        began, told = time.monotonic(), 0

        def progress(done: int) -> None:
            nonlocal told
            if done * 20 // number > told:
                told = done * 20 // number
                self.stdout.write(f"{done} / {number}, {time.monotonic() - began:.0f} s")

        try:
            loading.load(number, progress)
        except DomainError as error:
            raise CommandError(str(error)) from None
        origin = f"terminal:{getuser()}"
        security_log.note("volume_loaded", object="installation", result="ok", origin=origin, actor_id=None)
        seconds = time.monotonic() - began
        self.stdout.write(
            _("%(number)d requests were loaded in %(seconds)d seconds.") % {"number": number, "seconds": seconds}
        )
