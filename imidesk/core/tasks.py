"""A task is a view without a browser: it takes nothing and decides nothing, the rows do."""

from celery import shared_task

from imidesk.core import heartbeat, jobs, ledger, outbox, processing, vault


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


@shared_task(name="imidesk.core.tasks.send_processing_records", acks_late=True)
def send_processing_records() -> None:
    if processing.is_on():
        with heartbeat.beat(processing.HEARTBEAT):
            processing.flush()
