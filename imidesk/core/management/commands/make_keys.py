from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand

from imidesk.core import security_log, vault


class Command(BaseCommand):
    help = "Makes the first keys of this installation; safe to repeat (SP-03)."

    def handle(self, *args: Any, **options: Any) -> None:
        act = "keys_checked" if vault.has_keys() else "keys_made"
        keys = vault.make_keys()
        security_log.note(act, object="keys", result="ok", origin=f"terminal:{getuser()}", actor_id=None)
        self.stdout.write(f"Keys: {', '.join(keys)}")
