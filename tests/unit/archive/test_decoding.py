"""The decoder of the erasure proof: whatever hides a name is taken off, in layers too (SP-22)."""

import base64
import gzip
import html
import json
import quopri
import unicodedata
import zlib
from urllib.parse import quote

import pytest
import weasyprint
from hypothesis import example, given
from hypothesis import strategies as st

from archive import decoding
from tests.factories.files import pdf_bytes, zip_bytes

NAME = "Łukasiewicz-Ångström & Zn."
SOUGHT = decoding.normal(NAME)
HIDDEN = {
    "utf-8": NAME.encode(),
    "utf-16 little": NAME.encode("utf-16-le"),
    "utf-16 big": b"\xfe\xff" + NAME.encode("utf-16-be"),
    "utf-16 at an odd place": b"\x99\x98\x97" + NAME.encode("utf-16-le"),
    "composed": unicodedata.normalize("NFC", NAME).encode(),
    "decomposed": unicodedata.normalize("NFD", NAME).encode(),
    "capitals": NAME.upper().encode(),
    "base64": base64.b64encode(NAME.encode()),
    "base64 in lines": base64.encodebytes((NAME * 8).encode()),
    "base64 of addresses": base64.urlsafe_b64encode(NAME.encode()),
    "base64 after other text": b"xy" + base64.b64encode(NAME.encode()),
    "quoted-printable": quopri.encodestring(NAME.encode()),
    "percent": quote(NAME).encode(),
    "HTML": html.escape(NAME).encode(),
    "HTML numbers": "".join(f"&#{ord(sign)};" for sign in NAME).encode(),
    "JSON": json.dumps({"name": NAME}).encode(),
    "JSON in JSON": json.dumps(json.dumps([NAME])).encode(),
    "hexadecimal": NAME.encode().hex().encode(),
    "zlib": zlib.compress(NAME.encode()),
    "zlib in the middle": b"\x00\x01" + zlib.compress(NAME.encode() * 9) + b"\xff\xfe",
    "gzip": gzip.compress(NAME.encode()),
    "zlib in base64": base64.b64encode(zlib.compress(json.dumps(NAME).encode())),
    "office": zip_bytes({"word/document.xml": f"<w:t>{html.escape(NAME)}</w:t>"}),
    "office, cut into runs": zip_bytes({"a.xml": "<w:t>Łukasie</w:t></w:r><w:r><w:t>wicz-Ångström &amp; Zn.</w:t>"}),
}


@pytest.mark.parametrize("how", HIDDEN)
def test_what_is_hidden_is_read(how):
    assert any(SOUGHT in reading for reading in decoding.readings(HIDDEN[how]))
    assert not any(decoding.normal("Iemand Anders") in reading for reading in decoding.readings(HIDDEN[how]))


def test_the_words_of_a_page_are_read():
    """As a person sees them: through the font's own numbers, and piece by piece."""
    assert any("jansen-voorbeeld" in reading for reading in decoding.readings(pdf_bytes("Jansen-Voorbeeld")))
    page = f"<html lang='nl'><head><title>x</title></head><body><p>{html.escape(NAME)}</p></body></html>"
    made = weasyprint.HTML(string=page).write_pdf(pdf_variant="pdf/a-2a")
    assert not any(SOUGHT in decoding.normal(str(made, how, "replace")) for how in ("utf-8", "utf-16"))
    assert any(SOUGHT in reading for reading in decoding.readings(made))


def test_a_bomb_is_cut_off():
    bomb = zlib.compress(zlib.compress(b"a " * decoding.LARGEST, 9), 9)
    assert sum(len(reading) for reading in decoding.readings(bomb)) <= 2 * decoding.LARGEST


@given(st.sampled_from([b"", b"%PDF-1.7\n("]), st.binary(max_size=400))
@example(b"%PDF-1.7\n(", rb"\8 Musterhausen)")
def test_no_bytes_break_it(start, content):
    assert all(isinstance(reading, str) for reading in decoding.readings(start + content))


@given(st.text(min_size=40, max_size=80), st.lists(st.sampled_from(["json", "base64", "zlib", "percent"]), max_size=3))
def test_layers_in_any_order_are_taken_off(text, layers):
    packed = text.encode("utf-8", errors="replace")
    expected = decoding.normal(packed.decode())
    for layer in layers:
        packed = {
            "json": lambda content: json.dumps(content.decode("latin-1")).encode(),
            "base64": base64.b64encode,
            "zlib": zlib.compress,
            "percent": lambda content: quote(content).encode(),
        }[layer](packed)
    if "json" not in layers:
        assert any(expected in reading for reading in decoding.readings(packed))
