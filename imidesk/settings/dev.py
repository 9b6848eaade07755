"""The desk on one machine, with practice data: `make run`."""

import os

from imidesk.core.logging import logging_config
from imidesk.core.secrets import secret_of_installation
from imidesk.settings.base import *  # noqa: F403
from imidesk.settings.base import IMIDESK_MAIL_DIR, STORAGES, VAR_DIR

IMIDESK_KIND = "practice"
SECRET_KEY = secret_of_installation(VAR_DIR)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [f"http://localhost:{os.environ.get('PORT', '8000')}"]
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = IMIDESK_MAIL_DIR
LOGGING = logging_config("WARNING")  # the terminal of a practice desk shows what needs a look; the rows hold the rest
IMIDESK_BASE_URL = f"http://localhost:{os.environ.get('PORT', '8000')}"

# Static files come straight from imidesk/static, so nothing has to be collected on one machine.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
