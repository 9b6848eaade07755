"""What several services of the archive share, below them and without a transaction of its own (house rule 2)."""

from archive import selectors
from archive.models import ArchiveCase, RetentionRecord
from requests_app.models import InformationRequest


def register_ended(info_request: InformationRequest, dates: selectors.Dates | None = None) -> None:
    """The dates of an ended request; until blocking they follow a corrected end, and a FICTIEF request's last step."""
    dates = dates or selectors.dates_of(info_request)
    if dates.block_on is None or dates.erase_on is None or not info_request.has_ended:
        return
    values = {"block_on": dates.block_on, "erase_on": dates.erase_on}
    record, created = RetentionRecord.objects.get_or_create(info_request=info_request, defaults=values)
    moves = dates.short or selectors.end_was_corrected(info_request)
    if moves and not created and (record.block_on, record.erase_on) != (dates.block_on, dates.erase_on):
        RetentionRecord.objects.filter(pk=record.pk, blocked_at__isnull=True).update(**values)
        if dates.case_until:
            ArchiveCase.objects.filter(info_request=info_request).update(keep_until=dates.case_until)
