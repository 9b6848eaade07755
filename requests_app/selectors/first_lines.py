"""The most urgent requests of several lists at once, with what says whose turn it is: what Start shows (design 5)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from django.db.models import Case, F, OuterRef, Prefetch, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Concat

from authorities.models import User
from imidesk.core import together
from requests_app.models import Allocation, AllocationWish, InformationRequest, ProviderLetter
from requests_app.models.access import Access
from requests_app.selectors.case import TabProgress, tab_progress_of
from requests_app.selectors.lists import Filters
from requests_app.vocabulary import BEFORE_ACCEPTANCE

FAR = date.max
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Work:
    """One request as its next step needs it: open data alone."""

    info_request: InformationRequest
    user: User
    progress: tuple[TabProgress, ...] = ()
    allocations: tuple[Allocation, ...] = field(default=())

    @property
    def own(self) -> Allocation | None:
        return next((one for one in self.allocations if one.handler_id == self.user.pk), None)

    @property
    def is_mine(self) -> bool:
        return self.own is not None

    @property
    def has_accepted(self) -> bool:
        return self.own is not None and self.own.accepted_at is not None

    @property
    def who(self) -> str:
        """The handlers, or the team while nobody of it took it up."""
        handlers = [str(one.handler) for one in self.allocations if one.handler]
        return ", ".join(handlers or [str(one.team) for one in self.allocations if one.team])

    @property
    def first_open_tab(self) -> str:
        return next((tab.letter for tab in self.progress if tab.done < tab.total), "")


def first_lines(access: Access, wanted: Mapping[str, Filters], number: int) -> dict[str, list[Work]]:
    """So many of each list, most urgent first; in four queries, however many lists and requests there are."""
    keys = _first_keys(access, wanted, number)
    rows = _rows({pk for found in keys.values() for pk in found})
    progress = tab_progress_of(rows)
    work = {
        row.pk: Work(row, access.user, tuple(progress.get(row.pk, ())), tuple(row.current_allocations)) for row in rows
    }
    return {
        name: sorted((work[pk] for pk in found if pk in work), key=lambda one: _urgency(one.info_request))[:number]
        for name, found in keys.items()
    }


def _first_keys(access: Access, wanted: Mapping[str, Filters], number: int) -> dict[str, list[int]]:
    """Each part of what somebody sees gives its own."""
    parts = access.parts()
    asked = {}
    for name, filters in wanted.items():
        condition = filters.condition(access)
        asked[name] = [
            _by_urgency(InformationRequest.objects.filter(part, condition)).values("pk")[:number] for part in parts
        ]
    keys: dict[str, list[int]] = {name: [] for name in wanted}
    for name, pk in together.labelled(asked):
        keys[name].append(pk)
    return keys


def _by_urgency(rows: QuerySet[InformationRequest]) -> QuerySet[InformationRequest]:
    answer_by = Coalesce("clarify_by", "agreed_on", "asked_on")
    due = Case(When(state__in=BEFORE_ACCEPTANCE, then=F("accept_by")), default=answer_by)
    return rows.order_by(F("ended_at").asc(nulls_last=True), due.asc(nulls_last=True), "received_at", "pk")


def _urgency(info_request: InformationRequest) -> tuple[object, ...]:
    """The same order: who cuts what the parts gave must not cut by another one."""
    before = info_request.state in BEFORE_ACCEPTANCE
    due = info_request.accept_by if before else info_request.answer_due_on
    return (info_request.ended_at or NEVER, due or FAR, info_request.received_at, info_request.pk)


def _rows(keys: Iterable[int]) -> list[InformationRequest]:
    letters = ProviderLetter.objects.filter(info_request=OuterRef("pk"), sent_on=None).values("due_on")
    wishes = AllocationWish.objects.filter(info_request=OuterRef("pk"), ended_at=None).order_by("asked_at")
    wisher = Concat("user__first_name", Value(" "), "user__last_name")
    current = Allocation.objects.current().select_related("team", "handler").order_by("pk")
    return list(
        InformationRequest.objects.filter(pk__in=keys)
        .select_related("requester", "service_activity", "retention_record")
        .annotate(letter_due_on=Subquery(letters[:1]), wished_by=Subquery(wishes.values(name=wisher)[:1]))
        .prefetch_related(Prefetch("allocation_set", current, to_attr="current_allocations"))
    )
