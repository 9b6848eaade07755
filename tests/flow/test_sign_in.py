"""Who gets in, and what stays behind when he leaves."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import NoReverseMatch, get_resolver, resolve, reverse
from django.urls.exceptions import Resolver404

from authorities.vocabulary import UserStatus
from tests.factories.world import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = {
    "reference": "NB-2026-00001",
    "letter": "A",
    "name": "imidesk.intake.1",
    "message": "1",
    "number": "AVG-2026-00001",
    "paper": "018f0000-0000-7000-8000-000000000000",
    "file": "018f0000-0000-7000-8000-000000000000",
    "question": "018f0000-0000-7000-8000-000000000000",
    "decision": "018f0000-0000-7000-8000-000000000000",
}
OPEN_TO_ALL = {
    "archive:feed",
    "enrol",
    "live",
    "ready",
    "security_text",
    "account_login",
    "set_language",
    "session",
    "monitoring:practice_people",
}


def named_addresses(resolver=None, namespace=""):
    for pattern in (resolver or get_resolver()).url_patterns:
        if hasattr(pattern, "url_patterns"):
            inner = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from named_addresses(pattern, namespace + inner)
        else:
            arguments = {name: SAMPLES.get(name, 1) for name in pattern.pattern.converters}
            yield namespace + pattern.name, reverse(namespace + pattern.name, kwargs=arguments)


@pytest.mark.parametrize(("name", "address"), sorted(named_addresses()))
@pytest.mark.parametrize("method", ["get", "post"])
def test_without_sign_in_every_address_leads_to_the_sign_in_page(client, db, name, address, method):
    """SP-26: an address that is open to all is named here."""
    answer = getattr(client, method)(address)

    if name in OPEN_TO_ALL:
        assert answer.status_code in (200, 302, 404, 405, 422)
    else:
        assert answer.status_code == 302
        assert answer["Location"].split("?")[0] == reverse("account_login")


def sign_in_with(client, username, password):
    return client.post(reverse("account_login"), {"login": username, "password": password})


def test_the_right_password_opens_the_start_page(client, world):
    answer = sign_in_with(client, "carla", PASSWORD)

    assert answer.status_code == 302 and answer["Location"] == reverse("monitoring:start")
    page = client.get(answer["Location"])
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store, private"
    assert page["Referrer-Policy"] == "same-origin"
    assert "default-src 'none'" in page["Content-Security-Policy"]


def test_the_session_gets_a_new_key_at_sign_in(client, world):
    """SP-27."""
    client.get(reverse("account_login"))
    session = client.session
    session["before"] = True
    session.save()
    old = session.session_key

    sign_in_with(client, "carla", PASSWORD)

    assert client.session.session_key != old


def test_production_names_its_cookies_for_one_host_over_https(tmp_path):
    """SP-27: a browser takes a `__Host-` cookie only with Secure, Path=/ and without a domain."""
    secret = tmp_path / "secret"
    secret.write_text("x" * 64)
    environment = os.environ | {
        "IMIDESK_SECRET_KEY_FILE": str(secret),
        "IMIDESK_HOSTS": "balie.example",
        "IMIDESK_BASE_URL": "https://balie.example",
        "IMIDESK_SECURITY_CONTACT": "mailto:imi@balie.example",
    }
    program = (
        "from imidesk.settings import production as p; import json; print(json.dumps([p.SESSION_COOKIE_NAME,"
        " p.CSRF_COOKIE_NAME, p.DEVICE_COOKIE_NAME, p.SESSION_COOKIE_SECURE, p.CSRF_COOKIE_SECURE,"
        " p.SESSION_COOKIE_SAMESITE, p.SESSION_COOKIE_HTTPONLY, hasattr(p, 'SESSION_COOKIE_DOMAIN'),"
        " p.SESSION_COOKIE_AGE]))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=ROOT, check=True, capture_output=True, text=True
    )

    *names, session_secure, csrf_secure, same_site, http_only, has_domain, age = json.loads(printed.stdout)
    assert names == ["__Host-sessionid", "__Host-csrftoken", "__Host-device"]
    assert session_secure and csrf_secure and http_only and same_site == "Lax" and not has_domain
    assert age == 10 * 60 * 60


def test_no_answer_tells_whether_somebody_has_an_account(client, world):
    world.other_handler.status = UserStatus.BLOCKED
    world.other_handler.save()

    wrong = sign_in_with(client, "carla", "not the password")
    unknown = sign_in_with(client, "nobody", "not the password")
    blocked = sign_in_with(client, "dirk", PASSWORD)

    for answer in (wrong, unknown, blocked):
        assert answer.status_code == 200
        assert "_auth_user_id" not in client.session
    faults = [answer.context["form"].errors for answer in (wrong, unknown, blocked)]
    assert faults[0] and faults[0] == faults[1] == faults[2]


def test_the_password_stands_on_no_page(client, world):
    answer = sign_in_with(client, "carla", "not the password")

    assert "not the password" not in answer.content.decode()


def test_a_blocked_account_loses_its_session(sign_in, world):
    """USR-27, SP-27."""
    browser = sign_in(world.handler)
    assert browser.get(reverse("monitoring:start")).status_code == 200

    world.handler.status = UserStatus.BLOCKED
    world.handler.save()

    answer = browser.get(reverse("monitoring:start"))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


def test_signing_out_is_a_deed_and_clears_what_the_browser_kept(client, world):
    """SP-13."""
    sign_in_with(client, "carla", PASSWORD)
    assert client.get(reverse("account_logout")).status_code == 200
    assert "_auth_user_id" in client.session

    answer = client.post(reverse("account_logout"))

    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert answer["Cache-Control"] == "no-store, private"
    assert "_auth_user_id" not in client.session
    assert client.get(reverse("monitoring:start"))["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize(
    "name",
    ["account_signup", "account_reset_password", "account_email", "account_change_password", "account_set_password"],
)
def test_nobody_signs_himself_up(client, world, name):
    """SP-26."""
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize("address", ["/accounts/signup/", "/aanmelden/signup/", "/accounts/", "/admin/", "/signup/"])
def test_the_addresses_of_signing_up_lead_nowhere(client, world, address):
    """SP-26."""
    with pytest.raises(Resolver404):
        resolve(address)
    assert client.get(address).status_code == 404


def test_the_way_back_after_sign_in_stays_on_the_desk(client, world):
    answer = client.post(
        reverse("account_login"), {"login": "carla", "password": PASSWORD, "next": "https://elsewhere.example/"}
    )

    assert answer["Location"] == reverse("monitoring:start")
