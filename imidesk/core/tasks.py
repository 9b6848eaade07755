"""A task is a view without a browser: it takes nothing and decides nothing, the rows do."""

from celery import shared_task

from imidesk.core import heartbeat, jobs, ledger, outbox, vault


@shared_task(name=outbox.TASK, acks_late=True)
def send_pending_messages() -> None:
    with heartbeat.beat("send_pending_messages"), vault.key_scope():
        while outbox.send_pending():
            continue


@shared_task(name=jobs.TASK, acks_late=True)
def run_due_jobs() -> None:
    with heartbeat.beat("run_due_jobs"), vault.key_scope():
        while jobs.run_due():
            continue
        ledger.flush()
