"""Sign-in by one press, Oefenpost, and playing the requesting authority; on a practice desk only (design 8, SP-38)."""

from datetime import date, timedelta

import pytest
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse

from authorities.models import User
from authorities.services import load_lists
from imidesk.core import audit, clock
from imidesk.core.models import Installation, SecurityEvent
from imidesk.monitoring.practice_desk import ground
from requests_app.models import InformationRequest
from requests_app.vocabulary import Action, Channel, State

PEOPLE = reverse("monitoring:practice_people")
MAIL = reverse("monitoring:practice_mail")


@pytest.fixture
def laid(db):
    load_lists()
    return ground.lay("a password of the practice desk", since=date(2020, 1, 1))


@pytest.fixture
def production(db):
    Installation.objects.update(kind=Installation.Kind.PRODUCTION)


def signed_in(client) -> str:
    pk = client.session.get("_auth_user_id")
    return User.objects.get(pk=pk).username if pk else ""


def test_the_sign_in_page_lists_the_people(client, laid):
    page = client.get(reverse("account_login")).content.decode()
    for person in ground.PEOPLE:
        assert f'value="{person.username}"' in page
        assert person.last_name in page


def test_one_press_signs_in_and_signs_the_other_one_out(client, laid):
    """SP-27: the key of the session is another one."""
    client.post(PEOPLE, {"person": "jurist"})
    assert signed_in(client) == "jurist"
    first = client.session.session_key
    client.session["trace"] = "of the jurist"
    answer = client.post(PEOPLE, {"person": "fg"})
    assert answer.url == reverse("monitoring:start")
    assert signed_in(client) == "fg"
    assert client.session.session_key != first
    assert "trace" not in client.session
    assert SecurityEvent.objects.filter(action="signed_in_practice").count() == 2


def test_the_page_asked_for_comes_next_if_it_is_of_this_desk(client, laid):
    assert client.post(PEOPLE, {"person": "jurist", "next": MAIL}).url == MAIL
    assert client.post(PEOPLE, {"person": "jurist", "next": "https://elsewhere.example/"}).url == "/"


def test_only_people_of_the_list_are_signed_in_by_a_press(client, laid):
    User.objects.create_user(
        "own", password="correct horse battery", first_name="O", last_name="W", email="o@w.example"
    )
    assert client.post(PEOPLE, {"person": "own"}).status_code == 404
    assert client.post(PEOPLE, {"person": "nobody"}).status_code == 404
    assert signed_in(client) == ""


def test_nothing_of_it_on_another_desk(client, laid, production, settings):
    settings.IMIDESK_KIND = "production"
    assert client.get(PEOPLE).status_code == 404
    assert client.post(PEOPLE, {"person": "jurist"}).status_code == 404
    assert signed_in(client) == ""
    assert 'value="jurist"' not in client.get(reverse("account_login")).content.decode()
    client.force_login(laid.people["jurist"])
    assert client.get(MAIL).status_code == 404
    assert client.get(reverse("monitoring:practice_message", args=["x"])).status_code == 404
    assert client.get(reverse("monitoring:practice_requester", args=["NB-2026-00001"])).status_code == 404


@pytest.fixture
def post(settings, tmp_path):
    settings.IMIDESK_MAIL_DIR = tmp_path

    def written(number: int, to: str, day: int) -> None:
        connection = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=tmp_path)
        headers = {"Message-ID": f"<mail-{number}@localhost>", "Date": f"Mon, {day:02d} Nov 2025 10:00:00 +0000"}
        body = f"Verzoek openen: http://localhost:8000/verzoeken/NB-2026-0000{number}/ <b>é</b>"
        EmailMessage(f"Onderwerp {number}", body, "desk@localhost", [to], headers=headers, connection=connection).send()

    return written


def test_practice_mail_shows_what_would_have_been_sent(client, laid, post):
    post(1, "a@brabant.example", 3)
    post(2, "b@brabant.example", 10)
    client.force_login(laid.people["fg"])
    page = client.get(MAIL).content.decode()
    assert page.index("Onderwerp 2") < page.index("Onderwerp 1")
    filtered = client.get(MAIL, {"to": "a@brabant.example"}).content.decode()
    assert "Onderwerp 1" in filtered
    assert "Onderwerp 2" not in filtered
    shown = client.get(reverse("monitoring:practice_message", args=["mail-1"])).content.decode()
    assert "&lt;b&gt;é&lt;/b&gt;" in shown
    assert "/verzoeken/NB-2026-00001/</a>" in shown
    assert client.get(reverse("monitoring:practice_message", args=["mail-3"])).status_code == 404


