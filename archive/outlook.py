"""What is about to happen to personal data, and what stands in its way: for the retention page and its feed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import F, Q
from django.utils.translation import gettext as _

from archive import feed, selectors
from archive.feed import Entry
from archive.models import RetentionFeed, RetentionRecord
from authorities.models import User
from imidesk.core.models import AuditEvent, Heartbeat
from requests_app.models import DataDecision
from requests_app.selectors.relations import OF_THE_END, end_in_words

CHECK_DAYS = 14
DECISIONS_SHOWN = 100


@dataclass(frozen=True)
class Soon:
    """Blocked or erased within two weeks: the date, and where the date it counts from comes from (design 3)."""

    record: RetentionRecord
    on: date
    erases: bool
    source: str


def soon(user: User, today: date) -> list[Soon]:
    """First what comes first; three queries, however many there are."""
    until = today + timedelta(days=CHECK_DAYS)
    to_block = Q(blocked_at__isnull=True, block_on__lte=until)
    to_erase = Q(blocked_at__isnull=False, erased_at__isnull=True, erase_on__lte=until)
    rows = selectors.records_for(user).filter(to_block | to_erase, info_request__fictitious=False)
    records = list(rows.order_by("block_on", "pk")[: selectors.ROWS_SHOWN])
    sources = _sources(records)
    found = [
        Soon(
            record=record,
            on=record.erase_on if record.blocked_at else record.block_on,
            erases=record.blocked_at is not None,
            source=sources.get(record.info_request.uuid, ""),
        )
        for record in records
    ]
    return sorted(found, key=lambda one: (one.on, one.record.pk))


def _sources(records: Iterable[RetentionRecord]) -> dict[UUID, str]:
    """By request, in words: who recorded the end, or which two corrected it."""
    uuids = [record.info_request.uuid for record in records]
    events = AuditEvent.objects.filter(chain__kind="request", chain__subject__in=uuids, action__in=OF_THE_END)
    by_request: dict[UUID, list[AuditEvent]] = {}
    for event in events.select_related("actor", "chain").order_by("number"):
        by_request.setdefault(event.chain.subject, []).append(event)
    return {uuid: end_in_words(found) for uuid, found in by_request.items()}


def decisions(user: User) -> list[DataDecision]:
    """Waiting or running first, then what ended last."""
    rows = DataDecision.objects.filter(selectors.scope_of(user, "info_request__"))
    rows = rows.select_related("info_request", "proposed_by", "owner")
    return list(rows.order_by(F("ended_at").desc(nulls_first=True), "-proposed_at")[:DECISIONS_SHOWN])


@dataclass(frozen=True)
class LastRun:
    """When blocking and erasing were last done, by their own sign of life."""

    blocking: datetime | None
    erasing: datetime | None


def last_run() -> LastRun:
    rows = dict(Heartbeat.objects.filter(name__in=("blocking", "erasing")).values_list("name", "succeeded_at"))
    return LastRun(rows.get("blocking"), rows.get("erasing"))


def rehearsal(user: User, day: date) -> selectors.Forecast:
    """As if it were that day: what `manage.py retention --dry-run --as-of` says, of the requests of this user."""
    found = selectors.forecast(day)
    own = selectors.own_references(user, {*found.ended, *found.blocked, *found.erased, *found.waiting})
    return selectors.Forecast(
        ended=[one for one in found.ended if one in own],
        blocked=[one for one in found.blocked if one in own],
        erased=[one for one in found.erased if one in own],
        waiting=[one for one in found.waiting if one in own],
    )


def entries(user: User, today: date) -> list[Entry]:
    """Blocking, erasing and the end of holds in the coming ninety days."""
    until = today + timedelta(days=selectors.FORECAST_DAYS)
    due = Q(blocked_at__isnull=True, block_on__lte=until) | Q(erased_at__isnull=True, erase_on__lte=until)
    found = []
    for record in selectors.records_for(user).filter(due).order_by("block_on", "pk"):
        reference = record.info_request.reference
        if record.blocked_at is None and record.block_on <= until:
            text = _("Block %(reference)s") % {"reference": reference}
            found.append(Entry(record.block_on, f"block-{reference}", text))
        if record.erase_on <= until:
            text = _("Erase %(reference)s") % {"reference": reference}
            found.append(Entry(record.erase_on, f"erase-{reference}", text))
    holds = DataDecision.objects.holding(today).filter(selectors.scope_of(user, "info_request__"))
    for hold in holds.select_related("info_request"):
        if hold.until is not None and hold.until <= until:
            reference = hold.info_request.reference
            text = _("Hold of %(reference)s ends") % {"reference": reference}
            found.append(Entry(hold.until, f"hold-{hold.pk}", text))
    return sorted(found, key=lambda entry: (entry.on, entry.uid))


def feed_of(user: User) -> RetentionFeed | None:
    return RetentionFeed.objects.filter(user=user).first()


def user_of_feed(token: str) -> User | None:
    """Nobody for a token that is none, for who left, and for who does not read the register any more."""
    row = RetentionFeed.objects.filter(digest=feed.digest(token)).select_related("user").first() if token else None
    return row.user if row and row.user.is_active and selectors.may_read_retention(row.user) else None
