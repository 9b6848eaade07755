"""What must be in order before the desk takes anything on: `preflight` says it in words, the readiness page in one."""

import os
import smtplib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.cache import cache
from django.core.mail import get_connection
from django.db import connection
from django.db.models.functions import Now

from imidesk.core import ledger, start_up, vault, wake
from imidesk.core.models import Installation

CLOCK_TOLERANCE = timedelta(seconds=5)
OLDEST_POSTGRESQL = 150000

# An error text of the database may quote a row, and so may a slow query: neither may be written down (SP-16).
QUIET_POSTGRESQL = {
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


@dataclass(frozen=True)
class Finding:
    """A sentence about one part. A warning does not stop a practice desk; a fault stops any."""

    part: str
    sentence: str
    is_fault: bool = False
    is_warning: bool = False


@dataclass(frozen=True)
class Part:
    name: str
    look: Callable[[], Iterator[Finding]]
    for_web: bool
    """Whether the web process needs it to answer; mail and folders only delay what waits in rows (design idea 5)."""


def findings(*, for_web: bool = False) -> Iterator[Finding]:
    """A part that breaks is a finding too: the class of its error, never the text of a driver (SP-16)."""
    for part in PARTS:
        if for_web and not part.for_web:
            continue
        try:
            yield from part.look()
        except Exception as error:
            yield Finding(part.name, f"cannot be reached ({type(error).__name__})", is_fault=True)


def _settings() -> Iterator[Finding]:
    faults = start_up.setting_faults()
    yield from (Finding("settings", f"{fault.sentence} {fault.hint}", is_fault=True) for fault in faults)
    if not faults:
        yield Finding("settings", f"fit a {settings.IMIDESK_KIND} desk")


def _database() -> Iterator[Finding]:
    connection.ensure_connection()
    waiting = start_up.waiting_migrations()
    if waiting or not start_up.is_migrated():
        yield Finding("database", f"{waiting} migrations wait: run `manage.py migrate`", is_fault=True)
        return
    for sentence in [*start_up.stamp_faults(), *start_up.trigger_faults()]:
        yield Finding("database", sentence, is_fault=True)
    if connection.vendor == "postgresql":
        yield from _postgresql()
    elif settings.IMIDESK_KIND == Installation.Kind.PRODUCTION:
        yield Finding("database", "SQLite is for a proefopstelling; a province runs PostgreSQL", is_warning=True)
    else:
        yield Finding("database", "SQLite answers, stamp and triggers are in place")


def _postgresql() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0])
        loud = []
        for name, wanted in QUIET_POSTGRESQL.items():
            cursor.execute("SELECT current_setting(%s)", [name])
            if cursor.fetchone()[0] != wanted:
                loud.append(f"{name}={wanted}")
    if version < OLDEST_POSTGRESQL:
        yield Finding("database", "PostgreSQL is older than 15", is_fault=True)
    is_production = settings.IMIDESK_KIND == Installation.Kind.PRODUCTION
    if loud:
        sentence = f"the log of PostgreSQL may quote a row: set {', '.join(loud)} (SP-16)"
        yield Finding("database", sentence, is_fault=is_production, is_warning=not is_production)
    else:
        yield Finding("database", "PostgreSQL answers, stamp and triggers are in place, its log is quiet")


def _keys() -> Iterator[Finding]:
    faults = vault.key_faults()
    yield from (Finding("keys", sentence, is_fault=True) for sentence in faults)
    if not faults:
        yield Finding("keys", "every key file that the database counts on is there")


def _cache() -> Iterator[Finding]:
    name, value = f"readiness-{uuid4()}", uuid4().hex
    cache.set(name, value, 10)
    found = cache.get(name)
    cache.delete(name)
    if found != value:
        yield Finding("cache", "does not give back what was put in", is_fault=True)
    else:
        yield Finding(
            "cache", "Redis keeps counters" if settings.REDIS_URL else "a table of the database keeps counters"
        )


def _broker() -> Iterator[Finding]:
    wake.reach_broker()
    yield Finding("broker", "Redis wakes the worker" if settings.REDIS_URL else "a folder wakes the worker")


def _mail() -> Iterator[Finding]:
    backend = get_connection()
    try:
        backend.open()
    except (OSError, smtplib.SMTPException) as error:
        yield Finding("mail", f"the mail server does not answer ({type(error).__name__})", is_fault=True)
        return
    backend.close()
    yield Finding("mail", "the mail server answers")


def _clock() -> Iterator[Finding]:
    at_database = Installation.objects.values_list(Now(), flat=True).get()
    apart = abs(at_database - datetime.now(UTC))
    if apart > CLOCK_TOLERANCE:
        seconds = round(apart.total_seconds())
        yield Finding("clock", f"this machine and the database differ by {seconds} seconds", is_fault=True)
    else:
        yield Finding("clock", "this machine and the database agree")


def _folders() -> Iterator[Finding]:
    """Only asked: a folder of anchors that adds and never deletes would keep a file that was tried."""
    anchors = Path(settings.IMIDESK_ANCHORS_DIR)
    with suppress(OSError):
        anchors.mkdir(parents=True, exist_ok=True, mode=0o700)  # as the first anchor would
    ledger_folder = Path(settings.IMIDESK_LEDGER_DIR)
    with suppress(OSError):
        ledger_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for part, folder in (
        ("sealed files", Path(settings.IMIDESK_FILES_DIR)),
        ("audit anchors", anchors),
        ("ledger", ledger_folder),
    ):
        if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
            yield Finding("files", f"the folder of the {part} can be written to")
        else:
            yield Finding("files", f"the folder of the {part} cannot be written to", is_fault=True)


def _ledger() -> Iterator[Finding]:
    if ledger.look():
        sentence = "the database is older than the ledger: run `manage.py replay_ledger` (SP-24)"
        yield Finding("ledger", sentence, is_fault=True)
    else:
        yield Finding("ledger", "the database knows all that the ledger says")


def _records_system() -> Iterator[Finding]:
    yield Finding("records system", "none is connected: reports are filed by hand")


PARTS = (
    Part("settings", _settings, for_web=True),
    Part("database", _database, for_web=True),
    Part("keys", _keys, for_web=True),
    Part("cache", _cache, for_web=True),
    Part("broker", _broker, for_web=False),
    Part("mail", _mail, for_web=False),
    Part("clock", _clock, for_web=True),
    Part("files", _folders, for_web=False),
    Part("ledger", _ledger, for_web=True),
    Part("records system", _records_system, for_web=False),
)
