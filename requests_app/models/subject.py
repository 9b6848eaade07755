from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from authorities.models import Authority, User
from imidesk.core.vault import SealedRow
from requests_app.models.question import RequestQuestion
from requests_app.models.request import InformationRequest
from requests_app.vocabulary import (
    FILE_PARTS,
    TEXT_PARTS,
    FileKind,
    Part,
    PreparedStep,
    TextKind,
)


class RequestSealedRow(SealedRow):
    """A row sealed with the key of its request."""

    info_request = models.ForeignKey(InformationRequest, models.CASCADE, verbose_name=_("request"))

    class Meta:
        abstract = True

    @property
    def seal_owner(self) -> UUID:
        return self.info_request.uuid


class Subject(SealedRow):
    """The provider the request is about; whether it is a person or a company is sealed too."""

    SEALED: ClassVar[dict[str, str]] = {"content": Part.PERSON}

    info_request = models.OneToOneField(
        InformationRequest, models.CASCADE, related_name="subject", verbose_name=_("request")
    )
    content = models.BinaryField(_("provider"), blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.uuid)

    @property
    def seal_owner(self) -> UUID:
        return self.info_request.uuid


class SealedText(RequestSealedRow):
    """A text in somebody's own words; which part opens it follows from its kind (design 4)."""

    SEALED: ClassVar[dict[str, str]] = {"text": ""}

    kind = models.CharField(_("kind"), max_length=30, choices=TextKind)
    text = models.BinaryField(_("text"))
    written_at = models.DateTimeField(_("written at"))
    written_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("written by"))

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        constraints = [models.CheckConstraint(name="text_kind_known", condition=Q(kind__in=TextKind.values))]

    def __str__(self) -> str:
        return self.kind

    def part_of(self, field: str) -> str:
        return {"text": TEXT_PARTS[TextKind(self.kind)]}[field]


class SealedFile(RequestSealedRow):
    """A file of a request, sealed on disk under a random name; its own name, type, size and SHA-256 are sealed too."""

    SEALED: ClassVar[dict[str, str]] = {"details": "", "file": ""}

    kind = models.CharField(_("kind"), max_length=30, choices=FileKind)
    question = models.ForeignKey(
        RequestQuestion, models.CASCADE, null=True, blank=True, related_name="files", verbose_name=_("question")
    )
    storage_name = models.CharField(_("name in storage"), max_length=80, unique=True)
    details = models.BinaryField(_("name, type, size and SHA-256"))
    added_at = models.DateTimeField(_("added at"))
    added_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("added by"))

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        constraints = [models.CheckConstraint(name="file_kind_known", condition=Q(kind__in=FileKind.values))]

    def __str__(self) -> str:
        return str(self.uuid)

    def part_of(self, field: str) -> str:
        part = FILE_PARTS[FileKind(self.kind)]
        return {"details": part, "file": part}[field]


class Preparation(RequestSealedRow):
    """A filled form that waits under "Nog te doen in IMI": codes and dates open, words sealed (design idea 8)."""

    SEALED: ClassVar[dict[str, str]] = {"words": Part.REASONS}

    step = models.CharField(_("step"), max_length=20, choices=PreparedStep)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("prepared by"))
    made_at = models.DateTimeField(_("prepared at"))
    agreed_on = models.DateField(_("agreed answer date"), null=True)
    proposed_on = models.DateField(_("proposed answer date"), null=True)
    reason = models.CharField(_("reason"), max_length=60, blank=True)
    forward_to = models.ForeignKey(Authority, models.PROTECT, null=True, related_name="+", verbose_name=_("forward to"))
    words = models.BinaryField(_("reason in own words"), blank=True)
    ended_at = models.DateTimeField(_("done or withdrawn at"), null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="one_preparation_at_a_time", fields=["info_request"], condition=Q(ended_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.step
