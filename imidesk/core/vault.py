"""Keys and seals (SP-01 to SP-07). The only module with cryptography.

A sealed value is: version, uuid of the data key, nonce, AES-256-GCM ciphertext with tag. That an older value of the
same field can be put back by whoever writes to the database is not prevented here.
"""

import base64
import binascii
import hmac
import os
import re
import secrets
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import rfc8785
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import QuerySet, Subquery

from imidesk.core import clock, key_files
from imidesk.core.models import AuditEvent, Installation, KeyCheck, SealedRow, SealKey

__all__ = [
    "AuditKey",
    "KeyMaker",
    "KeyMissing",
    "Look",
    "Sealed",
    "SealedRow",
    "audit_key",
    "create_key",
    "delete_file",
    "delete_files",
    "destroy_key",
    "destroy_keys",
    "fetch_keys",
    "file_exists",
    "forget_key",
    "has_keys",
    "is_lost",
    "key_exists",
    "key_faults",
    "key_maker",
    "key_scope",
    "key_with",
    "make_keys",
    "make_look",
    "new_key",
    "no_file_without_its_row",
    "old_keys",
    "open_credential",
    "open_file",
    "open_text",
    "owners_with_key",
    "pseudonym",
    "put_back_file",
    "retirable",
    "rewrap",
    "rotate",
    "rotation_due",
    "seal",
    "seal_credential",
    "start_up_check",
    "store_file",
    "stored_files",
]

VERSION = 1
_NONCE = 12
_HEAD = 1 + 16 + _NONCE
_TAG = 16
_MIB = 1024 * 1024
_FILE = "file"
_WRAPPING = "request wrapping"
_AUDIT = "audit"
_CHECK = "check"
_PSEUDONYM = "pseudonym"
_STORAGE_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}(\.new)?")
REWRAP_BATCH = 200


class Sealed(Exception):
    """This look, this value or this key does not fit: nothing is opened."""


class KeyMissing(ImproperlyConfigured):
    """A key file is missing or is not the one the database counts on (SP-03)."""


_MAKER = object()


@dataclass(frozen=True)
class Look:
    """Who looks at which part of whose data, and why. Only permissions make one, with a read record (SP-07)."""

    owner: UUID
    part: str
    user_id: int | None
    purpose: str
    parts: frozenset[str]
    maker: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.maker is not _MAKER:
            raise TypeError("A look is made by vault.make_look only.")


@dataclass(frozen=True)
class AuditKey:
    key_id: str
    secret: bytes = field(repr=False)

    def mac(self, message: bytes) -> bytes:
        return hmac.digest(self.secret, message, "sha256")


@dataclass(frozen=True)
class _DataKey:
    uuid: UUID
    installation: UUID
    secret: bytes = field(repr=False)


_opened: ContextVar[dict[UUID, _DataKey] | None] = ContextVar("opened_keys", default=None)
_stored: ContextVar[list[str] | None] = ContextVar("stored_files", default=None)


@contextmanager
def key_scope() -> Iterator[None]:
    """Opened keys live for one HTTP request or one task, in no other cache (design idea 4)."""
    token = _opened.set({})
    try:
        yield
    finally:
        _opened.reset(token)


def create_key(owner: UUID) -> None:
    key, _secret = key_maker().new(owner)
    key.save(force_insert=True)


@dataclass(frozen=True)
class KeyMaker:
    """Makes data keys without asking the database for each: for who writes very many at once."""

    kek_id: str
    installation: UUID
    wrapping: bytes = field(repr=False)

    def make(self, owner: UUID) -> SealKey:
        """Not saved yet, and open in the key scope it is made in."""
        key, secret = self.new(owner)
        opened = _opened.get()
        if opened is not None:
            opened[owner] = _DataKey(uuid=key.uuid, installation=self.installation, secret=secret)
        return key

    def new(self, owner: UUID) -> tuple[SealKey, bytes]:
        key = SealKey(owner=owner, key_id=self.kek_id, key_ids=[self.kek_id])
        secret = AESGCM.generate_key(bit_length=256)
        key.wrapped = _wrap(secret, self.wrapping, _wrap_binding(key, self.kek_id, self.installation))
        return key, secret


def key_maker() -> KeyMaker:
    kek_id, wrapping = _current_wrapping()
    return KeyMaker(kek_id=kek_id, installation=clock.installation(), wrapping=wrapping)


def destroy_key(owner: UUID) -> list[str]:
    """As `destroy_keys`; nothing where there is none (any more)."""
    return destroy_keys([owner]).get(owner, [])


