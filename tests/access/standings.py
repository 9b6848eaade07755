"""A person for every role and relation, and a request in every place of the matrix, with a marker in what is sealed."""

from dataclasses import dataclass
from datetime import timedelta

from authorities.models import User
from authorities.vocabulary import ROLES_PER_MODULE, Module, Role
from imidesk.core import clock
from imidesk.monitoring.documents import (
    ACCEPTED,
    ADVISER,
    ALLOCATED,
    DIRECT,
    NO_RELATION,
    PLACES,
    RELATIONS,
    TEAM,
    VIEWER,
    rights,
)
from requests_app import catalogue
from requests_app.models import Allocation, InformationRequest, Viewer
from requests_app.permissions import sync_grants
from requests_app.vocabulary import END_STATES, DataState, State
from tests.factories.world import World, make_user, member
from tests.flow.test_markers import accept_and_answer, marked_request

# Advice is asked on a request, of every lawyer of the area: who is an adviser is a matter of the request.
HERE = [relation for relation in RELATIONS if relation not in (NO_RELATION, ADVISER)]

# The list of reasons that goes with an end.
ENDED_BY = {
    State.FORWARDED: "forward",
    State.REFUSED: "refuse",
    State.WITHDRAWN: "withdrawn",
    State.ENTERED_IN_ERROR: "entered_in_error",
}

Cells = dict[tuple[str, str], bool]


@dataclass(frozen=True)
class Cast:
    people: dict[tuple[str, str], User]
    places: dict[str, InformationRequest]


def matrix() -> dict[tuple[str, str], Cells]:
    found: dict[tuple[str, str], Cells] = {}
    for right in rights():
        found.setdefault((right.role, right.relation), {})[right.state, right.action] = right.allowed == "yes"
    return found


def people(world: World, requests: list[InformationRequest]) -> dict[tuple[str, str], User]:
    found = {}
    for role in Role:
        modules = tuple(Module.values) if role in ROLES_PER_MODULE else ()
        for relation in (NO_RELATION, *HERE):
            user = found[str(role), relation] = make_user(f"{role}-{relation}", "Iemand", f"{role} {relation}")
            home = world.nimic if relation == NO_RELATION else world.home
            member(user, home, role, *modules, team=world.team if relation == TEAM else None)
    now = clock.now()
    tied = [(relation, user) for (_, relation), user in found.items()]
    for info_request in requests:
        Allocation.objects.create(info_request=info_request, team=world.team, made_at=now)
        Viewer.objects.bulk_create(
            Viewer(
                info_request=info_request,
                user=user,
                until=clock.today() + timedelta(days=7),
                reason="viewer.check",
                added_by=world.handler,
                added_at=now,
            )
            for relation, user in tied
            if relation == VIEWER
        )
        Allocation.objects.bulk_create(
            Allocation(
                info_request=info_request,
                handler=user,
                made_at=now,
                accepted_at=now if relation == ACCEPTED else None,
            )
            for relation, user in tied
            if relation in (ALLOCATED, ACCEPTED)
        )
        sync_grants([info_request])
    return found


def plain_requests(world: World) -> dict[str, tuple[InformationRequest, InformationRequest]]:
    """With allocation and without it, by state, drafts too; written past the door: the query is asked, not the way."""
    now = clock.now()
    found = {}
    for place in (State.DRAFT, *PLACES):
        found[str(place)] = tuple(
            InformationRequest.objects.create(
                reference=f"{place}-{number}",
                imi_number=f"{len(found)}{number}",
                module=module,
                procedure="information_request",
                requester=world.germany,
                responder=world.home,
                home=world.home,
                activity_not_listed=True,
                received_at=now - timedelta(days=1),
                registered_at=now,
                accept_by=clock.today(),
                **_moments(place, world),
            )
            for number, module in enumerate((Module.SERVICES, Module.SDG_EVIDENCE))
        )
    return found


def marked_cast(world: World) -> Cast:
    """Answered by the real doors, then put in its place past them: what is sealed stays, whoever may open it."""
    places = {}
    for place in PLACES:
        info_request = marked_request(world)
        accept_and_answer(world, info_request)
        InformationRequest.objects.filter(pk=info_request.pk).update(**_moments(place, world))
        places[str(place)] = InformationRequest.objects.get(pk=info_request.pk)
        sync_grants([places[str(place)]])
    return Cast(people(world, list(places.values())), places)


def _moments(place: State | DataState, world: World) -> dict[str, object]:
    now = clock.now()
    state = State.CLOSED if isinstance(place, DataState) else place
    reached = state in (State.ACCEPTED, State.ANSWERED, State.CLOSED)
    return {
        "state": state,
        "data_state": place if isinstance(place, DataState) else DataState.OPEN,
        "accepted_at": now if reached else None,
        "answered_at": now if reached else None,
        "ended_at": now if state in END_STATES else None,
        "forwarded_to": world.justis if state == State.FORWARDED else None,
        "end_reason": catalogue.reasons(ENDED_BY[state])[0].code if state in ENDED_BY else "",
    }


def index_of(relation: str) -> int:
    """Which of the two plain requests a relation is about."""
    return int(relation == DIRECT)
