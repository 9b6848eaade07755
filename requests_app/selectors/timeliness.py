"""When a request was accepted and answered, measured as the scoreboard of IMI does (STA-03 to STA-05).

Whole days of the calendar in Amsterdam. Of a request that was answered more than once, the first answer counts.
"""

from datetime import date

from django.db.models import DurationField, ExpressionWrapper, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, TruncDate
from django.db.models.lookups import LessThan

from requests_app.deadlines import AMSTERDAM
from requests_app.vocabulary import BEFORE_ACCEPTANCE, State


def _day(moment: str | Combinable) -> TruncDate:
    return TruncDate(moment, tzinfo=AMSTERDAM)


def _answered_on() -> TruncDate:
    return _day(Coalesce("first_answered_at", "answered_at"))


def answered() -> Q:
    return Q(answered_at__isnull=False)


def answered_late() -> Q:
    """After the date agreed, or without one after the date asked."""
    return answered() & Q(LessThan(Coalesce("agreed_on", "asked_on"), _answered_on()))


def days_to_answer() -> ExpressionWrapper:
    """From receipt to answer; nothing for what has no answer."""
    return ExpressionWrapper(_answered_on() - _day("received_at"), output_field=DurationField())


def acceptance_counts(today: date) -> Q:
    """Accepted, or waiting longer than the seven days: what still has time is not judged yet."""
    return Q(accepted_at__isnull=False) | Q(state__in=BEFORE_ACCEPTANCE, accept_by__lt=today)


def accepted_in_time() -> Q:
    return Q(accepted_at__isnull=False, accept_by__gte=_day("accepted_at"))


def agreed_date_counts(today: date) -> Q:
    """An agreed date is recorded, and it was answered, or that date has gone by."""
    gone_by = Q(state=State.ACCEPTED, answered_at__isnull=True, agreed_on__lt=today)
    return Q(agreed_on__isnull=False) & (answered() | gone_by)


def agreed_date_met() -> Q:
    return answered() & Q(agreed_on__gte=_answered_on())
