from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from imidesk.core import audit, security_log


class Command(BaseCommand):
    help = "Recomputes every audit chain; exit 1 and the first fault of each chain that has one (SP-09)."

    def handle(self, *args: Any, **options: Any) -> None:
        faults = list(audit.verify())
        result = "fault" if faults else "ok"
        security_log.note(
            "audit_verified", object="audit", result=result, origin=f"terminal:{getuser()}", actor_id=None
        )
        if faults:
            raise CommandError("\n".join(str(fault) for fault in faults))
        self.stdout.write("Every chain is whole.")