def destroy_keys(owners: Collection[UUID]) -> dict[UUID, list[str]]:
    """Gives the ids of the key-encryption keys that ever wrapped each: final when those are destroyed (SP-05)."""
    opened = _opened.get()
    for owner in owners:
        if opened is not None:
            opened.pop(owner, None)
    keys = SealKey.objects.filter(owner__in=owners)
    key_ids = {key.owner: list(key.key_ids) for key in keys.select_for_update().order_by("pk")}
    keys.delete()
    return key_ids


def key_exists(owner: UUID) -> bool:
    return bool(owners_with_key([owner]))


def owners_with_key(owners: Iterable[UUID]) -> set[UUID]:
    """Those of these owners whose key is there."""
    return set(SealKey.objects.filter(owner__in=owners).values_list("owner", flat=True))


def pseudonym(owner: UUID) -> str:
    """Of the person in processing records: as random as the data key it comes from, and gone with it (SP-18).

    Raises Sealed once the key is gone.
    """
    return _sub_key(_data_key(owner).secret, _PSEUDONYM)[:16].hex()


def fetch_keys(owners: Iterable[UUID]) -> None:
    """Many keys in one query, for the task that goes on to open them; nothing where no scope keeps them."""
    opened = _opened.get()
    if opened is None:
        return
    installation = clock.installation()
    wrapping: dict[str, bytes] = {}
    for key in SealKey.objects.filter(owner__in=[owner for owner in owners if owner not in opened]):
        if key.key_id not in wrapping:
            wrapping[key.key_id] = _wrapping(key.key_id)
        secret = _unwrap(key, installation, wrapping[key.key_id])
        opened[key.owner] = _DataKey(uuid=key.uuid, installation=installation, secret=secret)


def key_with(owner: UUID, **facts: QuerySet[Any]) -> tuple[SealKey | None, dict[str, Any]]:
    """The key and the one value of each fact, read together in one query (SP-07)."""
    asked = {f"fact_{name}": Subquery(fact[:1]) for name, fact in facts.items()}
    key = SealKey.objects.annotate(**asked).filter(owner=owner).first()
    if key is None:
        return None, {name: fact.first() for name, fact in facts.items()}
    return key, {name: getattr(key, f"fact_{name}") for name in facts}


def make_look(
    *,
    owner: UUID,
    part: str,
    user_id: int | None,
    purpose: str,
    parts: frozenset[str],
    key: SealKey | None = None,
) -> Look:
    """`key` is what `key_with` read. Raises Sealed where there is none (any more)."""
    _data_key(owner, key)
    return Look(owner=owner, part=part, user_id=user_id, purpose=purpose, parts=parts, maker=_MAKER)


def seal(row: SealedRow, field: str, text: str) -> None:
    """Nothing stays nothing: an empty text is no bytes at all."""
    _part(row, field)
    setattr(row, field, _seal(row, field, text.encode()) if text else b"")


def open_text(look: Look, row: SealedRow, field: str) -> str:
    _fits(look, row, field)
    value = bytes(getattr(row, field) or b"")
    return _open(row, field, value).decode() if value else ""


@contextmanager
def no_file_without_its_row() -> Iterator[None]:
    """Around a transaction: what was stored inside goes again when it fails, and does not wait for the sweep."""
    names: list[str] = []
    token = _stored.set(names)
    try:
        yield
    except BaseException:
        for name in names:
            delete_file(name)
        raise
    finally:
        _stored.reset(token)


def store_file(row: SealedRow, content: bytes) -> str:
    """Sealed whole, under a random name, never seen half (SP-06)."""
    _part(row, _FILE)
    token = secrets.token_hex(16)
    name = f"{token[:2]}/{token}"
    _write(_path(name), _seal(row, _FILE, content))
    stored = _stored.get()
    if stored is not None:
        stored.append(name)
    return name


def put_back_file(storage_name: str, sealed: bytes) -> None:
    """From a backup, sealed as it was stored; twice does no harm."""
    path = _path(storage_name)
    path.with_name(f"{path.name}.new").unlink(missing_ok=True)
    _write(path, sealed)


