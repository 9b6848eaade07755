from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class BilingualTerm(models.Model):
    """A term of a list that a province may extend; both languages stand in the row."""

    code = models.CharField(_("code"), max_length=60, unique=True)
    name_nl = models.CharField(_("Dutch name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name_nl


class Keyword(BilingualTerm):
    """Trefwoord (AUT-24, AUT-25)."""

    class Meta:
        ordering = ["name_nl"]


class ServiceActivity(BilingualTerm):
    """Dienstverleningsactiviteit: what the provider does, from which the team can be told (IN-07)."""

    nace = models.CharField(_("NACE code"), max_length=10, blank=True)
    keywords = models.ManyToManyField(Keyword, verbose_name=_("keywords"), blank=True)

    class Meta:
        ordering = ["name_nl"]
