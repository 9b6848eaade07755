"""The worker as a process: what it refuses to start on, and that it works once that is mended (SP-03, SP-24)."""

import subprocess
from contextlib import contextmanager

import pytest

from tests.real.desk import BIN, ROOT
from tests.real.services import until
from tests.real.test_backup import make_copy

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("desks")]
CELERY = [str(BIN / "celery"), "--quiet", "--workdir", str(ROOT), "-A", "imidesk"]
WORKER = [*CELERY, "worker", "-P", "threads", "--concurrency", "1", "--loglevel", "WARNING"]


@contextmanager
def working(desk):
    with (desk.var / "worker.log").open("wb") as log:
        worker = subprocess.Popen(WORKER, cwd=ROOT, env=desk.environment, stdout=log, stderr=log)
        try:
            yield worker
        finally:
            worker.kill()
            worker.wait(timeout=20)


def refusal(desk):
    """What a worker says that does not start."""
    with working(desk) as worker:
        until(lambda: worker.poll() is not None, seconds=90, what="the worker ends")
        assert worker.returncode
    return (desk.var / "worker.log").read_text()


def test_a_worker_takes_nothing_on_while_its_desk_is_behind_the_ledger_or_without_keys(desks):
    """A copy from before somebody was dismissed is put back, with a task waiting: nothing of it is done."""
    desk = desks.ready()
    (desk.var / "broker").mkdir()  # which wakes the worker where there is no Redis
    with desk.checker("tests.real.marked") as checker:
        checker.prepare("mail", 1)
        waiting = checker.waiting()
        assert waiting["due"] > 0
        copy = make_copy(desk)
        assert desk.manage("block_user", "carla").returncode == 0
    with desk.checker("tests.real.marked") as checker:
        checker.put_back(str(copy))
    call = [*CELERY, "call", "imidesk.core.tasks.send_pending_messages"]
    subprocess.run(call, cwd=ROOT, env=desk.environment, check=True, capture_output=True)

    assert "The database is older than the ledger: run `manage.py replay_ledger`." in refusal(desk)
    assert desk.manage("replay_ledger").returncode == 0
    away = desk.var / "keys-away"
    (desk.var / "keys").rename(away)
    assert "is missing" in refusal(desk)
    with desk.checker() as checker:
        assert checker.waiting() == waiting

    away.rename(desk.var / "keys")
    with working(desk) as worker, desk.checker() as checker:
        until(lambda: checker.waiting()["due"] == 0, seconds=90, what="the worker does what waited")
        assert worker.poll() is None
