"""The period of the overview, in the address."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from dateutil.relativedelta import relativedelta
from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from imidesk.core.forms import DateField
from requests_app.selectors.measures import Period


@dataclass(frozen=True)
class Choice:
    label: str
    url: str
    current: bool


def last_twelve_months(until: date) -> Period:
    return Period(until - relativedelta(months=12) + timedelta(days=1), until)


class PeriodForm(forms.Form):
    """Without a date that side is open to the default: today, and twelve months before the last day."""

    all_optional = True

    received_from = DateField(label=gettext_lazy("Received from"), required=False)
    received_until = DateField(label=gettext_lazy("Received until and including"), required=False)

    def __init__(self, data: QueryDict, *, today: date) -> None:
        self._today = today
        usual = last_twelve_months(today)
        initial = {"received_from": usual.since, "received_until": usual.until}
        filled = {**data.dict(), "received_until": data.get("received_until") or today.isoformat()} if data else None
        super().__init__(filled, initial=initial)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        since, until = given.get("received_from"), given.get("received_until")
        if since and since > (until or self._today):
            raise ValidationError({"received_from": _("This day lies after the last day of the period.")})
        return given

    def period(self) -> Period:
        given = self.cleaned_data if self.is_bound else {}
        until = given.get("received_until") or self._today
        return Period(given.get("received_from") or last_twelve_months(until).since, until)

    def choices(self) -> list[Choice]:
        """Periods that are often asked for."""
        year = self._today.year
        chosen = self.period() if not self.errors else None
        offered = [
            (_("Last 12 months"), last_twelve_months(self._today)),
            (_("This year"), Period(date(year, 1, 1), self._today)),
            (str(year - 1), Period(date(year - 1, 1, 1), date(year - 1, 12, 31))),
        ]
        return [Choice(label, _address(period), period == chosen) for label, period in offered]


def _address(period: Period) -> str:
    query = urlencode({"received_from": period.since, "received_until": period.until})
    return f"{reverse('monitoring:overview')}?{query}"
