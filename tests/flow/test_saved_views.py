"""Filters of the list kept under a name, and the way back to the list (STA-01; pitfall 14)."""

import re

import pytest
from django.urls import reverse
from django.utils import translation

from authorities.models import User
from imidesk.core import clock
from requests_app.models import InformationRequest, SavedView
from requests_app.models.access import Access
from requests_app.services.saved_views import MOST_VIEWS
from requests_app.vocabulary import State

LIST = reverse("requests_app:list")
VIEWS = reverse("requests_app:saved_views")


@pytest.fixture
def world(world):
    User.objects.update(language="en")
    with translation.override("en"):
        yield world


def save(client, name, query="lijst=te_laat", **more):
    return client.post(VIEWS, {"name": name, "query": query, **more})


def test_a_view_is_saved_opened_renamed_and_deleted(world, sign_in):
    client = sign_in(world.handler)
    assert "lijst=te_laat" in client.get(f"{VIEWS}?lijst=te_laat&state=received").content.decode()

    saved = save(client, "  Late   ones ", "lijst=te_laat&state=received&na=3-4&next=https://elsewhere.example")
    assert saved["Location"] == f"{LIST}?lijst=te_laat&state=received"
    page = client.get(saved["Location"])
    assert [(entry.label, entry.current) for entry in page.context["saved"]] == [("Late ones", True)]

    view = SavedView.objects.get()
    one = reverse("requests_app:saved_view", args=[view.pk])
    assert client.post(one, {"name": "Later"}).status_code == 302
    assert "Later" in client.get(VIEWS).content.decode()
    assert client.post(one, {"act": "delete"}).status_code == 302
    assert "Later" not in client.get(VIEWS).content.decode()


def test_each_sees_only_his_own(world, sign_in):
    save(sign_in(world.handler), "Mine alone")
    one = reverse("requests_app:saved_view", args=[SavedView.objects.get().pk])
    assert "Mine alone" in sign_in(world.handler).get(LIST).content.decode()

    client = sign_in(world.allocator)
    assert "Mine alone" not in client.get(LIST).content.decode()
    assert client.get(one).status_code == client.post(one, {"act": "delete"}).status_code == 404
    assert SavedView.objects.count() == 1


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\u202eb", "a\x00b", "LATE ONES"])
def test_a_bad_name_is_refused_in_words_and_kept(world, sign_in, name):
    client = sign_in(world.handler)
    save(client, "Late ones")
    answer = save(client, name)
    assert answer.status_code == 422
    assert answer.context["form"].errors["name"]
    assert answer.context["form"]["query"].value() == "lijst=te_laat"
    assert SavedView.objects.count() == 1


def test_a_name_like_a_person_is_asked_about_once(world, sign_in):
    client = sign_in(world.handler)
    asked = save(client, "Dhr. Voorbeeld")
    assert asked.status_code == 422 and "open_text_checked" in asked.content.decode()
    assert save(client, "Dhr. Voorbeeld", open_text_checked="on").status_code == 302


def test_no_more_than_twenty(world, sign_in):
    client = sign_in(world.handler)
    for number in range(MOST_VIEWS):
        SavedView.objects.create(user=world.handler, name=f"View {number}", query="mine=1", made_at=clock.now())
    answer = save(client, "One more")
    assert answer.status_code == 422 and str(MOST_VIEWS) in str(answer.context["form"].errors)


def test_the_way_back_leads_to_the_same_page_and_row(world, sign_in):
    for _ in range(30):
        world.received()
    client = sign_in(world.allocator)
    first = client.get(f"{LIST}?lijst=toe_te_wijzen")
    second = client.get(first.context["older"])
    row = second.context["rows"][0].info_request
    link = f"{row.get_absolute_url()}?van="
    assert f'id="{row.reference}" href="{link}' in second.content.decode()

    client.get(row.get_absolute_url(), {"van": second.context["here"]})
    timeline = client.get(reverse("requests_app:timeline", args=[row.reference])).content.decode()
    back = f"{first.context['older']}#{row.reference}".replace("&", "&amp;")
    assert f'href="{back}"' in timeline


@pytest.mark.parametrize(
    "address", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "x" * 600]
)
def test_the_way_back_leads_nowhere_else(world, sign_in, address):
    info_request = world.received()
    page = sign_in(world.allocator).get(info_request.get_absolute_url(), {"van": address}).content.decode()
    assert f'href="{LIST}#{info_request.reference}"' in page
    links = re.findall(r'(?:href|action|src)="([^"]*)"', page)
    assert links and not [link for link in links if "elsewhere" in link or "alert" in link]


@pytest.mark.parametrize("person", ["allocator", "handler", "other_handler", "jurist", "basic", "stranger"])
@pytest.mark.parametrize("per_module", [True, False])
def test_the_parts_are_together_what_may_be_seen(world, person, per_module):
    """One definition of "may see": the list reads it in parts, every page as a whole."""
    world.received()
    world.accepted()
    world.closed()
    InformationRequest.objects.filter(state=State.RECEIVED).update(module="sdg_evidence")
    user = getattr(world, person)

    parts = [InformationRequest.objects.filter(part) for part in Access(user).parts(per_module)]

    found = [one.pk for part in parts for one in part]
    assert sorted(found) == sorted(InformationRequest.objects.visible(user).values_list("pk", flat=True))
