"""The table of rights over HTTP, through every address of the resolver (SP-07, SP-26, SP-29; pitfalls 14 to 18).

In CI a seeded sample in which every two of role, relation, state, address and method meet; `make access` takes all.
"""

import itertools
import os
import random
import re
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse

from authorities.vocabulary import Role
from imidesk.monitoring.documents import ADVISER, DIRECT, LOOKS, PLACES, SEE_OPEN
from requests_app.models import SealedFile, Viewer
from requests_app.vocabulary import DataState, FileKind
from tests.access import standings
from tests.access.table import BY_ROLE, EVERY_ADDRESS, OF_A_REQUEST, OF_EVERYBODY, WITHOUT_SIGN_IN, rights_for
from tests.factories.addresses import addresses
from tests.factories.world import make_user
from tests.flow.test_markers import PERSON, QUESTIONS, REASONS, accept_and_answer, marked_request

pytestmark = pytest.mark.slow
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
RELATIONS = ("none", *standings.HERE)
EVERYTHING = os.environ.get("IMIDESK_ACCESS") == "all"
NOWHERE = "NB-1999-99999"
# Reached by who holds the right. 400 where a form came broken.
REACHED = {200, 302, 400, 405, 409, 422}
REFUSED = {403, 405, 409}
# What these show is not there for anybody of the cast: that they open, the tests of letters, decisions and persons say.
NOT_IN_THE_CAST = {
    "requests_app:remove_attachment",
    "requests_app:letter",
    "requests_app:letter_print",
    "archive:opened",
    "archive:decision",
    "archive:decision_file",
    "archive:person",
    "archive:person_add_paper",
    "archive:person_paper",
    "archive:person_answer",
    "archive:person_search",
}
# Nor is an answer that names no page on which it was typed.
MAY_BE_MISSING = NOT_IN_THE_CAST | {"requests_app:save_answer"}


@dataclass(frozen=True)
class Try:
    role: str
    relation: str
    place: str
    address: str
    method: str


def test_every_address_is_in_the_table():
    """A new page is refused here until somebody has said who may see it."""
    assert set(addresses()) == EVERY_ADDRESS
    assert {name for name, arguments in addresses().items() if "reference" in arguments} == set(OF_A_REQUEST)
    assert len(EVERY_ADDRESS) == sum(map(len, (OF_A_REQUEST, BY_ROLE, OF_EVERYBODY, WITHOUT_SIGN_IN)))


def every_try():
    return [
        Try(*values)
        for values in itertools.product(
            Role.values, RELATIONS, map(str, PLACES), sorted(OF_A_REQUEST.keys() | BY_ROLE.keys()), METHODS
        )
    ]


def pairwise(seed):
    """Tries in which any two values of different columns stand together at least once."""
    dice = random.Random(seed)
    columns = [Role.values, RELATIONS, list(map(str, PLACES)), sorted(OF_A_REQUEST.keys() | BY_ROLE.keys()), METHODS]
    pairs = {
        ((one, a), (other, b))
        for one, other in itertools.combinations(range(len(columns)), 2)
        for a in columns[one]
        for b in columns[other]
    }
    left = sorted(pairs, key=str)  # a set has another order in each run
    dice.shuffle(left)
    open_pairs = set(left)
    while left:
        (one, a), (other, b) = left.pop()
        if ((one, a), (other, b)) not in open_pairs:
            continue
        best, covered = None, set()
        for _ in range(12):
            row = [dice.choice(column) for column in columns]
            row[one], row[other] = a, b
            now = {pair for pair in itertools.combinations(enumerate(row), 2)} & open_pairs
            if len(now) > len(covered):
                best, covered = row, now
        open_pairs -= covered
        yield Try(*best)


def test_a_sample_meets_every_two():
    columns = list(zip(*((t.role, t.relation, t.place, t.address, t.method) for t in pairwise(1)), strict=True))
    assert len(set(zip(columns[0], columns[3], strict=True))) == len(Role) * len(OF_A_REQUEST.keys() | BY_ROLE.keys())
    assert len(set(zip(columns[1], columns[2], strict=True))) == len(RELATIONS) * len(PLACES)


