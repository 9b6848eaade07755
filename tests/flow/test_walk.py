"""The whole life of a request through the services, with what each step opens and leaves."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from imidesk.core import audit, clock
from imidesk.core.errors import DomainError
from requests_app.checks import grant_faults
from requests_app.models import InformationRequest
from requests_app.permissions import look
from requests_app.selectors import case
from requests_app.services import answering, receiving
from requests_app.services.receiving import LateActs
from requests_app.vocabulary import Action, Grant, Part, Purpose, State


def test_a_request_walks_from_arrival_to_closing(world):
    info_request = world.closed()

    assert info_request.state == State.CLOSED
    actions = [event.action for event in audit.events_of("request", info_request.uuid)]
    assert actions[0] == Action.RECEIVED
    assert actions[-1] == Action.CLOSED
    assert not list(audit.verify())
    assert not list(grant_faults())


def test_acceptance_opens_the_person_to_that_handler_alone(world):
    info_request = world.accepted()

    opened = case.subject(info_request, look(world.handler, info_request, Part.PERSON, Purpose.ANSWER))
    assert opened["town" if "town" in opened else "family_name"]

    for user in (world.allocator, world.other_handler, world.jurist, world.basic, world.stranger):
        with pytest.raises(PermissionDenied):
            look(user, info_request, Part.PERSON, Purpose.READ)


def test_lists_follow_roles_and_grants_follow_allocations(world):
    info_request = world.assigned()
    visible = InformationRequest.objects.visible

    for user in (world.allocator, world.handler, world.other_handler, world.basic, world.jurist):
        assert info_request in visible(user)
    assert info_request not in visible(world.stranger)
    assert Grant.ACCEPT in InformationRequest.objects.grants(world.handler, info_request.pk)
    assert Grant.ACCEPT not in InformationRequest.objects.grants(world.other_handler, info_request.pk)
    for grant in Grant:
        held = InformationRequest.objects.allowed(world.handler, grant).filter(pk=info_request.pk).exists()
        assert held == (grant in InformationRequest.objects.grants(world.handler, info_request.pk))


def test_a_page_asks_for_all_grants_of_a_request_in_few_queries(world, django_assert_max_num_queries):
    info_request = world.accepted()

    with django_assert_max_num_queries(4):
        grants = InformationRequest.objects.grants(world.handler, info_request.pk)
    assert Grant.ANSWER in grants


def test_a_request_of_the_past_opens_the_person_only_when_its_handler_confirms(world):
    moment = clock.now() - timedelta(days=3)
    late = LateActs(handler=world.handler, accepted_at=moment + timedelta(hours=2))
    info_request = receiving.register_request(
        actor=world.allocator, new=world.new_request(received_at=moment, late=late)
    )
    assert info_request.state == State.ACCEPTED

    with pytest.raises(PermissionDenied):
        look(world.handler, info_request, Part.PERSON, Purpose.READ)
    answering.confirm_acceptance(info_request=info_request, actor=world.handler)

    assert case.subject(info_request, look(world.handler, info_request, Part.PERSON, Purpose.READ))
    assert all(event.details.get("late") for event in audit.events_of("request", info_request.uuid)[:2])


def test_a_handler_records_a_whole_past_of_his_own(world):
    moment = clock.now() - timedelta(days=9)
    late = LateActs(world.handler, moment, moment + timedelta(days=2), moment + timedelta(days=5))
    new = world.new_request(received_at=moment, late=late)

    with pytest.raises(DomainError):
        receiving.register_request(actor=world.other_handler, new=new)
    info_request = receiving.register_request(actor=world.handler, new=new)

    assert info_request.state == State.CLOSED
    assert not list(audit.verify())
