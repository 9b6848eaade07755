"""WeasyPrint and nothing else: HTML on its input, a PDF of the same kind on its output."""

import sys
from pathlib import Path
from typing import Any

import weasyprint
from weasyprint.urls import URLFetcher, URLFetcherResponse

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from archive.pdf import STYLESHEET, _font_files


class Assets(URLFetcher):
    def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
        name = url.removeprefix("desk:")
        path = STYLESHEET if name == STYLESHEET.name else _font_files()[name]
        kind = "text/css" if path == STYLESHEET else "font/woff2"
        return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": kind})


html = sys.stdin.buffer.read().decode()
sys.stdout.buffer.write(weasyprint.HTML(string=html, url_fetcher=Assets()).write_pdf(pdf_variant="pdf/a-2a"))
