"""Mail as rows: written with the change, sent by the worker, parked after ten failures (rule 5, SP-35, SP-40)."""

import json
import logging
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Count, F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from imidesk.core import clock, once, wake
from imidesk.core.backoff import LEASE, wait_after
from imidesk.core.models import AuditEvent, OutgoingMessage
from imidesk.core.models.due import TRIES

logger = logging.getLogger(__name__)

TASK = "imidesk.core.tasks.send_pending_messages"
BATCH = 100
END_OF_MAIL = b"\n" + b"-" * 79 + b"\n"
"""Django's file backend writes this line after each mail, and may put several in one file."""
PER_HOUR = 20  # mails to one recipient; what comes on top leaves in one digest (SP-35)
HOUR = timedelta(hours=1)
LONGEST_KEY = 400
_FACT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,63}")
_State = OutgoingMessage.State


@dataclass(frozen=True)
class RenderedMail:
    to: str
    subject: str
    body: str

    def __post_init__(self) -> None:
        for text in (self.to, self.subject):
            if not text or any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text):
                raise ValueError("A line of a mail's head is empty or holds a control character.")


Renderer = Callable[[OutgoingMessage], RenderedMail | None]
_renderers: dict[str, Renderer] = {}


def register(template: str, render: Renderer) -> None:
    """None from the renderer drops the message: its recipient is no longer valid."""
    if _renderers.setdefault(template, render) is not render:
        raise ValueError(f"{template} has another renderer already.")


def plan_for(user_ids: Iterable[int], **what: Any) -> None:
    """The same `message` to each of these users."""
    plan(*(message(user_id=user_id, **what) for user_id in user_ids))


def plan(*messages: OutgoingMessage) -> None:
    """In one statement; a message that stands there already is left as it is."""
    if messages:
        OutgoingMessage.objects.bulk_create(messages, ignore_conflicts=True)
        wake.on_commit(TASK)


def message(
    *,
    template: str,
    event: AuditEvent | None,
    subject: UUID,
    user_id: int | None = None,
    mailbox: UUID | None = None,
    facts: Mapping[str, str | int] | None = None,
) -> OutgoingMessage:
    """One row per event, template and recipient; without an event per subject and facts: a reminder names its day."""
    own_facts = _checked(facts or {})
    source = f"event:{event.pk}" if event else f"{subject}:{json.dumps(own_facts, sort_keys=True)}"
    recipient = f"user:{user_id}" if user_id is not None else f"mailbox:{mailbox}"
    key = f"{template}/{recipient}/{source}"
    if len(key) > LONGEST_KEY:
        raise ValueError(f"{template}: too many facts for one message.")
    moment = event.recorded_at if event else clock.now()
    return OutgoingMessage(
        key=key,
        template=template,
        event=event,
        subject=subject,
        user_id=user_id,
        mailbox=mailbox,
        facts=own_facts,
        created_at=moment,
        next_try_at=moment,
    )


def send_pending() -> int:
    """Sends what is due, each row once; how many left the desk."""
    moment = clock.now()
    due = OutgoingMessage.objects.filter(state=_State.PENDING, next_try_at__lte=moment)
    due.filter(tries__gte=TRIES).update(state=_State.PARKED, ended_at=moment)
    sent = 0
    for pk in list(due.order_by("next_try_at", "pk").values_list("pk", flat=True)[:BATCH]):
        claimed = due.filter(pk=pk).update(tries=F("tries") + 1, next_try_at=clock.now() + LEASE)
        if claimed:
            sent += _deliver(OutgoingMessage.objects.select_related("event", "user").get(pk=pk))
    return sent


def drop(subjects: Iterable[UUID]) -> int:
    """What still waits about these subjects is not sent any more (SP-21)."""
    waiting = OutgoingMessage.objects.filter(subject__in=subjects, state=_State.PENDING)
    return waiting.update(state=_State.DROPPED, ended_at=clock.now())


def folder() -> Path | None:
    """Where mail is kept as files, on a practice desk; None where it leaves for a mail server."""
    kept = getattr(settings, "EMAIL_FILE_PATH", None)
    return Path(kept) if kept and "filebased" in settings.EMAIL_BACKEND else None


@contextmanager
def planted(folder: Path, marker: str) -> Iterator[None]:
    """A mail to the desk itself that lies in the folder meanwhile: an erasure's search has to meet it (SP-22)."""
    before = {(path, path.stat().st_size) for path in folder.glob("*")}
    EmailMessage(marker, marker, settings.DEFAULT_FROM_EMAIL, [settings.DEFAULT_FROM_EMAIL]).send()
    try:
        yield
    finally:
        for path in {path for path in folder.glob("*") if (path, path.stat().st_size) not in before}:
            _take_out(path, marker.encode())


