"""The matrix of docs/permissions.md against the query that lists, pages and steps ask (house rule 3)."""

import csv
import io
import random

import pytest
from django.core.management import call_command

from authorities.vocabulary import Role
from imidesk.core import clock
from imidesk.monitoring.documents import ACCEPTED, ADVISER, AREA, LOOKS, NO_RELATION, PLACES, SEE_OPEN, VIEWER
from requests_app.models import AdviceRequest, InformationRequest
from requests_app.vocabulary import DataState, Grant, State
from tests.access import standings


@pytest.fixture(scope="module")
def matrix():
    return standings.matrix()


def test_every_cell_of_the_matrix_is_what_the_query_says(world, matrix):
    """USR-36, IN-08: module services works with allocation, sdg_evidence without it."""
    places = standings.plain_requests(world)
    people = standings.people(world, [info_request for pair in places.values() for info_request in pair])
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
        info_request = places[place][standings.index_of(relation)]
        assert (info_request.pk in found[action]) == allowed, (str(user), place, action)
    for place in random.Random(str(user)).sample(PLACES, 3):
        info_request = places[place][standings.index_of(relation)]
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
