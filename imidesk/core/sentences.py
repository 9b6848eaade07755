"""Sentences that are translated when they are shown, with facts filled in."""

from typing import TYPE_CHECKING

from django.utils.functional import lazystr

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Sentence
else:
    Sentence = object


class _Filled:
    def __init__(self, template: "str | Sentence", facts: dict[str, object]) -> None:
        self.template = template
        self.facts = facts

    def __str__(self) -> str:
        return str(self.template) % self.facts


def sentence(template: "str | Sentence", **facts: object) -> "Sentence":
    """A lazy sentence; the facts are the program's own names and numbers, never what somebody else wrote (SP-33)."""
    return lazystr(_Filled(template, facts))
