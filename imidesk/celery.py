"""The worker and the beat schedule."""

import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imidesk.settings.production")

app = Celery("imidesk")
app.set_default()
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["imidesk.core", "requests_app", "archive"])
app.conf.beat_schedule = {
    "send-pending-messages": {"task": "imidesk.core.tasks.send_pending_messages", "schedule": 60.0},
    "run-due-jobs": {"task": "imidesk.core.tasks.run_due_jobs", "schedule": 60.0},
    "send-processing-records": {"task": "imidesk.core.tasks.send_processing_records", "schedule": 60.0},
    "send-due-reminders": {"task": "requests_app.tasks.send_due_reminders", "schedule": crontab(minute=5)},
    "rearm-reminders": {"task": "requests_app.tasks.rearm_reminders", "schedule": crontab(hour=0, minute=35)},
    "raise-alarms": {"task": "archive.tasks.raise_alarms", "schedule": 300.0},
    "block-due-requests": {"task": "archive.tasks.block_due_requests", "schedule": crontab(hour=1, minute=10)},
    "keep-keys-fresh": {"task": "archive.tasks.keep_keys_fresh", "schedule": crontab(hour=3, minute=10)},
    "anchor-audit-trail": {"task": "archive.tasks.anchor_audit_trail", "schedule": crontab(hour=4, minute=10)},
    "count-months": {"task": "requests_app.tasks.count_months", "schedule": crontab(hour=3, minute=40)},
    "erase-due-requests": {"task": "archive.tasks.erase_due_requests", "schedule": crontab(hour=2, minute=10)},
}


@worker_init.connect
def refuse_on_faults(**kwargs: object) -> None:
    """A worker without its keys, or on an old copy, takes nothing on (SP-03, SP-24).

    Celery writes down what a receiver raises and starts all the same: only an exit stops it.
    """
    from imidesk.core import ledger, start_up

    try:
        start_up.refuse_on_faults()
        ledger.refuse_when_behind()
    except Exception as fault:
        raise SystemExit(f"{type(fault).__name__}: {fault}") from None
