"""How much the night does in one transaction."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LONGEST = 0.3
"""Seconds that a transaction may last: so long somebody may wait for the rows it holds (issue 5, "Jobs")."""
FIRST = 50
MOST = 2000


@dataclass
class Pace:
    """The next batch is larger or smaller by as much as the last took less or more than half of `LONGEST`."""

    size: int = FIRST

    @contextmanager
    def timed(self, number: int) -> Iterator[None]:
        """Around the transaction of a batch of so many; one that fails says nothing about the next."""
        began = time.monotonic()
        yield
        seconds = max(time.monotonic() - began, 1e-6)
        by = min(1.5, max(0.5, LONGEST / 2 / seconds))
        if number == self.size or by < 1:
            self.size = min(MOST, max(1, round(number * by)))
