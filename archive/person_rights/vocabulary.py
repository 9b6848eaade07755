"""What a person may ask of the desk, and what comes of it (DP-12)."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Right(models.TextChoices):
    ACCESS = "access", _("access")
    CORRECTION = "correction", _("correction")
    DELETION = "deletion", _("deletion")


class Outcome(models.TextChoices):
    GRANTED = "granted", _("granted")
    PARTLY = "partly", _("partly granted")
    REFUSED = "refused", _("not granted")
    NOTHING = "nothing", _("nothing is held")


class PaperKind(models.TextChoices):
    REQUEST = "request", _("letter of the person")
    CONSENT = "consent", _("consent")
    DISCLOSURE = "disclosure", _("paper of a disclosure")
    DRAFT = "draft", _("draft of the answer")
    ANSWER = "answer", _("answer that was sent")


class Found(models.TextChoices):
    """Where the person was found in a request."""

    PROVIDER = "provider", _("as the provider")
    TEXT = "text", _("in a text")


CORRECTION_DAYS = 30


def answer_by(right: str, received_on: date) -> date:
    """Access within one month (AVG art. 12(3)), correction and deletion within 30 days (IMI Regulation art. 19(1))."""
    if right == Right.ACCESS:
        return received_on + relativedelta(months=1)
    return received_on + timedelta(days=CORRECTION_DAYS)


def erase_on(answered_on: date) -> date:
    """The file's own clock (SP-25)."""
    return answered_on + relativedelta(years=settings.IMIDESK_PAPERS_YEARS)


EVENTS: dict[str, dict[str, str]] = {
    "person_request_registered": {"right": "code", "requests": "ids"},
    "person_request_answered": {"outcome": "code"},
    "person_request_erased": {},
    "paper_added": {"kind": "code"},
    "person_search_asked": {},
    "person_search_released": {},
    "person_search_finished": {"looked": "number", "found": "ids"},
}
