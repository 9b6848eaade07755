"""The PDF process: nothing but our own assets, no network, within limits, every character drawn (SP-32)."""

import resource
import socket
import subprocess
import sys

import pytest

from archive import pdf
from tests import verapdf

HEAD = '<html lang="nl"><head><title>Proef</title><link rel="stylesheet" href="desk:report.css"></head>'


def page(body: str) -> str:
    return f"{HEAD}<body>{body}</body></html>"


def test_a_page_with_our_own_assets_is_made() -> None:
    assert pdf.to_pdf(page("<h1>Proef</h1>")).startswith(b"%PDF-1.7")


@pytest.mark.parametrize(
    "body",
    [
        '<img alt="x" src="https://elders.example/x.png">',
        '<img alt="x" src="file:///etc/hostname">',
        '<img alt="x" src="data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22/%3E">',
        '<svg xmlns="http://www.w3.org/2000/svg"><title>x</title><image href="http://elders.example/y.png"/></svg>',
        '<link rel="stylesheet" href="desk:../../settings/base.py">',
        "<style>@import url(http://elders.example/z.css)</style>",
    ],
)
def test_an_address_that_is_not_ours_is_refused(body: str) -> None:
    """SP-32: also inside an SVG, where the library swallows the error."""
    with pytest.raises(pdf.AssetRefused):
        pdf.to_pdf(page(f"<h1>Proef</h1>{body}"))


def test_characters_without_a_glyph_are_shown_as_their_code_point() -> None:
    """PDF/A forbids the ".notdef" glyph; marks that turn the direction would disguise a text (SP-33)."""
    printable = pdf._only_printable({ord(letter) for letter in "aé2½1⁄ [U+]0\u0301"})
    assert printable("a\u202ea") == "a[U+202E]a"
    assert printable("e\u0301") == "é"
    assert printable("a₂") == "a2"
    assert printable("a\ta\u00ada\r\na") == "a aa\na"
    assert printable("\ud800中") == "[U+D800][U+4E2D]"


def test_a_page_of_odd_characters_passes_both_profiles() -> None:
    odd = "😀 中文 \x07 \u202e \ud800 ﬁ ½ a\u0489 \u2028 ٣٤ نَصٌّ שָׁלוֹם e" + "\u0301" * 20_000
    assert verapdf.failures(pdf.to_pdf(page(f"<h1>Proef</h1><p>{odd}</p>"))) == {"2a": [], "ua1": []}


def test_the_process_ends_at_its_wall_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """SP-32"""
    monkeypatch.setattr(pdf, "WALL_SECONDS", 0.01)
    with pytest.raises(pdf.PdfError, match="too long"):
        pdf.to_pdf(page("<h1>Proef</h1>"))


def test_an_error_says_its_kind_and_nothing_of_the_document() -> None:
    assert pdf._exception_name(b"Traceback ...\nMemoryError: Jan Verzonnen") == "MemoryError"
    assert pdf._exception_name(b"Killed by Jan Verzonnen") == ""


def in_a_child(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-c", f"import runpy\npdf = runpy.run_path({pdf.__file__!r})\n{program}"],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_process_has_limits() -> None:
    """SP-32"""
    done = in_a_child(
        "pdf['_limit']()\n"
        "import resource as r\n"
        "for kind in (r.RLIMIT_AS, r.RLIMIT_CPU, r.RLIMIT_CORE): print(r.getrlimit(kind)[1])"
    )
    assert [int(line) for line in done.stdout.split()] == [pdf.MEMORY_BYTES, pdf.CPU_SECONDS, 0]
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY


@pytest.mark.parametrize(
    "act",
    [
        "import socket; socket.create_connection(('127.0.0.1', PORT), 1).close()",
        "import socket; socket.getaddrinfo('localhost', 80)",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
    ],
)
def test_the_process_opens_no_socket_and_starts_no_process(act: str) -> None:
    """SP-32: the same act succeeds without the hook."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        act = act.replace("PORT", str(server.getsockname()[1]))
        assert in_a_child(act).returncode == 0
        refused = in_a_child(f"import sys; sys.addaudithook(pdf['_refuse_network_and_processes'])\n{act}")
    assert refused.returncode != 0
    assert "PermissionError" in refused.stderr
