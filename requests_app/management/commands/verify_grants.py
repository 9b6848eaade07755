from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from imidesk.core import security_log
from requests_app.checks import grant_faults


class Command(BaseCommand):
    help = "Recomputes every grant from the allocations; exit 1 and the first fault where they differ (design idea 1)."

    def handle(self, *args: Any, **options: Any) -> None:
        fault = next(grant_faults(), None)
        result = "fault" if fault else "ok"
        security_log.note(
            "grants_verified", object="grants", result=result, origin=f"terminal:{getuser()}", actor_id=None
        )
        if fault:
            raise CommandError(fault, returncode=1)
        self.stdout.write("Every grant follows from an allocation.")
