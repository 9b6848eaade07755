"""SP-30 and SP-32: what the desk takes in as a file, and what it refuses in words."""

import ast
import time
import unicodedata
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from django.utils import translation

from imidesk.core import upload_child, uploads
from imidesk.core.uploads import DOCX, JPEG, ODT, PDF, PNG, TXT, UploadRefused, check_upload
from tests.factories.files import (
    CONTENT_TYPES,
    WORD,
    docx_bytes,
    docx_parts,
    jpeg_bytes,
    odt_bytes,
    odt_parts,
    pdf_bytes,
    png_bytes,
    saved,
    zip_bytes,
)

HTML = b"<!doctype html><script>alert(1)</script>"
RELATIONSHIP = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def refusal(name, declared, content, **options):
    with translation.override("en"):
        with pytest.raises(UploadRefused) as refused:
            check_upload(name, declared, content, **options)
        return str(refused.value)


GOOD = [
    ("besluit.pdf", PDF, pdf_bytes()),
    ("foto.JPG", JPEG, jpeg_bytes()),
    ("foto.jpeg", "image/pjpeg", jpeg_bytes()),
    ("plaatje.png", PNG, png_bytes()),
    ("brief.docx", DOCX, docx_bytes("Zażółć & <i>")),
    ("brief.odt", ODT, odt_bytes()),
    ("brief.odt", "application/octet-stream", odt_bytes()),
    ("notitie.txt", "text/plain; charset=utf-8", "Größe: 3 < 5, ł\r\n".encode()),
]


@pytest.mark.parametrize(("name", "declared", "content"), GOOD)
def test_a_file_of_the_list_is_taken(name, declared, content):
    checked = check_upload(name, declared, content)

    assert checked.name == name
    assert checked.media_type == uploads.MEDIA_TYPES[checked.extension]


@pytest.mark.parametrize(
    ("name", "declared", "content", "words"),
    [
        ("pagina.html", "text/html", HTML, "kind of file"),
        ("logo.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "kind of file"),
        ("data.xml", "text/xml", b"<a/>", "kind of file"),
        ("brief.docm", "application/vnd.ms-word.document.macroenabled.12", docx_bytes(), "kind of file"),
        ("alles.zip", "application/zip", zip_bytes({"a.pdf": pdf_bytes()}), "kind of file"),
        ("pdf", PDF, pdf_bytes(), "kind of file"),
        (".pdf", PDF, pdf_bytes(), "kind of file"),
        ("besluit.pdf.exe", PDF, pdf_bytes(), "kind of file"),
        ("besluit.pdf", "text/html", pdf_bytes(), "do not agree"),
        ("besluit.pdf", PNG, pdf_bytes(), "do not agree"),
        ("besluit.pdf", PDF, b"", "empty"),
        ("besluit.pdf", PDF, HTML, "not what its name says"),
        ("besluit.pdf", PDF, png_bytes(), "not what its name says"),
        ("besluit.pdf", PDF, pdf_bytes() + zip_bytes({"a.txt": "a"}), "not what its name says"),
        ("besluit.pdf", PDF, b"%PDF-1.7 nothing more", "damaged"),
        ("foto.png", PNG, png_bytes((400, 400))[:60], "damaged"),
        ("foto.png", PNG, png_bytes() + zip_bytes({"a.txt": "a"}), "not what its name says"),
        ("foto.jpg", JPEG, b"\xff\xd8\xff\xe0" + HTML, "damaged"),
        ("brief.docx", DOCX, odt_bytes(), "not what its name says"),
        ("brief.odt", ODT, docx_bytes(), "not what its name says"),
        ("brief.docx", DOCX, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "password"),
        ("notitie.txt", TXT, b"\xef\xbb\xbf" + HTML, "plain text"),
        ("notitie.txt", TXT, b"Hello <SVG onload=alert(1)>", "plain text"),
        ("notitie.txt", TXT, b"#!/bin/sh\nid", "plain text"),
        ("notitie.txt", TXT, b"caf\xe9", "UTF-8"),
        ("notitie.txt", TXT, b"MZ\x00\x01", "not what its name says"),
    ],
)
def test_what_does_not_agree_is_refused_in_words(name, declared, content, words):
    assert words in refusal(name, declared, content)


def test_the_caller_may_allow_less():
    assert check_upload("rapport.pdf", PDF, pdf_bytes(), allow=uploads.PDF_ONLY).extension == "pdf"
    assert "PDF" in refusal("foto.png", PNG, png_bytes(), allow=uploads.PDF_ONLY)


def test_more_than_20_mb_is_refused():
    assert "20 MB" in refusal("notitie.txt", TXT, b"a" * (uploads.LIMIT + 1))


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\x\\besluit.pdf", "besluit.pdf"),
        ("a\r\nSet-Cookie: b.pdf", "aSet-Cookie: b.pdf"),
        ("besluit\u202efdp.pdf", "besluitfdp.pdf"),
        ("\u2066be\u200bsluit\u2069.pdf ", "besluit.pdf"),
        ("be\x00sl\x85uit\ud800.pdf", "besluit.pdf"),
        ("Zaświadczenie Ελλάδα شهادة.pdf", "Zaświadczenie Ελλάδα شهادة.pdf"),
        (unicodedata.normalize("NFD", "é.pdf"), "é.pdf"),
        ("..", ""),
    ],
)
def test_names_lose_folders_controls_and_bidi_marks(written, cleaned):
    assert uploads.clean_name(written) == cleaned


