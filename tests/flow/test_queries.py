"""How often each page asks the database: a few times, and never more often where there is more (issue 4, "Speed")."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from authorities.vocabulary import Role
from imidesk.core import middleware
from imidesk.monitoring.documents import SEE_OPEN
from requests_app.permissions import grants_of
from requests_app.vocabulary import State
from tests.access.table import BY_ROLE, OF_A_REQUEST
from tests.factories import measured
from tests.factories.addresses import addresses

LIST, MONITORING, OTHER = 8, 14, 12
MANY = 30
PLACES = {
    *(State.RECEIVED, State.ASSIGNED, State.ACCEPTED, State.ANSWERED, State.CLOSED),
    *(measured.PREPARED, measured.FORWARDING, measured.JOINED, measured.LETTER),
    *(measured.FILED, measured.BLOCKED, measured.OPENED, measured.ERASED),
    *(measured.LADEN, measured.LADEN_LATE),
    *(measured.HELD, measured.ASKED, measured.GRANTED, "person", "asked", ""),
}

# What nobody opens as a page. Whatever else is not counted fails the test, in every app.
NO_PAGE = {
    # Only posts, or leads on to another page.
    "archive:person_add_paper",
    "archive:person_answer",
    "archive:person_search",
    "requests_app:end_absence",
    "requests_app:remove_attachment",
    "requests_app:remove_viewer",
    "requests_app:save_answer",
    "requests_app:unprepare",
    "second_step_codes",
    "second_step_off",
    "second_step_on",
    "set_language",
    # Only after an acceptance that was recorded in IMI and not confirmed here.
    "requests_app:confirm_acceptance",
    # For who is not signed in.
    "account_login",
    # No row of the database: a file of the desk, a mail of the practice desk.
    "requests_app:schema",
    "monitoring:practice_message",
    # For a machine; it asks once what has to be ready.
    "ready",
}


def ceiling(name):
    if name == "requests_app:list":
        return LIST
    return MONITORING if name.startswith("monitoring:") else OTHER


@pytest.mark.slow
@pytest.mark.usefixtures("quick_pdf")
def test_no_page_asks_much_and_none_asks_more_where_there_is_more(world, client, monkeypatch):
    """For every role and in every place; the session, which is written once a minute, is no part of a page."""
    monkeypatch.setattr(middleware, "FRESH_SECONDS", 3600)
    people = measured.cast(world)
    measured.grow(world, people, range(1))
    few = _counts(client, people, measured.build(world, questions=1, times=1))
    measured.grow(world, people, range(1, MANY))
    many = _counts(client, people, measured.build(world, questions=None, times=5), only=few)

    names, who, places = (set(column) for column in zip(*few, strict=True))
    assert set(addresses()) - names == NO_PAGE
    assert who == {*map(str, Role), measured.APPLICANT}
    assert places == PLACES
    assert many.keys() == few.keys()
    grown = {key: number for key, number in many.items() if number > few[key]}
    over = {key: number for key, number in few.items() if number > ceiling(key[0])}
    assert not over | grown, "; ".join(f"{' '.join(key)}: {few[key]}, {many[key]}" for key in sorted(over | grown))


def _counts(client, people, desk, only=None):
    """By page, person and place: how many questions a page that opens puts to the database."""
    found = {}
    for who, user in people.items():
        client.force_login(user)
        client.get(reverse("monitoring:help"))
        roles = set(user.memberships.values_list("role", flat=True))
        rights = {place: {SEE_OPEN, *grants_of(user, found)} for place, found in desk.requests.items()}
        for name, arguments in addresses().items():
            for place in desk.places(name, arguments, user):
                key = (name, who, place.name)
                wanted = name not in NO_PAGE and (only is None or key in only)
                if wanted and _may_open(name, roles, rights.get(place.name, set())):
                    number = _count(client, name, arguments, place)
                    found |= {key: number} if number else {}
    return found


def _may_open(name, roles, rights):
    """Spares asking for what is refused anyway."""
    if name in BY_ROLE:
        return not roles.isdisjoint(BY_ROLE[name])
    return not OF_A_REQUEST.get(name) or not rights.isdisjoint(OF_A_REQUEST[name])


def _count(client, name, arguments, place):
    """None where the address leads to no page."""
    values = {argument: place.values.get(argument) for argument in arguments}
    if None in values.values():
        return None
    with CaptureQueriesContext(connection) as asked:
        response = client.get(reverse(name, kwargs=values), place.query)
    return sum("SAVEPOINT" not in query["sql"] for query in asked) if response.status_code == 200 else None