def _take_out(path: Path, marker: bytes) -> None:
    """Mails of one second may stand in one file, by the way Django names them."""
    mails = path.read_bytes().split(END_OF_MAIL)
    left = [mail for mail in mails if marker not in mail]
    if not any(left):
        path.unlink()
    elif len(left) < len(mails):
        path.write_bytes(END_OF_MAIL.join(left))


def counts() -> dict[str, int]:
    """Messages per state, for the heartbeat page."""
    return dict(OutgoingMessage.objects.values_list("state").annotate(number=Count("pk")).order_by())


def unpark() -> int:
    """Ten fresh tries for what was parked."""
    parked = OutgoingMessage.objects.filter(state=_State.PARKED)
    return parked.update(state=_State.PENDING, ended_at=None, tries=0, next_try_at=clock.now())


@once.one_answer(reads_only=True)
def _deliver(message: OutgoingMessage) -> bool:
    if not message.held and (until := _over_limit_until(message)):
        OutgoingMessage.objects.filter(pk=message.pk, state=_State.PENDING).update(
            held=True, tries=message.tries - 1, next_try_at=until
        )
        return False
    batch = list(_to_same(message, state=_State.PENDING, held=True)) if message.held else [message]
    rows = OutgoingMessage.objects.filter(pk__in=[row.pk for row in batch], state=_State.PENDING)
    try:
        rendered = {row.pk: _renderers[row.template](row) for row in batch}
        mails = [mail for mail in rendered.values() if mail is not None]
        if mails:
            _send(message, mails[0] if len(mails) == 1 else _digest(message, mails))
    except Exception as fault:
        name = type(fault).__name__
        logger.warning("mail_failed", extra={"message_id": message.pk, "template": message.template, "fault": name})
        own_row = rows.filter(pk=message.pk)
        if message.tries >= TRIES:
            own_row.update(state=_State.PARKED, ended_at=clock.now(), fault=name)
        else:
            own_row.update(next_try_at=clock.now() + wait_after(message.tries), fault=name)
        return False
    dropped = [pk for pk, mail in rendered.items() if mail is None]
    now = clock.now()
    if dropped:
        rows.filter(pk__in=dropped).update(state=_State.DROPPED, ended_at=now, fault="")
    rows.exclude(pk__in=dropped).update(state=_State.SENT, ended_at=now, fault="")
    return bool(mails)


def _to_same(message: OutgoingMessage, **conditions: Any) -> QuerySet[OutgoingMessage]:
    same = OutgoingMessage.objects.filter(user=message.user, mailbox=message.mailbox, **conditions)
    return same.select_related("event", "user").order_by("pk")


def _over_limit_until(message: OutgoingMessage) -> datetime | None:
    """When the digest leaves, for a recipient who had his mails of this hour; all that wait leave together (SP-35)."""
    of_this_hour = _to_same(message, state=_State.SENT, held=False, ended_at__gt=clock.moment() - HOUR)
    latest = list(of_this_hour.order_by("-ended_at").values_list("ended_at", flat=True)[:PER_HOUR])
    if len(latest) < PER_HOUR or latest[-1] is None:
        return None
    waiting = _to_same(message, state=_State.PENDING, held=True).first()
    return waiting.next_try_at if waiting else latest[-1] + HOUR


def _digest(message: OutgoingMessage, mails: list[RenderedMail]) -> RenderedMail:
    """The heads of what waited, which hold number and code only, and where to find it."""
    with override(message.user.language if message.user else settings.LANGUAGE_CODE):
        subject = ngettext("%(count)s notice of the IMI desk", "%(count)s notices of the IMI desk", len(mails)) % {
            "count": len(mails)
        }
        lines = [_("There were many notices in an hour. These came together:"), ""]
        lines += [f"- {mail.subject}" for mail in mails]
        lines += ["", f"{_('Open the desk')}: {settings.IMIDESK_BASE_URL}/"]
    return RenderedMail(to=mails[0].to, subject=subject, body="\n".join(lines))


def _send(message: OutgoingMessage, mail: RenderedMail) -> None:
    host = urlsplit(settings.IMIDESK_BASE_URL).hostname or "localhost"
    headers = {
        "Auto-Submitted": "auto-generated",
        "Date": format_datetime(clock.moment()),
        "Message-ID": f"<{message.uuid}@{host}>",
    }
    EmailMessage(mail.subject, mail.body, settings.DEFAULT_FROM_EMAIL, [mail.to], headers=headers).send()


def _checked(facts: Mapping[str, str | int]) -> dict[str, str | int]:
    for name, value in facts.items():
        if isinstance(value, str) and not _FACT.fullmatch(value):
            raise ValueError(f"{name} is not a code, a number or a date.")
        if not isinstance(value, str | int):
            raise TypeError(f"{name} is not a code, a number or a date.")
    return dict(facts)
