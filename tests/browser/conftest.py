"""A real desk for the browser: prepared and started by the scripts behind `make run`, with its worker and its beat."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen
from uuid import uuid4

import psycopg
import pytest
from playwright.sync_api import Browser, Page, Request, Response, sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SECONDS_TO_START = 480
DUMP = "practice-desk.sql"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _own_database(url: str) -> tuple[str, str]:
    """A database of this run beside the one that was given: the practice desk makes its database afresh."""
    parts = urlsplit(url)
    name = f"imidesk_browser_{uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    return urlunsplit(parts._replace(path=f"/{name}")), name


def _drop_database(url: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@dataclass(frozen=True)
class RunningDesk:
    address: str
    var: Path
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        return self.run("manage.py", *arguments)

    def run(self, *arguments: str) -> str:
        """A script or module of the project, on this desk."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """Each process of the tests has its own; the first makes the practice desk, the others begin with a copy of it."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with running_desk(tmp_path_factory.mktemp("desk"), shared) as running:
        yield running


@contextmanager
def running_desk(var: Path, shared: Path) -> Iterator[RunningDesk]:
    """Its data under that folder, and with DATABASE_URL in a database of its own; what was made is kept in `shared`."""
    port = _free_port()
    address = f"http://localhost:{port}"
    environment = {
        **os.environ,
        "IMIDESK_VAR_DIR": str(var),
        "DJANGO_SETTINGS_MODULE": "imidesk.settings.dev",
        "PORT": str(port),
    }
    given = os.environ.get("DATABASE_URL", "")
    own_name = ""
    var.mkdir(exist_ok=True)
    log = (var / "desk.log").open("wb")
    try:
        if given:
            environment["DATABASE_URL"], own_name = _own_database(given)
        with (shared / "practice-desk.lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _fill(var, environment, log, kept=shared / "practice-desk")
        launcher = subprocess.Popen(
            [sys.executable, str(ROOT / "scripts" / "run.py")],
            cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            _wait_for(address, launcher, var)
            yield RunningDesk(address, var, environment)
        finally:
            launcher.send_signal(signal.SIGTERM)
            launcher.wait(timeout=30)
    finally:
        log.close()
        if own_name:
            _drop_database(given, own_name)


def _fill(var: Path, environment: dict[str, str], log: BinaryIO, *, kept: Path) -> None:
    database = environment.get("DATABASE_URL", "")
    if kept.exists():
        shutil.copytree(kept, var, dirs_exist_ok=True)
        if database:
            subprocess.run(["psql", "-qX", "-d", database, "-f", str(kept / DUMP)], stdout=log, stderr=log, check=True)
        return
    prepared = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "prepare.py")],
        cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, timeout=SECONDS_TO_START,
    )  # fmt: skip
    assert prepared.returncode == 0, (var / "desk.log").read_text()
    if database:
        subprocess.run(["pg_dump", "-d", database, "-f", str(var / DUMP)], stderr=log, check=True)
    shutil.copytree(var, kept)


def _wait_for(address: str, launcher: subprocess.Popen[bytes], var: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert launcher.poll() is None, (var / "desk.log").read_text()
        try:
            with urlopen(f"{address}/aanmelden/", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise AssertionError((var / "desk.log").read_text())


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        message = "Chromium is not installed: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """One person in a browser of his own; every page is judged: status, axe, console, nothing from outside."""

    page: Page
    desk: RunningDesk
    faults: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    expected: set[int] = field(default_factory=lambda: {200})

    def __post_init__(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        self.page.on("request", self._on_request)
        self.page.on("response", self._on_response)

    def _on_console(self, message: object) -> None:
        if getattr(message, "type", "") != "error":
            return
        text = str(getattr(message, "text", ""))
        if not any(f"status of {status}" in text for status in self.expected):
            self.faults.append(f"console: {text}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.desk.address, "data:", "blob:")):
            self.faults.append(f"leaves the site: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.request.resource_type == "document" and response.status not in {302, *self.expected}:
            self.faults.append(f"{response.status} {response.request.method} {response.url}")
        if response.request.resource_type == "document" and response.status != 302:
            policy = response.headers.get("content-security-policy", "")
            if "default-src 'none'" not in policy or "unsafe" in policy:
                self.faults.append(f"no strict policy: {response.url}")

    def open(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else f"{self.desk.address}{path}")
        self.judge()

    def press(self, name: str, *, role: str = "button", exact: bool = False) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role(role, name=name, exact=exact).first.click()  # type: ignore[arg-type]
        self.judge()

    def judge(self) -> None:
        """axe finds no violation, and the page does not scroll sideways."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate(
            """async (tags) => {
                const result = await axe.run(document, {runOnly: tags});
                return result.violations.map(v => v.id + ": " + v.nodes.map(n => n.html).join(" | "));
            }""",
            AXE_TAGS,
        )
        if self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            self.faults.append(f"scrolls sideways: {self.page.url}")
        self.faults += [f"axe at {self.page.url}: {violation}" for violation in found]
        self.seen.add(urlsplit(self.page.url).path)

    def text(self) -> str:
        return self.page.locator("body").inner_text()

    def check(self) -> None:
        assert not self.faults, "\n".join(self.faults)


@pytest.fixture
def visit(chromium: Browser, desk: RunningDesk) -> Iterator:  # type: ignore[type-arg]
    """visit("Anna") signs that person in, in a browser of his own: of the practice desk, or with a password."""
    contexts = []
    visitors = []

    def enter(person: str, *, password: str = "", width: int = 1280, language: str = "nl") -> Visitor:
        context = chromium.new_context(viewport={"width": width, "height": 900}, locale=language, accept_downloads=True)
        contexts.append(context)
        visitor = Visitor(context.new_page(), desk)
        visitors.append(visitor)
        if password:
            visitor.open("/aanmelden/")
            visitor.page.get_by_label("Gebruikersnaam").fill(person)
            visitor.page.get_by_label("Wachtwoord").fill(password)
            visitor.press("Aanmelden", exact=True)
        else:
            visitor.open("/oefenen/personen/")
            visitor.press(person)
        return visitor

    yield enter
    for visitor in visitors:
        visitor.check()
    for context in contexts:
        context.close()
