from typing import Any

from django.core.management.base import BaseCommand

from imidesk.monitoring import documents


class Command(BaseCommand):
    help = "Prints docs/workflow.md: steps, mails, jobs and periods as the code has them."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(documents.workflow())
