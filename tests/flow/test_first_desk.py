"""The first authority and people of a production desk, each with a password of his own (AUT-12, USR-01, USR-06)."""

import re
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from authorities import accounts
from authorities.models import Authority, Mandate, User
from authorities.permissions import mandate_of
from authorities.vocabulary import AuthorityKind, UserStatus
from imidesk.core import audit, clock, throttle
from imidesk.core.models import SecurityEvent

PASSWORD = "vier paarden dansen zacht"


@pytest.fixture
def home(db):
    Authority.objects.create(name="Provincie Voorbeeld", kind=AuthorityKind.PROVINCE)
    call_command(
        "create_authority",
        "Provincie Voorbeeld",
        prefix="PV",
        email="imi@voorbeeld.example",
        modules=["services"],
        stdout=StringIO(),
    )
    return Authority.objects.get(reference_prefix="PV")


def invite(**changes):
    out = StringIO()
    facts = {
        "authority": "PV",
        "first_name": "Élodie",
        "last_name": "van Dijk-Été",
        "email": "lucja@voorbeeld.example",
        "roles": ["toewijzer", "jurist"],
        "modules": ["services"],
    }
    call_command("create_user", stdout=out, **{**facts, **changes})
    told = out.getvalue()
    return re.search(r"User name: (\S+)", told)[1], re.search(r"([A-Z0-9]{4}(-[A-Z0-9]{4}){3})", told)[1]


def enrol(client, username, code, password=PASSWORD, again=None):
    data = {"username": username, "enrolment_code": code, "password": password, "password_again": again or password}
    return client.post(reverse("enrol"), data)


def test_an_authority_of_the_directory_works_at_the_desk(home):
    assert home.name == "Provincie Voorbeeld"
    assert home.is_home
    assert [registration.module for registration in home.registrations.all()] == ["services"]
    assert [event.action for event in audit.events_of("authority", home.uuid)] == ["authority_made_home"]
    assert Authority.objects.count() == 1

    with pytest.raises(CommandError, match="werkt al"):
        call_command(
            "create_authority", "Provincie Voorbeeld", prefix="PX", email="imi@voorbeeld.example", modules=["services"]
        )


def test_preferences_come_with_the_authority_and_change_later(home, db):
    modules = ["--module", "services", "--module", "sdg_evidence"]
    chosen = ["--yes", "works_with_allocation", "--no", "may_accept"]
    made = ["Provincie Anders", "--prefix", "PA", "--email", "imi@anders.example", *modules, *chosen]
    call_command("create_authority", *made, stdout=StringIO())
    other = Authority.objects.get(reference_prefix="PA")
    known = other.registrations.values_list("works_with_allocation", "may_accept", "may_refuse")
    assert list(known) == [(True, False, False)] * 2

    told = StringIO()
    call_command("set_preferences", "PV", module="services", yes=["works_with_allocation", "may_refuse"], stdout=told)

    registration = home.registrations.get()
    assert (registration.works_with_allocation, registration.may_refuse, registration.may_accept) == (True, True, True)
    assert "may_refuse: yes" in told.getvalue() and "approval_before_sending: no" in told.getvalue()
    event = audit.events_of("authority", home.uuid).last()
    assert event.action == "preferences_changed"
    assert event.details == {"module": "services", "fields": ["may_refuse", "works_with_allocation"]}
    assert SecurityEvent.objects.filter(action="preferences_changed").exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"authority": "XX"}, "create_authority"),
        ({"module": "sdg_evidence"}, "niet aangemeld"),
        ({"yes": ["may_accept"]}, "verandert niets"),
        ({"no": ["may_refuse"], "yes": ["may_refuse"]}, "Yes and no"),
        ({"yes": []}, "verandert niets"),
    ],
)
def test_preferences_that_cannot_be_are_refused_in_words(home, wrong, words):
    facts = {"authority": "PV", "module": "services", "yes": ["may_refuse"], **wrong}

    with pytest.raises(CommandError, match=words):
        call_command("set_preferences", facts.pop("authority"), **facts)
    assert not home.registrations.filter(may_refuse=True).exists()
    assert audit.events_of("authority", home.uuid).count() == 1


@pytest.mark.parametrize("wrong", [{"prefix": "nb"}, {"prefix": "PV2"}, {"email": "geen adres"}])
def test_a_wrong_authority_is_refused_in_words_and_leaves_nothing(db, wrong):
    facts = {"prefix": "PV", "email": "imi@voorbeeld.example", "modules": ["services"], **wrong}

    with pytest.raises(CommandError):
        call_command("create_authority", "Provincie Voorbeeld", **facts)
    assert not Authority.objects.exists()


