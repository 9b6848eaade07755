import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from django.utils.translation import get_language


class CatalogueError(ValueError):
    """A data file of the project is not as it should be."""


@dataclass(frozen=True)
class Text:
    """A text of a data file in every language of the desk; `str()` gives the active one."""

    nl: str
    en: str

    def __str__(self) -> str:
        return self.in_language(get_language() or "nl")

    def in_language(self, language: str) -> str:
        return str(getattr(self, language.split("-")[0], self.nl))


@dataclass(frozen=True)
class OutwardText(Text):
    """A text that the other side may read: also in the languages in which it is suggested to a requester (ANS-07)."""

    de: str
    fr: str


LANGUAGES = tuple(field.name for field in fields(Text))
OUTWARD_LANGUAGES = tuple(field.name for field in fields(OutwardText))


def read_text(raw: Mapping[str, str], where: str) -> Text:
    return Text(**_complete(raw, LANGUAGES, where))


def read_outward(raw: Mapping[str, str], where: str) -> OutwardText:
    return OutwardText(**_complete(raw, OUTWARD_LANGUAGES, where))


def _complete(raw: Mapping[str, str], languages: tuple[str, ...], where: str) -> Mapping[str, str]:
    missing = [language for language in languages if not raw.get(language, "").strip()]
    if missing:
        raise CatalogueError(f"{where}: no text in {', '.join(missing)}")
    unknown = sorted(set(raw) - set(languages))
    if unknown:
        raise CatalogueError(f"{where}: not a text in {', '.join(unknown)}")
    return raw


def read_file(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise CatalogueError(f"{path.name}: not an object")
    return content