@pytest.mark.parametrize("role", Role.values if EVERYTHING else ["any"])
def test_each_answers_as_the_table_says(world, role):
    cast, cells = standings.marked_cast(world), standings.matrix()
    tries = [one for one in every_try() if one.role == role] if EVERYTHING else list(pairwise(20261122))
    clients, nowhere, opened = {}, {}, set()
    for one in sorted(tries, key=lambda one: (one.role, one.relation)):
        work_with_allocation(world, one.relation != DIRECT)
        user = cast.people[one.role, one.relation]
        client = clients.get(user) or clients.setdefault(user, signed_in(user))
        info_request = cast.places[one.place]
        rights = cells[one.role, one.relation]
        answer = ask(client, one.method, address(one.address, info_request))
        seen = marks_in(answer)
        if one.address in BY_ROLE:
            if one.relation != "none" and answer.status_code != 405:
                assert (answer.status_code != 403) == (one.role in BY_ROLE[one.address]), (one, answer.status_code)
            assert seen == set(), one
            continue
        if not rights[one.place, SEE_OPEN]:
            key = (user, one.address, one.method)
            if key not in nowhere:
                nowhere[key] = ask(client, one.method, address(one.address, info_request, reference=NOWHERE))
            assert same(answer, info_request.reference) == same(nowhere[key], NOWHERE), one
            assert answer.status_code in {404, 405}, (one, answer.status_code)
        elif any(rights[one.place, right] for right in rights_for(one.address, one.method)):
            reached = REACHED | ({404} if one.address in MAY_BE_MISSING else set())
            assert answer.status_code in reached, (one, answer.status_code)
        else:
            assert answer.status_code in REFUSED, (one, answer.status_code)
        may = set()
        if rights[one.place, "see_questions"]:
            may |= set(QUESTIONS)
        if rights[one.place, "see_person"]:
            may |= {*QUESTIONS, *PERSON, *REASONS}
        assert seen <= may, (one, seen - may)
        opened |= seen
    print(f"{role}: {len(tries)} requests")
    assert opened, "a marker that nobody meets proves nothing"


def test_every_address_opens_for_somebody_who_may(world):
    """A page that is not found by everybody, also by who may see it, would pass every other test of this table."""
    cast, cells = standings.marked_cast(world), standings.matrix()
    clients, closed = {}, {}
    for name in (*OF_A_REQUEST, *BY_ROLE):
        seen = set()
        for user, relation, place in who_may(name, cast, cells):
            work_with_allocation(world, relation != DIRECT)
            client = clients.get(user) or clients.setdefault(user, signed_in(user))
            url = address(name, cast.places[place])
            status = ask(client, "GET", url).status_code
            if status == 405:
                sent = ask(client, "POST", url, f"token={uuid4()}".encode()).status_code
                status = 200 if sent not in {403, 404, 405} else sent
            seen.add(status)
            if status in {200, 302}:
                break
        else:
            closed[name] = seen
    assert {name: statuses - {404} for name, statuses in closed.items()} == {name: set() for name in NOT_IN_THE_CAST}


def who_may(name, cast, cells):
    """Whoever holds a right of this address, with a place in which he does."""
    for (role, relation), user in cast.people.items():
        for place in map(str, PLACES):
            if name in BY_ROLE and relation != "none":
                if role in BY_ROLE[name]:
                    yield user, relation, place
                break
            if name in OF_A_REQUEST and any(cells[role, relation][place, right] for right in OF_A_REQUEST[name]):
                yield user, relation, place


def test_the_overview_shows_the_person_to_whom_the_table_says_and_to_nobody_else(world):
    """By content: the same page, 200 for many, with the marker in it for few."""
    cast, cells = standings.marked_cast(world), standings.matrix()
    found = {}
    for (role, relation), user in cast.people.items():
        whole = EVERYTHING or (role, relation) in ((Role.BEHANDELAAR, "accepted"), (Role.RAADPLEGER, "raadpleger"))
        places = PLACES if whole else PLACES[2:3]
        client = signed_in(user)
        work_with_allocation(world, relation != DIRECT)
        for place in places:
            answer = client.get(address("requests_app:detail", cast.places[str(place)]))
            found[role, relation, str(place)] = marks_in(answer)
            rights = cells[role, relation]
            assert (answer.status_code == 200) == rights[str(place), SEE_OPEN], (role, relation, place)
            for look, mark in (("see_questions", "motivation"), ("see_person", "family")):
                assert (mark in marks_in(answer)) == rights[str(place), look], (role, relation, place, mark)
    assert any("family" in marks for marks in found.values())
    assert LOOKS.keys() >= {"see_questions", "see_person"}