def test_several_mails_in_one_file_are_each_read(client, laid, post, tmp_path):
    """Django's file backend may give two mails of one second the same file."""
    post(1, "a@brabant.example", 3)
    post(2, "b@brabant.example", 10)
    files = sorted(tmp_path.glob("*.log"))
    whole = b"".join(path.read_bytes() for path in files)
    for path in files:
        path.unlink()
    (tmp_path / "one.log").write_bytes(whole)
    client.force_login(laid.people["fg"])
    page = client.get(MAIL).content.decode()
    assert "Onderwerp 1" in page
    assert "Onderwerp 2" in page


def test_practice_mail_is_for_who_is_signed_in(client, laid, post):
    assert client.get(MAIL).status_code == 302


def play(client, info_request, act, moment=""):
    url = reverse("monitoring:practice_requester", args=[info_request.reference])
    return client.post(url, {"act": act, "moment": moment})


def state_of(info_request) -> str:
    return InformationRequest.objects.get(pk=info_request.pk).state


@pytest.mark.parametrize("channel", [Channel.IMI, Channel.DESK])
def test_the_requester_closes_what_is_answered(world, sign_in, channel):
    """Any person who sees the request plays; the event has no actor and says where it came from."""
    info_request = world.answered(channel=channel)
    client = sign_in(world.basic)
    assert (
        "close" in client.get(reverse("monitoring:practice_requester", args=[info_request.reference])).content.decode()
    )
    assert play(client, info_request, "close").status_code == 302
    assert state_of(info_request) == State.CLOSED
    event = audit.events_of("request", info_request.uuid).last()
    assert (event.action, event.actor, event.details["source"]) == (Action.CLOSED, None, "practice")


def test_the_requester_withdraws_what_is_open(world, sign_in):
    info_request = world.accepted()
    assert play(sign_in(world.allocator), info_request, "withdraw").status_code == 302
    assert state_of(info_request) == State.WITHDRAWN


def test_the_requester_asks_further_after_the_answer(world, sign_in):
    """IMI-02: the event has no actor; the handlers hear of it and read the words."""
    info_request = world.answered()
    client = sign_in(world.basic)
    url = reverse("monitoring:practice_requester", args=[info_request.reference])
    asked = {"act": "ask_further", "ask_further-words": "Sinds wanneer?", "ask_further-reply_by": "2199-01-01"}
    assert "ask_further-words" in client.get(url).content.decode()
    for wrong in ({"ask_further-words": ""}, {"ask_further-reply_by": "2020-01-01"}, {"ask_further-reply_by": ""}):
        assert client.post(url, asked | wrong).status_code == 422
    asked["ask_further-reply_by"] = (clock.today() + timedelta(days=4)).isoformat()
    assert client.post(url, asked).status_code == 302

    assert state_of(info_request) == State.ACCEPTED
    event = audit.events_of("request", info_request.uuid).last()
    assert (event.action, event.actor) == (Action.CLARIFICATION_ASKED, None)
    assert "Sinds wanneer?" not in client.get(info_request.get_absolute_url()).content.decode()
    handler = sign_in(world.handler)
    assert "Sinds wanneer?" in handler.get(info_request.get_absolute_url()).content.decode()
    assert client.post(url, asked).status_code == 422


def test_what_does_not_fit_is_refused_and_says_why(world, sign_in):
    accepted = world.accepted()
    client = sign_in(world.allocator)
    assert play(client, accepted, "close").status_code == 422
    assert play(client, accepted, "else").status_code == 422
    tomorrow = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    long_ago = (clock.now() - timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    assert play(client, accepted, "withdraw", tomorrow).status_code == 422
    assert play(client, accepted, "withdraw", long_ago).status_code == 422
    assert state_of(accepted) == State.ACCEPTED


def test_who_does_not_see_the_request_cannot_play(world, sign_in):
    info_request = world.answered()
    assert play(sign_in(world.stranger), info_request, "close").status_code == 404
    assert state_of(info_request) == State.ANSWERED


def test_the_requester_plays_on_a_practice_desk_only(world, sign_in, production):
    """SP-38: refused by the page, and by the step itself."""
    from imidesk.core.errors import StepNotPossible
    from requests_app.services import practising

    info_request = world.answered()
    assert play(sign_in(world.allocator), info_request, "close").status_code == 404
    with pytest.raises(StepNotPossible):
        practising.requester_closes(info_request=info_request)
    assert state_of(info_request) == State.ANSWERED
