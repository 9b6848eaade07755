"""The figures of months with many requests are counted ahead, every night (issue 4, "Speed")."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Count
from django.db.models.functions import TruncMonth

from authorities.models import User
from imidesk.core import clock
from requests_app.deadlines import AMSTERDAM
from requests_app.models import CountedMonth, InformationRequest, MonthToCount
from requests_app.models.access import Access
from requests_app.models.figures import month_of
from requests_app.models.request import InformationRequestQuerySet
from requests_app.selectors.measures import Counted, to_keep
from requests_app.vocabulary import END_STATES, State

LEAST = 200
"""Ended requests of one authority, module and month; fewer are counted as fast where they stand."""
_AT_ONCE = 5_000


@transaction.atomic(durable=True)
def count_months(least: int = LEAST) -> int:
    """All anew; how many there are. What changes meanwhile is marked after it was looked for, and stays marked."""
    changed = list(MonthToCount.objects.values_list("pk", flat=True))
    now = clock.now()
    months = (
        _ended()
        .values("home", "module", begin=TruncMonth("received_at", tzinfo=AMSTERDAM))
        .annotate(number=Count("pk"))
    )
    found = [
        _counted(row["home"], row["module"], month_of(row["begin"]), now)
        for row in months.filter(number__gte=least).order_by("home", "module", "begin")
    ]
    CountedMonth.objects.all().delete()
    CountedMonth.objects.bulk_create(found)
    for begin in range(0, len(changed), _AT_ONCE):
        MonthToCount.objects.filter(pk__in=changed[begin : begin + _AT_ONCE]).delete()
    return len(found)


def _ended() -> InformationRequestQuerySet:
    """What the figures count and no longer changes by itself."""
    return InformationRequest.objects.filter(state__in=END_STATES, fictitious=False).exclude(
        state=State.ENTERED_IN_ERROR
    )


def _counted(home: int, module: str, month: date, now: datetime) -> CountedMonth:
    row = CountedMonth(home_id=home, module=module, month=month, counted_at=now)
    requests = _ended().filter(row.condition(), home=home, module=module)
    # Of what has ended these columns do not ask who looks.
    row.content = to_keep(Counted(requests, Access(User())))
    return row
