"""The desk as processes of its own, each of which may be killed and started again, and a person before it over HTTP."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from tests.real.services import Redis, free_port, postgresql, until

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
SECONDS_TO_START = 90


@dataclass
class RealDesk:
    var: Path
    environment: dict[str, str]
    redis: Redis
    port: int = field(default_factory=free_port)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    beat_app: str = "imidesk"
    root: Path = ROOT
    serve: list[str] = field(default_factory=list)
    """The image's own command for the web, when that is what is tried."""

    @property
    def commands(self) -> dict[str, list[str]]:
        celery = [str(BIN / "celery"), "--quiet", "--workdir", str(self.root), "-A"]
        return {
            "web": self.serve
            or [
                *(str(BIN / "gunicorn"), "imidesk.wsgi", "--chdir", str(self.root)),
                *("--bind", f"127.0.0.1:{self.port}"),
                *("--workers", "1", "--worker-class", "gthread", "--threads", "4", "--log-level", "warning"),
                *("--no-control-socket", "--graceful-timeout", "5"),
            ],
            "worker": [*celery, "imidesk", "worker", "-P", "threads", "--concurrency", "2", "--loglevel", "WARNING"],
            "beat": [
                *(*celery, self.beat_app, "beat", "--loglevel", "WARNING", "--pidfile", ""),
                *("--schedule", str(self.var / "beat-schedule")),
            ],
        }

    def manage(self, *arguments: str, code: int = 0) -> str:
        done = self.begin("manage.py", *arguments)
        told, _nothing = done.communicate(timeout=300)
        assert done.returncode == code, told.decode()
        return told.decode()

    def begin(self, script: str, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, str(self.root / script), *arguments],
            cwd=self.root, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip

    def start(self, name: str) -> None:
        if name == "broker":
            self.redis.start()
            return
        with (self.var / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                self.commands[name],
                cwd=self.root, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        if name == "web":
            until(self._answers, seconds=SECONDS_TO_START, what="the desk answers")

    def _answers(self) -> bool:
        assert self.running["web"].poll() is None, self.log("web")
        try:
            host = self.environment.get("IMIDESK_HOSTS", "localhost")
            return Person(self, host).get("/healthz/live").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def kill(self, name: str) -> None:
        """As when the machine stops: every process of it at once, and no time to tidy up."""
        if name == "broker":
            self.redis.end(signal.SIGKILL)
            return
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=20)

    def revive(self) -> list[str]:
        """Starts again what ended by itself, as `restart: unless-stopped` of the compose file does."""
        ended = [name for name, process in self.running.items() if process.poll() is not None]
        for name in ended:
            self.start(name)
        return ended

    def doing(self, name: str) -> str:
        """The end of its log, to which a worker writes what each of its threads does when it is asked."""
        if name == "worker" and name in self.running:
            self.running[name].send_signal(signal.SIGUSR1)
            time.sleep(2)
        return f"--- {name}\n{self.log(name)[-6000:]}"

    def log(self, name: str) -> str:
        return (self.var / f"{name}.log").read_text(errors="replace")

    def end(self) -> None:
        for name in list(self.running):
            self.kill(name)
        self.redis.end()


@contextmanager
def real_desk(
    var: Path, *, settings: str, beat_app: str = "imidesk", root: Path = ROOT, **extra: str
) -> Iterator[RealDesk]:
    """With PostgreSQL and Redis of its own; nothing of it is started yet, the database is empty."""
    redis = Redis(var)
    with postgresql() as database:
        facts = {"DATABASE_URL": database, "REDIS_URL": redis.url, **extra}
        environment = environment_of(var, settings, **facts) | {"PYTHONPATH": str(root)}
        desk = RealDesk(var, environment, redis, beat_app=beat_app, root=root)
        redis.start()
        try:
            yield desk
        finally:
            desk.end()


def environment_of(var: Path, settings: str, **facts: str) -> dict[str, str]:
    """Nothing of the desk that the tests themselves run on."""
    of_the_tests = ("IMIDESK_", "EMAIL_", "DATABASE_URL", "REDIS_URL")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(of_the_tests)},
        "DJANGO_SETTINGS_MODULE": settings,
        "IMIDESK_VAR_DIR": str(var),
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        **facts,
    }


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def location(self) -> str:
        return urlsplit(self.headers.get("Location", "")).path


@dataclass
class Person:
    """A browser without scripts: cookies, forms with their token, no redirects followed."""

    desk: RealDesk
    host: str = "localhost"
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Reply:
        return self._ask("GET", path)

    def post(self, path: str, body: Mapping[str, object]) -> Reply:
        """`body` may name a field several times with a list."""
        sent = urlencode({"csrfmiddlewaretoken": self._token(), **body}, doseq=True)
        return self._ask("POST", path, sent.encode(), "application/x-www-form-urlencoded")

    def send_file(self, path: str, body: Mapping[str, str], name: str, content: bytes) -> Reply:
        bound = uuid4().hex
        fields = {"csrfmiddlewaretoken": self._token(), **body}
        parts = [
            f'--{bound}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in fields.items()
        ]
        head = (
            f'--{bound}\r\nContent-Disposition: form-data; name="{name}"; filename="imi.pdf"\r\n'
            "Content-Type: application/pdf\r\n\r\n"
        )
        whole = "".join(parts).encode() + head.encode() + content + f"\r\n--{bound}--\r\n".encode()
        return self._ask("POST", path, whole, f"multipart/form-data; boundary={bound}")

    def _token(self) -> str:
        return next((value for name, value in self.cookies.items() if name.endswith("csrftoken")), "")

    def sign_in(self, username: str, password: str) -> Reply:
        self.get("/aanmelden/")
        return self.post("/aanmelden/", {"login": username, "password": password})

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> Reply:
        scheme = "https" if "X-Forwarded-Proto" in self.headers else "http"
        headers = {
            "Host": self.host,
            "Referer": f"{scheme}://{self.host}/",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            **self.headers,
        }
        if body is not None:
            headers["Content-Type"] = kind
        connection = http.client.HTTPConnection("127.0.0.1", self.desk.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return Reply(answer.status, dict(answer.headers.items()), text)
