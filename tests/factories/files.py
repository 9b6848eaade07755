"""Small real files, made in memory."""

import zipfile
from io import BytesIO
from typing import Any

import pikepdf
from PIL import Image
from PIL.PngImagePlugin import PngInfo

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{WORD}"/></Types>'
)
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
    ' Target="word/document.xml"/></Relationships>'
)


def pdf_bytes(text: str = "Voorbeeld") -> bytes:
    """One page that shows the text (Latin-1 letters; others become a question mark)."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(595, 842))
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode("latin-1", "replace")
    page.Contents = pdf.make_stream(b"BT /F1 12 Tf 60 760 Td (" + escaped + b") Tj ET")
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.Type1,
        BaseFont=pikepdf.Name.Helvetica,
        Encoding=pikepdf.Name.WinAnsiEncoding,
    )
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    return saved(pdf)


def saved(pdf: pikepdf.Pdf, **options: Any) -> bytes:
    out = BytesIO()
    pdf.save(out, deterministic_id="encryption" not in options, **options)
    return out.getvalue()


def png_bytes(size: tuple[int, int] = (4, 4), text: str = "") -> bytes:
    """The text stands beside the picture, as a camera or a scanner writes it."""
    out, beside = BytesIO(), PngInfo()
    if text:
        beside.add_text("Comment", text, zip=True)
    Image.new("1", size).save(out, "PNG", pnginfo=beside)
    return out.getvalue()


def jpeg_bytes() -> bytes:
    out = BytesIO()
    Image.new("RGB", (4, 4)).save(out, "JPEG")
    return out.getvalue()


def zip_bytes(parts: dict[str, str | bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


def docx_parts(text: str = "Voorbeeld") -> dict[str, str | bytes]:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    body = f"<w:body><w:p><w:r><w:t>{escaped}</w:t></w:r></w:p></w:body>"
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": RELATIONS,
        "word/document.xml": f'<w:document xmlns:w="{namespace}">{body}</w:document>',
    }


def docx_bytes(text: str = "Voorbeeld") -> bytes:
    return zip_bytes(docx_parts(text))


def odt_parts(text: str = "") -> dict[str, str | bytes]:
    namespace = "urn:oasis:names:tc:opendocument:xmlns"
    return {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": f'<o:document-content xmlns:o="{namespace}:office:1.0">{text}</o:document-content>',
        "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{namespace}:manifest:1.0"/>',
    }


def odt_bytes(text: str = "") -> bytes:
    return zip_bytes(odt_parts(text))
