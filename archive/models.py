from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from authorities.models import User
from imidesk.core.vault import SealedRow
from requests_app.models import InformationRequest, SealedFile
from requests_app.vocabulary import Part


class ReportKind(models.TextChoices):
    TASK_OPEN = "task_open", _("open report for the task")
    SENT_FULL = "sent_full", _("full report at sending")
    END_OPEN = "end_open", _("end report without personal data")
    END_FULL = "end_full", _("end report with personal data")


class Report(SealedRow):
    """The snapshot of a report, sealed, and the file made from it: the same snapshot gives the same bytes (SP-19)."""

    SEALED: ClassVar[dict[str, str]] = {"snapshot": ""}

    info_request = models.ForeignKey(
        InformationRequest, models.CASCADE, related_name="reports", verbose_name=_("request")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=ReportKind)
    event_number = models.PositiveIntegerField(_("number of its last event"))
    snapshot = models.BinaryField(_("snapshot"))
    file = models.OneToOneField(SealedFile, models.CASCADE, verbose_name=_("file"))
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        default_permissions = ()
        ordering = ["made_at"]
        constraints = [
            models.UniqueConstraint(name="report_once_per_event", fields=["info_request", "kind", "event_number"])
        ]

    def __str__(self) -> str:
        return self.kind

    @property
    def seal_owner(self) -> UUID:
        return self.info_request.uuid

    def part_of(self, field: str) -> str:
        open_kinds = (ReportKind.TASK_OPEN, ReportKind.END_OPEN)
        return {"snapshot": Part.QUESTIONS if self.kind in open_kinds else Part.PERSON}[field]


class ArchiveCase(models.Model):
    """The case in the records system: its number and its term, open data (ARC-01 to ARC-05)."""

    info_request = models.OneToOneField(
        InformationRequest, models.CASCADE, related_name="archive_case", verbose_name=_("request")
    )
    case_number = models.CharField(_("case number"), max_length=40)
    case_type = models.CharField(_("case type"), max_length=100)
    keep_until = models.DateField(_("keep until"))
    filed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("filed by"))
    filed_at = models.DateTimeField(_("filed at"))
    full_report_sha256 = models.CharField(_("SHA-256 of the end report"), max_length=64, blank=True)
    imi_report_sha256 = models.CharField(_("SHA-256 of IMI's PDF"), max_length=64, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="case_has_number", condition=~Q(case_number="")),
        ]

    def __str__(self) -> str:
        return self.case_number


class RetentionRecord(models.Model):
    """When the personal data of an ended request are blocked and erased, and when that was done (DP-03, DP-05)."""

    info_request = models.OneToOneField(
        InformationRequest, models.CASCADE, related_name="retention_record", verbose_name=_("request")
    )
    block_on = models.DateField(_("block on"), db_index=True)
    erase_on = models.DateField(_("erase on"), db_index=True)
    blocked_at = models.DateTimeField(_("blocked at"), null=True)
    erasing_at = models.DateTimeField(_("erasing began at"), null=True)
    erased_at = models.DateTimeField(_("erased at"), null=True)
    erased_keys = models.JSONField(_("key-encryption keys that ever wrapped it"), default=list)
    erased_rows = models.PositiveIntegerField(_("sealed rows erased"), default=0)
    erased_files = models.PositiveIntegerField(_("files erased"), default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="blocked_before_erased",
                condition=Q(erased_at__isnull=True) | Q(blocked_at__isnull=False, blocked_at__lte=F("erased_at")),
            ),
            models.CheckConstraint(name="block_day_not_after_erase_day", condition=Q(block_on__lte=F("erase_on"))),
        ]

    def __str__(self) -> str:
        return f"{self.info_request}: {self.block_on}, {self.erase_on}"
