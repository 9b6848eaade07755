"""Judges one stranger's file in a process of its own (SP-30, SP-32).

Run by its path, without Django and without the environment: `python -I -B upload_child.py KIND < file`. The answer is
the exit code alone, so that a parser that was taken over has nowhere else to write.
"""

import ctypes
import os
import resource
import sys
import warnings
import zlib
from collections.abc import Iterable, Iterator
from enum import IntEnum
from io import BytesIO
from typing import Any, NoReturn

MEGABYTE = 1024 * 1024
MEMORY = 1024 * MEGABYTE
CPU_SECONDS = 15
MAX_UNPACKED = 100 * MEGABYTE
MAX_RATIO = 100
MAX_ENTRIES = 1000
MAX_PIXELS = 50_000_000
ALWAYS_ALLOWED = 1 * MEGABYTE  # below this a high ratio is a small repetitive file, not a bomb

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
WORD_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
ODT = b"application/vnd.oasis.opendocument.text"
# Programs, archives and old Office containers: MZ, ELF, ZIP, OLE, RAR, 7-Zip.
FOREIGN = (b"MZ", b"\x7fELF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"Rar!", b"7z\xbc\xaf\x27\x1c")
PDF_ACTIONS = frozenset({"/JavaScript", "/Launch", "/ImportData", "/Rendition", "/GoToE"})


class Verdict(IntEnum):
    """Exit codes; anything else means that the check itself did not end well."""

    FINE = 0
    UNREADABLE = 40
    PASSWORD = 41
    ACTIVE = 42
    FILES_INSIDE = 43
    TOO_LARGE_UNPACKED = 44
    TOO_MANY_PIXELS = 45
    OTHER_KIND = 46


class Refuse(Exception):
    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.name)
        self.verdict = verdict


class Unpacked:
    """Counts what comes out, before it is kept."""

    def __init__(self, packed: int) -> None:
        self.limit = min(MAX_UNPACKED, max(ALWAYS_ALLOWED, packed * MAX_RATIO))
        self.total = 0

    def add(self, size: int) -> None:
        self.total += size
        if self.total > self.limit:
            raise Refuse(Verdict.TOO_LARGE_UNPACKED)


def check_image(content: bytes, kind: str) -> None:
    from PIL import Image

    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(BytesIO(content), formats=[kind]) as image:
        if image.width * image.height > MAX_PIXELS:
            raise Refuse(Verdict.TOO_MANY_PIXELS)
        image.load()


def check_pdf(content: bytes) -> None:
    import pikepdf

    try:
        pdf = pikepdf.open(BytesIO(content))
    except pikepdf.PasswordError:
        raise Refuse(Verdict.PASSWORD) from None
    with pdf:
        if pdf.is_encrypted:
            raise Refuse(Verdict.PASSWORD)
        if not len(pdf.pages):
            raise Refuse(Verdict.UNREADABLE)
        unpacked = Unpacked(len(content))
        for node in _pdf_nodes([pdf.trailer, *pdf.objects]):
            _check_pdf_dictionary(node)
            if isinstance(node, pikepdf.Stream):
                _check_pdf_stream(node, unpacked)


def _pdf_nodes(start: Iterable[Any]) -> Iterator[Any]:
    """Every dictionary and stream; indirect ones are in the list of objects, so only direct children are followed."""
    import pikepdf

    waiting = list(start)
    while waiting:
        node = waiting.pop()
        children: list[Any] = []
        if isinstance(node, (pikepdf.Dictionary, pikepdf.Stream)):
            yield node
            children = [value for _name, value in node.items()]
        elif isinstance(node, pikepdf.Array):
            children = list(node)
        waiting.extend(
            child
            for child in children
            if isinstance(child, (pikepdf.Dictionary, pikepdf.Array)) and not child.is_indirect
        )


def _check_pdf_dictionary(node: Any) -> None:
    if str(node.get("/S", "")) in PDF_ACTIONS or "/JS" in node or "/XFA" in node or "/RichMediaContent" in node:
        raise Refuse(Verdict.ACTIVE)
    if "/EmbeddedFiles" in node or "/EF" in node or str(node.get("/Type", "")) == "/EmbeddedFile":
        raise Refuse(Verdict.FILES_INSIDE)


def _check_pdf_stream(node: Any, unpacked: Unpacked) -> None:
    if str(node.get("/Subtype", "")) == "/Image":
        if int(node.get("/Width", 0)) * int(node.get("/Height", 0)) > MAX_PIXELS:
            raise Refuse(Verdict.TOO_MANY_PIXELS)
        return
    filters = node.get("/Filter")
    names = [str(name) for name in filters] if isinstance(filters, _array()) else [str(filters)]
    data = node.read_raw_bytes()
    for name in names:
        if name not in ("/FlateDecode", "/Fl"):
            return
        data = _inflate(data, unpacked)


def _array() -> Any:
    import pikepdf

    return pikepdf.Array


def _inflate(data: bytes, unpacked: Unpacked) -> bytes:
    inflater = zlib.decompressobj()
    out = bytearray()
    try:
        while data and not inflater.eof:
            piece = inflater.decompress(data, MEGABYTE)
            unpacked.add(len(piece))
            out += piece
            data = inflater.unconsumed_tail
    except zlib.error:
        return bytes(out)  # readers show what they can of a damaged stream
    return bytes(out)


