from django.db import models
from django.utils.translation import gettext_lazy as _

from authorities.models.user import User


class Enrolment(models.Model):
    """A code with which an invited person chooses a password once; the code itself is not kept (USR-01, USR-06)."""

    user = models.OneToOneField(User, models.CASCADE, related_name="enrolment", verbose_name=_("user"))
    code_hash = models.CharField(_("hash of the code"), max_length=128)
    made_at = models.DateTimeField(_("made at"))
    expires_at = models.DateTimeField(_("expires at"))
    tries = models.PositiveSmallIntegerField(_("wrong codes"), default=0)

    def __str__(self) -> str:
        return str(self.user)
