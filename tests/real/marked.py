"""Stands beside a desk and types a marker into everything, walks it to its end, and looks for it afterwards (issue 5).

The markers live in this process alone.
"""

import base64
import dataclasses
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tests.real.checker import Checker, serve  # sets Django up

# isort: split
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, models
from django.test import Client
from django.urls import reverse

from archive import report, seeking
from archive.models import ErasureProof, RetentionRecord
from archive.personal_data import CLASSIFICATION, Kind
from imidesk.core import backup, clock, key_files, ledger, vault
from imidesk.core.models import SealedRow, SealKey
from imidesk.core.vault import Sealed
from requests_app.models import InformationRequest, SealedFile
from requests_app.vocabulary import DataState, FileKind, TextKind
from tests.factories.files import docx_bytes
from tests.factories.marked_walk import WAYS, Walk
from tests.factories.typing import MARK, NUMBER, Typist
from tests.real import traces

# No page writes it; the text for the task in Corsa is made afresh each time.
NEVER_TYPED = {f"requests_app.SealedText.text {TextKind.MEMO}"}
# Named by the desk, and the last one made without personal data.
NEVER_TYPED |= {
    f"requests_app.SealedFile.details {kind}"
    for kind in (FileKind.REPORT_FULL, FileKind.SENT_COPY, FileKind.REPORT_OPEN)
}
NEVER_TYPED |= {f"requests_app.SealedFile.file {FileKind.REPORT_OPEN}"}
ADDRESSES = {"start": "monitoring:start", "ready": "ready"}
TEXTS = (models.BinaryField, models.CharField, models.TextField, models.JSONField)