def test_a_long_name_keeps_its_extension():
    cleaned = uploads.clean_name("ß" * 300 + ".docx")

    assert len(cleaned) == 150
    assert cleaned.endswith("ß.docx")


def test_a_reversed_extension_does_not_pass():
    assert "kind of file" in refusal("besluit\u202efdp.exe", PDF, pdf_bytes())


def pdf_with(change, **options):
    pdf = pikepdf.open(BytesIO(pdf_bytes()))
    change(pdf)
    return saved(pdf, **options)


def script(pdf):
    return pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))


def on_open(pdf):
    pdf.Root.OpenAction = script(pdf)


def in_annotation(pdf):
    link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=script(pdf))
    pdf.pages[0].Annots = pikepdf.Array([link])


def launching(pdf):
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String("cmd.exe"))


def with_xfa(pdf):
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([]), XFA=pdf.make_stream(b"<xdp/>"))


def with_file_inside(pdf):
    pdf.attachments["setup.exe"] = b"MZ"


def with_bomb(pdf):
    pdf.pages[0].Contents = pdf.make_stream(b" " * (30 * 1024 * 1024))


def with_huge_picture(pdf):
    picture = pdf.make_stream(b"x")
    picture.update({"/Type": pikepdf.Name.XObject, "/Subtype": pikepdf.Name.Image, "/Width": 60000, "/Height": 60000})
    pdf.pages[0].Resources.XObject = pikepdf.Dictionary(Im1=picture)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (on_open, "scripts"),
        (in_annotation, "scripts"),
        (launching, "scripts"),
        (with_xfa, "scripts"),
        (with_file_inside, "other files inside"),
        (with_bomb, "too large when it is opened"),
        (with_huge_picture, "picture is too large"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_pdf_that_does_something_is_refused(change, words, packed):
    streams = pikepdf.ObjectStreamMode.generate if packed else pikepdf.ObjectStreamMode.disable
    content = pdf_with(change, object_stream_mode=streams, compress_streams=True)

    assert words in refusal("besluit.pdf", PDF, content)


@pytest.mark.parametrize("user", ["", "geheim"])
def test_a_protected_pdf_is_refused(user):
    content = pdf_with(lambda pdf: None, encryption=pikepdf.Encryption(owner="eigenaar", user=user))

    assert "password" in refusal("besluit.pdf", PDF, content)


def relation(kind, target):
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{RELATIONSHIP}/{kind}" Target="{target}" TargetMode="External"/></Relationships>'
    )


