from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from imidesk.core import backup, ledger, security_log, vault


class Command(BaseCommand):
    help = "After a restore: erases, blocks and withdraws again what the ledger knows and the copy does not (SP-24)."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with vault.key_scope():
                count = ledger.replay()
        except (ledger.NotALedger, vault.KeyMissing) as fault:
            raise CommandError(str(fault), returncode=1) from None
        if count:
            backup.end_sessions()
        security_log.note(
            "ledger_replayed", object=f"entries:{count}", result="ok", origin=f"terminal:{getuser()}", actor_id=None
        )
        self.stdout.write(f"{count} entries of the ledger were done again.")
