"""What must agree with the audit trail and with the allocations; `verify_audit` and `verify_grants` run it."""

from collections.abc import Iterator
from uuid import UUID

from imidesk.core.models import AuditEvent
from requests_app.models import InformationRequest
from requests_app.permissions import actual_grants, wanted_grants
from requests_app.vocabulary import Action

ON_DATA = (Action.BLOCKED, Action.ERASED)


def state_follows_last_event(subject: UUID, last: AuditEvent) -> str | None:
    """The state of a request is the one of its last event (SP-09)."""
    states = InformationRequest.objects.filter(uuid=subject).values_list("state", "data_state").first()
    if states is None:
        return "there is no request with this chain"
    told = last.details.get("to")
    actual = states[1] if last.action in ON_DATA else states[0]
    return None if told == actual else f"the state is {actual}, the last event says {told}"


def grant_faults() -> Iterator[str]:
    """Requests whose grants differ from what their allocations project (design idea 1)."""
    for info_request in InformationRequest.objects.order_by("pk").iterator():
        wanted = {(user, grant.value) for user, grant in wanted_grants(info_request)}
        actual = actual_grants(info_request)
        if wanted != actual:
            yield f"{info_request.reference}: {len(actual - wanted)} too many, {len(wanted - actual)} missing"
