from typing import Any

from django.core.management.base import BaseCommand

from authorities import services


class Command(BaseCommand):
    help = "Writes the service activities and keywords of the project to the database; may be run again."

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = services.load_lists()
        self.stdout.write(f"{loaded.activities} service activities and {loaded.keywords} keywords.")
