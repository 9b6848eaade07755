from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from authorities.models import User
from requests_app.models.request import InformationRequest
from requests_app.models.subject import RequestSealedRow, SealedFile
from requests_app.vocabulary import Part


class AllocationWish(models.Model):
    """ "Vraag om toewijzing aan mij": a handler of the area asks for a request (IN-06, NOT-05)."""

    info_request = models.ForeignKey(InformationRequest, models.CASCADE, verbose_name=_("request"))
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("handler"))
    asked_at = models.DateTimeField(_("asked at"))
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="one_wish_per_handler", fields=["info_request", "user"], condition=Q(ended_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.info_request} → {self.user}"


class ViewerQuerySet(models.QuerySet["Viewer"]):
    def on(self, day: date) -> "ViewerQuerySet":
        """Who reads along on a day: the row ends by its date, without a step that could end it."""
        return self.filter(ended_at__isnull=True, until__gte=day)


class Viewer(models.Model):
    """A raadpleger: reads one request, the person too, until a date; added by a handler who accepted (design 9)."""

    info_request = models.ForeignKey(
        InformationRequest, models.CASCADE, related_name="viewers", verbose_name=_("request")
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("viewer"))
    reason = models.CharField(_("reason"), max_length=60)
    until = models.DateField(_("until"))
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("added by"))
    added_at = models.DateTimeField(_("added at"))
    ended_at = models.DateTimeField(_("ended at"), null=True)

    objects = ViewerQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="one_current_viewer_row", fields=["info_request", "user"], condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(name="viewer_is_not_who_added", condition=~Q(user=F("added_by"))),
        ]

    def __str__(self) -> str:
        return f"{self.info_request} → {self.user}"


class AdviceRequest(RequestSealedRow):
    """ "Advies vragen aan JZ": while it is open the lawyer reads the questions, never the person (design 1)."""

    SEALED: ClassVar[dict[str, str]] = {"question": Part.QUESTIONS, "answer": Part.QUESTIONS}

    question = models.BinaryField(_("what is asked"))
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))
    answer = models.BinaryField(_("advice"), blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("advice by"))
    answered_at = models.DateTimeField(_("advice given at"), null=True)

    class Meta:
        default_permissions = ()
        ordering = ["asked_at"]
        constraints = [
            models.UniqueConstraint(
                name="one_open_advice_request", fields=["info_request"], condition=Q(answered_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return str(self.uuid)


class EndCorrection(models.Model):
    """Another date of the end, proposed by one person and decided by a second, with IMI's report (design 3)."""

    info_request = models.ForeignKey(
        InformationRequest, models.CASCADE, related_name="end_corrections", verbose_name=_("request")
    )
    ended_at = models.DateTimeField(_("date of the end"))
    evidence = models.ForeignKey(
        SealedFile, models.SET_NULL, null=True, related_name="+", verbose_name=_("report of IMI")
    )
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    proposed_at = models.DateTimeField(_("proposed at"))
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"), null=True)
    approved = models.BooleanField(_("approved"), null=True)

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="one_open_correction", fields=["info_request"], condition=Q(decided_at__isnull=True)
            ),
            models.CheckConstraint(
                name="correction_by_two_people",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.info_request} {self.ended_at}"


class ProviderLetter(RequestSealedRow):
    """The letter that tells the provider which information on good repute was given (ANS-17)."""

    SEALED: ClassVar[dict[str, str]] = {"text": Part.PERSON}

    due_on = models.DateField(_("due on"))
    language = models.CharField(_("language"), max_length=5, default="nl")
    text = models.BinaryField(_("text"), blank=True)
    sent_on = models.DateField(_("sent on"), null=True)
    sent_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("sent by"))

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(name="one_open_letter", fields=["info_request"], condition=Q(sent_on__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.info_request} {self.due_on}"


class SavedView(models.Model):
    """A filter of the list that somebody keeps under a name of his own."""

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_views", verbose_name=_("user"))
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("filters"), max_length=500, blank=True)
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        default_permissions = ()
        ordering = ["name"]
        constraints = [models.UniqueConstraint(name="saved_view_once", fields=["user", "name"])]

    def __str__(self) -> str:
        return self.name
