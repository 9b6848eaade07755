"""Brings `.venv` and the built front end up to date with the lock files; what is up to date is left alone."""

import argparse
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"
STATIC = ROOT / "imidesk" / "static" / "build"
LOCKS = {"run": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}


def run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True, stdin=subprocess.DEVNULL)


def digest(*paths: Path) -> str:
    files = sorted(file for path in paths for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())
    found = hashlib.sha256()
    for file in files:
        found.update(str(file.relative_to(ROOT)).encode())
        found.update(file.read_bytes())
    return found.hexdigest()


def read(stamp: Path) -> str:
    return stamp.read_text() if stamp.exists() else ""


def packages(kind: str) -> None:
    """A development environment stays one: `run` then follows the development lock too."""
    stamp = VENV / ".installed"
    if not PYTHON.exists():
        shutil.rmtree(VENV, ignore_errors=True)
        run("python3", "-m", "venv", VENV)
    elif read(stamp).startswith("dev"):
        kind = "dev"
    lock = LOCKS[kind]
    wanted = f"{kind} {digest(lock)}"
    if read(stamp) == wanted:
        return
    print(f"Installing {lock.name} into .venv", flush=True)
    run(PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "--only-binary", ":all:", "-r", lock)
    remove_others(lock)
    stamp.write_text(wanted)


def remove_others(lock: Path) -> None:
    locked = set(re.findall(r"^([a-z0-9._-]+)==", lock.read_text(), re.MULTILINE)) | {"pip", "setuptools"}
    frozen = subprocess.run(
        [PYTHON, "-m", "pip", "list", "--format=freeze"], check=True, capture_output=True, text=True
    ).stdout
    installed = {re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in frozen.split()}
    if others := sorted(installed - locked):
        run(PYTHON, "-m", "pip", "uninstall", "-q", "-y", *others)


def front_end() -> None:
    lock, script = ROOT / "package-lock.json", ROOT / "scripts" / "assets.mjs"
    installed, built = NODE_MODULES / ".desk-installed", NODE_MODULES / ".desk-built"
    wanted = digest(ROOT / "package.json", lock)
    if read(installed) != wanted:
        print("Installing the front-end packages", flush=True)
        run("npm", "ci", "--ignore-scripts", "--silent")
        installed.write_text(wanted)
    wanted = digest(lock, script, ROOT / "imidesk" / "assets")
    if read(built) != wanted or not STATIC.exists():
        run("node", script)
        built.write_text(wanted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=LOCKS)
    packages(parser.parse_args().kind)
    front_end()
    run(PYTHON, ROOT / "scripts" / "messages.py", "compile")


if __name__ == "__main__":
    main()
