"""The whole life of a request through the services, with what each step opens and leaves."""

import pytest
from django.core.exceptions import PermissionDenied

from imidesk.core import audit
from requests_app.checks import grant_faults
from requests_app.models import InformationRequest
from requests_app.permissions import look
from requests_app.selectors import case
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
