"""The mail of a practice desk: files in var/mail, never sent (design 8, "Oefenpost")."""

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path

from django.conf import settings

from imidesk.core.outbox import END_OF_MAIL

# Links written when the desk ran on another port lead to this one.
_HERE = re.compile(r"http://localhost:\d+\b")


@dataclass(frozen=True)
class Mail:
    key: str
    sent_at: datetime
    to: str
    sender: str
    subject: str
    body: str


def mails() -> list[Mail]:
    """Newest first."""
    return sorted(_read(), key=lambda mail: (mail.sent_at, mail.key), reverse=True)


def mail_with(key: str) -> Mail | None:
    return next((mail for mail in _read() if mail.key == key), None)


def _read() -> Iterator[Mail]:
    folder = Path(settings.IMIDESK_MAIL_DIR)
    for path in sorted(folder.glob("*.log")):
        for part in path.read_bytes().split(END_OF_MAIL):
            if part.strip():
                yield _mail(part)


def _mail(content: bytes) -> Mail:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 (the policy says so)
    body = message.get_body(("plain",))
    addresses = [address for _name, address in getaddresses(message.get_all("To", []))]
    return Mail(
        key=str(message.get("Message-ID", "")).strip("<>").partition("@")[0],
        sent_at=_moment(str(message.get("Date", ""))),
        to=", ".join(addresses),
        sender=str(message.get("From", "")),
        subject=str(message.get("Subject", "")),
        body=_HERE.sub(settings.IMIDESK_BASE_URL, str(body.get_content()) if body else ""),
    )


def _moment(written: str) -> datetime:
    try:
        moment = parsedate_to_datetime(written)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
