"""Looking for what an erasure must have taken away, in every place but the sealed columns (SP-22, SP-23).

What is looked for never leaves this process: rows and files are read out and compared here.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.db.models import Func

from archive import decoding
from archive.personal_data import CLASSIFICATION, Kind
from imidesk.core import together
from requests_app.models import InformationRequest

SHORTEST = 12
FEWEST_DIGITS = 8
ANCHOR = 8
STRIDE = SHORTEST - ANCHOR + 1
"""A value of `SHORTEST` holds a whole window of `ANCHOR` at one of every so many places, wherever it begins."""
BLOCK = 64 * 1024
CHUNK = 16 * 1024 * 1024
ROWS_AT_ONCE = 500
READERS = 2
REDIS = "redis"

_DIGITS = re.compile(rf"[0-9]{{{FEWEST_DIGITS},}}")
_NOT_SOMEBODYS = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(t[0-9:.+z-]*)?|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGEST = re.compile(r"[0-9a-f]{40,}+")
_LONGEST_DIGEST = 200
_SENTENCE = re.compile(r"[\r\n]+|(?<=[.!?;])\s+")
_LONGEST_PIECE = 200
_SQLITE = b"SQLite format 3\0"
_BESIDE_SQLITE = ("-wal", "-shm", "-journal")
_OPEN_APPS = ("authorities", "contenttypes", "auth")
_NAMING_COLUMNS = {
    "core.AuditEvent": "chain__subject",
    "core.OutgoingMessage": "subject",
    "core.DueJob": "subject",
    "requests_app.ReadRecord": "request_uuid",
}
"""Where a row belongs to a request without a foreign key."""
_TEXT_COLUMNS = (models.CharField, models.TextField, models.JSONField)


def pieces(text: str) -> Iterator[str]:
    """The sentences of a text as they are looked for, and what in them looks like a name or a number."""
    for sentence in _SENTENCE.split(text):
        if normal := decoding.normal(sentence):
            yield normal[:_LONGEST_PIECE]
            yield from {decoding.normal(name) for name in _names(sentence)} - {normal}


def _names(sentence: str) -> Iterator[str]:
    """Words with a capital or a figure, together where they stand side by side, and each by itself."""
    together: list[str] = []
    for word in [*sentence.split(), ""]:
        bare = word.strip(".,;:!?()[]\"'„”“")
        if bare and (bare[0].isupper() or any(sign.isdigit() for sign in bare)):
            together.append(bare)
            yield bare
        elif together:
            yield " ".join(together)
            together = []


def is_distinctive(value: str) -> bool:
    """Long enough to say something when it is found, and no date or id, which stand in the open (SP-23)."""
    if _NOT_SOMEBODYS.fullmatch(value):
        return False
    return len(value) >= SHORTEST or bool(_DIGITS.fullmatch(value))


def _is_in_digest(text: str, begin: int, value: str) -> bool:
    """Figures that chance put side by side in a MAC or a wrapped key are nobody's number."""
    return value.isdigit() and any(
        match.start() <= begin and begin + len(value) <= match.end()
        for match in _DIGEST.finditer(text, max(0, begin - _LONGEST_DIGEST), begin + len(value) + _LONGEST_DIGEST)
        if not match[0].isdigit()
    )


@dataclass(frozen=True)
class Find:
    """Where a value was met, without the value; tied when that place names the request too."""

    place: str
    request: int
    tied: bool


@dataclass
class Place:
    """What was read there."""

    units: int = 0
    size: int = 0


