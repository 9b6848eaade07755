"""The calendar feed of what is blocked and erased: references and days only (SP-17, RFC 5545)."""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

MEDIA_TYPE = "text/calendar; charset=utf-8"
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_LONGEST = 74


@dataclass(frozen=True)
class Entry:
    """A day in the feed: a reference and what happens, never more."""

    on: date
    uid: str
    text: str


def new_token() -> tuple[str, str]:
    """What is shown once, and what is stored of it."""
    token = secrets.token_urlsafe(32)
    return token, digest(token)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def calendar(name: str, entries: Iterable[Entry]) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//imidesk//bewaren//NL", f"X-WR-CALNAME:{_escaped(name)}"]
    for entry in entries:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{entry.uid}@imidesk",
            f"DTSTAMP:{_day(entry.on)}T000000Z",
            f"DTSTART;VALUE=DATE:{_day(entry.on)}",
            f"DTEND;VALUE=DATE:{_day(entry.on + timedelta(days=1))}",
            f"SUMMARY:{_escaped(entry.text)}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line)).encode()


def _day(day: date) -> str:
    return day.strftime("%Y%m%d")


def _escaped(text: str) -> str:
    return text.translate(_ESCAPED)


def _folded(line: str) -> Iterator[str]:
    """At most 75 octets a line; what follows begins with a space."""
    part = ""
    for char in line:
        if len((part + char).encode()) > _LONGEST:
            yield part
            part = " "
        part += char
    yield part
