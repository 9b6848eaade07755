"""The matrix of docs/permissions.md against the query that lists, pages and steps ask (house rule 3)."""

import itertools
from datetime import timedelta

from authorities.models import Membership
from authorities.vocabulary import Module, Role
from imidesk.core import clock
from imidesk.monitoring import documents
from imidesk.monitoring.documents import (
    ACCEPTED,
    ADVISER,
    ALLOCATED,
    NO,
    SEE,
    SETTING,
    TEAM,
    VIEWER,
    WITHOUT_ALLOCATION,
    YES,
)
from requests_app.models import AdviceRequest, Allocation, InformationRequest, Viewer
from requests_app.permissions import sync_grants
from requests_app.vocabulary import END_STATES, DataState, Grant, State
from tests.factories.world import make_user, member


def test_every_cell_of_the_matrix_is_what_the_query_says(world):
    """USR-36, IN-08: module services works with allocation, sdg_evidence without it."""
    places = _requests_in_every_place(world)
    people = _people(world, places)
    adviser = {key: user for key, user in people.items() if key[1] == ADVISER}
    _compare(places, {key: user for key, user in people.items() if key not in adviser})
    for info_request in InformationRequest.objects.all():
        AdviceRequest.objects.create(
            info_request=info_request, question=b"", asked_by=world.handler, asked_at=clock.now()
        )
    _compare(places, adviser)


def _compare(places, people):
    for (role, relation), user in people.items():
        seen = set(InformationRequest.objects.visible(user).values_list("pk", flat=True))
        held = {
            grant: set(InformationRequest.objects.allowed(user, grant).values_list("pk", flat=True)) for grant in Grant
        }
        for info_request in itertools.chain(*places.values()):
            grants = {grant for grant, requests in held.items() if info_request.pk in requests}
            assert InformationRequest.objects.grants(user, info_request.pk) == grants, (role, relation, info_request)
        for right in documents.rights():
            if (right.role, right.relation) != (role, relation):
                continue
            with_allocation, without = places[right.state]
            found = seen if right.action == SEE else held[Grant(right.action)]
            expected = {
                YES: (True, True),
                NO: (False, False),
                WITHOUT_ALLOCATION: (False, True),
                SETTING: (True, True),
            }[right.allowed]
            assert (with_allocation.pk in found, without.pk in found) == expected, right


def test_basic_users_see_the_list_only_where_the_authority_says_so(world):
    info_request = world.received()
    assert info_request in InformationRequest.objects.visible(world.basic)

    world.home.basic_users_see_list = False
    world.home.save()

    assert info_request not in InformationRequest.objects.visible(world.basic)


def _requests_in_every_place(world):
    """Two requests per state, written past the door: the query is asked, not the way to it."""
    now = clock.now()
    places = {}
    for place in [*State, DataState.BLOCKED, DataState.ERASED]:
        state = State.CLOSED if isinstance(place, DataState) else place
        reached = state in (State.ACCEPTED, State.ANSWERED, State.CLOSED)
        places[place] = tuple(
            InformationRequest.objects.create(
                reference=f"{place}-{number}",
                imi_number=f"{len(places)}{number}",
                module=module,
                procedure="information_request",
                requester=world.germany,
                responder=world.home,
                home=world.home,
                activity_not_listed=True,
                received_at=now - timedelta(days=1),
                registered_at=now,
                accept_by=clock.today(),
                state=state,
                data_state=place if isinstance(place, DataState) else DataState.OPEN,
                accepted_at=now if reached else None,
                answered_at=now if reached else None,
                ended_at=now if state in END_STATES else None,
                forwarded_to=world.justis if state == State.FORWARDED else None,
            )
            for number, module in enumerate((Module.SERVICES, Module.SDG_EVIDENCE))
        )
    return places


def _people(world, places):
    people = {}
    for role in Role:
        for relation in documents.RELATIONS_OF.get(role, (documents.NO_RELATION,)):
            user = make_user(f"{role}-{relation}", "Iemand", "Voorbeeld")
            modules = () if role in (Role.COORDINATOR, Role.JURIST, Role.FG, Role.BEHEERDER) else tuple(Module.values)
            member(user, world.home, role, *modules)
            people[role, relation] = user
    now = clock.now()
    Membership.objects.filter(user=people[Role.BEHANDELAAR, TEAM]).update(team=world.team)
    for pair in places.values():
        for info_request in pair:
            Allocation.objects.create(info_request=info_request, team=world.team, made_at=now)
            Viewer.objects.create(
                info_request=info_request,
                user=people[Role.RAADPLEGER, VIEWER],
                until=clock.today(),
                added_by=world.handler,
                added_at=now,
            )
            for relation, accepted_at in ((ALLOCATED, None), (ACCEPTED, now)):
                Allocation.objects.create(
                    info_request=info_request,
                    handler=people[Role.BEHANDELAAR, relation],
                    made_at=now,
                    accepted_at=accepted_at,
                )
            sync_grants(info_request)
    return people
