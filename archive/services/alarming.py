"""Who is refused much, or looks at much, is told to the lawyer and the data protection officer (SP-12)."""

from collections import defaultdict, deque
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from archive.selectors import ALARM_LOOKS, ALARM_REFUSALS
from authorities.permissions import people_of_homes
from authorities.vocabulary import Role
from imidesk.core import clock, outbox, security_log
from imidesk.core.clock import AMSTERDAM
from imidesk.core.models import Installation, OutgoingMessage, SecurityEvent
from imidesk.core.outbox import RenderedMail
from requests_app.models import ReadRecord

TEMPLATE = "alarm"
TOLD = (Role.JURIST, Role.FG)
REFUSALS_AN_HOUR = 20
LOOKS_A_DAY = 100
HOUR = timedelta(hours=1)


@transaction.atomic(durable=True)
def raise_alarms() -> int:
    """How many are new. Looks back over today and yesterday, so that a run that was missed is caught up."""
    Installation.objects.select_for_update().get()
    now = clock.now()
    since = datetime.combine(now.astimezone(AMSTERDAM).date() - timedelta(days=1), time(), AMSTERDAM)
    found = [(ALARM_REFUSALS, subject) for subject in _refused_often(since)]
    found += [(ALARM_LOOKS, subject) for subject in _looked_often(since)]
    known = set(
        SecurityEvent.objects.filter(at__gte=since, action__in=(ALARM_REFUSALS, ALARM_LOOKS)).values_list(
            "action", "object"
        )
    )
    new = sorted(set(found) - known)
    for action, subject in new:
        event = security_log.note(action, object=subject, result="alarm", origin="desk", actor_id=None)
        told = people_of_homes(*TOLD).values_list("pk", flat=True)
        outbox.plan_for(told, template=TEMPLATE, event=None, subject=clock.installation(), facts={"alarm": event.pk})
    return len(new)


def render(message: OutgoingMessage) -> RenderedMail | None:
    """That there is one, and where to read it; None for who is not to be told any more."""
    if message.user is None or message.user not in people_of_homes(*TOLD):
        return None
    with override(message.user.language):
        link = f"{settings.IMIDESK_BASE_URL}{reverse('monitoring:heartbeat')}"
        return RenderedMail(
            to=message.user.email,
            subject=_("Alarm of the IMI desk"),
            body=render_to_string("email/alarm.txt", {"link": link}),
        )


def _refused_often(since: datetime) -> Iterator[str]:
    """Twenty within any sixty minutes; told once for each hour of the clock."""
    refused = SecurityEvent.objects.filter(at__gte=since - HOUR, result="refused", actor_id__isnull=False)
    last: dict[int, deque[datetime]] = defaultdict(deque)
    for user_id, at in refused.order_by("at", "pk").values_list("actor_id", "at").iterator():
        if user_id is None:
            continue
        moments = last[user_id]
        moments.append(at)
        while moments[0] <= at - HOUR:
            moments.popleft()
        if len(moments) >= REFUSALS_AN_HOUR and at >= since:
            yield f"user:{user_id} {at.astimezone(AMSTERDAM):%Y-%m-%dT%H%z}"


def _looked_often(since: datetime) -> Iterator[str]:
    """A day is one of the calendar here."""
    for day in (since.date(), since.date() + timedelta(days=1)):
        start = datetime.combine(day, time(), AMSTERDAM)
        end = datetime.combine(day + timedelta(days=1), time(), AMSTERDAM)
        looks = ReadRecord.objects.filter(at__gte=start, at__lt=end, user__isnull=False)
        often = looks.values("user").annotate(number=Count("pk")).filter(number__gte=LOOKS_A_DAY).order_by("user")
        for row in often:
            yield f"user:{row['user']} {day.isoformat()}"
