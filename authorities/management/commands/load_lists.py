from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand

from authorities import services
from imidesk.core import security_log


class Command(BaseCommand):
    help = "Writes the service activities and keywords of the project to the database; may be run again."

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = services.load_lists()
        security_log.note("lists_loaded", object="lists", result="ok", origin=f"terminal:{getuser()}", actor_id=None)
        self.stdout.write(f"{loaded.activities} service activities and {loaded.keywords} keywords.")
