from datetime import date
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.auth.models import BaseUserManager as DjangoUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from authorities.models.authority import Authority, Team
from authorities.vocabulary import ROLES_PER_MODULE, Module, Role, UserStatus
from imidesk.core.ids import uuid7


class UserManager(DjangoUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account of his own (USR-11, USR-27)."""

    uuid = models.UUIDField(_("UUID"), unique=True, default=uuid7, editable=False)
    username = models.CharField(_("user name"), max_length=60, unique=True)
    first_name = models.CharField(_("first name"), max_length=60)
    last_name = models.CharField(_("last name"), max_length=60)
    email = models.EmailField(_("e-mail"))
    phone = models.CharField(_("telephone"), max_length=30, blank=True)
    language = models.CharField(
        _("language"), max_length=5, choices=[("nl", _("Dutch")), ("en", _("English"))], default="nl"
    )
    status = models.CharField(_("status"), max_length=10, choices=UserStatus, default=UserStatus.ACTIVE)

    left_on = models.DateField(_("left on"), null=True, blank=True, editable=False)
    erased_on = models.DateField(_("erased on"), null=True, blank=True, editable=False)

    session_number = models.PositiveIntegerField(_("number of the sessions"), default=0, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name", "last_name", "email"]

    class Meta:
        ordering = ["last_name", "first_name"]

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    def get_short_name(self) -> str:
        return self.first_name

    # Django reads is_active as an attribute of the account; here it follows from the status alone.
    @property
    def is_active(self) -> bool:  # type: ignore[override]
        return self.status == UserStatus.ACTIVE

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """A session ends with the password, the status and the number, which counts up with factors (SP-27)."""
        value = f"{self.password}:{self.status}:{self.session_number}"
        return salted_hmac("authorities.User.session", value, secret=secret, algorithm="sha256").hexdigest()

    def end_sessions(self) -> None:
        """Of every browser, at its next request (SP-27)."""
        User.objects.filter(pk=self.pk).update(session_number=F("session_number") + 1)

    @property
    def is_staff(self) -> bool:
        return False


class MembershipQuerySet(models.QuerySet["Membership"]):
    def valid_on(self, day: date) -> "MembershipQuerySet":
        return self.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=day))


class Membership(models.Model):
    """A role of a user at an authority: an IMI role per module, a function at the desk without one."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships", verbose_name=_("user"))
    authority = models.ForeignKey(Authority, models.PROTECT, related_name="memberships", verbose_name=_("authority"))
    role = models.CharField(_("role"), max_length=30, choices=Role)
    module = models.CharField(_("module"), max_length=30, choices=Module, blank=True)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, verbose_name=_("team"))
    organisation = models.ForeignKey(
        Authority, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("own organisation")
    )
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="role_once_per_module", fields=["user", "authority", "role", "module"]),
            models.CheckConstraint(name="role_known", condition=Q(role__in=Role.values)),
            models.CheckConstraint(
                name="imi_roles_have_a_module",
                condition=(Q(role__in=ROLES_PER_MODULE) & ~Q(module=""))
                | (~Q(role__in=ROLES_PER_MODULE) & Q(module="")),
                violation_error_message=_("An IMI role belongs to a module, a function at the desk to none."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.get_role_display()}"


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def on(self, day: date) -> "AbsenceQuerySet":
        return self.filter(first_day__lte=day, last_day__gte=day)


class Absence(models.Model):
    """From the first to the last day, both included; a deputy gets the mail, never the person (design idea 1)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="absences", verbose_name=_("user"))
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    deputy = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("deputy"))

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        ordering = ["first_day"]
        constraints = [
            models.CheckConstraint(
                name="absence_ends_after_it_begins",
                condition=Q(last_day__gte=F("first_day")),
                violation_error_message=_("The last day lies before the first day."),
            ),
            models.CheckConstraint(
                name="deputy_is_somebody_else",
                condition=Q(deputy__isnull=True) | ~Q(deputy=F("user")),
                violation_error_message=_("Choose somebody else as deputy."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.first_day} – {self.last_day}"
