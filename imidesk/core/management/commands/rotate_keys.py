from datetime import timedelta
from getpass import getuser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from imidesk.core import clock, security_log, vault


class Command(BaseCommand):
    help = "Makes a new key-encryption key and wraps everything with it; killed, it goes on where it was (SP-04)."

    def handle(self, *args: Any, **options: Any) -> None:
        count = vault.rotate()
        security_log.note("keys_rotated", object="keys", result="ok", origin=f"terminal:{getuser()}", actor_id=None)
        self.stdout.write(f"{count} data keys wrapped anew.")
        kept = timedelta(days=settings.IMIDESK_BACKUP_DAYS)
        for check in vault.retirable():
            if check.retired_at:
                day = (check.retired_at + kept).astimezone(clock.AMSTERDAM).date()
                self.stdout.write(f"{check.key_id} wraps nothing any more; its file may be destroyed from {day} on.")
