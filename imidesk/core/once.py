"""What a page or a mail asks of the database once, however many of its parts want to know.

Only for what cannot change while one answer is made. Otherwise jobs and commands keep nothing: they ask anew.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class _Kept:
    reads_only: bool
    answers: dict[Hashable, Any] = field(default_factory=dict)


_kept: ContextVar[_Kept | None] = ContextVar("kept_for_this_request", default=None)


@contextmanager
def one_answer(*, reads_only: bool) -> Iterator[None]:
    token = _kept.set(_Kept(reads_only))
    try:
        yield
    finally:
        _kept.reset(token)


def per_request(key: Hashable, ask: Callable[[], T]) -> T:
    """For what no step changes: the day, the memberships."""
    return _answer(_kept.get(), key, ask)


def per_page(key: Hashable, ask: Callable[[], T]) -> T:
    """For what a step may change: kept only where the whole HTTP request reads."""
    kept = _kept.get()
    return _answer(kept if kept and kept.reads_only else None, key, ask)


def _answer(kept: _Kept | None, key: Hashable, ask: Callable[[], T]) -> T:
    if kept is None:
        return ask()
    if key not in kept.answers:
        kept.answers[key] = ask()
    found: T = kept.answers[key]
    return found
