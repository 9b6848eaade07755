"""Wrong passwords slow who guesses, tell nothing, and lock nobody out (SP-28)."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth import hashers
from django.test import Client
from django.urls import reverse

from authorities.devices import TRIES_OF_A_NAME, TRIES_OF_AN_ADDRESS
from authorities.vocabulary import UserStatus
from imidesk.core import clock, throttle
from imidesk.core.models import SecurityEvent, SlowedDevice
from tests.factories.world import PASSWORD

WRONG = "not the password"


def sign_in_with(client, username, password, **extra):
    return client.post(reverse("account_login"), {"login": username, "password": password}, **extra)


def guess(client, username="carla", times=TRIES_OF_A_NAME, **extra):
    return [sign_in_with(client, username, WRONG, **extra) for _ in range(times)]


def signed_in(client):
    return "_auth_user_id" in client.session


def test_after_five_wrong_passwords_the_device_waits(client, world):
    answers = guess(client)
    assert {answer.status_code for answer in answers} == {200}

    refused = sign_in_with(client, "carla", PASSWORD)

    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= throttle.FIRST_WAIT.total_seconds() + 1
    assert "Probeer het over 1 minuut opnieuw" in refused.content.decode()
    assert not signed_in(client)
    clock.move(throttle.FIRST_WAIT + timedelta(seconds=1))
    assert sign_in_with(client, "carla", PASSWORD).status_code == 302
    assert signed_in(client)


def test_the_wait_doubles_to_a_quarter_of_an_hour_and_is_forgotten_after_an_hour(client, world):
    guess(client)
    waits = []
    for _ in range(9):
        refused = sign_in_with(client, "carla", WRONG)
        waits.append(int(refused["Retry-After"]))
        clock.move(timedelta(seconds=waits[-1]))
        assert sign_in_with(client, "carla", WRONG).status_code == 200

    longest = throttle.LONGEST_WAIT.total_seconds()
    assert waits[0] < waits[1] < waits[2] and waits[-1] == waits[-2]
    assert longest - 2 <= waits[-1] <= longest + 1
    clock.move(throttle.FORGOTTEN_AFTER + timedelta(seconds=1))
    assert {answer.status_code for answer in guess(client)} == {200}


def test_a_known_device_is_not_slowed_by_the_guesses_of_others(client, world):
    """The account is never locked: its owner goes on working from the same network."""
    sign_in_with(client, "carla", PASSWORD)
    assert settings.DEVICE_COOKIE_NAME in client.cookies
    client.post(reverse("account_logout"))
    stranger = Client()
    guess(stranger)
    assert sign_in_with(stranger, "carla", PASSWORD).status_code == 429

    assert sign_in_with(client, "carla", PASSWORD).status_code == 302
    assert signed_in(client)


def test_a_known_device_guesses_no_faster_itself(client, world):
    sign_in_with(client, "carla", PASSWORD)
    client.post(reverse("account_logout"))
    guess(client)

    assert sign_in_with(client, "carla", PASSWORD).status_code == 429


@pytest.mark.parametrize("cookie", ["", "forged", "WyJhIiwxXQ:1vQ:abc"])
def test_a_forged_device_counts_as_unknown(client, world, cookie):
    guess(Client())
    client.cookies[settings.DEVICE_COOKIE_NAME] = cookie

    assert sign_in_with(client, "carla", PASSWORD).status_code == 429


def test_the_device_of_one_account_is_unknown_to_another(client, world):
    sign_in_with(client, "dirk", PASSWORD)
    client.post(reverse("account_logout"))
    guess(Client())

    assert sign_in_with(client, "carla", PASSWORD).status_code == 429


def test_who_tries_many_names_waits_too_and_his_own_name_helps_him_nothing(client, world):
    for number in range(TRIES_OF_AN_ADDRESS):
        assert sign_in_with(client, f"name{number}", WRONG).status_code == 200
        if number % 7 == 0:
            assert sign_in_with(Client(), "dirk", PASSWORD).status_code == 302

    assert sign_in_with(client, "carla", PASSWORD).status_code == 429


def test_another_network_is_another_count(client, world):
    guess(client, REMOTE_ADDR="192.0.2.1")
    assert sign_in_with(client, "carla", PASSWORD, REMOTE_ADDR="192.0.2.1").status_code == 429

    assert sign_in_with(client, "carla", PASSWORD, REMOTE_ADDR="192.0.2.2").status_code == 302


def test_addresses_of_one_ipv6_network_count_together(client, world):
    guess(client, REMOTE_ADDR="2001:db8::1")

    assert sign_in_with(client, "carla", PASSWORD, REMOTE_ADDR="2001:db8::ffff").status_code == 429
    assert sign_in_with(client, "carla", PASSWORD, REMOTE_ADDR="2001:db8:0:1::1").status_code == 302


def test_behind_a_proxy_the_visitor_counts_and_what_he_writes_himself_does_not(client, world, settings):
    settings.IMIDESK_PROXIES = 1
    for number in range(TRIES_OF_A_NAME):
        sign_in_with(client, "carla", WRONG, HTTP_X_FORWARDED_FOR=f"10.0.0.{number}, 192.0.2.1")

    assert sign_in_with(client, "carla", PASSWORD, HTTP_X_FORWARDED_FOR="10.9.9.9, 192.0.2.1").status_code == 429
    assert sign_in_with(client, "carla", PASSWORD, HTTP_X_FORWARDED_FOR="192.0.2.2").status_code == 302
    assert set(SecurityEvent.objects.filter(result="refused").values_list("origin", flat=True)) == {"192.0.2.1"}


def test_without_a_proxy_nobody_chooses_his_own_address(client, world):
    for number in range(TRIES_OF_A_NAME):
        sign_in_with(client, "carla", WRONG, HTTP_X_FORWARDED_FOR=f"10.0.0.{number}")

    assert sign_in_with(client, "carla", PASSWORD, HTTP_X_FORWARDED_FOR="10.9.9.9").status_code == 429


def test_nothing_that_was_typed_is_kept_with_the_counts(client, world):
    guess(client, username="wachtwoord-als-naam")

    rows = list(SlowedDevice.objects.values_list("key", flat=True))
    assert len(rows) == 2
    assert all(len(key) == 64 and "wachtwoord" not in key for key in rows)


def test_one_hash_is_computed_whatever_is_wrong_and_none_while_waiting(client, world, monkeypatch):
    """The time of an answer tells no more than its text."""
    world.other_handler.status = UserStatus.BLOCKED
    world.other_handler.save()
    world.basic.set_unusable_password()
    world.basic.save()
    hashed = []
    hasher = hashers.get_hasher()
    encode = type(hasher).encode
    monkeypatch.setattr(
        type(hasher), "encode", lambda self, *args, **kwargs: hashed.append(1) or encode(self, *args, **kwargs)
    )

    seen = {}
    for username, password in (
        ("carla", WRONG),
        ("nobody", WRONG),
        ("dirk", PASSWORD),
        ("dirk", WRONG),
        ("eva", WRONG),
    ):
        hashed.clear()
        answer = sign_in_with(client, username, password)
        seen[username, password] = (len(hashed), answer.status_code, str(answer.context["form"].errors))
    assert len(set(seen.values())) == 1
    assert next(iter(seen.values()))[:2] == (1, 200)

    guess(client, times=4)
    hashed.clear()
    waiting = [sign_in_with(client, "carla", PASSWORD) for _ in range(2)]
    assert hashed == []
    assert {answer.status_code for answer in waiting} == {429}


def test_enrolling_is_slowed_as_signing_in(client, world):
    data = {"username": "carla", "enrolment_code": "AAAA-AAAA-AAAA-AAAA"}
    data |= {"password": "vier paarden dansen zacht", "password_again": "vier paarden dansen zacht"}
    statuses = [client.post(reverse("enrol"), data).status_code for _ in range(TRIES_OF_A_NAME + 1)]

    assert statuses == [422] * TRIES_OF_A_NAME + [429]
