from collections.abc import Mapping
from functools import cache

from babel import Locale
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from authorities.models.activity import ServiceActivity
from authorities.vocabulary import AuthorityKind, AuthorityStatus, Module
from imidesk.core.ids import uuid7


class AuthorityQuerySet(models.QuerySet["Authority"]):
    def in_directory(self) -> "AuthorityQuerySet":
        """What pick lists offer: a proposal stays out until a local data administrator confirms it (design 9)."""
        return self.filter(status=AuthorityStatus.CONFIRMED)


class Authority(models.Model):
    """A competent authority, at home on this desk or outside it."""

    uuid = models.UUIDField(_("UUID"), unique=True, default=uuid7, editable=False)
    name = models.CharField(_("official name"), max_length=200)
    informal_title = models.CharField(_("informal title"), max_length=200, blank=True)
    country = models.CharField(_("country"), max_length=2, default="NL")
    kind = models.CharField(_("kind"), max_length=30, choices=AuthorityKind, default=AuthorityKind.OTHER)
    tooi_id = models.CharField(_("TOOI identifier"), max_length=200, null=True, blank=True, unique=True)
    email = models.EmailField(_("general e-mail address"), blank=True)
    phone = models.CharField(_("telephone"), max_length=30, blank=True)
    is_home = models.BooleanField(_("works at this desk"), default=False)
    status = models.CharField(_("status"), max_length=20, choices=AuthorityStatus, default=AuthorityStatus.CONFIRMED)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    reference_prefix = models.CharField(_("prefix of references"), max_length=5, blank=True)
    last_reference = models.PositiveIntegerField(_("last reference number"), default=0, editable=False)
    first_contact = models.ForeignKey(
        "authorities.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("first contact")
    )
    backup_contact = models.ForeignKey(
        "authorities.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("back-up")
    )
    basic_users_see_list = models.BooleanField(_("basic users see the list"), default=True)
    pool_reads_along = models.BooleanField(_("handlers of the area get a notice of a new request"), default=True)

    objects = AuthorityQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="home_authority_has_prefix_and_mail",
                condition=Q(is_home=False) | (~Q(reference_prefix="") & ~Q(email="")),
                violation_error_message=_("An authority at this desk needs a prefix and a general e-mail address."),
            ),
            models.UniqueConstraint(
                name="reference_prefix_once", fields=["reference_prefix"], condition=~Q(reference_prefix="")
            ),
            models.CheckConstraint(name="authority_status_known", condition=Q(status__in=AuthorityStatus.values)),
            models.CheckConstraint(
                name="contacts_are_two_people",
                condition=Q(first_contact__isnull=True)
                | Q(backup_contact__isnull=True)
                | ~Q(first_contact=F("backup_contact")),
                violation_error_message=_("First contact and back-up are two different people."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def country_name(self) -> str:
        return country_names(get_language() or "nl").get(self.country, self.country)


@cache
def country_names(language: str) -> Mapping[str, str]:
    """By code. Read from Babel's files once: a list names a country in every line."""
    names: Mapping[str, str] = Locale(language).territories
    return names


class Team(models.Model):
    """An organisational unit with its Corsa tray (design 8)."""

    authority = models.ForeignKey(Authority, models.PROTECT, related_name="teams", verbose_name=_("authority"))
    name = models.CharField(_("name"), max_length=100)
    corsa_tray = models.CharField(_("Corsa tray"), max_length=100)
    service_activities = models.ManyToManyField(ServiceActivity, blank=True, verbose_name=_("service activities"))

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(name="team_once_per_authority", fields=["authority", "name"])]

    def __str__(self) -> str:
        return self.name


class Registration(models.Model):
    """An authority in a module, with the five preferences of IMI (AUT-27 to AUT-33)."""

    authority = models.ForeignKey(Authority, models.PROTECT, related_name="registrations", verbose_name=_("authority"))
    module = models.CharField(_("module"), max_length=30, choices=Module)
    registered_on = models.DateField(_("registered on"))
    decided_by = models.CharField(_("decided by"), max_length=100, blank=True)
    approval_before_sending = models.BooleanField(_("coordinator approves before sending"), default=False)
    may_refuse = models.BooleanField(_("may refuse on behalf of the country"), default=False)
    may_accept = models.BooleanField(_("may accept requests"), default=True)
    works_with_allocation = models.BooleanField(_("works with allocation"), default=False)
    coordinator_sees_details = models.BooleanField(_("coordinator sees details when mediating"), default=False)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_registration_per_module", fields=["authority", "module"])]

    def __str__(self) -> str:
        return f"{self.authority} – {self.get_module_display()}"