class Marked(Checker):
    def __init__(self) -> None:
        super().__init__()
        self.typist = Typist()
        self.met: set[str] = set()
        self.reached: set[str] = set()
        self.values: set[bytes] = set()
        self.read: set[str] = set()
        self.keys: dict[tuple[str, bytes], SealKey] = {}

    def walked(self) -> dict[str, str]:
        """Each way to an end, and somebody who asks about his own data."""
        (settings.VAR_DIR / "broker").mkdir(exist_ok=True)
        self.walk = Walk(self.world, self.typist)
        first, *others = WAYS
        found = {first.__name__: first(self.walk).reference}
        # Printing is most of the time; what the others print has the same content.
        report.render = lambda content: b"%PDF-1.7\n" + report.to_json(content).encode()
        found |= {way.__name__: way(self.walk).reference for way in others}
        self.walk.person_request()
        self.remember()
        return found

    def later(self, months: int) -> dict[str, int]:
        """As `manage.py later`: the work of every night in between, and how many requests stand where after it."""
        call_command("later", months=months)
        self.remember()
        return {str(state): InformationRequest.objects.filter(data_state=state).count() for state in DataState}

    def opened_while_blocked(self, reference: str) -> None:
        self.walk.open_blocked(InformationRequest.objects.get(reference=reference))
        self.remember()

    # Before

    def remember(self) -> None:
        """What somebody with a copy of each day would have: every sealed value, and every key as it lay wrapped."""
        for row, column in _sealed_columns():
            self.values.add(bytes(getattr(row, column)))
        for name in vault.stored_files():
            self.values.add((Path(settings.IMIDESK_FILES_DIR) / name).read_bytes())
        for key in SealKey.objects.all():
            self.keys[key.key_id, bytes(key.wrapped)] = key

    def opened(self) -> None:
        """Opens everything sealed with its key."""
        found = list(_opened(self.read))
        together = "\n".join(content for _where, content in found).casefold()
        self.met |= {mark for mark in self.typist.marks if mark.casefold() in together}
        self.reached |= {
            where for where, content in found if MARK.casefold() in content.casefold() or NUMBER in content
        }

    def not_met(self) -> list[str]:
        """What was typed and never came back from what is sealed, but for what an open field refused."""
        typed = self.typist.marks.items()
        return sorted(where for mark, where in typed if mark not in self.met and not where.endswith(", open"))

    def not_reached(self) -> list[str]:
        """Of every text that is not classed as open, by kind of text or file, those that no marker reached."""
        columns = {
            f"{model._meta.label}.{one.name}{kind}"
            for model in apps.get_models()
            for one in model._meta.concrete_fields
            if isinstance(one, TEXTS) and CLASSIFICATION.get(model._meta.label, {}).get(one.name) == Kind.SEALED
            for kind in _kinds(model)
        }
        files = {f"requests_app.SealedFile.file{kind}" for kind in _kinds(SealedFile)}
        return sorted((columns | files) - self.reached - NEVER_TYPED)

    def refused(self) -> list[str]:
        """The open fields in which a marker was refused."""
        return sorted(self.typist.open_fields)

    # Afterwards

    def found(self, *, layers: bool = True) -> dict[str, list[str]]:
        """Each place where a marker is met, and what it says of it; files of the desk, its database, Redis and mail."""
        return self._met(traces.Sought(self.typist.marks, MARK, NUMBER), layers=layers)

    def found_at_once(self) -> dict[str, list[str]]:
        """In the bytes of every place alone."""
        return self.found(layers=False)

    def control(self) -> dict[str, list[str]]:
        """The same search for what does stand there: in a session, a counter, a mail and a document."""
        word = f"Controle{secrets.token_hex(6)}"
        session = SessionStore()
        session["control"] = word
        session.create()
        cache.set("control", word)
        mail = settings.IMIDESK_MAIL_DIR / "control.log"
        mail.write_bytes(base64.encodebytes(f"Aan {word}".encode("utf-16")))
        paper = settings.VAR_DIR / "beat-schedule"
        paper.write_bytes(docx_bytes(word))
        try:
            return self._met(traces.Sought([word], "Controle"), layers=True)
        finally:
            mail.unlink()
            paper.unlink()

    def _met(self, sought: traces.Sought, *, layers: bool) -> dict[str, list[str]]:
        met: dict[str, set[str]] = {}
        for place, content, whole in self._places():
            if within := sought.within(content, layers=layers and whole):
                met.setdefault(place, set()).update(self.typist.marks.get(mark, mark) for mark in within)
        return {place: sorted(within) for place, within in met.items()}

    def _places(self) -> Iterator[tuple[str, bytes, bool]]:
        """Name, content, and whether every layer of it is taken off: of files of PostgreSQL only those of its rows."""
        if connection.vendor == "postgresql":
            yield "dump", traces.dumped(_address()), True
            yield from self._cluster()
        for path in traces.files(Path(settings.VAR_DIR)):
            for piece in traces.pieces(path):
                yield f"var/{path.relative_to(settings.VAR_DIR).parts[0]}", piece, True
        if settings.REDIS_URL:
            from redis import Redis

            with Redis.from_url(settings.REDIS_URL) as redis:
                for key in redis.scan_iter():
                    yield "redis", b"\n".join([key, redis.dump(key) or b"", *seeking._parts(redis, key)]), True

    def _cluster(self) -> Iterator[tuple[str, bytes, bool]]:
        with connection.cursor() as cursor:
            cursor.execute("CHECKPOINT")
            cursor.execute("SHOW data_directory")
            data = Path(cursor.fetchone()[0])
            cursor.execute(
                "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relname = 'pg_statistic'"
                " OR relnamespace IN ('public'::regnamespace, 'pg_toast'::regnamespace)"
            )
            of_rows = {data / name for (name,) in cursor.fetchall() if name}
        own = next(iter(of_rows)).parent
        for path in traces.files(data.parent):
            if path.is_relative_to(data / "base") and path.parent != own:
                continue
            for piece in traces.pieces(path):
                yield f"cluster/{path.parent.name}", piece, path in of_rows

    def proofs(self) -> dict[str, object]:
        """What the desk itself says of it."""
        whole = ErasureProof.objects.filter(rows_left=0, files_left=0, key_left=False)
        return {
            "found": [proof.found_in + proof.other_places for proof in whole],
            "erased": RetentionRecord.objects.filter(erased_at__isnull=False).count(),
            "faults": self.faults(),
        }

    # A copy that is put back

    def put_back(self, copy: str) -> None:
        """By the tools of the database alone, as somebody would who does not know the runbook."""
        backup.put_back(Path(copy), replace=True)

    def answers(self) -> dict[str, int]:
        """To a visitor, by a web process that starts now."""
        ledger.look()
        client = Client(SERVER_NAME="localhost")
        return {name: client.get(reverse(address)).status_code for name, address in ADDRESSES.items()}

    def sealed(self) -> int:
        return sum(1 for _found in _sealed_columns())

    def readable(self) -> int:
        """Of what is sealed, what opens with the keys that are there."""
        count = 0
        for row, column in _sealed_columns():
            with suppress(Sealed, vault.KeyMissing):
                count += bool(vault.open_text(_look(row, column), row, column))
        return count

    # Keys

    def left_sealed(self) -> int:
        """Of what was ever sealed, how many values still lie somewhere."""
        heads = {value[:29] for value in self.values if len(value) > 29}
        left = set()
        for _place, content, _whole in self._places():
            left |= {head for head in heads if head in content or head.hex().encode() in content}
        return len(left)

    def unwrapped(self, *folders: str) -> list[str]:
        """Owners whose key opens with a key file of these folders, however it ever lay wrapped."""
        installation = clock.installation()
        files = [path.read_bytes() for folder in folders for path in Path(folder).glob("*.key")]
        return sorted({str(key.owner) for key in self.keys.values() for kek in files if _opens(key, kek, installation)})