def test_who_has_no_role_meets_one_404_everywhere(world):
    """Pitfall 15: no rights are no rights, a superuser holds nothing, and an allocation does not outlive the role."""
    info_request = marked_request(world)
    accept_and_answer(world, info_request)
    page = address("requests_app:detail", info_request)
    assert "family" in marks_in(signed_in(world.handler).get(page))
    world.handler.memberships.update(valid_until="2020-01-01")
    superuser = make_user("alles", "Iemand", "Met Alles", is_superuser=True)

    for user in (world.stranger, superuser, world.handler):
        client = signed_in(user)
        for name, method in itertools.product(OF_A_REQUEST, ("GET", "POST")):
            here = ask(client, method, address(name, info_request))
            nowhere = ask(client, method, address(name, info_request, reference=NOWHERE))
            assert here.status_code in {404, 405}, (user, name, method)
            assert same(here, info_request.reference) == same(nowhere, NOWHERE), (user, name, method)
        for name in (*BY_ROLE, "requests_app:list", "monitoring:start"):
            answers = [ask(client, method, address(name, info_request)) for method in ("GET", "POST")]
            answered = {answer.status_code for answer in answers} - {405}
            assert (answered == {403}) == (name in BY_ROLE), (user, name)
            for answer in answers:
                assert info_request.reference not in answer.content.decode() and not marks_in(answer)


def test_who_is_not_signed_in_is_sent_to_sign_in(world):
    """Whether the request exists or not; what needs no sign-in says nothing of requests."""
    info_request = world.complete()
    client = Client()
    for name, arguments in addresses().items():
        if name in WITHOUT_SIGN_IN or name == "account_logout":
            continue
        answer = client.get(address(name, info_request, arguments=arguments))
        assert answer.status_code == 302 and answer["Location"].startswith(reverse(settings.LOGIN_URL)), name
    for name in WITHOUT_SIGN_IN:
        assert info_request.reference not in client.get(reverse(name)).content.decode()


def test_what_belongs_to_another_request_or_another_person_is_not_found(world):
    """Pitfall 17: the handler holds every right on both requests; the address binds what is in it."""
    own, other = world.complete(), world.complete()
    for info_request in (own, other):
        Viewer.objects.create(
            info_request=info_request,
            user=world.jurist,
            until="2999-01-01",
            reason="viewer.check",
            added_by=world.handler,
            added_at=info_request.received_at,
        )
    client = signed_in(world.handler)
    nested = {name for name, arguments in addresses().items() if {"question", "file", "viewer"} & set(arguments)} - {
        "requests_app:download",
        "requests_app:remove_attachment",
        "archive:decision_file",
    }
    assert len(nested) == 3
    for name in nested:
        body = f"token={uuid4()}".encode()
        assert ask(client, "POST", address(name, own), body).status_code != 404, name
        assert ask(client, "POST", address(name, other, reference=own.reference), body).status_code == 404, name


def work_with_allocation(world, yes):
    """Preference 4 of the authority."""
    world.home.registrations.update(works_with_allocation=yes)


def signed_in(user):
    client = Client(raise_request_exception=True)
    client.force_login(user)
    return client


def ask(client, method, url, body=b""):
    """What a step does is undone: every try meets the same desk."""
    with undone():
        return client.generic(method, url, body, content_type="application/x-www-form-urlencoded")


@contextmanager
def undone():
    class Undo(Exception):
        pass

    try:
        block = transaction.atomic()
        block._from_testcase = True  # as the block of the test itself: services insist on an outermost one
        with block:
            yield
            raise Undo
    except Undo:
        pass


def address(name, info_request, *, reference=None, arguments=None):
    question = info_request.questions.first()
    attached = SealedFile.objects.filter(info_request=info_request, kind=FileKind.FROM_REQUESTER).first()
    viewer = Viewer.objects.filter(info_request=info_request).first()
    known = {
        "reference": reference or info_request.reference,
        "letter": question.tab,
        "question": question.pk,
        "file": attached.pk if attached else uuid4(),
        "viewer": viewer.pk if viewer else 999_999,
        "absence": 999_999,
        "decision": uuid4(),
        "pk": 999_999,
        "number": "AVG-1999-00001",
        "paper": uuid4(),
        "message": "geen",
        "name": "imidesk.intake.1",
    }
    return reverse(name, kwargs={argument: known[argument] for argument in arguments or addresses()[name]})


def same(answer, reference):
    """Without what differs by itself: the token against forgery, and the address that was typed."""
    text = re.sub(r"[A-Za-z0-9]{64}", "", answer.content.decode(errors="replace"))
    text = re.sub(r"nonce[-=\"'A-Za-z0-9+/_]+", "", text)
    return answer.status_code, text.replace(answer.request["PATH_INFO"], "").replace(reference, "")


def marks_in(answer):
    text = answer.content.decode(errors="replace") + str(answer.headers)
    return {name for name, mark in (QUESTIONS | PERSON | REASONS).items() if re.search(rf"{mark}(?![a-z])", text)}


def test_the_places_and_relations_are_those_of_the_matrix():
    assert {ADVISER, *RELATIONS} == {relation for _, relation in standings.matrix()}
    assert set(DataState) - {DataState.OPEN} <= set(PLACES)
