"""Service activities and keywords a desk starts with; a loader writes them to rows, a province may add its own."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from imidesk.core.bilingual import CatalogueError, Text, read_file, read_text

DATA = Path(__file__).resolve().parent / "data"


@dataclass(frozen=True)
class KeywordRow:
    """Trefwoord (AUT-25)."""

    code: str
    name: Text


@dataclass(frozen=True)
class ServiceActivityRow:
    """Dienstverleningsactiviteit with its NACE Rev. 2.1 class, from which the team can be told (IN-07)."""

    code: str
    name: Text
    nace: str
    keywords: tuple[str, ...]


@cache
def keywords() -> tuple[KeywordRow, ...]:
    raws = read_file(DATA / "keywords.json")["keywords"]
    rows = tuple(KeywordRow(raw["code"], read_text(raw["name"], raw["code"])) for raw in raws)
    _refuse_doubles([row.code for row in rows])
    return rows


@cache
def service_activities() -> tuple[ServiceActivityRow, ...]:
    known = {keyword.code for keyword in keywords()}
    rows = []
    for raw in read_file(DATA / "service_activities.json")["service_activities"]:
        unknown = set(raw["keywords"]) - known
        if unknown:
            raise CatalogueError(f"{raw['code']}: unknown keywords {sorted(unknown)}")
        name = read_text(raw["name"], raw["code"])
        rows.append(ServiceActivityRow(raw["code"], name, raw["nace"], tuple(raw["keywords"])))
    _refuse_doubles([row.code for row in rows])
    return tuple(rows)


def _refuse_doubles(codes: list[str]) -> None:
    doubles = {code for code in codes if codes.count(code) > 1}
    if doubles:
        raise CatalogueError(f"code used twice: {sorted(doubles)}")