def _opens(key: SealKey, kek: bytes, installation) -> bool:
    read = key_files.read
    key_files.read = lambda _key_id: kek
    try:
        vault._unwrap(key, installation)
    except Sealed:
        return False
    finally:
        key_files.read = read
    return True


def _address() -> str:
    facts = connection.settings_dict
    return f"postgresql://{facts['USER']}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"


def _kinds(model: type[models.Model]) -> list[str]:
    """A table of texts or files is as many fields as it has kinds."""
    kinds = {"requests_app.SealedText": TextKind, "requests_app.SealedFile": FileKind}.get(model._meta.label)
    return [f" {kind}" for kind in kinds] if kinds else [""]


def _sealed_columns() -> Iterator[tuple[SealedRow, str]]:
    for model in apps.get_models():
        if issubclass(model, SealedRow):
            for row in model._default_manager.all():
                yield from ((row, one.name) for one in _columns(model) if bytes(getattr(row, one.name) or b""))


def _columns(model: type[models.Model]) -> list[models.Field]:
    kinds = CLASSIFICATION[model._meta.label]
    return [one for one in model._meta.concrete_fields if kinds[one.name] == Kind.SEALED]


def _look(row: SealedRow, column: str) -> vault.Look:
    parts = frozenset([row.part_of(column)])
    return vault.make_look(owner=row.seal_owner, part="test", user_id=None, purpose="test", parts=parts)


def _opened(read: set[str]) -> Iterator[tuple[str, str]]:
    """Every sealed column, and every file not read before, with what it says, layers taken off."""
    for row, column in _sealed_columns():
        look = _look(row, column)
        kind = f" {row.kind}" if _kinds(type(row)) != [""] else ""
        yield f"{row._meta.label}.{column}{kind}", vault.open_text(look, row, column)
        if column == "details" and row.storage_name not in read:
            read.add(row.storage_name)
            whole = dataclasses.replace(look, parts=frozenset([row.part_of("file")]))
            content = vault.open_file(whole, row, row.storage_name)
            yield f"{row._meta.label}.file{kind}", "\n".join(traces.decoding.readings(content))


if __name__ == "__main__":
    serve(Marked())
