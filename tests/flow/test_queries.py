"""How often each page asks the database: a few times, and never more often where there is more (issue 4, "Speed")."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from authorities.models import Absence, Keyword, Team
from authorities.vocabulary import Module, Role
from imidesk.core import clock
from imidesk.monitoring.documents import SEE_OPEN
from requests_app import catalogue
from requests_app.models import SavedView, SealedFile
from requests_app.permissions import grants_of
from requests_app.services import answering, relations
from requests_app.vocabulary import Procedure, State
from requests_app.writing import NewQuestion
from tests.access.table import OF_A_REQUEST
from tests.factories.addresses import addresses
from tests.factories.world import make_user, mandated, member

LIST, MONITORING, OTHER = 8, 14, 12
# No page for a person; it asks once what has to be ready.
NOT_COUNTED = {"ready"}
MANY = 30


def ceiling(name):
    if name == "requests_app:list":
        return LIST
    return MONITORING if name.startswith("monitoring:") else OTHER


@pytest.mark.slow
def test_no_page_asks_much_and_none_asks_more_where_there_is_more(world, client):
    people = (world.handler, world.allocator)
    _grow(world, range(1))
    few_requests = _requests(world, questions=1)
    _fill(world, few_requests, range(1))
    few = _counts(client, people, few_requests)
    assert {name for name in addresses() if name.startswith("requests_app:")} - {key[0] for key in few} <= NO_PAGE
    _grow(world, range(1, MANY))
    requests = _requests(world, questions=None)
    _fill(world, requests, range(1, 5))
    many = _counts(client, people, requests, only=few)

    grown = {key: (few[key], many[key]) for key in few if many.get(key, 0) > few[key]}
    assert grown == {}
    most: dict[str, int] = {}
    for (name, _, _), number in (*few.items(), *many.items()):
        most[name] = max(number, most.get(name, 0))
    over = {name: number for name, number in most.items() if number > ceiling(name)}
    assert not over, "; ".join(f"{name} {number}" for name, number in sorted(over.items()))


# Buttons that only post, files, and what needs more than a request in a state: the letter, the second handler.
NO_PAGE = {
    "requests_app:confirm_acceptance",
    "requests_app:download",
    "requests_app:end_absence",
    "requests_app:join",
    "requests_app:letter",
    "requests_app:letter_print",
    "requests_app:prepared",
    "requests_app:remove_attachment",
    "requests_app:remove_viewer",
    "requests_app:save_answer",
    "requests_app:saved_view",
    "requests_app:schema",
    "requests_app:take_up",
    "requests_app:unprepare",
}


def _requests(world, questions):
    codes = catalogue.set_for(Procedure.INFORMATION_REQUEST, False).questions[:questions]
    asked = {"questions": tuple(NewQuestion(code=question.code) for question in codes)}
    prepared = world.complete(**asked)
    answering.prepare_answer(info_request=prepared, actor=world.handler)
    return {
        State.RECEIVED: world.received(**asked),
        State.ASSIGNED: world.assigned(**asked),
        State.ACCEPTED: world.complete(**asked),
        State.ANSWERED: world.answered(**asked),
        State.CLOSED: world.closed(**asked),
        "prepared": prepared,
    }


def _grow(world, numbers):
    """More requests, people, teams, absences and saved views."""
    now = clock.now()
    for number in numbers:
        world.received()
        team = Team.objects.create(authority=world.home, name=f"Team {number}")
        user = make_user(f"nog-{number}", "Iemand", f"Voorbeeld {number}")
        member(user, world.home, Role.BEHANDELAAR, *Module.values, team=team)
        mandated(user, world.home)
        Absence.objects.create(user=user, first_day=clock.today(), last_day=clock.today())
        for person in (world.handler, world.allocator):
            SavedView.objects.create(user=person, name=f"Weergave {number}", query="", made_at=now)


def _fill(world, requests, numbers):
    """Readers, keywords and wishes of each request; the answers come with the questions, the files with the reports."""
    keywords = [Keyword.objects.get_or_create(code=f"trefwoord-{number}")[0] for number in numbers]
    for info_request in requests.values():
        info_request.keywords.set(keywords)
    for state in (State.ACCEPTED, State.ANSWERED, State.CLOSED):
        for number in numbers:
            reader = make_user(f"lezer-{state}-{number}", "Iemand", "Voorbeeld")
            member(reader, world.home, Role.RAADPLEGER, *Module.values)
            until = clock.today() + timedelta(days=3)
            relations.add_viewer(
                info_request=requests[state], actor=world.handler, user=reader, reason="viewer.check", until=until
            )


def _counts(client, people, requests, only=None):
    """By page, person and state: how many questions a page that opens puts to the database."""
    found = {}
    for user in people:
        client.force_login(user)
        client.get(reverse("monitoring:help"))
        grants = {state: grants_of(user, info_request) for state, info_request in requests.items()}
        for name, arguments in addresses().items():
            for state, info_request in requests.items():
                key = (name, user.username, str(state))
                if name in NOT_COUNTED or (only is not None and key not in only):
                    continue
                if name in OF_A_REQUEST and not OF_A_REQUEST[name] & {SEE_OPEN, *grants[state]}:
                    continue
                address = _address(name, arguments, info_request)
                if address is None:
                    break
                with CaptureQueriesContext(connection) as asked:
                    response = client.get(address)
                if response.status_code == 200:
                    found[key] = sum("SAVEPOINT" not in query["sql"] for query in asked)
                if "reference" not in arguments:
                    break
    return found


def _address(name, arguments, info_request):
    known = {
        "reference": info_request.reference,
        "letter": "A",
        "question": info_request.questions.first().uuid,
        "file": next(iter(SealedFile.objects.filter(info_request=info_request).values_list("pk", flat=True)), None),
    }
    values = {argument: known.get(argument) for argument in arguments}
    return None if None in values.values() else reverse(name, kwargs=values)
