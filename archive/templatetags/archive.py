"""What a page of a lower app shows of the archive: the clocks of a request, and the receipt of its filing."""

from datetime import date, datetime
from typing import Any

from django import template
from django.template.context import Context

from archive import dates as dates_in_words
from archive import retention, selectors
from imidesk.core import clock
from requests_app.models import InformationRequest
from requests_app.models.access import may_read_papers
from requests_app.selectors import decisions, relations

register = template.Library()


@register.inclusion_tag("archive/partials/retention_dates.html")
def retention_dates(info_request: InformationRequest) -> dict[str, Any]:
    """When the personal data go, with the article; nothing before the end (DP-03, DP-05, ARC-08)."""
    record = selectors.record_of(info_request)
    dates = selectors.dates_of(info_request)
    unfiled = info_request.needs_filing
    return {
        "dates": dates,
        "record": record,
        "unfiled": unfiled,
        "unfiled_until": retention.unfiled_until(record.erase_on) if record else None,
        "warn": unfiled and dates.block_on is not None and _is_near(dates.block_on),
        "block_article": retention.BLOCK_BY_MODULE.get(info_request.module, retention.BLOCK).article,
        "erase_article": retention.ERASE.article,
        "case_article": retention.CASE.article,
        "short_article": retention.SHORT,
        "why_block": dates_in_words.why_block(info_request),
        "why_erase": dates_in_words.why_erase(info_request),
        "ended_at": info_request.ended_at,
        "source": relations.source_of_end(info_request),
    }


@register.inclusion_tag("archive/partials/retention_change.html")
def retention_change(info_request: InformationRequest, ended_at: datetime) -> dict[str, Any]:
    """What another date of the end does to the clocks (design 3); none of a FICTIEF request, which has its own."""
    return {
        "dates": selectors.dates_of(info_request),
        "block_on": retention.block_on(ended_at, info_request.module),
        "erase_on": retention.erase_on(ended_at),
    }


@register.inclusion_tag("archive/partials/data_decisions.html", takes_context=True)
def data_decisions(context: Context, info_request: InformationRequest) -> dict[str, Any]:
    """Holds, early erasures and openings; for who may read what they rest on."""
    user = context["user"]
    if not info_request.has_ended or not relations.has_decisions(info_request):
        return {}
    return {"decisions": [row for row in decisions.decisions(info_request) if may_read_papers(user, row)]}


def _is_near(day: date) -> bool:
    return (day - clock.today()).days <= retention.WARN_UNFILED_DAYS


@register.inclusion_tag("archive/partials/filing_receipt.html")
def filing_receipt(info_request: InformationRequest) -> dict[str, Any]:
    """Open data: numbers, dates and checksums (ARC-01 to ARC-05)."""
    return {"case": selectors.case_of(info_request), "info_request": info_request}
