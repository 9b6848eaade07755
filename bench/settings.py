"""A practice desk as a province would serve it: no debugging, no file looked up twice; and the bare view beside it."""

from imidesk.core.logging import logging_config
from imidesk.core.secrets import secret_of_installation
from imidesk.settings.base import *  # noqa: F403
from imidesk.settings.base import BASE_DIR, STORAGES, TEMPLATES, VAR_DIR

IMIDESK_KIND = "practice"
SECRET_KEY = secret_of_installation(VAR_DIR)
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
ROOT_URLCONF = "bench.urls"
TEMPLATES = [{**TEMPLATES[0], "DIRS": [BASE_DIR / "templates", BASE_DIR / "bench" / "templates"]}]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
LOGGING = logging_config("ERROR")
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
