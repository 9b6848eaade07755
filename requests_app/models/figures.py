from datetime import date, datetime, time

from dateutil.relativedelta import relativedelta
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from authorities.models import Authority
from authorities.vocabulary import Module
from requests_app.deadlines import AMSTERDAM, local_day


class CountedMonthQuerySet(models.QuerySet["CountedMonth"]):
    def valid(self) -> "CountedMonthQuerySet":
        """Of which no request changed since it was counted."""
        changed = MonthToCount.objects.filter(home=OuterRef("home"), module=OuterRef("module"), month=OuterRef("month"))
        return self.filter(~Exists(changed))


class CountedMonth(models.Model):
    """The figures of what came in during one month and has ended, counted ahead: they hardly ever change (STA-08)."""

    home = models.ForeignKey(Authority, models.CASCADE, related_name="+", verbose_name=_("home authority"))
    module = models.CharField(_("module"), max_length=30, choices=Module)
    month = models.DateField(_("first day of the month"))
    counted_at = models.DateTimeField(_("counted at"))
    content = models.JSONField(_("figures"))

    objects = CountedMonthQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="month_counted_once", fields=["home", "module", "month"])]

    def __str__(self) -> str:
        return f"{self.home} {self.module} {self.month:%Y-%m}"

    @property
    def next_month(self) -> date:
        return self.month + relativedelta(months=1)

    def condition(self) -> Q:
        """Received during this month."""
        return received(self.month, self.next_month)


class MonthToCount(models.Model):
    """A request of this month changed after it ended: until the night its figures come from the requests themselves.

    Only ever added, a row each time, so that no change can be lost to a count that runs beside it.
    """

    home = models.ForeignKey(Authority, models.CASCADE, related_name="+", verbose_name=_("home authority"))
    module = models.CharField(_("module"), max_length=30, choices=Module)
    month = models.DateField(_("first day of the month"))

    class Meta:
        default_permissions = ()
        indexes = [models.Index(name="month_to_count", fields=["home", "module", "month"])]

    def __str__(self) -> str:
        return f"{self.home_id} {self.module} {self.month:%Y-%m}"


def received(begin: date, end: date) -> Q:
    """From the first day on, until before the last, in Amsterdam."""
    first, last = (datetime.combine(day, time(), AMSTERDAM) for day in (begin, end))
    return Q(received_at__gte=first, received_at__lt=last)


def month_of(received_at: datetime) -> date:
    """The first day of the month of receipt."""
    return local_day(received_at).replace(day=1)
