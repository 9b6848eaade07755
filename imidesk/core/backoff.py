from datetime import timedelta

LEASE = timedelta(minutes=10)
"""How long a claimed row is left alone: a worker that died in the middle costs this much time."""


def wait_after(tries: int) -> timedelta:
    """1, 2, 4 … minutes, at most six hours."""
    return min(timedelta(minutes=2 ** (tries - 1)), timedelta(hours=6))
