"""Installations without their processes: a folder, a database, and the commands; several on one cluster."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from django.db import connection

from tests.real.ask import checker_of
from tests.real.desk import ROOT, environment_of
from tests.real.services import Redis, postgresql

SETTINGS = "imidesk.settings.dev"
OF_ONE_PROCESS = ("desk.sqlite3-shm", "checker.log")


@dataclass
class Machine:
    """One installation: its folder, and with PostgreSQL a database of its own."""

    var: Path
    environment: dict[str, str]
    is_ready: bool = False

    @contextmanager
    def checker(self, module: str = "tests.real.checker"):
        with checker_of(self.var, self.environment, module) as checker:
            if self.is_ready:
                checker.settle()
            yield checker

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120)


@dataclass
class Machines:
    """Makes them: empty ones, and copies of one that is set up with its people."""

    folder: Path
    cluster: str | None
    broker: str | None
    numbers: Iterator[int] = field(default_factory=count)

    def empty(self) -> Machine:
        """With no database yet on SQLite, and one without tables on PostgreSQL."""
        return self._machine()

    def ready(self) -> Machine:
        first = self.folder / "first"
        if not first.exists():
            first.mkdir()
            with Machine(first, self._environment(first, "imidesk")).checker() as checker:
                checker.set_up()
        made = self._machine("-T", "imidesk")
        shutil.copytree(first, made.var, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*OF_ONE_PROCESS))
        made.is_ready = True
        return made

    def _machine(self, *how: str) -> Machine:
        name = f"desk{next(self.numbers)}"
        var = self.folder / name
        var.mkdir()
        if self.cluster:
            psql = ["createdb", "--maintenance-db", f"{self.cluster}/postgres", *how, name]
            subprocess.run(psql, check=True, env=os.environ)
        return Machine(var, self._environment(var, name))

    def _environment(self, var: Path, name: str) -> dict[str, str]:
        facts = {"DATABASE_URL": f"{self.cluster}/{name}"} if self.cluster else {}
        return environment_of(var, SETTINGS, **facts, **({"REDIS_URL": self.broker} if self.broker else {}))


@contextmanager
def machines(folder: Path) -> Iterator[Machines]:
    """With PostgreSQL and Redis of their own, where the tests run on PostgreSQL; on SQLite folders serve as broker."""
    with ExitStack() as stack:
        cluster = broker = None
        if connection.vendor == "postgresql":
            cluster = stack.enter_context(postgresql()).rpartition("/")[0]
            redis = Redis(folder)
            stack.callback(redis.end)
            redis.start()
            broker = redis.url
        yield Machines(folder, cluster, broker)
