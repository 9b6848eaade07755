"""The 32-byte key files of IMIDESK_KEYS_DIR: the file's name is the key's id (SP-03)."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

KEY_BYTES = 32
PRACTICE = "practice-"
_NAME = re.compile(r"((?:practice-)?(kek|audit)-([0-9]{4}))\.key")


@dataclass(frozen=True)
class KeyFile:
    key_id: str
    family: str
    number: int
    path: Path

    @property
    def is_practice(self) -> bool:
        return self.key_id.startswith(PRACTICE)


def folder() -> Path:
    return Path(settings.IMIDESK_KEYS_DIR)


def key_files() -> Iterator[KeyFile]:
    if not folder().is_dir():
        return
    for path in sorted(folder().iterdir()):
        match = _NAME.fullmatch(path.name)
        if match:
            yield KeyFile(key_id=match[1], family=match[2], number=int(match[3]), path=path)


def read(key_id: str) -> bytes | None:
    """None when there is no such file or when it is not a key."""
    try:
        content = (folder() / f"{key_id}.key").read_bytes()
    except OSError:
        return None
    return content if len(content) == KEY_BYTES else None


def remove(key_id: str) -> bool:
    """False where the folder cannot be written to: then whoever mounts it takes the file away."""
    try:
        (folder() / f"{key_id}.key").unlink(missing_ok=True)
    except OSError:
        return False
    return True


def write(family: str, number: int, content: bytes, *, practice: bool) -> KeyFile:
    key_id = f"{PRACTICE if practice else ''}{family}-{number:04d}"
    path = folder() / f"{key_id}.key"
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_suffix(".new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.rename(unfinished, path)
    return KeyFile(key_id=key_id, family=family, number=number, path=path)
