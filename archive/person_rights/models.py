from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from archive.person_rights.vocabulary import Found, Outcome, PaperKind, Right
from authorities.models import Authority, User
from imidesk.core.ids import uuid7
from imidesk.core.vault import SealedRow
from requests_app.models import InformationRequest

PERSON = "person"


class PersonRequest(SealedRow):
    """What somebody asks about his own data; sealed under a key and with a clock of its own (SP-25, DP-12)."""

    SEALED: ClassVar[dict[str, str]] = {"person": PERSON, "words": PERSON}

    number = models.CharField(_("number"), max_length=20, unique=True)
    home = models.ForeignKey(Authority, models.PROTECT, related_name="+", verbose_name=_("authority"))
    right = models.CharField(_("what is asked"), max_length=20, choices=Right)
    received_on = models.DateField(_("received on"))
    answer_by = models.DateField(_("answer by"))
    requests = models.ManyToManyField(InformationRequest, related_name="+", blank=True, verbose_name=_("requests"))
    person = models.BinaryField(_("person"))
    words = models.BinaryField(_("what is asked, in words"), blank=True)
    registered_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("registered by"))
    registered_at = models.DateTimeField(_("registered at"))
    answered_on = models.DateField(_("answered on"), null=True)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome, blank=True)
    erase_on = models.DateField(_("erase on"), null=True, db_index=True)
    erased_at = models.DateTimeField(_("erased at"), null=True)

    class Meta:
        default_permissions = ()
        ordering = ["-received_on", "-number"]
        constraints = [
            models.CheckConstraint(
                name="person_request_answered_with_outcome",
                condition=Q(answered_on__isnull=True, outcome="", erase_on__isnull=True)
                | Q(answered_on__isnull=False, erase_on__isnull=False, outcome__in=Outcome.values),
            ),
            models.CheckConstraint(
                name="person_request_due_after_receipt", condition=Q(answer_by__gt=F("received_on"))
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def seal_owner(self) -> UUID:
        return self.uuid


class PersonPaper(SealedRow):
    """A letter, a consent or a disclosure, in the file of a person's request (SP-25)."""

    SEALED: ClassVar[dict[str, str]] = {"details": PERSON, "file": PERSON}

    person_request = models.ForeignKey(
        PersonRequest, models.CASCADE, related_name="papers", verbose_name=_("request of a person")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=PaperKind)
    details = models.BinaryField(_("name and type"))
    storage_name = models.CharField(_("name in storage"), max_length=80, unique=True)
    added_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("added by"))
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        default_permissions = ()
        ordering = ["added_at", "pk"]

    def __str__(self) -> str:
        return self.kind

    @property
    def seal_owner(self) -> UUID:
        return self.person_request_id


class PersonSearch(models.Model):
    """ "What do we hold on this person?": asked by one, released by another, done by the desk (design 4)."""

    uuid = models.UUIDField(_("UUID"), unique=True, default=uuid7, editable=False)
    person_request = models.ForeignKey(
        PersonRequest, models.CASCADE, related_name="searches", verbose_name=_("request of a person")
    )
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))
    released_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("released by"))
    released_at = models.DateTimeField(_("released at"), null=True)
    last_looked = models.BigIntegerField(_("last request that was opened"), default=0)
    looked = models.PositiveIntegerField(_("requests opened"), default=0)
    total = models.PositiveIntegerField(_("requests to open"), default=0)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        default_permissions = ()
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(
                name="search_released_by_somebody_else",
                condition=Q(released_by__isnull=True, released_at__isnull=True)
                | Q(released_by__isnull=False, released_at__isnull=False) & ~Q(released_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="search_runs_after_release",
                condition=Q(released_at__isnull=False) | Q(looked=0, finished_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="one_search_at_a_time", fields=["person_request"], condition=Q(finished_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_request} {self.asked_at}"


class PersonHit(models.Model):
    """A request in which the person was found: where, and which kinds of data, never a value."""

    search = models.ForeignKey(PersonSearch, models.CASCADE, related_name="hits", verbose_name=_("search"))
    info_request = models.ForeignKey(InformationRequest, models.CASCADE, related_name="+", verbose_name=_("request"))
    found = models.CharField(_("where"), max_length=20, choices=Found)
    fields = models.JSONField(_("kinds of data"), default=list)

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(name="hit_once_per_search", fields=["search", "info_request"])]

    def __str__(self) -> str:
        return f"{self.info_request}"
