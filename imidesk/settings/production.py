"""The desk of a province. Refuses to start on what is missing (SP-38)."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from imidesk.settings.base import *  # noqa: F403


def _required(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: the production desk needs it (docs/runbook.md).")
    return value


SECRET_KEY = Path(_required("IMIDESK_SECRET_KEY_FILE")).read_text().strip()
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("The secret key is shorter than 50 characters: make a new one (docs/runbook.md).")
ALLOWED_HOSTS = _required("IMIDESK_HOSTS").split(",")
IMIDESK_BASE_URL = _required("IMIDESK_BASE_URL")
if not IMIDESK_BASE_URL.startswith("https://"):
    raise ImproperlyConfigured("IMIDESK_BASE_URL must start with https://.")
IMIDESK_SECURITY_CONTACT = _required("IMIDESK_SECURITY_CONTACT")
if not IMIDESK_SECURITY_CONTACT.startswith(("mailto:", "https://")):
    raise ImproperlyConfigured("IMIDESK_SECURITY_CONTACT must be a mailto: or https: address (RFC 9116).")
CSRF_TRUSTED_ORIGINS = [IMIDESK_BASE_URL]
SESSION_COOKIE_NAME = "__Host-sessionid"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"
CSRF_COOKIE_SECURE = True
DEVICE_COOKIE_NAME = "__Host-device"
IMIDESK_PROXIES = int(os.environ.get("IMIDESK_PROXIES", "1"))
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz/"]  # asked inside the network of the containers, without the proxy
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = False