def _write(path: Path, sealed: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(f"{path.name}.new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        os.rename(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def open_file(look: Look, row: SealedRow, storage_name: str) -> bytes:
    _fits(look, row, _FILE)
    try:
        value = _path(storage_name).read_bytes()
    except FileNotFoundError:
        raise Sealed("The file is gone.") from None
    return _open(row, _FILE, value)


def file_exists(storage_name: str) -> bool:
    return _path(storage_name).exists()


def delete_file(storage_name: str) -> None:
    """Safe to repeat: an erasure that was killed starts over (SP-21)."""
    delete_files([storage_name])


def delete_files(storage_names: Iterable[str]) -> None:
    """As `delete_file`; each folder is written through once."""
    paths = [_path(name) for name in storage_names]
    for path in paths:
        path.unlink(missing_ok=True)
    for folder in {path.parent for path in paths}:
        if folder.is_dir():
            _sync_folder(folder)


def stored_files(*, older_than: timedelta = timedelta(0)) -> Iterator[str]:
    """Names of the files in the store, half-written ones too: the sweep of files without rows."""
    root = Path(settings.IMIDESK_FILES_DIR)
    newest = time.time() - older_than.total_seconds()
    for path in sorted(root.glob("*/*")):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime <= newest:
                yield path.relative_to(root).as_posix()


def audit_key(key_id: str | None = None) -> AuditKey:
    """The audit key outside the database (SP-09); without an id the current one.

    A key of its own: key-encryption keys are destroyed after their time, the chain must stay provable.
    """
    checks = KeyCheck.objects.filter(family=KeyCheck.Family.AUDIT, destroyed_at__isnull=True)
    check = checks.filter(key_id=key_id).first() if key_id else checks.order_by("-number").first()
    if check is None:
        raise KeyMissing("This installation has no such audit key: run `manage.py make_keys`, or restore it.")
    return AuditKey(key_id=check.key_id, secret=_sub_key(_checked(check), _AUDIT))


# Credentials


def seal_credential(owner: UUID, text: str) -> str:
    """For a secret of a user that a library keeps as text of its own; the first makes the user's key (SP-04)."""
    if not key_exists(owner):
        create_key(owner)
    data_key = _data_key(owner)
    return base64.b64encode(_encrypt(data_key, text.encode(), _credential_binding(owner, data_key))).decode()


def open_credential(owner: UUID, sealed: str) -> str:
    data_key = _data_key(owner)
    try:
        value = base64.b64decode(sealed, validate=True)
    except binascii.Error:
        raise Sealed("Not a sealed value.") from None
    return _decrypt(data_key, value, _credential_binding(owner, data_key)).decode()


def _credential_binding(owner: UUID, data_key: _DataKey) -> bytes:
    return rfc8785.dumps(["credential", VERSION, str(data_key.installation), str(owner)])


# Key files


def make_keys() -> list[str]:
    """The first keys of an installation; ids of all it has. Repeatable, never in the place of a lost one (SP-03)."""
    with transaction.atomic():
        Installation.objects.select_for_update().get()
        if KeyCheck.objects.exists():
            start_up_check()
        elif SealKey.objects.exists() or AuditEvent.objects.exists():
            raise KeyMissing("The database holds sealed data but knows no keys: restore the keys, make no new ones.")
        else:
            for family in KeyCheck.Family:
                _add(family)
    return list(KeyCheck.objects.order_by("family", "number").values_list("key_id", flat=True))


def has_keys() -> bool:
    return KeyCheck.objects.exists()


def key_faults() -> list[str]:
    """What is wrong with the keys, a sentence each; nothing is erased, proven or made anew while there is one."""
    checks = list(KeyCheck.objects.filter(destroyed_at__isnull=True).order_by("family", "number"))
    faults = []
    for family in KeyCheck.Family:
        if not any(check.family == family for check in checks):
            faults.append(f"There is no {family} key yet: run `manage.py make_keys`.")
    for check in checks:
        try:
            _checked(check)
        except KeyMissing as fault:
            faults.append(str(fault))
    return faults


def start_up_check() -> None:
    faults = key_faults()
    if faults:
        raise KeyMissing(" ".join(faults))


def new_key() -> str:
    """A new key-encryption key, current from now on."""
    start_up_check()
    with transaction.atomic():
        Installation.objects.select_for_update().get()
        return _add(KeyCheck.Family.KEK)


def rewrap() -> Iterator[int]:
    """Wraps every data key with the current key; how many in each batch. Killed, it goes on where it was."""
    while True:
        with transaction.atomic():
            current, wrapping = _current_wrapping()
            installation = clock.installation()
            batch = list(_behind(current).select_for_update().order_by("pk")[:REWRAP_BATCH])
            for key in batch:
                secret = _unwrap(key, installation)
                key.wrapped = _wrap(secret, wrapping, _wrap_binding(key, current, installation))
                key.key_id = current
                key.key_ids = [*key.key_ids, current]
                key.save(update_fields=["wrapped", "key_id", "key_ids"])
        if not batch:
            return
        yield len(batch)


def _behind(current: str) -> QuerySet[SealKey]:
    """Still under an older key; not what an old copy brought back under a destroyed one, which nothing opens."""
    return SealKey.objects.exclude(key_id=current).exclude(key_id__in=_destroyed())


def _destroyed() -> QuerySet[KeyCheck, str]:
    return KeyCheck.objects.filter(destroyed_at__isnull=False).values_list("key_id", flat=True)


def retirable() -> list[KeyCheck]:
    """Older key-encryption keys that wrap nothing any more, retired as of now if they were not (SP-04, SP-05)."""
    current, _wrapping = _current_wrapping()
    keks = KeyCheck.objects.filter(family=KeyCheck.Family.KEK, destroyed_at__isnull=True).exclude(key_id=current)
    idle = keks.exclude(key_id__in=SealKey.objects.values("key_id"))
    idle.filter(retired_at__isnull=True).update(retired_at=clock.now())
    return list(idle.order_by("number"))


def rotation_due(every: timedelta) -> bool:
    """The current key is that old, or a rotation was left half-way (SP-05)."""
    current, _wrapping = _current_wrapping()
    return _behind(current).exists() or KeyCheck.objects.get(key_id=current).made_at + every <= clock.now()


def old_keys() -> list[KeyCheck]:
    """Key-encryption keys that wrap nothing any more, destroyed ones too."""
    retired = KeyCheck.objects.filter(family=KeyCheck.Family.KEK, retired_at__isnull=False)
    return list(retired.order_by("-number"))


def is_lost(owner: UUID) -> bool:
    """Its key lies under one that was destroyed: a copy from before the destruction was put back (SP-05)."""
    return SealKey.objects.filter(owner=owner, key_id__in=_destroyed()).exists()


def forget_key(key_id: str, at: datetime) -> None:
    """Its file is gone for good, and with it whatever only it wrapped (SP-05). For what was forgotten already too."""
    known = KeyCheck.objects.filter(key_id=key_id, destroyed_at__isnull=True)
    known.filter(retired_at__isnull=True).update(retired_at=at)
    known.update(destroyed_at=at)
    _replace_if_it_was_the_last()


@transaction.atomic
def _replace_if_it_was_the_last() -> None:
    """A copy from before the destruction knows no later key; the desk goes on with the one that came after (SP-24)."""
    Installation.objects.select_for_update().get()
    keks = KeyCheck.objects.filter(family=KeyCheck.Family.KEK)
    if keks.exists() and not keks.filter(destroyed_at__isnull=True).exists():
        _add(KeyCheck.Family.KEK)


def rotate() -> int:
    """A new key unless a rotation was left half-way, then every data key under it; how many were wrapped anew."""
    current, _wrapping = _current_wrapping()
    if not _behind(current).exists():
        new_key()
    count = sum(rewrap())
    retirable()
    return count


def _add(family: str) -> str:
    """A file left by a run that was killed before the database knew it is taken into use, not replaced."""
    known = KeyCheck.objects.filter(family=family).order_by("-number").values_list("number", flat=True).first() or 0
    practice = Installation.objects.get().kind == Installation.Kind.PRACTICE
    left = [file for file in key_files.key_files() if file.family == family and file.number > known]
    file = left[-1] if left else None
    if file is None:
        content = secrets.token_bytes(key_files.KEY_BYTES)
        file = key_files.write(family, known + 1, content, practice=practice)
    key = key_files.read(file.key_id)
    if key is None:
        raise KeyMissing(f"The file of key {file.key_id} is not a key of 32 bytes.")
    KeyCheck.objects.create(
        key_id=file.key_id, family=family, number=file.number, mac=_mac_of_id(key, file.key_id), made_at=clock.now()
    )
    return file.key_id


def _checked(check: KeyCheck) -> bytes:
    key = key_files.read(check.key_id)
    if key is None:
        raise KeyMissing(f"The file of key {check.key_id} is missing or is not a key: restore it from escrow.")
    if not hmac.compare_digest(_mac_of_id(key, check.key_id), bytes(check.mac)):
        raise KeyMissing(f"The file of key {check.key_id} is another key than the one of this database.")
    return key


def _mac_of_id(key: bytes, key_id: str) -> bytes:
    return hmac.digest(_sub_key(key, _CHECK), key_id.encode(), "sha256")


def _sub_key(key: bytes, purpose: str) -> bytes:
    info = f"imidesk/{VERSION}/{purpose}".encode()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(key)


def _current_wrapping() -> tuple[str, bytes]:
    keks = KeyCheck.objects.filter(family=KeyCheck.Family.KEK, retired_at__isnull=True, destroyed_at__isnull=True)
    check = keks.order_by("-number").first()
    if check is None:
        raise KeyMissing("This installation has no key-encryption key yet: run `manage.py make_keys`.")
    return check.key_id, _sub_key(_checked(check), _WRAPPING)


# Data keys


def _data_key(owner: UUID, key: SealKey | None = None) -> _DataKey:
    opened = _opened.get()
    if opened is not None and owner in opened:
        return opened[owner]
    key = key or SealKey.objects.filter(owner=owner).first()
    if key is None:
        raise Sealed("There is no key (any more).")
    installation = clock.installation()
    data_key = _DataKey(uuid=key.uuid, installation=installation, secret=_unwrap(key, installation))
    if opened is not None:
        opened[owner] = data_key
    return data_key


def _wrap_binding(key: SealKey, kek_id: str, installation: UUID) -> bytes:
    return rfc8785.dumps(["wrap", VERSION, str(installation), str(key.owner), str(key.uuid), kek_id])


def _wrap(secret: bytes, wrapping: bytes, binding: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return bytes([VERSION]) + nonce + AESGCM(wrapping).encrypt(nonce, secret, binding)


def _wrapping(kek_id: str) -> bytes:
    kek = key_files.read(kek_id)
    if kek is None:
        raise KeyMissing(f"The file of key {kek_id} is missing or is not a key: restore it from escrow.")
    return _sub_key(kek, _WRAPPING)


def _unwrap(key: SealKey, installation: UUID, wrapping: bytes | None = None) -> bytes:
    """Who unwraps many gives along what `_wrapping` read of their key-encryption key."""
    wrapping = wrapping or _wrapping(key.key_id)
    wrapped = bytes(key.wrapped)
    if wrapped[:1] != bytes([VERSION]):
        raise Sealed("Wrapped in a way this version does not know.")
    binding = _wrap_binding(key, key.key_id, installation)
    try:
        return AESGCM(wrapping).decrypt(wrapped[1 : 1 + _NONCE], wrapped[1 + _NONCE :], binding)
    except InvalidTag:
        raise Sealed("The data key does not open: another key, another owner, or changed.") from None


# Values


def _part(row: SealedRow, field: str) -> str:
    try:
        return row.part_of(field)
    except KeyError:
        raise TypeError(f"{row._meta.label}.{field} is not a sealed field.") from None


def _fits(look: Look, row: SealedRow, field: str) -> None:
    if row.seal_owner != look.owner:
        raise Sealed("This look is at somebody else's data.")
    if _part(row, field) not in look.parts:
        raise Sealed("This look does not open that part.")


def _binding(row: SealedRow, field: str, data_key: _DataKey) -> bytes:
    installation = str(data_key.installation)
    return rfc8785.dumps([VERSION, installation, str(row.seal_owner), row._meta.label, str(row.uuid), field])


def _seal(row: SealedRow, field: str, content: bytes) -> bytes:
    data_key = _data_key(row.seal_owner)
    return _encrypt(data_key, content, _binding(row, field, data_key))


def _open(row: SealedRow, field: str, value: bytes) -> bytes:
    data_key = _data_key(row.seal_owner)
    return _decrypt(data_key, value, _binding(row, field, data_key))


def _encrypt(data_key: _DataKey, content: bytes, binding: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return (
        bytes([VERSION]) + data_key.uuid.bytes + nonce + AESGCM(data_key.secret).encrypt(nonce, _pad(content), binding)
    )


def _decrypt(data_key: _DataKey, value: bytes, binding: bytes) -> bytes:
    if len(value) < _HEAD + _TAG or value[0] != VERSION:
        raise Sealed("Sealed in a way this version does not know.")
    if value[1:17] != data_key.uuid.bytes:
        raise Sealed("Sealed with another key.")
    try:
        padded = AESGCM(data_key.secret).decrypt(value[17:_HEAD], value[_HEAD:], binding)
    except InvalidTag:
        raise Sealed("Changed, or moved from another row or field.") from None
    return _unpad(padded)


def _padded_length(length: int) -> int:
    """64, 256, 1,024 … bytes; above 1 MiB whole MiBs, or a file would take four times its size (SP-02)."""
    size = 64
    while size < min(length, _MIB):
        size *= 4
    return size if size >= length else -(-length // _MIB) * _MIB


def _pad(content: bytes) -> bytes:
    framed = len(content).to_bytes(4, "big") + content
    return framed.ljust(_padded_length(len(framed)), b"\0")


def _unpad(padded: bytes) -> bytes:
    length = int.from_bytes(padded[:4], "big")
    return padded[4 : 4 + length]


def _path(storage_name: str) -> Path:
    if not _STORAGE_NAME.fullmatch(storage_name):
        raise ValueError("Not the name of a stored file.")
    return Path(settings.IMIDESK_FILES_DIR) / storage_name


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
