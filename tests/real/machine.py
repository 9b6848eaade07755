"""One installation without its processes: a folder, a database, and the commands."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from tests.real.ask import checker_of
from tests.real.desk import ROOT, environment_of
from tests.real.services import postgresql


@dataclass
class Machine:
    """One installation: its folder, and with PostgreSQL a database of its own."""

    var: Path
    environment: dict[str, str]

    def checker(self):
        return checker_of(self.var, self.environment)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120)


@contextmanager
def machine(var: Path) -> Iterator[Machine]:
    var.mkdir()
    with ExitStack() as stack:
        facts = {"DATABASE_URL": stack.enter_context(postgresql())} if connection.vendor == "postgresql" else {}
        yield Machine(var, environment_of(var, "imidesk.settings.dev", **facts))
