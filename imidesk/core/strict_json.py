"""JSON from strangers, refused where programs read it differently (SP-31).

The reader is our own because json.loads tells neither where a name stands twice nor how deep it is.
"""

import math
import re
from dataclasses import dataclass
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from typing import NoReturn

from django.utils.translation import gettext_lazy as _

from imidesk.core.sentences import Sentence, sentence

MAX_BYTES = 60 * 1024 * 1024
MAX_DEPTH = 12
MAX_VALUES = 100_000
MAX_FAULTS = 100
MAX_DIGITS = 15  # beyond 2**53 programs no longer agree on a whole number

Path = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_NOT_A_NUMBER = re.compile(r"-?(NaN|Infinity)")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LITERALS = (("true", True), ("false", False), ("null", None))


@dataclass(frozen=True)
class JsonFault:
    """Where and why; `path` holds names out of the file, so it is not shown as it stands."""

    path: Path
    rule: str
    message: Sentence


class NotStrict(Exception):
    """The file is refused; carries every fault found."""

    def __init__(self, faults: list[JsonFault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


class _Stop(Exception):
    pass


def read_strict(data: bytes, *, max_bytes: int = MAX_BYTES) -> object:
    """The value in the file; NotStrict with its faults when it is not plain, unambiguous JSON."""
    text = _text(data, max_bytes)
    reader = _Reader(text)
    try:
        value = reader.document()
    except _Stop:
        raise NotStrict(reader.faults) from None
    if reader.faults:
        raise NotStrict(reader.faults)
    return value


def _text(data: bytes, max_bytes: int) -> str:
    if len(data) > max_bytes:
        limit = max_bytes // (1024 * 1024)
        raise _refused(
            "SP-31.size", sentence(_("The file is larger than %(limit)s MB. Split it into smaller files."), limit=limit)
        )
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise _refused(
            "SP-31.byte-order-mark", _("The file starts with a byte order mark. Save it as UTF-8 without that mark.")
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise _refused("SP-31.encoding", _("The file is not in UTF-8. Save it as UTF-8.")) from None
    if "\x00" in text:
        raise _refused("SP-31.nul", _("The file contains a NUL character. Remove it, or save the file as UTF-8."))
    return text


def _refused(rule: str, message: Sentence) -> NotStrict:
    return NotStrict([JsonFault((), rule, message)])


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.values = 0
        self.faults: list[JsonFault] = []

    def document(self) -> object:
        value = self._value((), 0)
        self._skip()
        if self.at != len(self.text):
            self._syntax(())
        return value

    def _value(self, path: Path, depth: int) -> object:
        self._skip()
        self.values += 1
        if self.values > MAX_VALUES:
            message = _("The file holds more than %(limit)s values. Split it into smaller files.")
            self._stop((), "SP-31.values", sentence(message, limit=MAX_VALUES))
        char = self.text[self.at : self.at + 1]
        if char in ("{", "["):
            if depth == MAX_DEPTH:
                message = _("The file is nested deeper than %(limit)s levels. Use the structure of the format.")
                self._stop(path, "SP-31.depth", sentence(message, limit=MAX_DEPTH))
            self.at += 1
            return self._object(path, depth + 1) if char == "{" else self._array(path, depth + 1)
        if char == '"':
            return self._string(path)
        for word, value in _LITERALS:
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return value
        return self._number(path)

    def _object(self, path: Path, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        self._skip()
        if self._take("}"):
            return found
        while True:
            self._skip()
            if not self.text.startswith('"', self.at):
                self._syntax(path)
            name = self._string(path)
            inside = (*path, name)
            if name in found:
                self._fault(inside, "SP-31.duplicate-key", _("This name stands twice in one object. Keep one of them."))
            self._skip()
            if not self._take(":"):
                self._syntax(path)
            found[name] = self._value(inside, depth)
            self._skip()
            if self._take("}"):
                return found
            if not self._take(","):
                self._syntax(path)

    def _array(self, path: Path, depth: int) -> list[object]:
        found: list[object] = []
        self._skip()
        if self._take("]"):
            return found
        while True:
            found.append(self._value((*path, len(found)), depth))
            self._skip()
            if self._take("]"):
                return found
            if not self._take(","):
                self._syntax(path)

    def _string(self, path: Path) -> str:
        try:
            text, self.at = scanstring(self.text, self.at + 1, True)
        except JSONDecodeError as error:
            self.at = error.pos
            self._syntax(path)
        if "\x00" in text:
            self._fault(path, "SP-31.nul", _("This text contains a NUL character. Remove it."))
        if not text.isascii() and _SURROGATE.search(text):
            message = _("This text contains half a character (a lone surrogate). Write the character in full.")
            self._fault(path, "SP-31.surrogate", message)
        return text

    def _number(self, path: Path) -> int | float:
        match = _NUMBER.match(self.text, self.at)
        if not match:
            if _NOT_A_NUMBER.match(self.text, self.at):
                self._stop(
                    path, "SP-31.not-a-number", _("NaN and Infinity are not numbers. Write a number or leave it out.")
                )
            self._syntax(path)
        self.at = match.end()
        whole, fraction, exponent = match.groups()
        if len(whole) > MAX_DIGITS or len(fraction or "") > MAX_DIGITS + 1 or len(exponent or "") > 4:
            message = _("This number has more than %(limit)s digits. Write a shorter number.")
            self._fault(path, "SP-31.long-number", sentence(message, limit=MAX_DIGITS))
            return 0
        if fraction is None and exponent is None:
            return int(match.group())
        number = float(match.group())
        if not math.isfinite(number):
            self._fault(path, "SP-31.not-a-number", _("This number is too large. Write a smaller number."))
            return 0
        return number

    def _skip(self) -> None:
        match = _SPACE.match(self.text, self.at)
        if match:
            self.at = match.end()

    def _take(self, char: str) -> bool:
        if self.text.startswith(char, self.at):
            self.at += 1
            return True
        return False

    def _syntax(self, path: Path) -> NoReturn:
        before = self.text[: self.at]
        message = sentence(
            _("The file is not valid JSON at line %(line)s, position %(position)s. Correct it or export it again."),
            line=before.count("\n") + 1,
            position=self.at - before.rfind("\n"),
        )
        self._stop(path, "SP-31.json", message)

    def _fault(self, path: Path, rule: str, message: Sentence) -> None:
        self.faults.append(JsonFault(path, rule, message))
        if len(self.faults) >= MAX_FAULTS:
            raise _Stop

    def _stop(self, path: Path, rule: str, message: Sentence) -> NoReturn:
        self.faults.append(JsonFault(path, rule, message))
        raise _Stop