@dataclass
class Search:
    """What is sought for which request, and what was read and met."""

    places: dict[str, Place] = field(default_factory=dict)
    finds: set[Find] = field(default_factory=set)
    planted: dict[str, tuple[str, str]] = field(default_factory=dict)
    grown: set[str] = field(default_factory=set)
    _by_anchor: dict[str, set[str]] = field(default_factory=dict)
    _windows: set[str] = field(default_factory=set)
    _owners: dict[str, set[int]] = field(default_factory=dict)
    _names: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many different values are sought."""
        return len(self._owners)

    def name(self, info_request: InformationRequest) -> None:
        """What ties a place to a request."""
        uuid = info_request.uuid
        self._names[info_request.pk] = (info_request.reference.casefold(), str(uuid), uuid.hex)

    def add(self, request: int, value: str) -> None:
        if value not in self._owners:
            self._seek(value)
        self._owners.setdefault(value, set()).add(request)

    def plant(self, store: str, place: str, marker: str) -> None:
        """A marker that must be met in a place, or nothing is proven (SP-22)."""
        self.planted[store] = (place, marker)
        self._seek(marker)

    def _seek(self, value: str) -> None:
        self._by_anchor.setdefault(value[:ANCHOR], set()).add(value)
        self._windows.update(value[at : at + ANCHOR] for at in range(STRIDE if len(value) >= SHORTEST else 1))

    def leave_out(self, known: Iterable[str]) -> None:
        """Values that stand in the open: reference data, users, the catalogue (SP-23)."""
        for text in known:
            for value in self._within(decoding.normal(text)):
                self._owners.pop(value, None)
        self._by_anchor, self._windows = {}, set()
        for value in (*self._owners, *(marker for _place, marker in self.planted.values())):
            self._seek(value)

    def is_sought(self, request: int, value: str) -> bool:
        return request in self._owners.get(value, ())

    def missing(self) -> list[str]:
        return sorted(set(self.planted) - self.grown)

    def read(self, place: str, content: bytes | str, *, request: int | None = None) -> None:
        """One row, file or value; request is the one it belongs to by its own column."""
        found = set[str]().union(*(self._within(reading) for reading in decoding.readings(content)))
        for store, (where, marker) in self.planted.items():
            if marker in found and place == where:
                self.grown.add(store)
        owners = {owner for value in found for owner in self._owners.get(value, ())}
        for owner in owners:
            self.finds.add(Find(place, owner, owner == request or self._is_named(owner, content)))

    def read_rows(self, place: str, lines: Iterable[bytes]) -> None:
        """Many short texts, as `_lines` gives them: together first, one by one only where something was met."""
        seen = self.places.setdefault(place, Place())
        for block in _blocks(lines):
            if self._meets_any(block):
                for line in block:
                    request, text = _parted(line)
                    self.read(place, text, request=request)
            seen.units, seen.size = seen.units + len(block), seen.size + sum(map(len, block))

    def expects(self, place: str) -> bool:
        """Whether something is met there for certain."""
        return any(where == place for where, _marker in self.planted.values())

    def meets_none(self, place: str, groups: Iterable[bytes]) -> bool:
        """Whether nothing that is sought stands in what rows say, as `_said_by` gives it; then this is the reading."""
        units = size = 0
        for block in _blocks(groups):
            if self._meets_any(block):
                return False
            for number, text in map(_parted, block):
                units, size = units + (number or 0), size + (number or 0) * len(text)
        self.places[place] = Place(units, size)
        return True

    def read_file(self, place: str, path: Path) -> None:
        """The name too: it is a place where a person may stand."""
        seen = self.places.setdefault(place, Place())
        try:
            with path.open("rb") as file:
                head = file.read(CHUNK)
                if head.startswith(_SQLITE):
                    return
                seen.units += 1
                while head:
                    seen.size += len(head)
                    self.read(place, path.name.encode(errors="replace") + b"\n" + head)
                    rest = file.read(CHUNK)
                    head = head[-BLOCK:] + rest if rest else b""
        except FileNotFoundError:
            return

    def _meets_any(self, block: list[bytes]) -> bool:
        # An empty line between two rows: what is wrapped goes on from line to line.
        together = b"\n".join(block).decode("utf-8", errors="replace")
        return any(self._within(reading) for reading in decoding.readings(together))

    def _within(self, text: str) -> set[str]:
        """Looks at every so manieth place alone, and around it only where a value may stand."""
        windows = self._windows
        met = [at for at in range(0, len(text) - ANCHOR + 1, STRIDE) if text[at : at + ANCHOR] in windows]
        begins = {begin for at in met for begin in range(max(0, at - STRIDE + 1), at + 1)}
        for digits in _DIGITS.finditer(text):
            begins.update(range(digits.start(), digits.end() - ANCHOR + 1))
        anchors = self._by_anchor
        return {
            value
            for begin in begins
            for value in anchors.get(text[begin : begin + ANCHOR], ())
            if text.startswith(value, begin) and not _is_in_digest(text, begin, value)
        }

    def _is_named(self, request: int, content: bytes | str) -> bool:
        return any(name in reading for reading in decoding.readings(content) for name in self._names[request])


def known_texts() -> Iterator[str]:
    """What stands in the open whatever happens: lists, directory, users, question catalogue."""
    for model in apps.get_models():
        if model._meta.app_label in _OPEN_APPS:
            yield from (_parted(line)[1] for line in _rows_of(model, whole=True))
    for path in sorted(Path(settings.BASE_DIR).glob("*/data/**/*.*")):
        yield path.read_text(encoding="utf-8", errors="replace")


def read_database(search: Search, *, whole: bool) -> None:
    """Every table but the reference data; of a large run only the columns that hold text."""
    models_read = [
        model
        for model in apps.get_models(include_auto_created=True)
        if not (model._meta.app_label in _OPEN_APPS or model._meta.proxy)
    ]
    _side_by_side(partial(_read_table, search, model, whole=whole) for model in models_read)
    known = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    for table in sorted(set(connection.introspection.table_names()) - known):
        name = connection.ops.quote_name(table)
        search.read_rows(f"table:{table}", _lines(f"SELECT NULL, {name}.* FROM {name}"))  # noqa: S608


def _read_table(search: Search, model: type[models.Model], *, whole: bool) -> None:
    place = f"table:{model._meta.db_table}"
    if whole or search.expects(place) or not search.meets_none(place, _said_by(model)):
        search.read_rows(place, _rows_of(model, whole=whole))


def _side_by_side(acts: Iterable[Callable[[], None]]) -> None:
    """So that the server prepares one table while another is matched."""
    if not together.reads_beside():
        for act in acts:
            act()
        return
    with ThreadPoolExecutor(READERS) as pool:
        for done in [pool.submit(together.over_own_connection, act) for act in acts]:
            done.result()


def read_folders(search: Search, *, changed_since: datetime | None) -> None:
    """Everything the desk writes: mail that waits as files, the folder that serves as broker, sealed files by name."""
    roots = [Path(settings.IMIDESK_FILES_DIR), *_other_folders()]
    oldest = changed_since.timestamp() if changed_since else 0
    done: set[Path] = set()
    for root in roots:
        for path in _files_below(root, skip={Path(settings.IMIDESK_KEYS_DIR).resolve(), *done}):
            try:
                changed = path.stat().st_mtime >= oldest
            except FileNotFoundError:
                continue
            if changed and not path.name.endswith(_BESIDE_SQLITE):
                search.read_file(folder_of(path), path)
        done.add(root.resolve())


def folder_of(path: Path) -> str:
    """A place in a proof is a folder, never the name of a file."""
    for root in (Path(settings.IMIDESK_FILES_DIR), *_other_folders()):
        if path.is_relative_to(root):
            inside = path.relative_to(root).parts
            name = inside[0] if root == Path(settings.VAR_DIR) and len(inside) > 1 else root.name
            return f"folder:{name}"
    return "folder:other"


def read_redis(search: Search) -> None:
    """Counters and wake-ups; a value of a kind not met before is read as it is stored."""
    if not settings.REDIS_URL:
        return
    from redis import Redis

    seen = search.places.setdefault(REDIS, Place())
    with Redis.from_url(settings.REDIS_URL, decode_responses=False) as redis:
        for key in redis.scan_iter(count=1000):
            parts = [key, *_parts(redis, key)]
            content = b"\n".join(parts)
            seen.units, seen.size = seen.units + 1, seen.size + len(content)
            search.read(REDIS, content)


def _parts(redis: Any, key: bytes) -> list[bytes]:
    kind = redis.type(key)
    if kind == b"string":
        return [redis.get(key) or b""]
    if kind == b"list":
        return list(redis.lrange(key, 0, -1))
    if kind == b"set":
        return list(redis.smembers(key))
    if kind == b"hash":
        return [part for pair in redis.hgetall(key).items() for part in pair]
    if kind == b"zset":
        return list(redis.zrange(key, 0, -1))
    return [redis.dump(key) or b""]


def _other_folders() -> list[Path]:
    kept = getattr(settings, "EMAIL_FILE_PATH", None)
    named = (
        settings.IMIDESK_MAIL_DIR,
        settings.IMIDESK_ANCHORS_DIR,
        settings.IMIDESK_LEDGER_DIR,
        settings.IMIDESK_PROCESSING_DIR,
        kept,
    )
    return [*dict.fromkeys(Path(folder) for folder in named if folder), Path(settings.VAR_DIR)]


def _files_below(root: Path, *, skip: set[Path]) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if Path(folder, name).resolve() not in skip)
        yield from (Path(folder, name) for name in sorted(names) if Path(folder, name).is_file())


def _blocks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    size = 0
    for line in lines:
        block.append(line)
        size += len(line)
        if size >= BLOCK:
            yield block
            block, size = [], 0
    if block:
        yield block


def _columns(model: type[models.Model], *, whole: bool) -> "list[str | Func]":
    columns = [
        _readable(field)
        for field in model._meta.concrete_fields
        if (not _is_sealed(model, field) if whole else _is_open_text(model, field))
    ]
    if model._meta.label in _NAMING_COLUMNS:
        columns.append(_NAMING_COLUMNS[model._meta.label])
    return columns


def _is_sealed(model: type[models.Model], field: "models.Field[Any, Any]") -> bool:
    return CLASSIFICATION.get(model._meta.label, {}).get(field.name) == Kind.SEALED


def _is_open_text(model: type[models.Model], field: "models.Field[Any, Any]") -> bool:
    return isinstance(field, _TEXT_COLUMNS) and not _is_sealed(model, field)


def _rows_of(model: type[models.Model], *, whole: bool) -> Iterator[bytes]:
    columns = _columns(model, whole=whole)
    if columns:
        tie = tie_of(model) or models.Value(None, models.IntegerField())
        yield from _lines(str(model._base_manager.order_by().values_list(tie, *columns).query))


def _said_by(model: type[models.Model]) -> Iterator[bytes]:
    """What the rows say, without whom they belong to: each thing once, and before it how many rows say it."""
    texts = [field for field in model._meta.concrete_fields if _is_open_text(model, field)]
    if not texts:
        return
    columns = [field.name for field in texts]
    rows = model._base_manager.order_by()
    if any(field.unique for field in texts):
        said = rows.values_list(models.Value(1), *columns)
    else:
        said = rows.values(*columns).annotate(times_said=models.Count("pk")).values_list("times_said", *columns)
    yield from _lines(str(said.query))


def _readable(field: "models.Field[Any, Any]") -> "str | Func":
    """Bytes as hexadecimal digits and nothing before them, as they are read on SQLite."""
    if isinstance(field, models.BinaryField) and connection.vendor == "postgresql":
        return Func(models.F(field.name), template="encode(%(expressions)s, 'hex')", output_field=models.TextField())
    return field.name


def tie_of(model: type[models.Model]) -> str | None:
    """The way along foreign keys from a row to the number of its request."""
    if model is InformationRequest:
        return "pk"
    for field_of in model._meta.concrete_fields:
        if field_of.related_model is InformationRequest:
            return field_of.attname
    for field_of in model._meta.concrete_fields:
        target = field_of.related_model
        if isinstance(target, type) and target is not model and CLASSIFICATION.get(target._meta.label):
            for further in target._meta.concrete_fields:
                if further.related_model is InformationRequest:
                    return f"{field_of.name}__{further.attname}"
    return None


def _lines(sql: str) -> Iterator[bytes]:
    """Streamed out, the number of the request first; without a condition, so that no value travels (SP-22)."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY ({sql}) TO STDOUT (NULL '')") as rows:
                yield from map(bytes, rows)
            return
        cursor.execute(sql)
        while batch := cursor.fetchmany(ROWS_AT_ONCE):
            for cells in batch:
                yield ("\t".join(map(_cell, cells)) + "\n").encode(errors="replace")


def _parted(line: bytes) -> tuple[int | None, str]:
    first, _tab, rest = line.decode("utf-8", errors="replace").partition("\t")
    return int(first) if first else None, rest


def _cell(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return "" if value is None else str(value)
