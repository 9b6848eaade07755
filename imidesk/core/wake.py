"""Waking the worker when the transaction is through. A message may wake, never decide (design idea 5)."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from importlib import import_module
from pathlib import Path

from django.db import transaction
from kombu import Connection
from kombu.pools import producers

from imidesk.celery import app

logger = logging.getLogger(__name__)

# Kombu's own patience would keep the user waiting for seconds after each commit while the broker is down.
_AGAIN = {"max_retries": 1, "interval_start": 0, "interval_step": 0}
_ONE_TRY = {**_AGAIN, "socket_connect_timeout": 1, "socket_timeout": 1}

_asleep: ContextVar[bool] = ContextVar("worker_left_asleep", default=False)


@contextmanager
def left_asleep() -> Iterator[None]:
    """For who does the worker's work himself meanwhile."""
    token = _asleep.set(True)
    try:
        yield
    finally:
        _asleep.reset(token)


def on_commit(task: str) -> None:
    """Once per transaction; a broker that is down costs time, as the beat finds the row."""
    if _asleep.get():
        return
    connection = transaction.get_connection()
    wake_up = _wake_up(task)
    savepoints = set(connection.savepoint_ids)
    if not any(entry[1] is wake_up and entry[0] <= savepoints for entry in connection.run_on_commit):
        transaction.on_commit(wake_up, robust=True)


@cache
def _wake_up(task: str) -> Callable[[], None]:
    return partial(_send, task)


def _to_broker() -> Connection:
    options = {**app.conf.broker_transport_options, **_ONE_TRY}
    return app.connection_for_write(transport_options=options, connect_timeout=1)


def reach_broker() -> None:
    """Raises what the broker's driver raises when nobody answers within a second."""
    with _to_broker() as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=1)


@contextmanager
def planted(marker: str) -> Iterator[None]:
    """A message in a queue that nobody reads: an erasure's search has to meet it (SP-22).

    A queue of its own, so that a search beside this one does not clear it away.
    """
    options = app.conf.broker_transport_options
    for name in ("data_folder_in", "control_folder"):
        if name in options:
            Path(options[name]).mkdir(parents=True, exist_ok=True, mode=0o700)
    with _to_broker() as connection:
        queue = connection.SimpleQueue(f"imidesk-{marker}")
        queue.put({"plant": marker})
        try:
            yield
        finally:
            queue.clear()
            queue.queue.delete()
            queue.close()
            if "control_folder" in options:
                Path(options["control_folder"], f"imidesk-{marker}.exchange").unlink(missing_ok=True)


def _send(task: str) -> None:
    try:
        if app.conf.task_always_eager:
            import_module(task.rpartition(".")[0])
            app.tasks[task].apply()
        else:
            # Over a connection that is kept; tried once more, as the broker may have been away meanwhile.
            with producers[_to_broker()].acquire(block=True, timeout=1) as producer:
                app.send_task(task, producer=producer, retry=True, retry_policy=_AGAIN)
    except Exception as fault:
        logger.warning("wake_up_failed", extra={"task": task, "fault": type(fault).__name__})
