"""Every setting of the desk, read from the environment once; the other modules only differ from this one."""

import os
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from imidesk.core.logging import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = Path(os.environ.get("IMIDESK_VAR_DIR", BASE_DIR / "var"))

DEBUG = False
SECRET_KEY = ""
ALLOWED_HOSTS: list[str] = []

# Practice or production: the database is stamped with it at its first migrate (SP-38).
IMIDESK_KIND = "production"
IMIDESK_KEYS_DIR = Path(os.environ.get("IMIDESK_KEYS_DIR", VAR_DIR / "keys"))
IMIDESK_FILES_DIR = Path(os.environ.get("IMIDESK_FILES_DIR", VAR_DIR / "files"))
# Outside the database and its backups, on a disk that only adds: the daily anchors of the audit trail (SP-09).
IMIDESK_ANCHORS_DIR = Path(os.environ.get("IMIDESK_ANCHORS_DIR", VAR_DIR / "anchors"))
# Outside the database and its backups too: what a restored copy may not bring back (SP-24).
IMIDESK_LEDGER_DIR = Path(os.environ.get("IMIDESK_LEDGER_DIR", VAR_DIR / "ledger"))
IMIDESK_MAIL_DIR = VAR_DIR / "mail"
IMIDESK_BASE_URL = os.environ.get("IMIDESK_BASE_URL", "http://localhost:8000")
IMIDESK_SECURITY_CONTACT = os.environ.get("IMIDESK_SECURITY_CONTACT", "mailto:imi-balie@localhost")
IMIDESK_IMI_NUMBER_PATTERN = os.environ.get("IMIDESK_IMI_NUMBER_PATTERN", r"[0-9]{1,10}(\.[0-9]{1,4})?")
# Of a case and of a task in the records system: it outlives the erasing, so a name or a person's number does not fit.
IMIDESK_RECORDS_NUMBER_PATTERN = os.environ.get(
    "IMIDESK_RECORDS_NUMBER_PATTERN", r"[A-Za-z]{0,6}([ ./_-]?[0-9]{1,7})([./_-][0-9]{1,7}){0,3}"
)
IMIDESK_IMI_REPORT_REQUIRED = os.environ.get("IMIDESK_IMI_REPORT_REQUIRED", "1") == "1"
# How many reverse proxies of our own stand before the web process: whose word on the visitor's address counts.
IMIDESK_PROXIES = int(os.environ.get("IMIDESK_PROXIES", "0"))
IMIDESK_BACKUP_DAYS = int(os.environ.get("IMIDESK_BACKUP_DAYS", "90"))
IMIDESK_PAPERS_YEARS = int(os.environ.get("IMIDESK_PAPERS_YEARS", "3"))
IMIDESK_ACCOUNT_YEARS = int(os.environ.get("IMIDESK_ACCOUNT_YEARS", "3"))
# Where processing records go (Logboek dataverwerkingen, draft): off, file or otlp (SP-18).
IMIDESK_PROCESSING_RECORDS = os.environ.get("IMIDESK_PROCESSING_RECORDS", "off")
IMIDESK_PROCESSING_DIR = Path(os.environ.get("IMIDESK_PROCESSING_DIR", VAR_DIR / "processing"))
IMIDESK_PROCESSING_ENDPOINT = os.environ.get("IMIDESK_PROCESSING_ENDPOINT", "")
IMIDESK_PROCESSING_REGISTER = os.environ.get("IMIDESK_PROCESSING_REGISTER", "urn:imidesk:verwerkingsregister")
# Hosts that the desk may speak to, besides its own database, Redis and mail server (SP-36).
IMIDESK_OUTBOUND_HOSTS = [host for host in os.environ.get("IMIDESK_OUTBOUND_HOSTS", "").split(",") if host]
IMIDESK_READ_LOG_YEARS = int(os.environ.get("IMIDESK_READ_LOG_YEARS", "5"))

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_fsm",
    "guardian",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "csp",
    "imidesk.core",
    "authorities",
    "requests_app",
    "archive",
    "imidesk.monitoring",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "imidesk.core.middleware.DeskMiddleware",
]

ROOT_URLCONF = "imidesk.urls"
WSGI_APPLICATION = "imidesk.wsgi.application"
ASGI_APPLICATION = "imidesk.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "imidesk.core.context.desk",
            ],
        },
    },
]
FORM_RENDERER = "imidesk.core.forms.DeskFormRenderer"

# IMMEDIATE, because with SQLite's DEFERRED two writers meet an error instead of a wait; secure_delete,
# because erased must be gone (SP-08).
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON",
}


def database(url: str | None) -> dict[str, object]:
    """The database of an address; without one a SQLite file under var/."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": VAR_DIR / "desk.sqlite3",
            "OPTIONS": SQLITE_OPTIONS,
        }
    config: dict[str, object] = dict(dj_database_url.parse(url, conn_max_age=0))
    if "postgresql" in str(config["ENGINE"]):
        # A page asks rights in one wide statement over few rows: compiling it, or calling other processes to it, costs
        # more than running it.
        options = "-c jit=off -c max_parallel_workers_per_gather=0"
        config["OPTIONS"] = {"pool": {"min_size": 0, "max_size": 8}, "options": options}
    return config


DATABASES = {"default": database(os.environ.get("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "authorities.User"
AUTHENTICATION_BACKENDS = [
    "authorities.backends.DeskBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "monitoring:start"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "authorities.adapters.ClosedAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {"login": "authorities.forms.SignInForm"}
ACCOUNT_RATE_LIMITS = False  # these would let anybody lock a name out; authorities/devices.py has ours
MFA_ADAPTER = "authorities.second_step.SealingAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = "IMI-balie"
DEVICE_COOKIE_NAME = "device"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 10 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

REDIS_URL = os.environ.get("REDIS_URL")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
}

LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", _("Dutch")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "imidesk" / "locale"]
TIME_ZONE = "Europe/Amsterdam"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "imidesk" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Uploads stay in memory: a temporary file would hold personal data in plain (SP-15).
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("IMIDESK_MAIL_FROM", "imi-balie@localhost")
ADMINS: list[tuple[str, str]] = []
LOGGING = logging_config()

CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost//"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = (
    {"visibility_timeout": 900, "unacked_restore_throttle": 1}
    if REDIS_URL
    else {
        "data_folder_in": str(VAR_DIR / "broker"),
        "data_folder_out": str(VAR_DIR / "broker"),
        "processed_folder": str(VAR_DIR / "broker-done"),
        "control_folder": str(VAR_DIR / "broker-control"),
        "store_processed": False,
        "polling_interval": 0.1,
    }
)
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "imidesk.core.views.csrf_failure"
