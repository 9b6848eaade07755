"""The image's own commands in a plain folder, and a production desk from its first authority to an erased case.

SP-03, SP-13, SP-16, SP-21, SP-24, SP-27, SP-38, SP-41; pitfall 3. Docker itself is not run.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import psycopg
import pytest
from aiosmtpd.controller import Controller
from django.db import connection

from requests_app import catalogue
from requests_app.vocabulary import Procedure
from tests.dockerfile import steps_of_the_image
from tests.factories.files import pdf_bytes
from tests.real.desk import BIN, ROOT, Person, RealDesk, real_desk
from tests.real.faults import Post
from tests.real.services import free_port, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="A production desk runs on PostgreSQL and Redis."),
]
HOST = "imi.voorbeeld.example"
PASSWORD = "vier paarden dansen zacht"
TOOI = "https://identifier.overheid.nl/tooi/id/provincie/pv30"
NAME = "Łukasiewicz-Größe"
CASE = "C2026-00118"
NEEDS_THE_NETWORK = ("apt-get", "npm ci", "pip install")


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> Path:
    """What COPY and RUN make of the repository; packages come from this machine, not from the network."""
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    folder = tmp_path_factory.mktemp("image") / "app"
    ask = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(ask, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    left_out = {line.rstrip("/") for line in (ROOT / ".dockerignore").read_text().split()}
    for name in filter(None, listed.split("\0")):
        if name.split("/")[0] not in left_out and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    environment = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}
    environment |= {"DJANGO_SETTINGS_MODULE": "imidesk.settings.production", "IMIDESK_VAR_DIR": str(folder / "var")}
    done = 0
    for word, command in steps_of_the_image():
        if word == "RUN" and not any(need in command for need in NEEDS_THE_NETWORK):
            subprocess.run(
                ["sh", "-ec", command.replace("/tmp/", f"{folder.parent}/")],
                cwd=folder,
                env=environment,
                check=True,
                capture_output=True,
            )
            done += 1
    assert done == 2
    return folder


@contextmanager
def production(image: Path, var: Path, **changes: str) -> Iterator[RealDesk]:
    for name in ("keys", "anchors", "ledger", "files"):
        (var / name).mkdir(mode=0o700)
    (var / "secret").write_text("f3a9" * 16)
    facts = {
        "IMIDESK_KEYS_DIR": str(var / "keys"),
        "IMIDESK_ANCHORS_DIR": str(var / "anchors"),
        "IMIDESK_LEDGER_DIR": str(var / "ledger"),
        "IMIDESK_SECRET_KEY_FILE": str(var / "secret"),
        "IMIDESK_HOSTS": HOST,
        "IMIDESK_BASE_URL": f"https://{HOST}",
        "IMIDESK_SECURITY_CONTACT": "mailto:security@voorbeeld.example",
        "IMIDESK_MAIL_FROM": "imi@voorbeeld.example",
        "EMAIL_HOST": "127.0.0.1",
        **changes,
    }
    with real_desk(var, settings="imidesk.settings.production", root=image, **facts) as desk:
        (command,) = [json.loads(rest) for word, rest in steps_of_the_image() if word == "CMD"]
        own = {"0.0.0.0:8000": f"127.0.0.1:{desk.port}", "gunicorn": str(BIN / "gunicorn")}
        desk.serve = [own.get(part, part) for part in command]
        desk.serve[desk.serve.index("--workers") + 1] = "1"
        yield desk


def browser(desk: RealDesk) -> Person:
    """Behind the reverse proxy of the house, which speaks https."""
    return Person(desk, HOST, {"X-Forwarded-Proto": "https"})


def invited(desk: RealDesk, first: str, role: str) -> tuple[Person, str]:
    told = desk.manage(
        "create_user", "--authority", "PV", "--first-name", first, "--last-name", "Voorbeeld",
        "--email", f"{first.lower()}@voorbeeld.example", "--role", role, "--module", "services",
    )  # fmt: skip
    username, code = re.search(r"User name: (\S+)", told)[1], re.search(r"[A-Z0-9]{4}(-[A-Z0-9]{4}){3}", told)[0]
    person = browser(desk)
    person.get("/inschrijven/")
    body = {"username": username, "enrolment_code": code, "password": PASSWORD, "password_again": PASSWORD}
    assert person.post("/inschrijven/", body).location == "/aanmelden/"
    assert person.sign_in(username, PASSWORD).status == 302
    return person, username


def intake_file() -> bytes:
    codes = [question.code for question in catalogue.set_for(Procedure.INFORMATION_REQUEST, False).questions[:2]]
    item = {
        "imi_number": "482913",
        "module": "services",
        "procedure": Procedure.INFORMATION_REQUEST,
        "requesting_authority": {"name": "Gewerbeamt Musterhausen", "country": "DE"},
        "home_authority": {"tooi": TOOI},
        "service_activity": "fireworks_display",
        "received_at": (datetime.now(UTC) - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "reply_days": 14,
        "motivation": "Wij controleren de vestiging.",
        "questions": [{"code": code} for code in codes],
        "subject": {"kind": "natural", "family_name": NAME},
    }
    return json.dumps({"format": "imidesk.intake/1", "requests": [item]}).encode()


def now() -> str:
    return datetime.now(ZoneInfo("Europe/Amsterdam")).strftime("%Y-%m-%dT%H:%M")


def test_a_production_desk_from_its_first_authority_to_an_erased_case(image, tmp_path):
    post = Post()
    mail = Controller(post, hostname="127.0.0.1", port=free_port())
    mail.start()
    try:
        with production(image, tmp_path, EMAIL_PORT=str(mail.port)) as desk:
            desk.manage("migrate")
            desk.manage("createcachetable")
            desk.manage("make_keys")
            desk.manage("load_lists")
            desk.manage(
                "create_authority", "Provincie Voorbeeld", "--prefix", "PV", "--email", "imi@voorbeeld.example",
                "--module", "services", "--tooi", TOOI,
            )  # fmt: skip
            told = desk.manage("preflight")
            assert "FAULT" not in told and "its log is quiet" in told and "Redis wakes the worker" in told
            assert "geen oefenbalie" in desk.manage("practice_desk", code=1)
            for name in ("web", "worker"):
                desk.start(name)
            _is_shut_from_outside(desk)
            allocator, _name = invited(desk, "Anna", "toewijzer")
            handler, username = invited(desk, "Carla", "behandelaar")
            desk.manage(
                "give_mandate", username, "--authority", "PV", "--function", "adviseur",
                "--regulation", "Mandaatregeling GS 2026",
            )  # fmt: skip
            reference = _walk(allocator, handler)
            until(lambda: post.seen.total() >= 4, seconds=60, what="the mails are sent")
            _ends_by_erasing(desk, handler, reference)
            assert "Every chain is whole" in desk.manage("verify_audit")
            assert "Every grant follows" in desk.manage("verify_grants")
            for name in ("web", "worker"):
                assert "Traceback" not in desk.log(name)
                assert NAME not in desk.log(name) and json.dumps(NAME)[1:-1] not in desk.log(name)
    finally:
        mail.stop()


def _is_shut_from_outside(desk: RealDesk) -> None:
    plain = Person(desk, HOST)
    assert [plain.get(path).status for path in ("/healthz/live", "/healthz/ready")] == [200, 200]
    to_https = plain.get("/aanmelden/")
    assert to_https.status == 301 and to_https.headers["Location"] == f"https://{HOST}/aanmelden/"
    assert Person(desk, "elders.example", {"X-Forwarded-Proto": "https"}).get("/aanmelden/").status == 400
    person = browser(desk)
    page = person.get("/aanmelden/")
    assert page.status == 200
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "__Host-csrftoken" in person.cookies
    assert "Secure" in page.headers["Set-Cookie"] and "HttpOnly" in page.headers["Set-Cookie"]
    style = re.search(r'href="(/static/[^"]+\.css)"', page.text)[1]
    assert re.search(r"\.[0-9a-f]{12}\.css$", style)
    found = person.get(style)
    assert found.status == 200 and "immutable" in found.headers["Cache-Control"]
    assert person.get("/oefenen/personen/").status == 404
    assert person.get("/verzoeken/").location == "/aanmelden/"


def _walk(allocator: Person, handler: Person) -> str:
    """One request over HTTP, each press a redirect. A new authority works without allocation: who accepts, handles."""
    start = allocator.get("/")
    assert start.status == 200 and start.headers["Cache-Control"] == "no-store, private"
    assert "__Host-sessionid" in allocator.cookies
    taken = allocator.send_file("/verzoeken/inlezen/", {}, "file", intake_file())
    assert taken.status == 302, taken.text
    reference = re.search(r"PV-[0-9]{4}-[0-9]{5}", allocator.get("/verzoeken/").text)[0]
    case = f"/verzoeken/{reference}"
    assert NAME not in allocator.get(f"{case}/").text

    assert NAME not in handler.get(f"{case}/").text
    accepted = {"competent": "on", "able": "on", "date_choice": "asked", "done_at": now()}
    _pressed(handler, f"{case}/aanvaarden/", accepted)
    assert NAME in handler.get(f"{case}/").text + handler.get(f"{case}/dienstverlener/").text
    assert NAME not in allocator.get(f"{case}/").text

    tab = handler.get(f"{case}/tab/A/").text
    answers: dict[str, object] = {}
    for key, version in re.findall(r'name="version-([0-9a-f-]{36})" value="([0-9]+)"', tab):
        answers |= {f"version-{key}": version, f"text-{key}": "Ja.", f"standard-{key}": "data_protection"}
    assert len(answers) == 6
    _pressed(handler, f"{case}/tab/A/", answers)
    _pressed(handler, f"{case}/verzenden/", {"needed": "on", "within_powers": "on"})
    _pressed(handler, f"{case}/invullen-in-imi/", {"done_at": now()})
    _pressed(handler, f"{case}/afsluiten/", {"closed_at": now()})

    filing = f"/archief/{reference}/opslaan/"
    assert handler.send_file(filing, {"act": "imi"}, "imi-report", pdf_bytes()).status == 302
    until(lambda: _has_reports(handler, reference), seconds=90, what="the worker makes the end reports")
    body = {"act": "case", "case-case_number": CASE, "case-signed_off_on": now()[:10]}
    _pressed(handler, filing, body)
    assert CASE in handler.get(filing).text + handler.get(f"{case}/").text
    return reference


def _ends_by_erasing(desk: RealDesk, handler: Person, reference: str) -> None:
    """Pitfall 3. The clock of production stands still, so the days in the register are moved instead."""
    case = f"/verzoeken/{reference}"
    papers = re.findall(rf'href="({case}/bestand/[0-9a-f-]+/)"', handler.get(f"{case}/bijlagen/").text)
    pages = (f"{case}/", f"{case}/dienstverlener/")

    def readable() -> tuple[bool, list[int]]:
        return any(NAME in handler.get(page).text for page in pages), [handler.get(paper).status for paper in papers]

    with psycopg.connect(desk.environment["DATABASE_URL"], autocommit=True) as database:

        def one(question: str) -> object:
            return database.execute(question).fetchone()[0]

        def files() -> list[Path]:
            return [path for path in (desk.var / "files").rglob("*") if path.is_file()]

        def moved(column: str) -> None:
            assert database.execute(f"UPDATE archive_retentionrecord SET {column} = CURRENT_DATE").rowcount == 1

        owner = one(f"SELECT uuid FROM requests_app_informationrequest WHERE reference = '{reference}'")
        keys = f"SELECT count(*) FROM core_sealkey WHERE owner = '{owner}'"
        told = desk.manage("retention")
        assert "0 blocked" in told and "0 erased" in told
        assert papers and readable() == (True, [200] * len(papers))
        assert one(keys) == 1

        moved("block_on")
        told = desk.manage("retention")
        assert f"1 blocked: {reference}" in told and "0 erased" in told
        assert not readable()[0] and 200 not in readable()[1]
        assert one(keys) == 1 and files()
        assert "There is no proof" in desk.manage("erasure_proof", reference, code=2)
        assert not list((desk.var / "ledger").iterdir())

        moved("erase_on")
        told = desk.manage("retention")
        assert "0 blocked" in told and f"1 erased: {reference}" in told
        assert not readable()[0] and 200 not in readable()[1]
        assert one(keys) == 0 and not files()
        assert one("SELECT count(*) FROM requests_app_subject") == 0
    told = desk.manage("erasure_proof", reference, "--json")
    proof = json.loads(next(line for line in told.splitlines() if line.startswith('{"reference"')))
    assert (proof["found"], proof["sealed rows left"], proof["files left"], proof["key"]) == (0, 0, 0, "destroyed")
    assert proof["sealed rows erased"] > 3 and len(proof["marker found in"]) == 5
    (line,) = (desk.var / "ledger" / "ledger.jsonl").read_text().splitlines()
    assert json.loads(line)["subject"] == str(owner)


def _has_reports(handler: Person, reference: str) -> bool:
    page = handler.get(f"/archief/{reference}/opslaan/").text
    return page.count(quote(f"/verzoeken/{reference}/bestand/")) >= 3


def _pressed(person: Person, path: str, body: dict[str, object]) -> None:
    answer = person.post(path, body)
    assert answer.status == 302, f"{path}: {answer.status} {answer.text}"


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ({"IMIDESK_SECRET_KEY_FILE": ""}, "IMIDESK_SECRET_KEY_FILE is not set"),
        ({"IMIDESK_HOSTS": ""}, "IMIDESK_HOSTS is not set"),
        ({"IMIDESK_BASE_URL": "http://imi.voorbeeld.example"}, "https://"),
    ],
)
def test_without_its_settings_nothing_starts(image, tmp_path, missing, sentence):
    """SP-38."""
    (tmp_path / "secret").write_text("f3a9" * 16)
    facts = {
        "IMIDESK_SECRET_KEY_FILE": str(tmp_path / "secret"),
        "IMIDESK_HOSTS": HOST,
        "IMIDESK_BASE_URL": f"https://{HOST}",
        "IMIDESK_SECURITY_CONTACT": "mailto:security@voorbeeld.example",
    }

    def loaded(**changes: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "imidesk.settings.production", **facts, **changes}
        code = "from django.conf import settings; print(settings.IMIDESK_KIND)"
        return subprocess.run([sys.executable, "-c", code], cwd=image, env=environment, capture_output=True, text=True)

    assert loaded().stdout.strip() == "production"
    refused = loaded(**missing)
    assert refused.returncode and sentence in refused.stderr