WORD_REFUSED = [
    ({"word/vbaProject.bin": b"x"}, "macros"),
    ({"[Content_Types].xml": CONTENT_TYPES.replace(WORD, WORD.replace("main", "macroEnabled.main"))}, "macros"),
    ({"[Content_Types].xml": "<!DOCTYPE x [<!ENTITY a 'b'>]>" + CONTENT_TYPES}, "scripts"),
    ({"word/_rels/settings.xml.rels": relation("attachedTemplate", "https://elders.example/x.dotm")}, "links"),
    ({"word/_rels/document.xml.rels": relation("oleObject", "file:///x")}, "links"),
    ({"word/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}, "other files inside"),
    ({"word/embeddings/sheet.xlsx": zip_bytes({"a": "b"})}, "other files inside"),
    ({"word/media/image1.png": b"MZ\x90"}, "other files inside"),
    ({"../../x": "y"}, "damaged"),
    ({"word/big.xml": b" " * (30 * 1024 * 1024)}, "too large when it is opened"),
    ({f"word/{number}.xml": "" for number in range(1001)}, "too large when it is opened"),
]


@pytest.mark.parametrize(("parts", "words"), WORD_REFUSED)
def test_a_word_file_that_does_something_is_refused(parts, words):
    assert words in refusal("brief.docx", DOCX, zip_bytes({**docx_parts(), **parts}))


def test_an_ordinary_link_and_a_local_template_are_fine():
    content = zip_bytes(
        {
            **docx_parts(),
            "word/_rels/document.xml.rels": relation("hyperlink", "https://voorbeeld.example/"),
            "word/_rels/settings.xml.rels": relation("attachedTemplate", "file:///C:/Sjablonen/brief.dotx"),
        }
    )

    assert check_upload("brief.docx", DOCX, content).extension == "docx"


def test_a_size_that_lies_is_refused():
    """The directory of the archive says small, the content is large."""
    content = bytearray(zip_bytes({**docx_parts(), "word/big.xml": b" " * (30 * 1024 * 1024)}))
    real, small = (30 * 1024 * 1024).to_bytes(4, "little"), (100).to_bytes(4, "little")
    assert real in content

    assert refusal("brief.docx", DOCX, bytes(content).replace(real, small))


def test_an_encrypted_entry_is_a_password():
    content = bytearray(docx_bytes())
    central = content.index(b"PK\x01\x02")
    content[central + 8] |= 1

    assert "password" in refusal("brief.docx", DOCX, bytes(content))


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"Basic/Standard/Module1.xml": "<a/>"}, "macros"),
        ({"Scripts/python/a.py": "x"}, "macros"),
        ({"mimetype": "application/vnd.oasis.opendocument.text-template"}, "not what its name says"),
        ({"Object 1": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}, "other files inside"),
        (
            {
                "META-INF/manifest.xml": '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
                "<m:file-entry><m:encryption-data/></m:file-entry></m:manifest>"
            },
            "password",
        ),
    ],
)
def test_an_odt_that_does_something_is_refused(parts, words):
    assert words in refusal("brief.odt", ODT, zip_bytes({**odt_parts(), **parts}))


def test_a_huge_picture_is_refused_before_it_is_read():
    assert "50 million" in refusal("foto.png", PNG, png_bytes((10_000, 5_001)))


HOOK = """
import sys
sys.path.insert(0, {folder!r})
import upload_child
upload_child.shut_in()
{act}
"""


@pytest.mark.parametrize(
    "act",
    [
        "import socket; socket.socket()",
        "import socket; socket.getaddrinfo('localhost', 80)",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "open('x', 'w')",
        "import os; os.open('x', os.O_WRONLY | os.O_CREAT)",
        "bytearray(2 * 1024 ** 3)",
    ],
)
def test_the_child_has_no_network_no_disk_and_little_memory(act):
    import subprocess
    import sys

    program = HOOK.format(folder=str(Path(upload_child.__file__).parent), act=act)
    ended = subprocess.run([sys.executable, "-I", "-B", "-c", program], capture_output=True, text=True)

    assert ended.returncode == 1
    assert "PermissionError" in ended.stderr or "MemoryError" in ended.stderr


def test_the_child_knows_nothing_of_django():
    tree = ast.parse(Path(upload_child.__file__).read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert not {name for name in imported if name.startswith(("django", "imidesk"))}


def test_a_check_takes_little_time():
    started = time.monotonic()
    check_upload("besluit.pdf", PDF, pdf_bytes())

    assert time.monotonic() - started < 3


def test_a_refusal_never_repeats_the_name():
    assert "geheimenaam" not in refusal("geheimenaam.exe", PDF, b"x")
