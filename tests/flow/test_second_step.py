"""A code of an app beside the password: set up, used, lost and switched off (SP-04, SP-27, SP-28)."""

import re
import time
from io import StringIO

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from authorities import second_step
from authorities.models import User
from imidesk.core import audit, vault
from imidesk.core.models import SealKey, SecurityEvent
from tests.factories.world import PASSWORD

WRONG = "not the password"


class App:
    """The app on the telephone; its clock and the desk's stand still until the next code is wanted."""

    def __init__(self, traveller):
        self.traveller = traveller
        self.seed = ""

    def code(self):
        self.traveller.shift(120)
        return format_hotp_value(hotp_value(self.seed, int(time.time()) // 30))


@pytest.fixture
def app():
    with time_machine.travel("2026-11-22 12:00:00Z", tick=False) as traveller:
        yield App(traveller)


@pytest.fixture
def carla(world, app):
    """Signed in with a password, and then with a second step."""
    browser = Client()
    sign_in_with(browser, PASSWORD)
    page = browser.post(reverse("second_step_on")).content.decode()
    app.seed = "".join(re.search(r"<code translate=\"no\">([A-Z2-7 ]+)</code>", page)[1].split())
    answer = browser.post(reverse("second_step_on"), {"code": app.code(), "password": PASSWORD})
    assert answer.status_code == 200
    browser.recovery_codes = codes_on(answer)
    return browser


def codes_on(answer):
    return re.findall(r"<li><code>(\d{8})</code></li>", answer.content.decode())


def sign_in_with(client, password, code="", username="carla"):
    return client.post(reverse("account_login"), {"login": username, "password": password, "code": code})


def signed_in(client):
    return client.get(reverse("monitoring:start")).status_code == 200


def everything_stored():
    """Every row of every table as text."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                yield from (
                    bytes(cell).decode("latin-1") if isinstance(cell, bytes | memoryview) else str(cell) for cell in row
                )


def test_with_a_second_step_the_code_is_asked_and_counts_once(carla, app):
    assert len(carla.recovery_codes) == 10
    code = app.code()
    first, second = Client(), Client()

    assert sign_in_with(first, PASSWORD, code).status_code == 302
    assert signed_in(first)
    assert sign_in_with(second, PASSWORD, code).status_code == 200
    assert not signed_in(second)
    assert sign_in_with(second, PASSWORD, app.code()).status_code == 302


def test_a_wrong_code_gets_the_answer_of_a_wrong_password(carla, app):
    """SP-28: nobody learns that he guessed the password."""
    client = Client()
    answers = [
        sign_in_with(client, WRONG),
        sign_in_with(client, PASSWORD),
        sign_in_with(client, PASSWORD, "geen code"),
        sign_in_with(client, PASSWORD, "12345"),
        sign_in_with(client, WRONG, app.code()),
        sign_in_with(client, WRONG, username="nobody"),
    ]

    assert {answer.status_code for answer in answers} == {200}
    assert len({str(answer.context["form"].errors) for answer in answers}) == 1
    assert not signed_in(client)
    assert sign_in_with(client, PASSWORD, app.code()).status_code == 429


def test_a_recovery_code_works_once(carla, app):
    code = carla.recovery_codes[3]
    assert sign_in_with(Client(), PASSWORD, code).status_code == 302

    assert sign_in_with(Client(), PASSWORD, code).status_code == 200
    assert "9 herstelcodes over" in carla.get(reverse("second_step")).content.decode()


def test_neither_seed_nor_recovery_codes_stand_readable_in_the_database(carla, app, world):
    """SP-04; what is sought is found where it does stand open."""
    carla.post(reverse("second_step_on"))
    stored = list(everything_stored())
    row = Authenticator.objects.get(user=world.handler, type=Authenticator.Type.TOTP)
    assert any(row.data["secret"] in cell for cell in stored)
    assert any("carla" in cell for cell in stored)

    assert not any(app.seed in cell for cell in stored)
    assert not any(code in cell for code in carla.recovery_codes for cell in stored)
    assert all(app.seed not in str(session.get_decoded()) for session in Session.objects.all())


def test_a_seed_on_offer_is_sealed_too(world, app):
    browser = Client()
    sign_in_with(browser, PASSWORD)
    page = browser.post(reverse("second_step_on")).content.decode()
    seed = "".join(re.search(r"<code translate=\"no\">([A-Z2-7 ]+)</code>", page)[1].split())

    kept = browser.session["second_step_seed"]
    assert len(seed) == 32 and seed not in kept
    assert vault.open_credential(world.handler.uuid, kept) == seed


def test_a_seed_moved_to_somebody_else_opens_for_nobody(carla, app, world):
    """Who writes to the database cannot give an account his own seed."""
    row = Authenticator.objects.get(user=world.handler, type=Authenticator.Type.TOTP)
    vault.seal_credential(world.other_handler.uuid, "x")

    with pytest.raises(vault.Sealed):
        vault.open_credential(world.other_handler.uuid, row.data["secret"])
    assert vault.open_credential(world.handler.uuid, row.data["secret"]) == app.seed


def test_rotating_the_keys_wraps_the_second_step_anew(carla, app, world):
    before = SealKey.objects.get(owner=world.handler.uuid).key_id

    call_command("rotate_keys", stdout=StringIO())

    assert SealKey.objects.get(owner=world.handler.uuid).key_id != before
    assert not SealKey.objects.filter(key_id=before).exists()
    assert sign_in_with(Client(), PASSWORD, app.code()).status_code == 302


@pytest.mark.parametrize("password", ["", WRONG])
def test_switching_off_asks_the_password(carla, app, world, password):
    refused = carla.post(reverse("second_step_off"), {"off-password": password})

    assert refused.status_code == 422
    assert second_step.is_on(world.handler)
    done = carla.post(reverse("second_step_off"), {"off-password": PASSWORD})
    assert done.status_code == 302
    assert not second_step.is_on(world.handler)
    assert not SealKey.objects.filter(owner=world.handler.uuid).exists()
    assert sign_in_with(Client(), PASSWORD).status_code == 302


@pytest.mark.parametrize(("code", "password"), [("geen code", PASSWORD), ("", PASSWORD), ("right", WRONG)])
def test_setting_up_asks_a_right_code_and_the_password(world, app, code, password):
    browser = Client()
    sign_in_with(browser, PASSWORD)
    page = browser.post(reverse("second_step_on")).content.decode()
    app.seed = "".join(re.search(r"<code translate=\"no\">([A-Z2-7 ]+)</code>", page)[1].split())

    refused = browser.post(
        reverse("second_step_on"), {"code": app.code() if code == "right" else code, "password": password}
    )
    assert refused.status_code == 422
    assert WRONG not in refused.content.decode()
    assert refused.content.decode().count("desk-error-summary") == 1
    assert not second_step.is_on(world.handler)

    done = browser.post(reverse("second_step_on"), {"code": app.code(), "password": PASSWORD})
    assert done.status_code == 200 and second_step.is_on(world.handler)


def test_asking_the_password_again_is_slowed_too(carla, world):
    statuses = [
        carla.post(reverse("second_step_off"), {"off-password": WRONG}).content.decode().count("Te vaak verkeerd")
        for _ in range(6)
    ]

    assert statuses[:5] == [0] * 5 and statuses[5]
    assert second_step.is_on(world.handler)


def test_new_recovery_codes_replace_the_old_ones(carla, app):
    answer = carla.post(reverse("second_step_codes"), {"codes-password": PASSWORD})
    new = codes_on(answer)

    assert len(new) == 10 and not set(new) & set(carla.recovery_codes)
    assert sign_in_with(Client(), PASSWORD, carla.recovery_codes[0]).status_code == 200
    assert sign_in_with(Client(), PASSWORD, new[0]).status_code == 302


def test_other_sessions_end_when_the_factors_change_and_this_one_gets_a_new_key(world, app):
    """SP-27."""
    here, elsewhere = Client(), Client()
    for browser in (here, elsewhere):
        sign_in_with(browser, PASSWORD)
        assert signed_in(browser)
    page = here.post(reverse("second_step_on")).content.decode()
    app.seed = "".join(re.search(r"<code translate=\"no\">([A-Z2-7 ]+)</code>", page)[1].split())
    key = here.session.session_key

    here.post(reverse("second_step_on"), {"code": app.code(), "password": PASSWORD})

    assert here.session.session_key != key
    assert signed_in(here)
    assert not signed_in(elsewhere)


def test_a_new_password_ends_every_session(world, client):
    """SP-27."""
    sign_in_with(client, PASSWORD)
    assert signed_in(client)

    world.handler.set_password("vier paarden dansen zacht")
    world.handler.save()

    assert not signed_in(client)


def test_who_lost_both_is_helped_at_the_terminal_and_it_is_written_down(carla, world):
    out = StringIO()

    call_command("reset_second_step", "carla", stdout=out)

    assert "off" in out.getvalue()
    assert not signed_in(carla)
    assert sign_in_with(Client(), PASSWORD).status_code == 302
    assert audit.events_of("user", world.handler.uuid).last().action == "second_step_reset"
    assert SecurityEvent.objects.filter(action="second_step_reset", object=f"user:{world.handler.pk}").exists()


@pytest.mark.parametrize("username", ["nobody", "dirk"])
def test_there_is_nothing_to_take_away_from_who_has_no_second_step(world, username):
    with pytest.raises(CommandError):
        call_command("reset_second_step", username, stdout=StringIO())
    assert not SecurityEvent.objects.filter(action="second_step_reset").exists()


def test_each_change_is_written_down(carla, world):
    carla.post(reverse("second_step_codes"), {"codes-password": PASSWORD})
    carla.post(reverse("second_step_off"), {"off-password": PASSWORD})

    actions = [event.action for event in audit.events_of("user", world.handler.uuid)]
    assert actions == ["second_step_on", "recovery_codes_renewed", "second_step_off"]
    assert set(actions) <= set(SecurityEvent.objects.filter(actor_id=world.handler.pk).values_list("action", flat=True))


def test_only_the_desks_own_pages_of_allauth_have_an_address(db):
    """SP-26: its MFA pages stay closed; what it would store in plain goes through our adapter."""
    assert "allauth.mfa" in settings.INSTALLED_APPS
    assert settings.MFA_ADAPTER == "authorities.second_step.SealingAdapter"
    for address in ("/2fa/", "/accounts/2fa/totp/activate/", "/mfa/"):
        assert Client().get(address).status_code in (302, 404)
    with pytest.raises(LookupError):
        second_step.SealingAdapter().encrypt("seed")
    assert User._meta.get_field("session_number").default == 0
