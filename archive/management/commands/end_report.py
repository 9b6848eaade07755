import os
from argparse import ArgumentParser
from getpass import getuser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from archive import selectors
from archive.report import Variant
from archive.services import take_report
from imidesk.core import security_log, vault
from imidesk.core.errors import DomainError


class Command(BaseCommand):
    help = "Writes the latest report of a request; the full one not after blocking, with an event and a read record."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference")
        parser.add_argument("--variant", choices=[variant.value for variant in Variant], required=True)
        parser.add_argument("--out", type=Path, metavar="FILE", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        variant = Variant(options["variant"])
        info_request = selectors.request_with_reference(options["reference"])
        if info_request is None:
            raise CommandError("There is no request with this reference.", returncode=2)
        result = "refused"
        try:
            with vault.key_scope():
                content = take_report(info_request, variant)
            result = "ok"
        except DomainError as error:
            raise CommandError(str(error), returncode=1) from None
        finally:
            security_log.note(
                f"report_taken_{variant}",
                object=f"request:{info_request.reference}",
                result=result,
                origin=f"terminal:{getuser()}",
                actor_id=None,
            )
        write_private(options["out"], content)
        self.stdout.write(f"{options['out']}: {len(content)} bytes")


def write_private(path: Path, content: bytes) -> None:
    """Readable by its owner alone, from its first byte on and also where the file was there already."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)
        file.write(content)
