"""Settings of the tests: fast password hashing, mail in memory, everything written under a folder of the run."""

import os
import tempfile
from pathlib import Path

_FOLDER = Path(os.environ.get("IMIDESK_VAR_DIR") or tempfile.mkdtemp(prefix="imidesk-test-"))
# Each of the processes side by side has its own: what one writes, the search of another before an erasure would find.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
_FOLDER = _FOLDER if _FOLDER.name == _WORKER else _FOLDER / _WORKER
_FOLDER.mkdir(parents=True, exist_ok=True)
os.environ["IMIDESK_VAR_DIR"] = str(_FOLDER)

from imidesk.settings.base import *  # noqa: E402, F403
from imidesk.settings.base import DATABASES  # noqa: E402

IMIDESK_KIND = "practice"
SECRET_KEY = "only-for-tests"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
if "sqlite" in str(DATABASES["default"]["ENGINE"]):
    DATABASES["default"]["TEST"] = {"NAME": str(_FOLDER / "test.sqlite3")}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
