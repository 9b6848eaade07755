"""Sentences that are translated when they are shown, with facts filled in."""

from django.utils.functional import Promise, lazystr

Sentence = str | Promise


class _Filled:
    def __init__(self, template: Sentence, facts: dict[str, object]) -> None:
        self.template = template
        self.facts = facts

    def __str__(self) -> str:
        return str(self.template) % self.facts


def sentence(template: Sentence, **facts: object) -> Sentence:
    """A lazy sentence; the facts are the program's own names and numbers, never what somebody else wrote (SP-33)."""
    return lazystr(_Filled(template, facts))
