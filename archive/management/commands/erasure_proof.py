import json
from argparse import ArgumentParser
from getpass import getuser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from archive import proofs
from imidesk.core import security_log


class Command(BaseCommand):
    help = "The proof that a request was erased: what was sought, where, found, and from when it is final (SP-22)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        page = proofs.page_of(options["reference"])
        if page is None:
            raise CommandError("There is no proof of erasure of a request with this reference.", returncode=2)
        security_log.note(
            "erasure_proof_read",
            object=f"request:{page.info_request.reference}",
            result="ok",
            origin=f"terminal:{getuser()}",
            actor_id=None,
        )
        said = _said(page)
        if options["json"]:
            self.stdout.write(json.dumps(said))
        else:
            self._tell(said)
        if page.proof.is_held:
            raise CommandError("Held: something of it stands in the open.", returncode=1)

    def _tell(self, said: dict[str, Any]) -> None:
        for name, value in said.items():
            if isinstance(value, dict):
                self.stdout.write(f"{name}:")
                for key, inner in value.items():
                    self.stdout.write(f"  {key}: {inner}")
            else:
                self.stdout.write(f"{name}: {', '.join(value) if isinstance(value, list) else value}")


def _named(place: proofs.Place) -> str:
    return f"{place.name} ({place.code})" if place.code else place.name


def _said(page: proofs.Page) -> dict[str, Any]:
    record, proof = page.record, page.proof
    return {
        "reference": page.info_request.reference,
        "erased at": record.erased_at.isoformat() if record.erased_at else "not erased",
        "sought": {kind.name: kind.sought for kind in page.kinds},
        "proven by place": {kind.name: kind.by_place for kind in page.kinds},
        "read": {_named(where.place): f"{where.pieces} pieces, {where.size} bytes" for where in page.places},
        "marker found in": list(page.stores),
        "found": len(proof.found_in),
        "found in": proof.found_in,
        "other finds in": proof.other_places,
        "sealed rows erased": record.erased_rows,
        "sealed rows left": proof.rows_left,
        "files erased": record.erased_files,
        "files left": proof.files_left,
        "key": "destroyed" if proof.key_left is False else "there",
        "keys that ever covered it": [key.code for key in page.keys],
        "final": page.is_final,
        "keys and data on one disk": page.on_one_disk,
        "irrecoverable also from backups from": page.final_from.isoformat() if page.final_from else "",
    }
