"""What a page of a lower app shows of the archive: the clocks of a request, and the receipt of its filing."""

from datetime import date
from typing import Any

from django import template

from archive import retention, selectors
from imidesk.core import clock
from requests_app.models import InformationRequest

register = template.Library()


@register.inclusion_tag("archive/partials/retention_dates.html")
def retention_dates(info_request: InformationRequest) -> dict[str, Any]:
    """When the personal data go, with the article; nothing before the end (DP-03, DP-05, ARC-08)."""
    record = selectors.record_of(info_request)
    dates = selectors.dates_of(info_request)
    unfiled = selectors.needs_filing(info_request)
    return {
        "dates": dates,
        "record": record,
        "unfiled": unfiled,
        "warn": unfiled and dates.block_on is not None and _is_near(dates.block_on),
        "block_article": retention.BLOCK_BY_MODULE.get(info_request.module, retention.BLOCK).article,
        "erase_article": retention.ERASE.article,
        "case_article": retention.CASE.article,
        "short_article": retention.SHORT,
    }


def _is_near(day: date) -> bool:
    return (day - clock.today()).days <= retention.WARN_UNFILED_DAYS


@register.inclusion_tag("archive/partials/filing_receipt.html")
def filing_receipt(info_request: InformationRequest) -> dict[str, Any]:
    """Open data: numbers, dates and checksums (ARC-01 to ARC-05)."""
    return {"case": selectors.case_of(info_request), "info_request": info_request}
