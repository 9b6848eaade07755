from typing import Any

from django.core.management.base import BaseCommand

from imidesk.core import vault


class Command(BaseCommand):
    help = "Makes the first keys of this installation; safe to repeat (SP-03)."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Keys: {', '.join(vault.make_keys())}")
