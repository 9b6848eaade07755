"""Whether a text or a provider is about the person sought. Pure: what is compared never leaves the process (SP-22)."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SHORTEST_NUMBER = 5
SHORTEST_NAME = 3
_NAMES = ("family_name", "legal_name", "trade_name")


@dataclass(frozen=True)
class Wanted:
    """Names, numbers and addresses in the form in which they are compared; nothing of it is stored."""

    names: frozenset[str]
    numbers: frozenset[str]
    emails: frozenset[str]
    birth_date: str

    @classmethod
    def of(cls, person: Mapping[str, Any]) -> "Wanted":
        return cls(
            names=frozenset(name for key in _NAMES if len(name := words_of(person.get(key, ""))) >= SHORTEST_NAME),
            numbers=frozenset(
                plain
                for number in person.get("numbers", ())
                if len(plain := compact(number["value"])) >= SHORTEST_NUMBER
            ),
            emails=frozenset(filter(None, [str(person.get("email", "")).strip().casefold()])),
            birth_date=str(person.get("birth_date") or ""),
        )

    @property
    def is_empty(self) -> bool:
        return not (self.names or self.numbers or self.emails)


def is_provider(wanted: Wanted, provider: Mapping[str, Any]) -> bool:
    """A number or an address settles it; a name does where the birth dates do not contradict it."""
    found = Wanted.of(provider)
    if wanted.numbers & found.numbers or wanted.emails & found.emails:
        return True
    same_day = not wanted.birth_date or not found.birth_date or wanted.birth_date == found.birth_date
    return bool(wanted.names & found.names) and same_day


def is_in(wanted: Wanted, text: str) -> bool:
    """Rather once too often: a person looks at what was found."""
    folded = f" {words_of(text)} "
    if any(f" {name} " in folded for name in wanted.names):
        return True
    if any(email in text.casefold() for email in wanted.emails):
        return True
    return bool(wanted.numbers) and any(number in compact(text) for number in wanted.numbers)


def words_of(text: str) -> str:
    """Without accents, capitals and punctuation, one space between words."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", plain.casefold()))


def compact(text: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text).casefold())
