"""Runs web, worker and beat as three processes and stops them together, on one machine and for this machine only."""

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
VAR = Path(os.environ.get("IMIDESK_VAR_DIR", ROOT / "var"))
PORT = int(os.environ.get("PORT") or "8000")
SECONDS_TO_START = 60
SECONDS_TO_STOP = 10
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None

CELERY = [str(BIN / "celery"), "--quiet", "-A", "imidesk", "--workdir", str(ROOT)]
COMMANDS = {
    "web": [
        *(str(BIN / "gunicorn"), "imidesk.wsgi", "--chdir", str(ROOT), "--bind", f"127.0.0.1:{PORT}"),
        *("--workers", "2", "--worker-class", "gthread", "--threads", "4", "--log-level", "warning"),
        *("--no-control-socket", "--graceful-timeout", "5"),
    ],
    "worker": [
        *CELERY,
        *("worker", "-P", "threads", "--concurrency", "2", "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ],
    "beat": [
        *CELERY,
        *("beat", "--loglevel", "WARNING", "--pidfile", "", "--schedule", str(VAR / "beat-schedule")),
    ],
}


class Stop(Exception):
    pass


def on_signal(number: int, frame: FrameType | None) -> None:
    handle_signals(signal.SIG_IGN)
    raise Stop


def handle_signals(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def end_with_parent() -> None:
    """In the child: its group ends in order even if this launcher is killed outright (Linux)."""
    handle_signals(signal.SIG_DFL)
    if LIBC:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def stop(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    """Ends every process group: asked first, then killed. A second signal does not disturb it."""
    handle_signals(signal.SIG_IGN)
    for sign, seconds in ((signal.SIGTERM, SECONDS_TO_STOP), (signal.SIGKILL, SECONDS_TO_STOP)):
        for process in processes.values():
            if group_lives(process.pid):
                os.killpg(process.pid, sign)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for process in processes.values():
                process.poll()
            if not any(group_lives(process.pid) for process in processes.values()):
                return
            time.sleep(0.05)


def answers() -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", PORT)) == 0


def ended(processes: dict[str, subprocess.Popen[bytes]]) -> str | None:
    return next((name for name, process in processes.items() if process.poll() is not None), None)


def serve(processes: dict[str, subprocess.Popen[bytes]]) -> str:
    """Returns the name of the process that ended by itself."""
    defaults = {
        "DJANGO_SETTINGS_MODULE": "imidesk.settings.dev",
        # Root is common in a container, and the desk takes JSON only (SP-40).
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
    }
    environment = defaults | os.environ
    for name, command in COMMANDS.items():
        processes[name] = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
    deadline = time.monotonic() + SECONDS_TO_START
    while not answers() and not ended(processes) and time.monotonic() < deadline:
        time.sleep(0.1)
    if not ended(processes):
        print(f"\nThe desk runs at http://localhost:{PORT}/   (Ctrl-C stops it)\n", flush=True)
    while True:
        if gone := ended(processes):
            return gone
        time.sleep(0.5)


def main() -> int:
    handle_signals(on_signal)
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        with (VAR / "run.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(f"The desk already runs on the data of {VAR}: stop it first.", file=sys.stderr)
                return 1
            if answers():
                print(f"Port {PORT} is taken. Choose another: make run PORT={PORT + 1}", file=sys.stderr)
                return 1
            try:
                name = serve(processes)
            finally:
                stop(processes)
    except Stop:
        print("The desk has stopped.", flush=True)
        return 0
    print(f"{name} ended by itself with code {processes[name].returncode}: the desk has stopped.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
