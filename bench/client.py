"""A small visitor: one request at a time over one connection, as a browser keeps it, with the time of each answer."""

import http.client
import time
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlencode


class Unexpected(Exception):
    """A page answered otherwise than a measurement may count."""


@dataclass(frozen=True)
class Answer:
    seconds: float
    status: int
    body: bytes
    cookies: dict[str, str]


class Visitor:
    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def get(self, path: str, cookies: dict[str, str]) -> Answer:
        return self._ask("GET", path, cookies, None, 200)

    def post(self, path: str, cookies: dict[str, str], fields: dict[str, str]) -> Answer:
        return self._ask("POST", path, cookies, urlencode(fields), 302)

    def _ask(self, method: str, path: str, cookies: dict[str, str], body: str | None, expected: int) -> Answer:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        seconds = time.perf_counter() - began
        if response.status != expected:
            raise Unexpected(f"{method} {path}: {response.status}, not {expected}")
        given = response.headers.get_all("Set-Cookie") or []
        return Answer(seconds, response.status, content, dict(one.split(";")[0].split("=", 1) for one in given))


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        kind = attributes.get("type") or "text"
        if tag == "input" and attributes.get("name") and kind not in ("checkbox", "radio", "submit"):
            self.found.setdefault(str(attributes["name"]), attributes.get("value") or "")


def fields_of(page: bytes) -> dict[str, str]:
    """What the forms of a page hold already: tokens and what is filled in beforehand."""
    parser = _Fields()
    parser.feed(page.decode())
    return parser.found
