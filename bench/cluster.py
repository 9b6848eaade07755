"""A PostgreSQL and a Redis of the bench's own, on free ports; their data stay for the next run."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_AS_POSTGRES = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _program(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not found:
        raise SystemExit(f"There is no {name} here: apt-get install postgresql")
    return str(found[-1])


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The address of the server, without a database. Its commits wait for the disk, as those of a desk do."""
    data = folder / "postgres"
    if not data.exists():
        data.mkdir(mode=0o700)
        if _AS_POSTGRES:
            shutil.chown(data, "postgres")
        _run(
            _program("initdb"), "-D", str(data), "-A", "trust", "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8"
        )
    port = free_port()
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data}"
        " -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=8GB"
        " -c shared_buffers=1GB -c effective_cache_size=4GB -c random_page_cost=1.1"
    )
    _run(_program("pg_ctl"), "-D", str(data), "-w", "-l", str(data / "log"), "-o", options, "start")
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}"
    finally:
        _run(_program("pg_ctl"), "-D", str(data), "-m", "fast", "-w", "stop")


def make_database(server: str, name: str) -> bool:
    """False when it was there already."""
    listed = subprocess.run(  # noqa: S603
        [_program("psql"), f"{server}/postgres", "-Atc", "SELECT datname FROM pg_database"],
        check=True,
        capture_output=True,
        text=True,
    )
    if name in listed.stdout.split():
        return False
    _run(_program("psql"), f"{server}/postgres", "-qc", f"CREATE DATABASE {name}")
    return True


def _run(*command: str) -> None:
    subprocess.run([*_AS_POSTGRES, *command], check=True, cwd="/", stdout=subprocess.DEVNULL)  # noqa: S603


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with running(command) as _process:
        wait_for(port)
        yield f"redis://127.0.0.1:{port}"


@contextmanager
def running(command: list[str], **options: object) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True, **options)  # type: ignore[call-overload]  # noqa: S603
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def wait_for(port: int, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"Nothing answers on port {port}.")