def test_the_invited_person_chooses_a_password_and_signs_in(home, client):
    username, code = invite()
    user = User.objects.get(username=username)
    assert username == "evandijkete"
    assert user.status == UserStatus.INVITED
    assert not user.has_usable_password()
    assert code not in user.enrolment.code_hash

    answer = enrol(client, username, f" {code.lower()} ")

    assert answer.status_code == 302
    user.refresh_from_db()
    assert user.status == UserStatus.ACTIVE
    signed_in = client.post(reverse("account_login"), {"login": username, "password": PASSWORD})
    assert signed_in.status_code == 302
    assert client.get(reverse("monitoring:start")).status_code == 200
    assert [event.action for event in audit.events_of("user", user.uuid)] == ["user_invited", "user_enrolled"]
    assert {"user_invited", "enrolment"} <= set(SecurityEvent.objects.values_list("action", flat=True))


def test_a_code_works_once(home, client):
    username, code = invite()
    assert enrol(client, username, code).status_code == 302

    assert enrol(client, username, code, password="een ander goed wachtwoord").status_code == 422
    assert User.objects.get(username=username).check_password(PASSWORD)


def test_whatever_is_wrong_gets_the_same_answer(home, client):
    username, code = invite()
    wrong = "AAAA-AAAA-AAAA-AAAA"

    answers = [enrol(client, username, wrong), enrol(client, "niemand", code)]
    clock.move(timedelta(days=accounts.CODE_DAYS, minutes=1))
    answers.append(enrol(client, username, code))

    told = [answer.context["form"].non_field_errors() for answer in answers]
    assert told[0] and told[0] == told[1] == told[2]
    assert {answer.status_code for answer in answers} == {422}
    for answer in answers:
        assert PASSWORD not in answer.content.decode()


def test_ten_wrong_codes_end_a_code_and_a_new_one_helps(home, client):
    username, code = invite()
    for _ in range(accounts.CODE_TRIES):
        enrol(client, username, "AAAA-AAAA-AAAA-AAAA")
        clock.move(throttle.FORGOTTEN_AFTER + timedelta(seconds=1))
    assert enrol(client, username, code).status_code == 422

    out = StringIO()
    call_command("create_user", again=username, stdout=out)
    new = re.search(r"([A-Z0-9]{4}(-[A-Z0-9]{4}){3})", out.getvalue())[1]

    assert enrol(client, username, code).status_code == 422
    assert enrol(client, username, new).status_code == 302


@pytest.mark.parametrize(
    ("password", "again"),
    [("kort", None), ("password1234", None), ("vier paarden dansen zacht", "vier paarden dansen hard")],
)
def test_a_weak_or_misspelt_password_is_refused_beside_its_field(home, client, password, again):
    username, code = invite()

    answer = enrol(client, username, code, password=password, again=again)

    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() & {"password", "password_again"}
    assert enrol(client, username, code).status_code == 302


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"authority": "XX"}, "create_authority"),
        ({"roles": []}, "--role"),
        ({"modules": []}, "module"),
        ({"email": "geen adres"}, "e-mail"),
        ({"first_name": "", "last_name": ""}, "name"),
    ],
)
def test_a_wrong_person_is_refused_in_words_and_leaves_nothing(home, wrong, sentence):
    assert invite()
    before = User.objects.count()

    with pytest.raises(CommandError, match=f"(?i){sentence}|naam|mailadres|module"):
        invite(**wrong)
    assert User.objects.count() == before


def test_two_people_with_one_name_get_two_user_names(home):
    assert invite()[0] != invite()[0]


def give_mandate(username, **changes):
    facts = {"authority": "PV", "function": "adviseur", "regulation": "Mandaatregeling GS 2024", **changes}
    call_command("give_mandate", username, stdout=StringIO(), **facts)


def test_a_mandate_is_recorded_for_a_person_of_the_authority(home):
    """USR-34: without one nobody of a new desk accepts."""
    username, _code = invite(roles=["behandelaar"])
    user = User.objects.get(username=username)
    assert mandate_of(user, home, None, clock.today()) is None

    give_mandate(username)

    mandate = mandate_of(user, home, None, clock.today())
    assert (mandate.holder, mandate.valid_from, mandate.valid_until) == (user, clock.today(), None)
    event = audit.events_of("user", user.uuid).get(action="mandate_given")
    assert event.details["mandate"] == mandate.pk
    assert SecurityEvent.objects.filter(action="mandate_given", object=f"user:{user.pk}").exists()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"authority": "XX"}, "create_authority"),
        ({"username": "niemand"}, "geen account"),
        ({"function": " "}, "veld|leeg|blank"),
        ({"valid_until": date(2020, 1, 1)}, "einde|eindigen|end"),
    ],
)
def test_a_wrong_mandate_is_refused_in_words_and_leaves_nothing(home, wrong, sentence):
    username, _code = invite(roles=["behandelaar"])

    with pytest.raises(CommandError, match=sentence):
        give_mandate(**{"username": username, **wrong})
    assert not Mandate.objects.exists()
    give_mandate(username)
    assert Mandate.objects.count() == 1
