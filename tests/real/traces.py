"""Whether a text that was typed at a desk can still be met: byte by byte, and in whatever it may be packed."""

import base64
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from archive import decoding

CHUNK, OVERLAP = 8 * 1024 * 1024, 64 * 1024
_EMPTY = re.compile(rb"\x00{64,}")


class Sought:
    """Markers that begin alike, so that each place is read once for all of them."""

    def __init__(self, marks: Iterable[str], *beginnings: str) -> None:
        self.marks = [mark.casefold() for mark in marks]
        self.beginnings = [beginning.casefold() for beginning in beginnings]
        written = [form for beginning in beginnings for form in {beginning, beginning.lower(), beginning.upper()}]
        self._bytes = [piece for form in written for piece in _ways(form.encode())]
        # PostgreSQL packs what is long: a first occurrence keeps its letters, with a byte of flags after every eighth.
        self._packed = [re.compile(b".?".join(re.escape(bytes([one])) for one in b.encode()), re.S) for b in beginnings]

    def in_bytes(self, content: bytes) -> bool:
        return any(piece in content for piece in self._bytes) or any(form.search(content) for form in self._packed)

    def in_layers(self, content: bytes) -> set[str]:
        found = set()
        for reading in decoding.readings(content):
            if any(beginning in reading for beginning in self.beginnings):
                found |= {mark for mark in self.marks if mark in reading} or {"a piece of a marker"}
        return found

    def within(self, content: bytes, *, layers: bool) -> set[str]:
        return (self.in_layers(content) if layers else set()) or (
            {"only in its bytes"} if self.in_bytes(content) else set()
        )


def _ways(text: bytes) -> Iterator[bytes]:
    wide = text.decode().encode("utf-16-le")
    yield from (text, wide, wide[1:], text.hex().encode(), text.hex().upper().encode())
    for before in range(3):
        signs = base64.b64encode(b"\0" * before + text)
        yield signs[-(-before * 8 // 6) : (before + len(text)) * 8 // 6]


def pieces(path: Path) -> Iterator[bytes]:
    """The name, then the content in pieces that overlap, without what is empty in it."""
    yield path.name.encode()
    try:
        with path.open("rb") as file:
            before = b""
            while part := file.read(CHUNK):
                yield _EMPTY.sub(b"\0" * 8, before + part)
                before = part[-OVERLAP:]
    except FileNotFoundError:
        return


def files(*roots: Path) -> Iterator[Path]:
    for root in roots:
        for folder, _folders, names in os.walk(root):
            yield from (Path(folder, name) for name in sorted(names) if Path(folder, name).is_file())


def dumped(address: str) -> bytes:
    """Every row of a PostgreSQL database as its owner would copy it, as text."""
    return subprocess.run(["pg_dump", "--no-owner", address], check=True, capture_output=True, timeout=120).stdout
