from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from authorities.models import User
from imidesk.core.vault import SealedRow
from requests_app.models.request import InformationRequest
from requests_app.models.subject import RequestSealedRow
from requests_app.vocabulary import DecisionFileKind, DecisionKind, Part


class DataDecisionQuerySet(models.QuerySet["DataDecision"]):
    def waiting(self) -> "DataDecisionQuerySet":
        return self.filter(decided_at__isnull=True)

    def holding(self, day: date) -> "DataDecisionQuerySet":
        """What puts an erasure off on a day; it ends by its date, without a step that could be forgotten."""
        return self.filter(kind=DecisionKind.HOLD, approved=True, ended_at__isnull=True, until__gte=day)

    def erasing_early(self) -> "DataDecisionQuerySet":
        return self.filter(kind=DecisionKind.EARLY_ERASURE, approved=True)

    def running(self, now: datetime) -> "DataDecisionQuerySet":
        """Openings whose minutes are running."""
        return self.filter(kind=DecisionKind.OPENING, approved=True, began_at__lte=now, ended_at__gt=now)


class DataDecision(SealedRow):
    """A hold, an early erasure or an opening: proposed by one, decided by others (design 3, DP-06, DP-09).

    Its papers are sealed with a key of their own, which outlives the erasure of the request (SP-25).
    """

    SEALED: ClassVar[dict[str, str]] = {"words": Part.PAPERS}

    info_request = models.ForeignKey(
        InformationRequest, models.CASCADE, related_name="data_decisions", verbose_name=_("request")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=DecisionKind)
    ground = models.CharField(_("ground"), max_length=60, blank=True)
    words = models.BinaryField(_("reason in own words"), blank=True)
    owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("owner of the hold"))
    until = models.DateField(_("until"), null=True)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    proposed_at = models.DateTimeField(_("proposed at"))
    first_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("approved by"))
    second_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("also approved by"))
    declined_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("declined by"))
    decided_at = models.DateTimeField(_("decided at"), null=True)
    approved = models.BooleanField(_("approved"), null=True)
    began_at = models.DateTimeField(_("opened at"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    papers_gone_at = models.DateTimeField(_("papers gone at"), null=True)

    objects = DataDecisionQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["proposed_at"]
        constraints = [
            models.CheckConstraint(name="decision_kind_known", condition=Q(kind__in=DecisionKind.values)),
            models.UniqueConstraint(
                name="one_waiting_decision_of_a_kind",
                fields=["info_request", "kind"],
                condition=Q(decided_at__isnull=True),
            ),
            models.CheckConstraint(
                name="hold_has_a_date_and_an_owner",
                condition=~Q(kind=DecisionKind.HOLD) | Q(until__isnull=False, owner__isnull=False),
            ),
            models.CheckConstraint(
                name="decision_has_a_ground",
                condition=Q(kind=DecisionKind.EARLY_ERASURE) | ~Q(ground=""),
            ),
            models.CheckConstraint(
                name="decision_by_other_people",
                condition=(Q(first_by__isnull=True) | ~Q(first_by=F("proposed_by")))
                & (Q(second_by__isnull=True) | ~Q(second_by=F("proposed_by")) & ~Q(second_by=F("first_by")))
                & (Q(second_by__isnull=True) | Q(first_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="approved_by_as_many_as_it_takes",
                condition=~Q(approved=True)
                | Q(first_by__isnull=False) & (~Q(kind=DecisionKind.OPENING) | Q(second_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="decided_iff_there_is_an_outcome",
                condition=Q(decided_at__isnull=True, approved__isnull=True)
                | Q(decided_at__isnull=False, approved__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.info_request} {self.kind}"

    @property
    def seal_owner(self) -> UUID:
        return self.uuid

    @property
    def approvals(self) -> list[User]:
        return [user for user in (self.first_by, self.second_by) if user is not None]


class DecisionFile(SealedRow):
    """A document on which a decision rests, sealed with the key of that decision (SP-25)."""

    SEALED: ClassVar[dict[str, str]] = {"details": Part.PAPERS, "file": Part.PAPERS}

    decision = models.ForeignKey(DataDecision, models.CASCADE, related_name="files", verbose_name=_("decision"))
    kind = models.CharField(_("kind"), max_length=20, choices=DecisionFileKind)
    storage_name = models.CharField(_("name in storage"), max_length=80, unique=True)
    details = models.BinaryField(_("name, type, size and SHA-256"))
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        default_permissions = ()
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.uuid)

    @property
    def seal_owner(self) -> UUID:
        return self.decision.uuid


class Annotation(RequestSealedRow):
    """Blocked data are contested: that fact, and what is right; the data themselves stay as they are (DP-13)."""

    SEALED: ClassVar[dict[str, str]] = {"contested": Part.PERSON, "corrected": Part.PERSON}

    contested = models.BinaryField(_("what is contested"))
    corrected = models.BinaryField(_("what is right"))
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        default_permissions = ()
        ordering = ["made_at"]

    def __str__(self) -> str:
        return str(self.uuid)
