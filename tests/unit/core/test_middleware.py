from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from imidesk.core import context, heartbeat
from imidesk.core.models import Heartbeat

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.unit.core.urls")]

MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock_of_process(time_machine):
    time_machine.move_to(MORNING, tick=False)

    def later(**by):
        time_machine.shift(timedelta(**by))

    return later


@pytest.fixture
def user():
    return get_user_model().objects.create_user(
        username="ada", first_name="Ada", last_name="Voorbeeld", email="ada@voorbeeld.example", language="en"
    )


@pytest.fixture
def signed_in(clock_of_process, user):
    client = Client(enforce_csrf_checks=False)
    client.force_login(user)
    return client


def test_signed_in_answers_are_stored_nowhere(client, signed_in):
    """SP-13."""
    assert signed_in.get("/page/")["Cache-Control"] == "no-store, private"
    assert "Cache-Control" not in client.get("/in/")


def test_signing_out_clears_what_the_browser_kept(signed_in):
    """SP-13."""
    assert "Clear-Site-Data" not in signed_in.get("/page/")

    answer = signed_in.get("/out/")

    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert answer["Cache-Control"] == "no-store, private"


def test_keys_live_for_one_request(signed_in):
    """Design idea 4."""
    assert "keys:{}" in signed_in.get("/page/").content.decode()


def test_the_session_ends_after_thirty_idle_minutes(signed_in, clock_of_process):
    """SP-27."""
    for minutes in (1, 29, 30, 29):
        clock_of_process(minutes=minutes)
        assert signed_in.get("/page/").status_code == 200

    clock_of_process(minutes=31)
    answer = signed_in.get("/page/")

    assert answer.status_code == 302 and answer["Location"].startswith("/in/")
    assert answer["Clear-Site-Data"]
    assert signed_in.get("/page/").status_code == 302


def test_a_page_that_polls_does_not_keep_the_session_alive(signed_in, clock_of_process):
    """SP-27."""
    signed_in.get("/page/")
    for _ in range(3):
        clock_of_process(minutes=10)
        assert signed_in.get("/page/", headers={"X-Desk-Poll": "1"}).status_code == 200
    clock_of_process(minutes=1)

    assert signed_in.get("/page/", headers={"X-Desk-Poll": "1"}).status_code == 302


def test_the_session_ends_after_ten_hours_at_most(signed_in, clock_of_process):
    """SP-27."""
    for _ in range(30):
        assert signed_in.get("/page/").status_code == 200
        clock_of_process(minutes=20)
    clock_of_process(minutes=1)

    assert signed_in.get("/page/").status_code == 302


def test_what_was_typed_comes_back_when_the_session_has_ended(signed_in, clock_of_process):
    """SP-14: nothing is lost."""
    signed_in.get("/page/")
    clock_of_process(minutes=31)
    answer = signed_in.post("/page/", {"answer": "Een <lang> antwoord", "password": "geheim", "empty": ""})

    text = answer.content.decode()
    assert answer.status_code == 403 and answer["Cache-Control"] == "no-store, private"
    assert "Een &lt;lang&gt; antwoord" in text
    assert "geheim" not in text and "empty" not in text


def test_what_was_typed_comes_back_when_the_csrf_check_fails(user):
    """SP-14."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    answer = client.post("/page/", {"answer": "Een <lang> antwoord", "csrfmiddlewaretoken": "x" * 32})

    text = answer.content.decode()
    assert answer.status_code == 403 and answer["Cache-Control"] == "no-store, private"
    assert "Een &lt;lang&gt; antwoord" in text
    assert "x" * 32 not in text


def test_htmx_is_sent_to_the_whole_sign_in_page(client):
    answer = client.get("/page/", headers={"HX-Request": "true"})

    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith("/in/")


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_step_that_is_not_possible_is_a_conflict_with_state_and_step(signed_in, headers):
    """SP-29."""
    answer = signed_in.get("/refuse/", headers=headers)

    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Ada zegt &lt;nee&gt;" in text and "accept" in text and "closed" in text
    assert ("<html" in text) == (not headers)


@pytest.mark.parametrize(("cookie", "language"), [(None, "en"), ("nl", "nl")])
def test_the_language_is_the_users_unless_this_browser_chose_one(signed_in, settings, cookie, language):
    if cookie:
        signed_in.cookies[settings.LANGUAGE_COOKIE_NAME] = cookie

    answer = signed_in.get("/page/", headers={"Accept-Language": "nl"})

    assert answer.content.decode().startswith(language)
    assert answer["Content-Language"] == language


def test_the_web_leaves_a_heartbeat_at_most_once_a_minute(signed_in, clock_of_process):
    signed_in.get("/page/")
    assert Heartbeat.objects.filter(name=heartbeat.WEB).delete()[0] == 1
    clock_of_process(seconds=30)
    signed_in.get("/page/")
    assert not Heartbeat.objects.exists()
    clock_of_process(seconds=31)
    signed_in.get("/page/")
    assert Heartbeat.objects.filter(name=heartbeat.WEB).exists()


def test_every_page_knows_what_desk_this_is(rf, settings, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(context, "_providers", [])
    context.register(lambda request: {"navigation": [request.path]})
    with django_assert_num_queries(0):
        desk = context.desk(rf.get("/page/"))["desk"]

    assert desk["practice"] is True
    assert desk["navigation"] == ["/page/"]
    with django_assert_num_queries(1):
        assert desk["now"]() == desk["now"]()
