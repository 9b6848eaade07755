"""Types a marker of its own into every text of every form, as the page offers it: a new field gets one by itself.

What a form looks like is read from its HTML, so nothing here knows a field by name but the choices that a walk makes.
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from authorities.models import User
from tests.factories.files import docx_bytes, odt_bytes, pdf_bytes, png_bytes

MARK, NUMBER = "Qzx7Merk", "73190428"
WRITTEN = ("text", "search", "email", "tel", "url")
KINDS_OF_FILE = ("pdf", "docx", "png", "txt", "odt")


@dataclass
class Field:
    name: str
    kind: str
    value: str = ""
    checked: bool = False
    options: list[str] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def is_free(self) -> bool:
        return self.kind in WRITTEN or self.kind == "textarea"


class Forms(HTMLParser):
    """The forms of a page that post, each with its fields and where it goes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, list[Field]]] = []
        self._open = False
        self._text: Field | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = given.get("method", "").lower() == "post"
            if self._open:
                self.forms.append((given.get("action", ""), []))
        if not self._open:
            return
        if tag == "option" and self._select is not None:
            self._select.options.append(given.get("value", ""))
            if "selected" in given:
                self._select.value = given.get("value", "")
        if tag in ("input", "textarea", "select") and given.get("name") and "disabled" not in given:
            kind = given.get("type", "text") if tag == "input" else tag
            found = Field(given["name"], kind, given.get("value", ""), "checked" in given, attributes=given)
            self.forms[-1][1].append(found)
            self._text = found if tag == "textarea" else None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._text = None
        if tag == "form":
            self._open = False

    @property
    def _select(self) -> Field | None:
        last = self.forms[-1][1][-1] if self.forms[-1][1] else None
        return last if last and last.kind == "select" else None


@dataclass
class Typist:
    """Every marker that was typed, and where; `open_fields` are those that a form refused one in."""

    marks: dict[str, str] = field(default_factory=dict)
    open_fields: set[str] = field(default_factory=set)
    clients: dict[int, Client] = field(default_factory=dict)
    files: int = 0

    def mark(self, where: str) -> str:
        made = f"{MARK}{secrets.token_hex(6)}"
        self.marks[made] = where
        return made

    def number(self, where: str) -> str:
        """For a field of digits alone."""
        made = f"{NUMBER}{10**7 + secrets.randbelow(9 * 10**7)}"
        self.marks[made] = where
        return made

    def client(self, user: User) -> Client:
        if user.pk not in self.clients:
            self.clients[user.pk] = Client(SERVER_NAME="localhost")
            self.clients[user.pk].force_login(user)
        return self.clients[user.pk]

    def upload(self, where: str, *, only: str = "") -> SimpleUploadedFile:
        """Name and content carry a marker; the kinds take turns."""
        kind = only or KINDS_OF_FILE[self.files % len(KINDS_OF_FILE)]
        self.files += not only
        return SimpleUploadedFile(
            f"{self.mark(f'{where}: name')}.{kind}", self.content(kind, f"{where}: content"), media_type(kind)
        )

    def content(self, kind: str, where: str) -> bytes:
        if kind == "png":
            return png_bytes(text=self.mark(where))
        if kind == "odt":
            return odt_bytes(self.mark(where))
        makers = {"pdf": pdf_bytes, "docx": docx_bytes, "txt": str.encode}
        return makers[kind](self.mark(where))

    def submit(self, user: User, address: str, choose: Mapping[str, Any], *, press: str = "") -> str:
        """Fills the form of this page that has what is chosen, sends it, and gives where it leads.

        What is chosen for a free field is what it must hold: a marker typed there is refused first.
        """
        client = self.client(user)
        page = client.get(address)
        assert page.status_code == 200, f"{user} {address}: {page.status_code}"
        action, fields = self._form(page.content.decode(), address, choose)
        body = self._filled(address, fields, choose)
        if press:
            body |= dict([press.split("=")])
        target = action or address
        for name in self._open(fields, choose):
            self.open_fields.add(f"{address} {name}")
            wrong = client.post(target, self._fresh(body) | {name: self.mark(f"{address}: {name}, open")})
            assert wrong.status_code == 422, f"{address} took a marker in {name}"
        self.probe(client, target, fields, body)
        answer = client.post(target, self._fresh(body))
        assert answer.status_code == 302, f"{user} {address} {answer.status_code}: {faults(answer)}"
        return str(answer["Location"])

    def probe(self, client: Client, target: str, fields: list[Field], body: dict[str, Any]) -> None:
        """What somebody may try before the form is sent as it should be."""

    def _form(self, page: str, address: str, choose: Mapping[str, Any]) -> tuple[str, list[Field]]:
        for action, fields in Forms(page).forms:
            if (choose or action in ("", address)) and {one.name for one in fields} >= set(choose):
                return action, fields
        raise AssertionError(f"No form of {address} has {sorted(choose)}")

    def _open(self, fields: list[Field], choose: Mapping[str, Any]) -> Iterator[str]:
        yield from (one.name for one in fields if one.is_free and choose.get(one.name))

    def _fresh(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A file is read by the first who gets it."""
        for value in body.values():
            if isinstance(value, SimpleUploadedFile):
                value.seek(0)
        return dict(body)

    def _filled(self, address: str, fields: list[Field], choose: Mapping[str, Any]) -> dict[str, Any]:
        body: dict[str, Any] = {}
        for one in fields:
            where = f"{address} {one.name}"
            if one.name in choose:
                body[one.name] = choose[one.name]
            elif one.kind == "file":
                # Judging a file costs a process each time: of several that may be left out one is enough.
                has_one = any(isinstance(sent, SimpleUploadedFile) for sent in body.values())
                accepts = one.attributes.get("accept", "")
                if "required" in one.attributes or not has_one:
                    body[one.name] = self.upload(where, only="pdf" if accepts and "docx" not in accepts else "")
            elif one.is_free and one.value.strip().split("@")[0] in self.marks:
                body[one.name] = one.value
            elif one.attributes.get("inputmode") == "decimal":
                body[one.name] = self.number(where)
            elif one.attributes.get("inputmode") == "email" or one.kind == "email":
                body[one.name] = f"{self.mark(where)}@dienstverlener.example"
            elif one.is_free:
                body[one.name] = self.mark(where)
            elif one.kind in ("radio", "checkbox"):
                if one.checked:
                    body[one.name] = one.attributes.get("value", "on")
            elif one.kind == "select" and not one.value and "required" in one.attributes:
                body[one.name] = next(option for option in one.options if option)
            elif one.kind not in ("submit", "button"):
                body[one.name] = one.value
        return body


def media_type(kind: str) -> str:
    return {
        "pdf": "application/pdf",
        "png": "image/png",
        "txt": "text/plain",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "odt": "application/vnd.oasis.opendocument.text",
    }[kind]


def faults(answer: Any) -> list[str]:
    """What the page says is wrong."""
    text = answer.content.decode(errors="replace")
    told = re.findall(r'(?:error-message|alert__content)"[^>]*>(.*?)</div>', text, re.DOTALL) or [text[:3000]]
    return [" ".join(re.sub("<[^>]*>", " ", words).split()) for words in told]
