"""What bytes say once every layer that can hide a text is taken off (SP-22)."""

import base64
import binascii
import html
import quopri
import re
import unicodedata
import zlib
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote_to_bytes

DEEPEST = 5
LARGEST = 16 * 1024 * 1024
"""What is unpacked out of one piece beside the piece itself; what grows further is cut off there (SP-32)."""

_DEFLATED = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08|PK\x03\x04")
_WIDE = re.compile(rb"[\x00-\x06]?(?:[\x20-\xff][\x00-\x06]){6,}[\x20-\xff]?")
# From the beginning of a run and without turning back: these two look at every sign of a million rows.
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])(?=[A-Za-z0-9+/_\r\n-]{12})(?:[A-Za-z0-9+/_-]++(?:\r?\n)?)++={0,2}")
_NAME_OF_A_ROW = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[A-Z]{1,10}-[0-9]{4}-[0-9]{5,}")
"""A UUID or a reference: no packed text."""
_DIGEST = re.compile(r"(?:[0-9a-f]{2}){16,}")
"""Read as hexadecimal digits alone: base64 of a text has other letters too."""
_TAG = re.compile(r"<[^<>]*>")
_HEX = re.compile(r"[0-9a-fA-F]{16,}+")
_JSON = re.compile(r"\\u([0-9a-fA-F]{4})|\\([\"\\/bfnrt])")
_JSON_SIGNS = {"b": " ", "f": " ", "n": "\n", "r": "\n", "t": "\t"}
_PDF_TEXT = re.compile(rb"\((?:\\.|[^\\()])*\)|<[0-9a-fA-F\s]+>", re.DOTALL)
_PDF_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(.))", re.DOTALL)
_PDF_SIGNS = {b"n": b"\n", b"r": b"\n", b"t": b"\t"}
_PDF_PAIRS = re.compile(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")
_PDF_RANGES = re.compile(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_WIDEST_RANGE = 4096
_SIGNS_OF_TEXT = bytes([*range(7), 9, 10, 13, *range(32, 127)])

_Layer = bytes | str


def normal(text: str) -> str:
    """One spelling of what reads the same: composed, without case, one space between words."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    folded = text.casefold()
    return " ".join((folded if folded.isascii() else unicodedata.normalize("NFKC", folded)).split())


def readings(content: _Layer) -> Iterator[str]:
    """The normal text of the piece itself and of everything that is packed or escaped in it, each once."""
    seen: set[_Layer] = set()
    layers: list[tuple[int, _Layer]] = [(0, content)]
    left = LARGEST
    while layers:
        depth, layer = layers.pop()
        if layer in seen or not layer:
            continue
        left -= len(layer) if depth else 0
        if left <= 0:
            return
        seen.add(layer)
        if isinstance(layer, str):
            yield normal(layer)
        if depth == DEEPEST:
            continue
        for inner in _out_of_text(layer) if isinstance(layer, str) else _out_of_bytes(layer, left):
            # Reading bytes as text takes no layer off.
            step = 0 if isinstance(layer, bytes) and isinstance(inner, str) else 1
            layers.append((depth + step, inner))


def _out_of_bytes(content: bytes, limit: int) -> Iterator[_Layer]:
    try:
        yield content.decode("utf-8")
    except UnicodeDecodeError:
        yield content.decode("latin-1")
        yield content.decode("utf-8", errors="replace")
    for match in _WIDE.finditer(content):
        for order in ("utf-16-le", "utf-16-be"):
            yield match[0].decode(order, errors="replace")
            yield match[0][1:].decode(order, errors="replace")
    for match in _DEFLATED.finditer(content):
        yield _inflated(content, match.start(), limit)
    if content.startswith(b"%PDF"):
        yield from _pdf_texts(content, limit)


def _inflated(content: bytes, start: int, limit: int) -> bytes:
    """zlib, gzip, or a member of a zip as Office makes them; what was cut off or broken gives what comes before."""
    window = {0x78: 15, 0x1F: 31}.get(content[start], -15)
    if window == -15:
        if content[start + 8 : start + 10] != b"\x08\x00":
            return b""
        start += 30 + sum(int.from_bytes(content[start + at : start + at + 2], "little") for at in (26, 28))
    unpacker = zlib.decompressobj(window)
    pieces = []
    for at in range(start, len(content), 4096):
        try:
            piece = unpacker.decompress(content[at : at + 4096], max(limit, 1))
        except zlib.error:
            break
        pieces.append(piece)
        limit -= len(piece)
        if unpacker.eof or limit <= 0:
            break
    return b"".join(pieces)


def _out_of_text(text: str) -> Iterator[_Layer]:
    if "%" in text:
        yield unquote_to_bytes(text)
    if "&" in text:
        yield html.unescape(text)
    if "<" in text:
        yield _TAG.sub("", text)
    if "\\" in text:
        yield _without_json_escapes(text)
    if "=" in text:
        yield quopri.decodestring(text.encode(errors="replace"))
    for match in _BASE64.finditer(text):
        if not _NAME_OF_A_ROW.fullmatch(match[0]):
            yield from _packed_in(match[0])
    for match in _HEX.finditer(text):
        packed = bytes.fromhex(match[0][: len(match[0]) // 2 * 2])
        if _may_say_something(packed):
            yield packed


@lru_cache(maxsize=1 << 14)
def _packed_in(signs: str) -> tuple[bytes, ...]:
    """Words of the desk's own, which stand in very many rows, are unpacked once."""
    if _DIGEST.fullmatch(signs):
        return ()
    return tuple(filter(_may_say_something, _from_base64("".join(signs.split()))))


def _may_say_something(content: bytes) -> bool:
    """Not what an identifier or a sealed value gives when it is taken for a packed text."""
    if 5 * len(content.translate(None, _SIGNS_OF_TEXT)) < 2 * len(content) or _DEFLATED.match(content):
        return True
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _without_json_escapes(text: str) -> str:
    plain = _JSON.sub(lambda match: chr(int(match[1], 16)) if match[1] else _JSON_SIGNS.get(match[2], match[2]), text)
    if _SURROGATE.search(plain):
        plain = plain.encode("utf-16", "surrogatepass").decode("utf-16", errors="replace")
    return plain


def _from_base64(signs: str) -> Iterator[bytes]:
    """From each of the four places at which it may begin: text may stand right before it."""
    signs = signs.rstrip("=").replace("-", "+").replace("_", "/")
    for first in range(4):
        body = signs[first:]
        body = body[: len(body) - (len(body) % 4 == 1)]
        try:
            yield base64.b64decode(body + "=" * (-len(body) % 4))
        except binascii.Error:
            continue


def _pdf_texts(content: bytes, limit: int) -> Iterator[str]:
    """What the pages show: strings in their order, through each table of characters that the file holds."""
    streams = [content, *(_inflated(content, match.start(), limit) for match in _DEFLATED.finditer(content))]
    tables = [table for stream in streams if b"beginbf" in stream and (table := _characters(stream))]
    for stream in streams:
        codes = [_pdf_string(match[0]) for match in _PDF_TEXT.finditer(stream)]
        if codes:
            yield b"".join(codes).decode("latin-1")
            for table in tables:
                yield "".join(_through(table, code) for code in codes)


def _pdf_string(written: bytes) -> bytes:
    if written.startswith(b"<"):
        digits = b"".join(written[1:-1].split())
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    return _PDF_ESCAPE.sub(
        lambda match: bytes([int(match[1], 8) & 0xFF]) if match[1] else _PDF_SIGNS.get(match[2], match[2]),
        written[1:-1],
    )


def _characters(stream: bytes) -> dict[bytes, str]:
    table: dict[bytes, str] = {}
    for section in re.findall(rb"beginbfchar(.*?)endbfchar", stream, re.DOTALL):
        for code, character in _PDF_PAIRS.findall(section):
            table[_pdf_string(b"<" + code + b">")] = _utf16(character)
    for section in re.findall(rb"beginbfrange(.*?)endbfrange", stream, re.DOTALL):
        for first, last, character in _PDF_RANGES.findall(section):
            start, width = int(first, 16), len(first) // 2
            for offset in range(min(int(last, 16) - start + 1, _WIDEST_RANGE)):
                shown = b"%0*x" % (len(character), int(character, 16) + offset)
                table[(start + offset).to_bytes(width, "big")] = _utf16(shown)
    return table


def _utf16(digits: bytes) -> str:
    return _pdf_string(b"<" + digits + b">").decode("utf-16-be", errors="replace")


def _through(table: dict[bytes, str], code: bytes) -> str:
    width = len(next(iter(table)))
    return "".join(table.get(code[at : at + width], "") for at in range(0, len(code), width))
