"""The plain page of the lawyer: figures of open columns, each opening its list (design 1, STA-08)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from authorities.models import Authority, Membership
from authorities.vocabulary import Role
from imidesk.core import clock
from requests_app import catalogue
from requests_app.services import ending
from requests_app.vocabulary import Channel
from tests.factories.world import SUBJECT, make_user, member

OVERVIEW = reverse("monitoring:overview")
PEOPLE = ("allocator", "backup", "handler", "other_handler", "basic")


@pytest.fixture
def used_desk(world):
    """One of everything the page counts."""
    agency = Authority.objects.create(name="Omgevingsdienst Voorbeeld")
    Membership.objects.filter(user=world.handler).update(organisation=agency)
    world.received(received_at=clock.now() - timedelta(days=9))
    world.accepted()
    world.answered()
    world.closed()
    ending.forward_request(
        info_request=world.assigned(),
        actor=world.handler,
        to=world.justis,
        reason="forward.criminal_sanctions",
        words="",
        done_at=clock.now(),
    )
    ending.refuse_request(
        info_request=world.assigned(),
        actor=world.handler,
        reason=catalogue.reasons("refuse")[0].code,
        words="Te weinig reden gegeven.",
        done_at=clock.now(),
    )
    world.received(channel=Channel.DESK, fictitious=True)
    return world


def figures_of(overview):
    yield from overview.figures
    for table in overview.tables:
        for group in table.groups:
            yield from group.figures
    for _title, figures in overview.reasons:
        yield from figures


def test_every_figure_opens_the_list_it_counts(used_desk, sign_in):
    client = sign_in(used_desk.jurist)
    overview = client.get(OVERVIEW).context["overview"]

    figures = list(figures_of(overview))
    assert len(figures) > 20
    for figure in figures:
        listed = client.get(figure.url)
        assert listed.status_code == 200, figure.url
        assert listed.context["page_obj"].paginator.count == figure.value, figure.url


def test_the_figures_are_those_of_the_desk(used_desk, sign_in):
    overview = sign_in(used_desk.jurist).get(OVERVIEW).context["overview"]

    came_in, still_open, late, waiting, to_file, to_block, to_erase = (figure.value for figure in overview.figures)
    assert (came_in, still_open, late, waiting, to_file, to_block, to_erase) == (6, 3, 1, 1, 1, 0, 0)
    module, activity, requester, team, organisation = (table.groups for table in overview.tables)
    assert all((module, activity, requester)) and not team
    assert [group.label for group in organisation] == ["Omgevingsdienst Voorbeeld"]
    assert [figure.value for figure in organisation[0].figures] == [5, 2, 0]
    assert [[figure.value for figure in figures] for _title, figures in overview.reasons] == [[1], [1]]


def test_blocked_and_erased_in_ninety_days(world, sign_in):
    """DP-03: what comes within ninety days is seen ahead."""
    world.closed()
    for _step in range(4):
        clock.move(timedelta(days=30))

    overview = sign_in(world.jurist).get(OVERVIEW).context["overview"]

    assert [figure.value for figure in overview.figures[-2:]] == [1, 0]


def test_no_person_stands_in_the_overview(used_desk, sign_in):
    """Neither of a provider nor of the desk; the reader's own name is in the frame, so the check can see one."""
    assert str(used_desk.allocator) in sign_in(used_desk.allocator).get(OVERVIEW).content.decode()

    page = sign_in(used_desk.jurist).get(OVERVIEW).content.decode()

    for person in PEOPLE:
        assert str(getattr(used_desk, person)) not in page
    for word in (SUBJECT["family_name"], SUBJECT["given_names"], "Te weinig reden gegeven."):
        assert word not in page


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.JURIST, 200),
        (Role.TOEZICHTHOUDER, 200),
        (Role.TOEWIJZER, 200),
        (Role.BEHANDELAAR, 403),
        (Role.BASISGEBRUIKER, 403),
        (Role.RAADPLEGER, 403),
        (Role.LOKALE_GEGEVENSBEHEERDER, 403),
        (Role.FG, 403),
        (Role.BEHEERDER, 403),
        (Role.COORDINATOR, 403),
    ],
)
def test_who_may_open_the_overview(world, sign_in, role, status):
    user = make_user("iris", "Iris", "Voorbeeld")
    member(user, world.home, role, *(["services"] if role in _PER_MODULE else []))

    assert sign_in(user).get(OVERVIEW).status_code == status


_PER_MODULE = {
    Role.TOEZICHTHOUDER, Role.TOEWIJZER, Role.BEHANDELAAR, Role.BASISGEBRUIKER, Role.RAADPLEGER,
    Role.LOKALE_GEGEVENSBEHEERDER,
}  # fmt: skip


def test_a_supervisor_counts_his_own_module_alone(used_desk, sign_in):
    user = make_user("iris", "Iris", "Voorbeeld")
    member(user, used_desk.home, Role.TOEZICHTHOUDER, "sdg_evidence")

    assert not any(figure.value for figure in figures_of(sign_in(user).get(OVERVIEW).context["overview"]))


def test_the_overview_asks_little(used_desk, sign_in, django_assert_max_num_queries):
    client = sign_in(used_desk.jurist)
    client.get(OVERVIEW)

    with django_assert_max_num_queries(14):
        client.get(OVERVIEW)
