"""Who reads the notes among the people of the desk: whom the page promised it to, and nobody along (IN-03, IN-22)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from imidesk.core import clock
from requests_app.services import answering, assigning, relations

WISH, NOTE, RETURNED = "Noor kan dit niet aan.", "Bel eerst even met Bram.", "Dit past niet bij mij."


def page(client, info_request):
    return client.get(reverse("requests_app:detail", args=[info_request.reference])).content.decode()


@pytest.fixture
def noted(world):
    """Asked for by one handler, allocated with a note to him, returned in words, and allocated to another."""
    info_request = world.received()
    assigning.ask_allocation(info_request=info_request, actor=world.other_handler, note=WISH)
    assigning.allocate(
        info_request=info_request, actor=world.allocator, handlers=[world.other_handler, world.handler], note=NOTE
    )
    assigning.give_back(info_request=info_request, actor=world.other_handler, reason="return.no_time", words=RETURNED)
    return info_request


def test_a_wish_and_a_return_are_for_the_allocators(world, sign_in, noted):
    allocators = page(sign_in(world.allocator), noted)
    assert WISH in allocators and NOTE in allocators and RETURNED in allocators
    handlers = page(sign_in(world.handler), noted)
    assert NOTE in handlers
    assert WISH not in handlers and RETURNED not in handlers


def test_who_wrote_a_note_reads_it_back(world, sign_in, noted):
    assigning.allocate(info_request=noted, actor=world.allocator, handlers=[world.other_handler])
    own = page(sign_in(world.other_handler), noted)
    assert WISH in own and RETURNED in own and NOTE in own


def test_who_advises_or_reads_along_reads_no_note(world, sign_in, noted):
    answering.accept_request(info_request=noted, actor=world.handler, done_at=clock.now())
    relations.ask_advice(info_request=noted, actor=world.handler, question="Mag dit?")
    relations.add_viewer(
        info_request=noted,
        actor=world.handler,
        user=world.basic,
        reason="viewer.check",
        until=clock.today() + timedelta(days=5),
    )
    for person in (world.jurist, world.basic):
        text = page(sign_in(person), noted)
        assert "Wij controleren de vestiging." in text
        assert not any(note in text for note in (WISH, NOTE, RETURNED))
    accepted = page(sign_in(world.handler), noted)
    assert NOTE in accepted and WISH not in accepted
