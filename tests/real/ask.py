"""The checker of a desk as a process of its own, asked by name."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.real.desk import ROOT


@dataclass
class Checker:
    process: subprocess.Popen[str]
    log: Path

    def __getattr__(self, name: str):
        def ask(*arguments: object):
            assert self.process.stdin and self.process.stdout
            self.process.stdin.write(json.dumps([name, arguments]) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
            assert line, f"the checker stopped at {name}: {self.log.read_text()[-2000:]}"
            return json.loads(line)

        return ask


@contextmanager
def checker_of(var: Path, environment: dict[str, str], module: str = "tests.real.checker") -> Iterator[Checker]:
    log = var / "checker.log"
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, text=True,
        )  # fmt: skip
    try:
        yield Checker(process, log)
    finally:
        process.kill()
        process.communicate()
