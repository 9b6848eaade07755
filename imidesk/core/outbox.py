"""Mail as rows: written with the change, sent by the worker, parked after ten failures (rule 5, SP-35, SP-40)."""

import json
import logging
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Count, F

from imidesk.core import clock, wake
from imidesk.core.backoff import LEASE, wait_after
from imidesk.core.models import AuditEvent, OutgoingMessage
from imidesk.core.models.due import TRIES

logger = logging.getLogger(__name__)

TASK = "imidesk.core.tasks.send_pending_messages"
BATCH = 100
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


def plan(
    *,
    template: str,
    event: AuditEvent | None,
    subject: UUID,
    user_id: int | None = None,
    mailbox: UUID | None = None,
    facts: Mapping[str, str | int] | None = None,
) -> None:
    """One row per event, template and recipient; without an event per subject and facts: a reminder names its day."""
    own_facts = _checked(facts or {})
    source = f"event:{event.pk}" if event else f"{subject}:{json.dumps(own_facts, sort_keys=True)}"
    recipient = f"user:{user_id}" if user_id is not None else f"mailbox:{mailbox}"
    key = f"{template}/{recipient}/{source}"
    if len(key) > LONGEST_KEY:
        raise ValueError(f"{template}: too many facts for one message.")
    moment = clock.now()
    message = OutgoingMessage(
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
    OutgoingMessage.objects.bulk_create([message], ignore_conflicts=True)
    wake.on_commit(TASK)


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


def counts() -> dict[str, int]:
    """Messages per state, for the heartbeat page."""
    return dict(OutgoingMessage.objects.values_list("state").annotate(number=Count("pk")).order_by())


def unpark() -> int:
    """Ten fresh tries for what was parked."""
    parked = OutgoingMessage.objects.filter(state=_State.PARKED)
    return parked.update(state=_State.PENDING, ended_at=None, tries=0, next_try_at=clock.now())


def _deliver(message: OutgoingMessage) -> bool:
    rows = OutgoingMessage.objects.filter(pk=message.pk, state=_State.PENDING)
    try:
        mail = _renderers[message.template](message)
        if mail is not None:
            _send(message, mail)
    except Exception as fault:
        name = type(fault).__name__
        logger.warning("mail_failed", extra={"message_id": message.pk, "template": message.template, "fault": name})
        if message.tries >= TRIES:
            rows.update(state=_State.PARKED, ended_at=clock.now(), fault=name)
        else:
            rows.update(next_try_at=clock.now() + wait_after(message.tries), fault=name)
        return False
    rows.update(state=_State.DROPPED if mail is None else _State.SENT, ended_at=clock.now(), fault="")
    return mail is not None


def _send(message: OutgoingMessage, mail: RenderedMail) -> None:
    host = urlsplit(settings.IMIDESK_BASE_URL).hostname or "localhost"
    headers = {
        "Auto-Submitted": "auto-generated",
        "Date": format_datetime(clock.now()),
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
