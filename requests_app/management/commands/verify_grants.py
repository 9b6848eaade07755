from typing import Any

from django.core.management.base import BaseCommand, CommandError

from requests_app.checks import grant_faults


class Command(BaseCommand):
    help = "Recomputes every grant from the allocations; exit 1 and the first fault where they differ (design idea 1)."

    def handle(self, *args: Any, **options: Any) -> None:
        for fault in grant_faults():
            raise CommandError(fault, returncode=1)
        self.stdout.write("Every grant follows from an allocation.")
