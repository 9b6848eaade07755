import csv
import io
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from imidesk.monitoring import documents


class Command(BaseCommand):
    help = "Who may do what: docs/permissions.md, or every role, relation, state and action as a row."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=["md", "csv"], default="md")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["format"] == "md":
            self.stdout.write(documents.permissions())
            return
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(documents.right_rows())
        self.stdout.write(text.getvalue())
