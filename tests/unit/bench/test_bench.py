"""What the bench makes of times: medians of rounds, ratios in one run, and a verdict (issue 4, "Speed")."""

import http.server
import threading

import pytest

from bench import document, pages
from bench.client import Unexpected, Visitor, fields_of
from bench.document import Night, Report
from bench.pages import Side, Times


@pytest.fixture
def port():
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            content = b"<input name='csrfmiddlewaretoken' value='t'><input type='checkbox' name='able' value='on'>"
            self.send_response(200 if self.path == "/there" else 404)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Set-Cookie", "csrftoken=c; Path=/")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def side(seconds, **others):
    times = {page.name: Times([[seconds] * 4] * 5) for page in (*pages.PAGES, pages.ACCEPTING)}
    return Side(None, {}, times | {name: Times([[value] * 4] * 5) for name, value in others.items()})


def night(**facts):
    return Night.of(
        {
            "requests": 100,
            "blocking": {"rows": 1000, "bare": 0.01, "ours": 0.04},
            "erasing": {"rows": 3000, "bare": 0.03, "ours": 0.09},
            **facts,
        }
    )


def test_the_median_of_the_rounds_counts_and_the_95th_percentile_of_all():
    times = Times([[1.0, 1.0, 9.0], [2.0, 2.0, 2.0], [5.0, 5.0, 5.0]])
    assert times.median == 2.0
    assert times.percentile_95 == 9.0


def test_what_is_too_slow_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(document, "DOCUMENT", tmp_path / "performance.md")
    fast = Report(ours=1.2, alone=1.0, pages=4)
    quick = night(longest=0.2, search=0.1)
    checked = document.write((10, 20), side(0.01), side(0.01), fast, quick, 19.0)
    assert all(one.is_met for one in checked)
    assert "**no**" not in document.DOCUMENT.read_text()

    slow = side(0.01, list=0.012, accept=0.05)
    checked = document.write((10, 20), side(0.01), slow, Report(1.4, 1.0, 4), night(longest=0.4, search=0.6), 41.0)
    assert len([one for one in checked if not one.is_met]) == 6
    written = document.DOCUMENT.read_text()
    assert written.count("**no**") == 6
    assert "| blocking | 1,000 | 0.0 | 0.0 | 25,000 |" in written
    assert "| list of a handler with 200 requests | 10.0 | 10.0 | 12.0 | 12.0 |" in written


def test_a_visitor_counts_no_page_that_answers_otherwise(port):
    visitor = Visitor(port)
    answer = visitor.get("/there", {"sessionid": "s"})
    assert answer.seconds > 0
    assert answer.cookies == {"csrftoken": "c"}
    assert fields_of(answer.body) == {"csrfmiddlewaretoken": "t"}
    with pytest.raises(Unexpected, match="404"):
        visitor.get("/gone", {})
