"""Files that only grow: anchors, ledger, processing records."""

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path


def append(file: Path, lines: Iterable[str]) -> None:
    """Whole lines, never mixed with those of another process, on disk when it returns."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as sink:
        fcntl.flock(sink, fcntl.LOCK_EX)
        sink.write("".join(f"{line}\n" for line in lines))
        sink.flush()
        os.fsync(sink.fileno())
