"""The matrix of docs/permissions.md against the query that lists, pages and steps ask (house rule 3)."""

import csv
import io
import random
from datetime import timedelta

import pytest
from django.core.management import call_command

from authorities.vocabulary import ROLES_PER_MODULE, Module, Role
from imidesk.core import clock
from imidesk.monitoring import documents
from imidesk.monitoring.documents import (
    ACCEPTED,
    ADVISER,
    ALLOCATED,
    AREA,
    DIRECT,
    LOOKS,
    NO_RELATION,
    PLACES,
    RELATIONS,
    SEE_OPEN,
    TEAM,
    VIEWER,
    YES,
)
from requests_app.models import AdviceRequest, Allocation, InformationRequest, Viewer
from requests_app.permissions import sync_grants
from requests_app.vocabulary import END_STATES, DataState, Grant, State
from tests.factories.world import make_user, member

HERE = [relation for relation in RELATIONS if relation not in (NO_RELATION, ADVISER)]


@pytest.fixture(scope="module")
def matrix():
    found = {}
    for right in documents.rights():
        found.setdefault((right.role, right.relation), {})[right.state, right.action] = right.allowed == YES
    return found


def test_every_cell_of_the_matrix_is_what_the_query_says(world, matrix):
    """USR-36, IN-08: module services works with allocation, sdg_evidence without it."""
    places = _requests_in_every_place(world)
    people = _people(world, places)
    for (role, relation), user in people.items():
        _compare(places, matrix[role, relation], user, relation)
    for info_request in InformationRequest.objects.all():
        AdviceRequest.objects.create(
            info_request=info_request, question=b"", asked_by=world.handler, asked_at=clock.now()
        )
    for role in Role:
        _compare(places, matrix[role, ADVISER], people[role, AREA], ADVISER)


def _compare(places, cells, user, relation):
    """The query for lists and steps, and for some of the requests the one for all rights of a page."""
    queries = {SEE_OPEN: InformationRequest.objects.visible(user)}
    queries |= {grant: InformationRequest.objects.allowed(user, grant) for grant in Grant}
    found = {action: set(requests.values_list("pk", flat=True)) for action, requests in queries.items()}
    found |= {look: found[grant] for look, grant in LOOKS.items()}
    for (place, action), allowed in cells.items():
        info_request = places[place][relation == DIRECT]
        assert (info_request.pk in found[action]) == allowed, (str(user), place, action)
    for place in random.Random(str(user)).sample(PLACES, 3):
        info_request = places[place][relation == DIRECT]
        held = {grant for grant in Grant if cells[place, grant]}
        assert InformationRequest.objects.grants(user, info_request.pk) == held, (str(user), place)


def test_the_person_opens_by_relation_only(matrix):
    """Design idea 1: no role opens a person, and nobody reads along or answers after blocking."""
    for (_role, relation), cells in matrix.items():
        for place in PLACES:
            sees = {cells[place, action] for action in ("see_person", "see_answers", "download_full_report")}
            assert sees == {False} or relation in (ACCEPTED, VIEWER)
            assert sees == {False} or not isinstance(place, DataState)
    assert matrix[Role.BEHANDELAAR, ACCEPTED][State.ANSWERED, "see_person"]
    assert matrix[Role.RAADPLEGER, VIEWER][State.ANSWERED, "see_person"]
    assert not any(any(cells.values()) for (_, relation), cells in matrix.items() if relation == NO_RELATION)


def test_the_command_prints_the_matrix_as_rows(matrix):
    """test_docs.py looks at the columns."""
    out = io.StringIO()
    call_command("access_matrix", "--format", "csv", stdout=out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))

    assert {"see_open", "see_questions", "see_person", "see_answers", "download_full_report"} <= {
        row["action"] for row in rows
    }
    assert {row["state"] for row in rows} == {str(place) for place in PLACES}
    assert len(rows) == sum(len(cells) for cells in matrix.values())


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
    """One for every role and relation; the advice is asked of whoever is in the area."""
    people = {}
    for role in Role:
        modules = tuple(Module.values) if role in ROLES_PER_MODULE else ()
        for relation in (NO_RELATION, *HERE):
            user = people[role, relation] = make_user(f"{role}-{relation}", "Iemand", f"{role} {relation}")
            home = world.nimic if relation == NO_RELATION else world.home
            member(user, home, role, *modules, team=world.team if relation == TEAM else None)
    now = clock.now()
    tied = [(relation, user) for (_, relation), user in people.items()]
    for pair in places.values():
        for info_request in pair:
            Allocation.objects.create(info_request=info_request, team=world.team, made_at=now)
            Viewer.objects.bulk_create(
                Viewer(
                    info_request=info_request,
                    user=user,
                    until=clock.today(),
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
            sync_grants(info_request)
    return people
