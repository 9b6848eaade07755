"""Why the personal data go on these days: the reckoning in words, and the article (DP-03, DP-05)."""

from datetime import date

from django.utils.translation import gettext as _

from archive import retention, selectors
from archive.retention import Period
from requests_app.deadlines import local_day
from requests_app.models import InformationRequest
from requests_app.selectors.dates import Why, in_full


def why_block(info_request: InformationRequest) -> Why | None:
    dates = selectors.dates_of(info_request)
    label = _("Blocking of the personal data")
    if dates.short:
        return _why_short(label, dates.block_on)
    period = retention.BLOCK_BY_MODULE.get(info_request.module, retention.BLOCK)
    steps = (
        *_counted(info_request, dates.block_on, period),
        _("From that day on nobody reads the personal data any more. In the night before it the desk blocks them."),
    )
    return Why(label, steps, str(period.article)) if dates.block_on else None


def why_erase(info_request: InformationRequest) -> Why | None:
    dates = selectors.dates_of(info_request)
    label = _("Erasing of the personal data")
    if dates.short:
        return _why_short(label, dates.erase_on)
    steps = (
        *_counted(info_request, dates.erase_on, retention.ERASE),
        _("Counted from the end of the request, not from the blocking."),
    )
    return Why(label, steps, str(retention.ERASE.article)) if dates.erase_on else None


def _counted(info_request: InformationRequest, day: date | None, period: Period) -> tuple[str, ...]:
    if info_request.ended_at is None or day is None:
        return ()
    ended_on = local_day(info_request.ended_at)
    steps = [
        _("The request ended on %(day)s.") % {"day": in_full(ended_on)},
        _("%(months)d calendar months later it is %(day)s.") % {"months": period.months, "day": in_full(day)},
    ]
    if day.day != ended_on.day:
        steps.append(
            _("That month has no day %(number)d. So the last day of the month counts.") % {"number": ended_on.day}
        )
    steps.append(_("The date does not move for a weekend or a holiday."))
    return tuple(steps)


def _why_short(label: str, day: date | None) -> Why | None:
    if day is None:
        return None
    step = _("%(days)d days after the last step it is %(day)s.") % {
        "days": retention.FICTITIOUS_ERASE_DAYS,
        "day": in_full(day),
    }
    return Why(label, (step,), str(retention.SHORT))
