from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from archive.person_rights.models import PersonHit, PersonPaper, PersonRequest, PersonSearch
from authorities.models import User
from imidesk.core.vault import SealedRow
from requests_app.models import InformationRequest, SealedFile
from requests_app.vocabulary import Part

__all__ = [
    "ArchiveCase",
    "PersonHit",
    "PersonPaper",
    "PersonRequest",
    "PersonSearch",
    "Report",
    "ReportKind",
    "RetentionRecord",
]


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


class KeyDestruction(models.Model):
    """Two persons record that an old key-encryption key and every copy of it is destroyed (SP-05)."""

    key_id = models.CharField(_("key"), max_length=40, unique=True)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("recorded by"))
    proposed_at = models.DateTimeField(_("recorded at"))
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("confirmed by"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="two_persons_destroy_a_key",
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | (Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_by=F("proposed_by"))),
            )
        ]

    def __str__(self) -> str:
        return self.key_id


class ErasureScan(models.Model):
    """One search through every place, for all the requests that a run erases (SP-22, SP-23)."""

    began_at = models.DateTimeField(_("began at"))
    ended_at = models.DateTimeField(_("ended at"), null=True)
    requests = models.PositiveIntegerField(_("number of requests"))
    whole = models.BooleanField(_("every column and file, not only what can hold text and what changed"))
    places = models.JSONField(_("what was read: place, pieces and bytes"), default=dict)
    plants = models.JSONField(_("stores in which a marker was planted, and whether it was found"), default=dict)
    other_finds = models.PositiveIntegerField(_("finds that name no request"), default=0)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(name="erasure_scan_time", fields=["began_at"])]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_void(self) -> bool:
        """A planted marker that is not found says that the search does not see (SP-22)."""
        return bool(self.places) and not (self.plants and all(self.plants.values()))


class ErasureProof(models.Model):
    """What was sought of one request before its key was destroyed, and that it was not found; no content (SP-21)."""

    info_request = models.ForeignKey(
        InformationRequest, models.CASCADE, related_name="erasure_proofs", verbose_name=_("request")
    )
    scan = models.ForeignKey(ErasureScan, models.PROTECT, related_name="proofs", verbose_name=_("search"))
    made_at = models.DateTimeField(_("made at"))
    sought = models.JSONField(_("number of values sought, by kind"), default=dict)
    by_place = models.JSONField(_("number of values too common to seek, by kind"), default=dict)
    found_in = models.JSONField(_("places where something was found"), default=list)
    other_places = models.JSONField(_("places with a find that does not name the request"), default=list)
    rows_left = models.PositiveIntegerField(_("sealed rows left"), null=True)
    files_left = models.PositiveIntegerField(_("files left"), null=True)
    key_left = models.BooleanField(_("the key is still there"), null=True)

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="erased_once_with_proof", fields=["info_request"], condition=Q(rows_left__isnull=False)
            ),
            models.CheckConstraint(
                name="proof_measures_all_or_nothing",
                # A comparison with NULL is unknown, and a check lets what is unknown pass.
                condition=Q(rows_left__isnull=True, files_left__isnull=True, key_left__isnull=True)
                | Q(rows_left__isnull=False, files_left__isnull=False, key_left__isnull=False)
                & Q(rows_left=0, files_left=0, key_left=False, found_in=[]),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_held(self) -> bool:
        """Something of it stands in the open: nothing is erased until a person has taken that away."""
        return bool(self.found_in)


class RetentionFeed(models.Model):
    """The calendar feed of one user: a digest of its token, never the token; it dies with the account (SP-17)."""

    user = models.OneToOneField(User, models.CASCADE, related_name="retention_feed", verbose_name=_("user"))
    digest = models.CharField(_("SHA-256 of the token"), max_length=64, unique=True)
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.user)
