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
    """Half as many again while a transaction takes less than half of `LONGEST`, half as many after two thirds of it."""

    size: int = FIRST

    @contextmanager
    def timed(self, number: int) -> Iterator[None]:
        """Around the transaction of a batch of so many; one that fails says nothing about the next."""
        began = time.monotonic()
        yield
        seconds = time.monotonic() - began
        if seconds > LONGEST * 2 / 3:
            self.size = max(1, number // 2)
        elif seconds < LONGEST / 2:
            self.size = min(MOST, max(self.size, number + number // 2 + 1))
