"""How large the next batch of the night is."""

import pytest

from archive import pacing
from archive.pacing import LONGEST, Pace


@pytest.fixture
def takes(monkeypatch):
    """Lets a batch take as long as it is said to."""
    now = [0.0]
    monkeypatch.setattr(pacing.time, "monotonic", lambda: now[0])

    def batch(pace, number, seconds):
        with pace.timed(number):
            now[0] += seconds

    return batch


def test_it_settles_where_a_transaction_stays_below_its_limit(takes):
    """With what each transaction costs by itself, and what each request costs."""
    pace = Pace()
    for _ in range(40):
        seconds = 0.05 + 0.001 * pace.size
        takes(pace, pace.size, seconds)

    assert 0.4 * LONGEST < 0.05 + 0.001 * pace.size < LONGEST


def test_one_slow_transaction_halves_the_next_and_a_small_rest_says_little(takes):
    pace = Pace(100)
    takes(pace, 100, 10 * LONGEST)
    assert pace.size == 50
    takes(pace, 3, 0.001)
    assert pace.size == 50
    takes(pace, 50, 0.001)
    assert pace.size == 75


def test_it_never_stops_and_never_grows_without_end(takes):
    pace = Pace(1)
    takes(pace, 1, 5 * LONGEST)
    assert pace.size == 1
    for _ in range(40):
        takes(pace, pace.size, 0.0001)
    assert pace.size == pacing.MOST
