"""Logs as JSON lines: class, constraint and SQLSTATE of an error, never its text, which may quote a row (SP-16)."""

import traceback
from types import TracebackType
from typing import Any

import structlog
from django.http import HttpRequest
from structlog.typing import EventDict, WrappedLogger

DEEPEST_FRAMES = 30


def logging_config(level: str = "INFO") -> dict[str, Any]:
    """For LOGGING; it reads no settings."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [
                    structlog.stdlib.add_log_level,
                    structlog.stdlib.add_logger_name,
                    structlog.stdlib.ExtraAdder(allow=_EXTRA),
                    structlog.processors.TimeStamper(fmt="iso", utc=True),
                    _without_task_text,
                    _without_address,
                ],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _fault,
                    structlog.processors.JSONRenderer(),
                ],
            }
        },
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["lines"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            "django.db.backends": {"level": "WARNING"},
            "pikepdf": {"level": "WARNING"},
        },
    }


_EXTRA = [
    "action",
    "actor_id",
    "fault",
    "job",
    "kind",
    "message_id",
    "object",
    "origin",
    "part",
    "pk",
    "reference",
    "result",
    "retention_record",
    "sentence",
    "status_code",
    "subject",
    "task",
    "template",
]
"""What a log line may carry besides its event: ids and codes."""


def _without_task_text(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Celery writes the error's text and traceback into the message itself."""
    record = event.get("_record")
    if record is not None and record.name == "celery.app.trace" and isinstance(getattr(record, "data", None), dict):
        event["event"] = "task_failed" if record.exc_info else "task_event"
        event["task"] = record.data.get("name")
    return event


def _without_address(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Django names the address as it was typed; the page says as much, and nothing of who typed it."""
    record = event.get("_record")
    request = getattr(record, "request", None)
    if isinstance(request, HttpRequest):
        match = request.resolver_match
        event["event"] = f"{request.method} {match.view_name if match else 'no page'}"
    return event


def _fault(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    exc_info = event.pop("exc_info", None)
    if isinstance(exc_info, BaseException):
        event["exception"] = exception_facts(exc_info)
    elif isinstance(exc_info, tuple) and isinstance(exc_info[1], BaseException):
        event["exception"] = exception_facts(exc_info[1])
    event.pop("exception_text", None)
    return event


def exception_facts(fault: BaseException) -> list[dict[str, object]]:
    """From the outermost error to its cause: class, constraint, SQLSTATE and places in the code; no text, no locals."""
    chain: list[dict[str, object]] = []
    current: BaseException | None = fault
    while current is not None and len(chain) < 5:
        facts: dict[str, object] = {"class": f"{type(current).__module__}.{type(current).__qualname__}"}
        if sqlstate := getattr(current, "sqlstate", None):
            facts["sqlstate"] = sqlstate
        if constraint := getattr(getattr(current, "diag", None), "constraint_name", None):
            facts["constraint"] = constraint
        facts["frames"] = _frames(current.__traceback__)
        chain.append(facts)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return chain


def _frames(trace: TracebackType | None) -> list[str]:
    summary = traceback.extract_tb(trace)[-DEEPEST_FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in summary]
