"""What must agree with the audit trail and with the allocations; `verify_audit` and `verify_grants` run it."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from django.db import transaction

from imidesk.core.models import AuditEvent
from requests_app.models import InformationRequest
from requests_app.permissions import actual_grants, wanted_grants
from requests_app.vocabulary import ON_DATA

REQUESTS_AT_ONCE = 500


def state_follows_last_event(last: Mapping[UUID, AuditEvent]) -> dict[UUID, str]:
    """The state of a request is the one of its last event (SP-09)."""
    rows = InformationRequest.objects.filter(uuid__in=list(last)).values_list("uuid", "state", "data_state")
    states = {uuid: (state, data_state) for uuid, state, data_state in rows}
    return {uuid: sentence for uuid, event in last.items() if (sentence := _differs(event, states.get(uuid)))}


def _differs(event: AuditEvent, states: tuple[str, str] | None) -> str:
    if states is None:
        return "there is no request with this chain"
    told = event.details.get("to")
    actual = states[1] if event.action in ON_DATA else states[0]
    return "" if told == actual else f"the state is {actual}, the last event says {told}"


def grant_faults() -> Iterator[str]:
    """Requests whose grants differ from what their allocations project (design idea 1)."""
    after = 0
    while batch := list(InformationRequest.objects.filter(pk__gt=after).order_by("pk")[:REQUESTS_AT_ONCE]):
        after = batch[-1].pk
        differing = _differences(batch)
        for info_request in batch:
            if info_request.pk in differing:
                surplus, missing = _standing_difference(info_request)
                if surplus or missing:
                    yield f"{info_request.reference}: {surplus} too many, {missing} missing"


def _differences(info_requests: Sequence[InformationRequest]) -> dict[int, tuple[int, int]]:
    wanted, actual = wanted_grants(info_requests), actual_grants(info_requests)
    return {
        pk: (len(actual[pk].keys() - keys), len(keys - actual[pk].keys()))
        for pk, keys in wanted.items()
        if keys != actual[pk].keys()
    }


def _standing_difference(info_request: InformationRequest) -> tuple[int, int]:
    """Read again while nobody can change it: an allocation that was made meanwhile is no fault."""
    with transaction.atomic():
        found = InformationRequest.objects.select_for_update().get(pk=info_request.pk)
        return _differences([found]).get(found.pk, (0, 0))
