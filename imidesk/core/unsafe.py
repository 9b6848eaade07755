"""What a production desk may not be set to: a table with an id, a sentence and what to do (SP-38)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from imidesk.core import key_files, processing

SHORTEST_SECRET = 50
A_YEAR = 365 * 24 * 60 * 60


@dataclass(frozen=True)
class Refusal:
    id: str
    is_set: Callable[[], bool]
    sentence: str
    hint: str


def _keys_in_project() -> bool:
    folder = key_files.folder().resolve()
    return Path(settings.BASE_DIR).resolve() in [folder, *folder.parents]


def _practice_key() -> bool:
    return any(file.is_practice for file in key_files.key_files())


def _readable_key() -> bool:
    return any(file.path.stat().st_mode & 0o077 for file in key_files.key_files())


def _guessable_secret() -> bool:
    secret = settings.SECRET_KEY
    return len(secret) < SHORTEST_SECRET or len(set(secret)) < 4 or secret.startswith("django-insecure-")


def _open_hosts() -> bool:
    return not settings.ALLOWED_HOSTS or any(host.startswith(("*", ".")) for host in settings.ALLOWED_HOSTS)


def _plain_cookies() -> bool:
    secure = settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE
    names = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)
    return not secure or not all(name.startswith("__Host-") for name in names)


def _plain_http() -> bool:
    return not settings.SECURE_SSL_REDIRECT or settings.SECURE_HSTS_SECONDS < A_YEAR


def _open_policy() -> bool:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    return list(directives.get("default-src", [])) != ["'none'"] or "unsafe" in str(directives)


def _takes_any_message() -> bool:
    return list(settings.CELERY_ACCEPT_CONTENT) != ["json"] or bool(getattr(settings, "CELERY_RESULT_BACKEND", None))


def _keeps_nothing() -> bool:
    years = [
        getattr(settings, name) for name in dir(settings) if name.startswith("IMIDESK_") and name.endswith("_YEARS")
    ]
    return min(settings.IMIDESK_BACKUP_DAYS, *years) < 1


REFUSALS = (
    Refusal("core.E010", lambda: settings.DEBUG, "DEBUG is on.", "Use imidesk.settings.production as it is."),
    Refusal(
        "core.E011",
        _keys_in_project,
        "IMIDESK_KEYS_DIR lies inside the project.",
        "Keys belong on a secret mount (SP-03).",
    ),
    Refusal(
        "core.E012",
        _practice_key,
        "There is a key of a practice desk in IMIDESK_KEYS_DIR.",
        "Make keys of this desk's own in an empty folder: `manage.py make_keys` (SP-03).",
    ),
    Refusal(
        "core.E013",
        _readable_key,
        "The file of a key can be read by others than its owner.",
        "chmod 600 on every key file (SP-03).",
    ),
    Refusal(
        "core.E014",
        _guessable_secret,
        "The secret key is short or guessable.",
        "Put at least 50 random characters in IMIDESK_SECRET_KEY_FILE (docs/runbook.md).",
    ),
    Refusal("core.E015", _open_hosts, "The desk answers to any host name.", "Name its hosts in IMIDESK_HOSTS."),
    Refusal(
        "core.E016",
        lambda: not settings.IMIDESK_BASE_URL.startswith("https://"),
        "The address of the desk is not https.",
        "Set IMIDESK_BASE_URL: links in mails begin with it.",
    ),
    Refusal(
        "core.E017",
        _plain_http,
        "The desk can be used without https.",
        "Leave SECURE_SSL_REDIRECT and a year of HSTS as production has them.",
    ),
    Refusal(
        "core.E018",
        _plain_cookies,
        "A cookie can be sent without https or set by another host.",
        "Leave the names (__Host-) and Secure of the cookies as production has them (SP-27).",
    ),
    Refusal(
        "core.E019",
        _open_policy,
        "The content security policy is not strict.",
        "default-src is 'none' and nothing is unsafe.",
    ),
    Refusal(
        "core.E020",
        lambda: bool(settings.ADMINS or settings.MANAGERS),
        "Errors would be mailed.",
        "Leave ADMINS and MANAGERS empty: an error page quotes data (SP-16).",
    ),
    Refusal(
        "core.E021",
        lambda: not settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend"),
        "Mail does not leave this desk.",
        "Leave EMAIL_BACKEND as production has it, and set EMAIL_HOST.",
    ),
    Refusal(
        "core.E022",
        lambda: any("Temporary" in handler for handler in settings.FILE_UPLOAD_HANDLERS),
        "Uploads would be written to disk in plain.",
        "Leave FILE_UPLOAD_HANDLERS as it is (SP-15).",
    ),
    Refusal(
        "core.E023",
        _takes_any_message,
        "The worker takes more than JSON, or keeps results.",
        "CELERY_ACCEPT_CONTENT is json alone, without a result backend (SP-40).",
    ),
    Refusal(
        "core.E024",
        lambda: bool(processing.setting_fault()),
        "The log of processing is not off, and its settings do not fit.",
        "off, file or otlp; otlp needs an https address whose host is in IMIDESK_OUTBOUND_HOSTS (SP-36).",
    ),
    Refusal(
        "core.E025",
        _keeps_nothing,
        "A period of keeping is shorter than a day or a year.",
        "IMIDESK_BACKUP_DAYS and every IMIDESK_..._YEARS are 1 or more.",
    ),
)


def refusals() -> list[Refusal]:
    return [refusal for refusal in REFUSALS if refusal.is_set()]
