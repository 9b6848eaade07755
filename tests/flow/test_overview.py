"""The overview of the lawyer: figures of open columns, each opening its list (ANS-10, REM-23, STA-03 to STA-08)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from archive import personal_data
from authorities.models import Authority, Membership
from authorities.vocabulary import Role
from imidesk.core import clock
from requests_app import catalogue
from requests_app.forms.lists import ListForm
from requests_app.models import InformationRequest
from requests_app.selectors import lists
from requests_app.services import assigning, ending
from requests_app.vocabulary import Channel, DataState
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


def overview_of(client, **period):
    return client.get(OVERVIEW, period).context["overview"]


def figures_of(overview):
    yield from overview.now
    yield from overview.came_in
    for indicator in overview.indicators:
        yield from filter(None, (indicator.part, indicator.whole))
    for table in (overview.by_time, *overview.tables, *overview.reasons):
        for group in table.groups:
            yield from group.figures


def values(figures):
    return [figure.value for figure in figures]


def rows_behind(user, figure):
    """As the list page finds them."""
    people = lists.people(user)
    form = ListForm(QueryDict(figure.url.partition("?")[2]), people=people)
    assert form.is_valid(), form.errors
    return len(lists.page(people.access, form.filters()).rows)


def differing(user, overview):
    """Figures whose list has another number of rows."""
    figures = list(figures_of(overview))
    assert len(figures) > 60
    found = [(figure, rows_behind(user, figure)) for figure in figures]
    return [(str(figure.label), figure.value, rows, figure.url) for figure, rows in found if rows != figure.value]


def test_every_figure_opens_the_list_it_counts(used_desk, sign_in):
    client = sign_in(used_desk.jurist)
    overview = overview_of(client)
    assert differing(used_desk.jurist, overview) == []

    shown = [*overview.now, *overview.came_in, *(table.groups[0].figures[0] for table in overview.tables)]
    for figure in shown:
        assert len(client.get(figure.url).context["rows"]) == figure.value, figure.url


def test_the_figures_are_those_of_the_desk(used_desk, sign_in):
    overview = overview_of(sign_in(used_desk.jurist))

    assert values(overview.now) == [3, 1, 1, 1, 0, 0]
    page = sign_in(used_desk.jurist).get(OVERVIEW).content.decode()
    beside_now = page.partition("<h2>Nu</h2>")[2].partition("</ul>")[0]
    assert "Oefenverzoeken (FICTIEF) tellen hier niet mee; op Start wel." in beside_now
    assert values(overview.came_in) == [6, 2, 3, 1, 1, 0]
    module, activity, team, organisation, requester = (table.groups for table in overview.tables)
    assert [values(group.figures) for group in module] == [[6, 3, 1, 1, 2, 0]]
    assert [group.label for group in activity] == ["vuurwerk ontbranden"]
    assert [(group.label, values(group.figures)) for group in team] == [("Vergunningen", [5, 2, 0, 1, 2, 0])]
    assert [group.label for group in organisation] == ["Omgevingsdienst Voorbeeld"]
    assert [group.label for group in requester] == ["Duitsland – Gewerbeamt Musterhausen"]


def test_a_handler_without_an_organisation_counts_for_the_authority_itself(used_desk, sign_in):
    """REM-23: how province and environment agencies use the desk; two handlers of one organisation are one use."""
    both = [used_desk.handler, used_desk.other_handler]
    assigning.allocate(info_request=used_desk.received(), actor=used_desk.allocator, handlers=both)
    client = sign_in(used_desk.jurist)
    organisations = overview_of(client).tables[3].groups
    assert [(group.label, group.figures[0].value) for group in organisations] == [
        ("Omgevingsdienst Voorbeeld", 6),
        ("Provincie Noord-Brabant", 1),
    ]

    Membership.objects.filter(user=used_desk.other_handler).update(organisation=organisations_pk(used_desk))

    overview = overview_of(client)
    organisations = overview.tables[3].groups
    assert [(group.label, group.figures[0].value) for group in organisations] == [("Omgevingsdienst Voorbeeld", 6)]
    assert differing(used_desk.jurist, overview) == []


def organisations_pk(world):
    return Membership.objects.filter(user=world.handler).values_list("organisation", flat=True)[0]


def test_reasons_of_every_kind(used_desk, sign_in):
    """Forwarding, refusing, excusing, returning and delay: by code, from open columns and the trail."""
    for reason in ("return.no_time", "return.no_time", "return.wrong_team"):
        assigning.give_back(
            info_request=used_desk.assigned(), actor=used_desk.handler, reason=reason, words="Te veel werk."
        )
    assigning.report_delay(
        info_request=used_desk.accepted(),
        actor=used_desk.handler,
        reason="delay.translation",
        expected_on=clock.today() + timedelta(days=20),
    )
    client = sign_in(used_desk.jurist)

    overview = overview_of(client)
    forwarded, refused, excused, returned, delayed = overview.reasons

    assert [group.figures[0].value for group in forwarded.groups] == [1]
    assert [group.figures[0].value for group in refused.groups] == [1]
    assert [group.figures[0].value for group in excused.groups] == [2, 2, 2]
    assert [(group.label, group.figures[0].value) for group in returned.groups] == [
        ("Geen tijd binnen de gevraagde termijn", 2),
        ("Dit hoort bij een ander team", 1),
    ]
    assert [(group.label, group.figures[0].value) for group in delayed.groups] == [("Vertalen kost meer tijd", 1)]
    assert differing(used_desk.jurist, overview) == []


def test_only_requests_of_the_period_are_counted(used_desk, sign_in):
    """The period is in the address; what stands open now does not depend on it."""
    today = clock.today()
    week_ago = today - timedelta(days=7)
    client = sign_in(used_desk.jurist)

    recent = overview_of(client, received_from=week_ago.isoformat())
    older = overview_of(client, received_until=(week_ago - timedelta(days=1)).isoformat())

    assert (recent.total, older.total) == (5, 1)
    assert values(recent.now) == values(older.now) == [3, 1, 1, 1, 0, 0]
    assert len(older.by_time.groups) in (12, 13)
    for figure in figures_of(older):
        assert rows_behind(used_desk.jurist, figure) == figure.value, figure.url


def test_a_long_period_is_shown_by_year(used_desk, sign_in):
    overview = overview_of(sign_in(used_desk.jurist), received_from="2000-01-01")

    years = {clock.today().year, (clock.today() - timedelta(days=9)).year}
    assert [group.label for group in overview.by_time.groups] == [str(year) for year in sorted(years)]


@pytest.mark.parametrize("wrong", [{"received_from": "morgen"}, {"received_from": "2090-01-01"}])
def test_a_wrong_period_is_said_in_the_form(used_desk, sign_in, wrong):
    page = sign_in(used_desk.jurist).get(OVERVIEW, wrong)

    assert page.status_code == 422
    assert "received_from" in page.context["form"].errors
    assert "desk-indicators" not in page.content.decode()


def test_an_empty_period_says_so(world, sign_in):
    page = sign_in(world.jurist).get(OVERVIEW).content.decode()

    assert "In deze periode kwamen geen verzoeken binnen" in page


def test_under_ten_requests_are_counted_and_not_judged(used_desk, sign_in):
    """Design 8: no percentage, no average, no colour, no drawing."""
    client = sign_in(used_desk.jurist)
    overview = overview_of(client)
    accepted, answered, _on_time = overview.indicators
    assert (accepted.part.value, accepted.whole.value) == (3, 4)
    assert (answered.part, answered.whole.value) == (None, 2)
    assert not any(indicator.mark for indicator in overview.indicators)
    assert not any(figure.tone or figure.note for figure in figures_of(overview))
    page = client.get(OVERVIEW).content.decode()
    assert "desk-indicators" in page
    assert "<svg" not in page.partition("<main")[2]


def test_ten_requests_are_judged(world, sign_in):
    """STA-03 to STA-05 with their colours, in words, and drawn."""
    for days_ago in (12, 12, 9, 2, 2, 2, 2, 2, 2, 2):
        world.answered(received_at=clock.now() - timedelta(days=days_ago))
    client = sign_in(world.jurist)

    overview = overview_of(client)
    accepted, answered, on_time = overview.indicators

    assert (accepted.mark.text, accepted.mark.colour) == ("70%", "yellow")
    assert (answered.mark.text, answered.mark.colour) == ("4,7 dagen", "green")
    assert (on_time.mark.text, on_time.mark.colour) == ("100%", "green")
    page = client.get(OVERVIEW).content.decode()
    assert page.count('role="img"') == 4
    assert "gemiddeld 4,7 dagen" in page
    assert differing(world.jurist, overview) == []


def test_figures_stay_after_erasing(world, sign_in):
    """STA-08."""
    erased = world.closed()
    InformationRequest.objects.filter(pk=erased.pk).update(data_state=DataState.ERASED)
    personal_data.erase([erased])
    overview = overview_of(sign_in(world.jurist))

    assert values(overview.came_in)[:2] == [1, 1]
    assert [group.figures[0].value for group in overview.reasons[2].groups] == [1, 1, 1]


def test_blocked_and_erased_in_ninety_days(world, sign_in):
    """DP-03: what comes within ninety days is seen ahead."""
    world.closed()
    for _step in range(4):
        clock.move(timedelta(days=30))

    assert values(overview_of(sign_in(world.jurist)).now)[-2:] == [1, 0]


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

    assert overview_of(sign_in(used_desk.jurist)).total
    assert not any(figure.value for figure in figures_of(overview_of(sign_in(user))))


def test_the_overview_asks_as_little_for_many_requests_as_for_few(used_desk, sign_in):
    """At most fourteen queries."""
    client = sign_in(used_desk.jurist)
    client.get(OVERVIEW)
    with CaptureQueriesContext(connection) as few:
        client.get(OVERVIEW)
    for _number in range(6):
        used_desk.answered()
    with CaptureQueriesContext(connection) as many:
        client.get(OVERVIEW)

    assert len(many) == len(few) <= 14