def check_package(content: bytes, kind: str) -> None:
    """DOCX and ODT: a ZIP without macros, without other files, that unpacks to something reasonable."""
    import zipfile

    with zipfile.ZipFile(BytesIO(content)) as package:
        entries = package.infolist()
        names = [entry.filename for entry in entries]
        if len(entries) > MAX_ENTRIES:
            raise Refuse(Verdict.TOO_LARGE_UNPACKED)
        if len(set(names)) != len(names) or any(_escapes(name) for name in names):
            raise Refuse(Verdict.UNREADABLE)
        if any(entry.flag_bits & 1 for entry in entries):
            raise Refuse(Verdict.PASSWORD)
        if any(_is_macro(name) for name in names):
            raise Refuse(Verdict.ACTIVE)
        unpacked = Unpacked(len(content))
        unpacked.add(sum(entry.file_size for entry in entries))
        counted = Unpacked(len(content))
        parts = {entry.filename: _part(package, entry, counted) for entry in entries if not entry.is_dir()}
    if kind == "docx":
        _check_word(parts)
    else:
        _check_odt(names, parts)


def _part(package: Any, entry: Any, counted: Unpacked) -> bytes:
    """The text of the parts that say what the others are; of the others only that they unpack and how they start."""
    kept = bytearray()
    keep = entry.filename.endswith((".rels", "manifest.xml", "mimetype")) or entry.filename == "[Content_Types].xml"
    with package.open(entry) as part:
        while piece := part.read(MEGABYTE):
            counted.add(len(piece))
            if keep or not kept:
                kept += piece if keep else piece[:16]
    if bytes(kept).startswith(FOREIGN):
        raise Refuse(Verdict.FILES_INSIDE)
    return bytes(kept)


def _escapes(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ".." in name.split("/")


def _is_macro(name: str) -> bool:
    lower = name.lower()
    return (
        lower.endswith(("vbaproject.bin", "vbadata.xml", "vbaprojectsignature.bin"))
        or "/activex/" in lower
        or (lower.startswith(("basic/", "scripts/")) and not lower.endswith("/"))
    )


def _xml(content: bytes) -> Any:
    from xml.etree import ElementTree

    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise Refuse(Verdict.ACTIVE)
    return ElementTree.fromstring(content)  # noqa: S314  no DTD comes this far, and the process is shut in


def _check_word(parts: dict[str, bytes]) -> None:
    if "[Content_Types].xml" not in parts:
        raise Refuse(Verdict.OTHER_KIND)
    types = [node.get("ContentType", "") for node in _xml(parts["[Content_Types].xml"])]
    if any("macroenabled" in kind.lower() or "vba" in kind.lower() for kind in types):
        raise Refuse(Verdict.ACTIVE)
    if WORD_MAIN not in types:
        raise Refuse(Verdict.OTHER_KIND)
    for name, content in parts.items():
        if name.endswith(".rels"):
            for relation in _xml(content):
                _check_relation(relation.get("Type", ""), relation.get("TargetMode", ""), relation.get("Target", ""))


def _check_relation(kind: str, mode: str, target: str) -> None:
    """What is fetched from elsewhere brings its macros along; a template on the writer's own disk does not."""
    if mode != "External":
        return
    last = kind.rsplit("/", 1)[-1]
    remote = target.lower().startswith(("http:", "https:", "ftp:", "\\\\", "//", "file://///", "file:\\\\\\\\"))
    if last in ("oleObject", "frame", "subDocument") or (last == "attachedTemplate" and remote):
        raise Refuse(Verdict.ACTIVE)


def _check_odt(names: list[str], parts: dict[str, bytes]) -> None:
    if not names or names[0] != "mimetype" or parts["mimetype"].strip() != ODT or "content.xml" not in parts:
        raise Refuse(Verdict.OTHER_KIND)
    manifest = _xml(parts.get("META-INF/manifest.xml", b""))
    if any(node.tag.endswith("}encryption-data") for node in manifest.iter()):
        raise Refuse(Verdict.PASSWORD)


CHECKS = {
    "pdf": check_pdf,
    "jpeg": lambda content: check_image(content, "JPEG"),
    "png": lambda content: check_image(content, "PNG"),
    "docx": lambda content: check_package(content, "docx"),
    "odt": lambda content: check_package(content, "odt"),
}


def shut_in() -> None:
    """No network, no files, no other programs, bounded memory and time."""
    # Where the system allows it; the hook holds either way. Root would lose its right to read in a namespace of users.
    ctypes.CDLL(None).unshare(CLONE_NEWNET if os.geteuid() == 0 else CLONE_NEWUSER | CLONE_NEWNET)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(_refuse_event)


def _refuse_event(event: str, args: tuple[Any, ...]) -> None:
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system")):
        raise PermissionError(event)
    if event == "open" and args[2] & WRITING:
        raise PermissionError(event)


def main() -> NoReturn:
    shut_in()
    content = sys.stdin.buffer.read()
    try:
        CHECKS[sys.argv[1]](content)
    except Refuse as refused:
        sys.exit(refused.verdict)
    except MemoryError:
        sys.exit(Verdict.TOO_LARGE_UNPACKED)
    except Exception:
        sys.exit(Verdict.UNREADABLE)
    sys.exit(Verdict.FINE)


if __name__ == "__main__":
    main()
