"""How much the night does in one transaction."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LONGEST = 0.3
"""Seconds that a transaction may last: so long somebody may wait for the rows it holds (issue 5, "Jobs")."""
FIRST = 20
MOST = 1000


@dataclass
class Pace:
    """The next batch is as large as fits in half of `LONGEST` at the speed of the last one, and at most twice that."""

    size: int = FIRST

    @contextmanager
    def timed(self, number: int) -> Iterator[None]:
        """Around the transaction of a batch of so many; one that fails says nothing about the next."""
        began = time.monotonic()
        yield
        seconds = time.monotonic() - began
        fits = int(number * LONGEST / 2 / max(seconds, 1e-6))
        self.size = max(1, min(fits, 2 * self.size, MOST))
