from typing import Any

from django.core.management.base import BaseCommand, CommandError

from imidesk.core import readiness


class Command(BaseCommand):
    help = "Tests database, Redis, mail, keys, clock, folders and records system, a sentence each; exit 1 on a fault."
    # The system checks are part of what is told here, in words.
    requires_system_checks: tuple[str, ...] = ()

    def handle(self, *args: Any, **options: Any) -> None:
        faults = 0
        for finding in readiness.findings():
            faults += finding.is_fault
            mark = "FAULT  " if finding.is_fault else "warning" if finding.is_warning else "ok     "
            self.stdout.write(f"{mark} {finding.part}: {finding.sentence}")
        if faults:
            raise CommandError("One fault." if faults == 1 else f"{faults} faults.")
