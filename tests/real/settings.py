"""A practice desk whose mail leaves by SMTP, so that a test can stand at the other end."""

from imidesk.settings.dev import *  # noqa: F403

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
