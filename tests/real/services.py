"""A PostgreSQL cluster and a Redis of a test's own, on free ports, gone afterwards."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from imidesk.core.readiness import QUIET_POSTGRESQL


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition, *, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.1)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def postgres_bin() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found or not shutil.which("redis-server"):
        message = "PostgreSQL and Redis are not installed: apt-get install postgresql redis-server"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found[-1].parent


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of an empty database; initdb refuses root, so as root the cluster is the user postgres'."""
    bin_folder = postgres_bin()
    folder = Path(tempfile.mkdtemp(prefix="imidesk-pg-", dir="/tmp"))
    as_owner = []
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
        as_owner = ["runuser", "-u", "postgres", "--"]
    port = free_port()

    def run(*command: str) -> None:
        subprocess.run([*as_owner, *command], cwd="/", check=True, stdout=subprocess.DEVNULL)

    quiet = " ".join(f"-c {name}={value}" for name, value in QUIET_POSTGRESQL.items())
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off {quiet}"
    try:
        initdb = ["-A", "trust", "-U", "desk", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        run(str(bin_folder / "initdb"), "-D", str(folder / "data"), *initdb)
        control = [str(bin_folder / "pg_ctl"), "-D", str(folder / "data"), "-w", "-l", str(folder / "log")]
        run(*control, "-o", options, "start")
        try:
            run(str(bin_folder / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "desk", "imidesk")
            yield f"postgresql://desk@127.0.0.1:{port}/imidesk"
        finally:
            run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Redis:
    """As in the compose file: nothing is written to disk, so who kills it empties it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(
            [*command, "--dir", str(self.folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(lambda: is_open(self.port), seconds=20, what="Redis answers")

    def end(self, sign: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(sign)
            self.process.wait(timeout=20)
            self.process = None
