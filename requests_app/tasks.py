"""A task is a view without a browser: it wakes a service and leaves a heartbeat."""

from celery import shared_task

from imidesk.core import heartbeat, vault
from requests_app.services import counting, reminding


@shared_task(name="requests_app.tasks.send_due_reminders")
def send_due_reminders() -> None:
    with vault.key_scope(), heartbeat.beat("reminders"):
        reminding.send_due_reminders()


@shared_task(name="requests_app.tasks.rearm_reminders")
def rearm_reminders() -> None:
    with vault.key_scope(), heartbeat.beat("rearming"):
        reminding.rearm()


@shared_task(name="requests_app.tasks.count_months")
def count_months() -> None:
    with heartbeat.beat("counting"):
        counting.count_months()
