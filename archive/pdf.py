"""HTML to one file that is PDF/A-2a and PDF/UA-1; the only module that knows the PDF library.

The library runs in a process of its own, without network and within limits (SP-32): this file is also that process's
program, so it imports nothing of the project.
"""

import contextlib
import ctypes
import logging
import os
import re
import resource
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PROJECT_DIR = Path(__file__).resolve().parent.parent
STYLESHEET = PROJECT_DIR / "imidesk" / "assets" / "css" / "report.css"
# Vazirmatn for Arabic letters: it has a glyph for each, where others draw dots apart and the text copied out is wrong.
FONT_NAMES = (
    "SourceSans3-Regular.ttf",
    "SourceSans3-Semibold.ttf",
    "noto-sans-hebrew-hebrew-400-normal.woff2",
    "noto-sans-hebrew-hebrew-700-normal.woff2",
    "vazirmatn-arabic-400-normal.woff2",
    "vazirmatn-arabic-600-normal.woff2",
)
# Built assets first; a checkout whose assets are not built yet still has the packages.
FONT_DIRS = (
    PROJECT_DIR / "imidesk" / "static" / "build" / "fonts",
    PROJECT_DIR / "node_modules" / "source-sans" / "TTF",
    PROJECT_DIR / "node_modules" / "@fontsource" / "noto-sans-hebrew" / "files",
    PROJECT_DIR / "node_modules" / "@fontsource" / "vazirmatn" / "files",
)

MEMORY_BYTES = 2 * 1024**3
CPU_SECONDS = 300
WALL_SECONDS = 600
FILE_BYTES = 64 * 1024**2

# A letter with its marks becomes one string of the PDF, and PDF/A bounds those (ISO 19005-2, 6.1.13).
MARKS_ON_ONE_LETTER = 8
EXIT_REFUSED = 3
CLONE_NEWUSER_NEWNET = 0x10000000 | 0x40000000

# The pdfuaid property needs its extension schema, or PDF/A-2 refuses it (ISO 19005-2, 6.6.2.3).
PDFUA_XMP = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>PDF/UA version identifier</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description></rdf:RDF>"""


class PdfError(RuntimeError):
    """The PDF could not be made. Its text never holds anything of the document."""


class AssetRefused(PdfError):
    """The document asked for something that is not one of our own assets."""


def to_pdf(html: str) -> bytes:
    """The document as PDF; the same text gives the same bytes (SP-19). Refers to our assets as `desk:NAME`."""
    with tempfile.TemporaryDirectory(prefix="imidesk-pdf-") as folder:
        Path(folder, "fonts.conf").write_text(_no_fonts_of_the_machine(cache=folder), encoding="utf-8")
        environment = {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "HOME": folder,
            "TMPDIR": folder,
            "FONTCONFIG_FILE": str(Path(folder, "fonts.conf")),
            "PYTHONHASHSEED": "0",
        }
        try:
            done = subprocess.run(  # noqa: S603
                [sys.executable, "-P", "-s", __file__],
                input=html.encode("utf-8", "surrogatepass"),
                capture_output=True,
                cwd=folder,
                env=environment,
                timeout=WALL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise PdfError("the PDF took too long") from None
    if done.returncode == EXIT_REFUSED:
        raise AssetRefused("the document asked for something that is not one of our assets")
    if done.returncode != 0:
        raise PdfError(f"the PDF process ended with {done.returncode} {_exception_name(done.stderr)}")
    return done.stdout


def _no_fonts_of_the_machine(*, cache: str) -> str:
    return (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
        f"<fontconfig><cachedir>{cache}</cachedir></fontconfig>"
    )


def _exception_name(stderr: bytes) -> str:
    """The kind of the exception that ended the process; its words could hold content of the document."""
    last_line = stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
    found = re.match(r"[\w.]+(?=:|$)", last_line)
    return found.group() if found else ""


def _font_files() -> dict[str, Path]:
    found = {}
    for name in FONT_NAMES:
        path = next((folder / name for folder in FONT_DIRS if (folder / name).is_file()), None)
        if path is None:
            raise FileNotFoundError(name)
        found[name] = path
    return found


def _limit() -> None:
    """Memory, processor time, size of files; and no core dump, which would hold the document."""
    for kind, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (value, value))


def _leave_network() -> None:
    """An empty network namespace where the system allows one; the audit hook holds everywhere."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).unshare(CLONE_NEWUSER_NEWNET)


def _refuse_network_and_processes(event: str, args: tuple[object, ...]) -> None:
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.spawn")):
        raise PermissionError(event)


def _only_printable(covered: set[int]) -> "Callable[[str], str]":
    """What no embedded font can draw is shown as its code point, or as its plain form: nothing falls away unseen.

    PDF/A forbids the ".notdef" glyph, and a font of the machine would make other bytes on another machine.
    """
    marks = "".join(chr(point) for point in sorted(covered) if unicodedata.combining(chr(point)))
    many_marks = re.compile(f"([{re.escape(marks)}]{{{MARKS_ON_ONE_LETTER}}})")

    def shown(character: str) -> str:
        if ord(character) in covered or character in "\n ":
            return character
        if character == "\t":
            return " "
        decomposition = unicodedata.decomposition(character)
        plain = unicodedata.normalize("NFKC", character)
        if decomposition.startswith("<") and plain.isprintable() and all(ord(part) in covered for part in plain):
            return plain
        if character == "\u00ad":
            return ""
        return f"[U+{ord(character):04X}]"

    def printable(text: str) -> str:
        composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
        replacements = {ord(character): shown(character) for character in sorted(set(composed))}
        return many_marks.sub("\\1\u00a0", composed.translate(replacements))

    return printable


def _covered(fonts: "Iterable[Path]") -> set[int]:
    from fontTools.ttLib import TTFont

    covered: set[int] = set()
    for path in fonts:
        covered |= set(TTFont(path, lazy=True).getBestCmap())
    # Controls and the marks that override direction could hide or disguise text (SP-33); joiners shape letters.
    return {point for point in covered if not unicodedata.category(chr(point)).startswith("C")} | {0x200C, 0x200D}


def _add_pdfua(document: object, pdf: Any) -> None:
    metadata = pdf.objects[int(pdf.catalog["Metadata"].split()[0])]
    metadata.stream = [part.replace(b"</rdf:RDF>", PDFUA_XMP) for part in metadata.stream]


def _main() -> int:
    _limit()
    _leave_network()
    html = sys.stdin.buffer.read().decode("utf-8", "surrogatepass")

    import weasyprint
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    fonts = _font_files()
    assets = {"desk:report.css": (STYLESHEET, "text/css")}
    assets |= {f"desk:{name}": (path, f"font/{path.suffix[1:]}") for name, path in fonts.items()}
    refused: list[str] = []
    logging.getLogger("weasyprint").setLevel(logging.ERROR)

    class OwnAssets(URLFetcher):
        """Only what is listed. The library swallows errors of fetching, so each refusal is kept."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
            if url not in assets:
                refused.append(url)
                raise ValueError("refused")
            path, media_type = assets[url]
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": media_type})

    sys.addaudithook(_refuse_network_and_processes)
    text = _only_printable(_covered(fonts.values()))(html)
    content = weasyprint.HTML(string=text, url_fetcher=OwnAssets()).write_pdf(
        pdf_variant="pdf/a-2a", finisher=_add_pdfua
    )
    if refused:
        return EXIT_REFUSED
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(_main())
