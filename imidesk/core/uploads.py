"""What a file must be before the desk keeps it (SP-30, SP-32)."""

import subprocess
import sys
import unicodedata
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from imidesk.core import upload_child
from imidesk.core.errors import DomainError
from imidesk.core.sentences import Sentence, sentence
from imidesk.core.upload_child import Verdict

LIMIT = 20 * 1024 * 1024
MAX_NAME = 150
WALL_SECONDS = 30

PDF = "application/pdf"
JPEG = "image/jpeg"
PNG = "image/png"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"
TXT = "text/plain"

MEDIA_TYPES = {"pdf": PDF, "jpg": JPEG, "jpeg": JPEG, "png": PNG, "docx": DOCX, "odt": ODT, "txt": TXT}
ALLOWED = frozenset(MEDIA_TYPES)
PDF_ONLY = frozenset({"pdf"})

# What browsers say when they know no type, and what some say for JPEG.
_UNDECLARED = frozenset({"", "application/octet-stream"})
_ALIASES = {"image/jpg": JPEG, "image/pjpeg": JPEG}

_STARTS = {
    PDF: b"%PDF-",
    JPEG: b"\xff\xd8\xff",
    PNG: b"\x89PNG\r\n\x1a\n",
    DOCX: b"PK\x03\x04",
    ODT: b"PK\x03\x04",
}
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHILD_KINDS = {PDF: "pdf", JPEG: "jpeg", PNG: "png", DOCX: "docx", ODT: "odt"}
# A text that starts like this is read as something else by the programs that open it.
_MARKUP = ("<!", "<?", "<html", "<head", "<body", "<svg", "<script", "<iframe", "#!", "{\\rtf", "%!ps", "@echo")
_MARKUP_ANYWHERE = ("<script", "<svg", "<html", "<iframe")

_VERDICTS: dict[int, Sentence] = {
    Verdict.UNREADABLE: _("This file is damaged or cannot be read. Save it again in the program that made it."),
    Verdict.PASSWORD: _("This file has a password or is protected. Save it without protection."),
    Verdict.ACTIVE: _("This file contains macros, scripts or links that start by themselves. Save it without them."),
    Verdict.FILES_INSIDE: _("This file has other files inside. Take them out and add each of them apart."),
    Verdict.TOO_LARGE_UNPACKED: _("This file becomes too large when it is opened. Make it smaller or split it."),
    Verdict.TOO_MANY_PIXELS: _("This picture is too large. Save it with at most 50 million pixels."),
    Verdict.OTHER_KIND: _("The content of this file is not what its name says. Save it again as the kind you mean."),
}


class UploadRefused(DomainError):
    """The file is not kept; the message says why and what to do, without its name or content."""


@dataclass(frozen=True)
class CheckedUpload:
    name: str
    media_type: str
    extension: str


def check_upload(name: str, declared_type: str, content: bytes, *, allow: frozenset[str] = ALLOWED) -> CheckedUpload:
    """Extension, declared type and content agree, and the content is harmless; UploadRefused otherwise.

    `allow` holds extensions. An empty declared type, or application/octet-stream, declares nothing.
    """
    checked = check_name(name, declared_type, allow=allow)
    if not content:
        raise UploadRefused(_("This file is empty. Choose the right file."))
    if len(content) > LIMIT:
        raise UploadRefused(too_large())
    if checked.media_type == TXT:
        _check_text(content)
    else:
        _check_start(checked.media_type, content)
        _check_in_child(checked.media_type, content)
    return checked


def check_name(name: str, declared_type: str, *, allow: frozenset[str] = ALLOWED) -> CheckedUpload:
    """What can be said without the content."""
    cleaned = clean_name(name)
    extension = cleaned.rpartition(".")[2].lower()
    if extension not in allow or cleaned == extension:
        kinds = ", ".join(sorted({kind.upper() for kind in allow if kind != "jpeg"}))
        raise UploadRefused(sentence(_("This kind of file is not accepted. Choose one of: %(kinds)s."), kinds=kinds))
    declared = declared_type.partition(";")[0].strip().lower()
    media_type = MEDIA_TYPES[extension]
    if declared not in _UNDECLARED and _ALIASES.get(declared, declared) != media_type:
        raise UploadRefused(
            _("The name of this file and its declared type do not agree. Save it again as the kind you mean.")
        )
    return CheckedUpload(cleaned, media_type, extension)


def clean_name(name: str) -> str:
    """Without folders, controls, bidi marks and other invisible characters; cut to 150 with its extension kept."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    visible = "".join(char for char in last if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    stem, point, extension = " ".join(visible.split()).strip(". ").rpartition(".")
    if not stem:
        return extension[:MAX_NAME]
    extension = extension.strip()[:20]
    return stem[: MAX_NAME - len(extension) - 1].rstrip(". ") + point + extension


def too_large() -> Sentence:
    limit = LIMIT // (1024 * 1024)
    return sentence(_("This file is larger than %(limit)s MB. Make it smaller or split it."), limit=limit)


def _check_start(media_type: str, content: bytes) -> None:
    if media_type == DOCX and content.startswith(_OLD_OFFICE):
        raise UploadRefused(_("This file has a password or is in an old format. Save it as DOCX without a password."))
    package = media_type in (DOCX, ODT)
    if not content.startswith(_STARTS[media_type]) or (not package and zipfile.is_zipfile(BytesIO(content))):
        raise UploadRefused(_VERDICTS[Verdict.OTHER_KIND])


def _check_text(content: bytes) -> None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UploadRefused(_("This text file is not in UTF-8. Save it as UTF-8, or as PDF.")) from None
    start = text.lstrip().lower()
    if any((char < " " and char not in "\t\n\r\f") or char == "\x7f" for char in text):
        raise UploadRefused(_VERDICTS[Verdict.OTHER_KIND])
    if start.startswith(_MARKUP) or any(mark in start for mark in _MARKUP_ANYWHERE):
        raise UploadRefused(_("This text file contains HTML, SVG, XML or a script. Save it as plain text or as PDF."))


def _check_in_child(media_type: str, content: bytes) -> None:
    """Parsed in a process without environment, network and disk; it answers with its exit code only (SP-32)."""
    child = [sys.executable, "-I", "-B", str(Path(upload_child.__file__).resolve()), _CHILD_KINDS[media_type]]
    try:
        ended = subprocess.run(  # noqa: S603
            child,
            input=content,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            timeout=WALL_SECONDS,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise UploadRefused(_VERDICTS[Verdict.TOO_LARGE_UNPACKED]) from None
    if ended.returncode < 0:
        raise UploadRefused(_VERDICTS[Verdict.TOO_LARGE_UNPACKED])
    if ended.returncode != Verdict.FINE:
        raise UploadRefused(_VERDICTS.get(ended.returncode, _VERDICTS[Verdict.UNREADABLE]))
