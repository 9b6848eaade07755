"""Reminders that are due leave as mail rows, once each, however often the job runs (design idea 5)."""

from django.db import transaction

from imidesk.core import clock, outbox
from requests_app.models import Reminder
from requests_app.notifications import REMINDER_TEMPLATES, reminded
from requests_app.vocabulary import ReminderKind

BATCH = 200


def send_due_reminders() -> int:
    """What is due today or was missed; of several missed ones of a request only the last goes out. Returns how many."""
    today = clock.today()
    due = Reminder.objects.filter(sent_at__isnull=True, due_on__lte=today).order_by("due_on", "pk")
    sent = 0
    for pk in list(due.values_list("pk", flat=True)[:BATCH]):
        sent += _send(pk)
    return sent


@transaction.atomic(durable=True)
def _send(pk: int) -> bool:
    claimed = Reminder.objects.filter(pk=pk, sent_at__isnull=True).update(sent_at=clock.now())
    if not claimed:
        return False
    reminder = Reminder.objects.select_related("info_request__home").get(pk=pk)
    info_request = reminder.info_request
    later = Reminder.objects.filter(
        info_request=info_request, sent_at__isnull=True, due_on__gt=reminder.due_on, due_on__lte=clock.today()
    )
    if later.exists():
        return False
    template = REMINDER_TEMPLATES[ReminderKind(reminder.kind)]
    facts = {"kind": reminder.kind, "due_on": reminder.due_on.isoformat()}
    for user in reminded(info_request):
        outbox.plan(template=template, event=None, subject=info_request.uuid, user_id=user.pk, facts=facts)
    outbox.plan(template=template, event=None, subject=info_request.uuid, mailbox=info_request.home.uuid, facts=facts)
    return True
