"""One desk to measure: its database with so many requests, its folder, and its web server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.client import Visitor
from bench.cluster import free_port, running, wait_for

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2


@dataclass(frozen=True)
class Desk:
    number: int
    database: str
    redis: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "bench.settings",
            "DATABASE_URL": self.database,
            "REDIS_URL": self.redis,
            "IMIDESK_VAR_DIR": str(self.folder),
            "PYTHONPATH": str(ROOT),
        }

    def manage(self, *arguments: str) -> None:
        self._run(str(ROOT / "manage.py"), *arguments)

    def ask(self, module: str, *arguments: str) -> Any:
        """What a module of the bench prints about this desk."""
        done = self._run("-m", module, *arguments, stdout=subprocess.PIPE)
        return json.loads(done.stdout.splitlines()[-1])

    def _run(self, *arguments: str, stdout: int | None = None) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(  # noqa: S603
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, check=True, stdout=stdout
        )

    @contextmanager
    def served(self) -> Iterator[Visitor]:
        port = free_port()
        command = [str(Path(sys.executable).parent / "gunicorn"), "imidesk.wsgi", "--chdir", str(ROOT)]
        command += ["--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS), "--no-control-socket"]
        command += ["--worker-class", "gthread", "--threads", "4", "--log-level", "warning", "--keep-alive", "600"]
        with running(command, cwd=ROOT, env=self.environment):
            wait_for(port)
            yield Visitor(port)
