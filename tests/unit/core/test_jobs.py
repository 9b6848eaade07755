from datetime import timedelta

import pytest

from imidesk.core import clock, heartbeat, jobs, tasks
from imidesk.core.ids import uuid7
from imidesk.core.models import DueJob, Heartbeat

pytestmark = pytest.mark.django_db
State = DueJob.State


@pytest.fixture
def runs(monkeypatch):
    monkeypatch.setattr(jobs, "_runs", {})
    seen = []
    jobs.register("report", seen.append)
    return seen


def make_due():
    DueJob.objects.update(next_try_at=clock.now() - timedelta(seconds=1))


def test_a_job_runs_once(runs):
    subject = uuid7()
    jobs.plan("report", subject)
    assert jobs.is_open("report", subject)

    assert jobs.run_due() == 1
    make_due()
    assert jobs.run_due() == 0
    assert runs == [subject]
    assert not jobs.is_open("report", subject)
    assert jobs.counts() == {State.DONE: 1}


def test_a_job_is_open_once_per_subject_and_may_come_again_when_done(runs):
    subject = uuid7()
    for _ in range(2):
        jobs.plan("report", subject)
        jobs.plan("report", subject)
        assert DueJob.objects.filter(state=State.OPEN).count() == 1
        jobs.run_due()

    assert runs == [subject, subject]


def test_a_job_waits_for_its_moment_which_may_come_nearer(runs):
    subject = uuid7()
    jobs.plan("report", subject, due_at=clock.now() + timedelta(days=30))
    jobs.plan("report", subject, due_at=clock.now() + timedelta(days=10))
    assert jobs.run_due() == 0

    clock.move(timedelta(days=11))

    assert jobs.run_due() == 1


def test_a_job_asked_again_while_it_runs_runs_once_more(runs):
    subject = uuid7()

    def run(given):
        runs.append(given)
        if len(runs) == 1:
            jobs.plan("again", subject)

    jobs.register("again", run)
    jobs.plan("again", subject)

    jobs.run_due()
    make_due()
    jobs.run_due()

    assert runs == [subject, subject]
    assert DueJob.objects.get().state == State.DONE


def test_ten_failures_park_a_job_and_hold_up_nothing(runs, caplog):
    """SP-40."""

    def fail(subject):
        raise ValueError("Ada Voorbeeld")

    jobs.register("broken", fail)
    jobs.plan("broken", uuid7())
    for _ in range(11):
        jobs.plan("report", uuid7())
        make_due()
        assert jobs.run_due() == 1

    job = DueJob.objects.get(kind="broken")
    assert (job.state, job.tries, job.fault) == (State.PARKED, 10, "ValueError")
    assert "Voorbeeld" not in caplog.text
    assert jobs.unpark() == 1


def test_a_parked_job_that_was_asked_anew_is_not_opened_twice(runs):
    subject = uuid7()
    jobs.plan("report", subject)
    DueJob.objects.update(state=State.PARKED, ended_at=clock.now())
    jobs.plan("report", subject)

    assert jobs.unpark() == 0


def test_a_claimed_job_is_left_alone_until_its_worker_must_be_dead(runs, monkeypatch):
    jobs.plan("report", uuid7())
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "_run", lambda job: False)
        jobs.run_due()

    assert jobs.run_due() == 0
    clock.move(timedelta(minutes=11))
    assert jobs.run_due() == 1


def test_the_tasks_leave_a_heartbeat(runs):
    """Design idea 5."""
    assert {state.name: state.late for state in heartbeat.states()}["run_due_jobs"] is True
    jobs.plan("report", uuid7())

    tasks.run_due_jobs()
    tasks.send_pending_messages()

    assert len(runs) == 1
    states = {state.name: state for state in heartbeat.states()}
    assert not states["run_due_jobs"].late and not states["send_pending_messages"].late
    clock.move(timedelta(minutes=6))
    assert {state.late for state in heartbeat.states() if state.name == "run_due_jobs"} == {True}


def test_a_failed_run_shows_until_the_next_success():
    heartbeat.register("night", timedelta(days=1))
    with heartbeat.beat("night"):
        pass
    with pytest.raises(ValueError, match="x"), heartbeat.beat("night"):
        raise ValueError("x")
    state = next(state for state in heartbeat.states() if state.name == "night")
    assert state.late and state.fault == "ValueError" and state.succeeded_at

    with heartbeat.beat("night"):
        pass

    assert not next(state for state in heartbeat.states() if state.name == "night").late
    heartbeat._late_after.pop("night")


def test_a_jump_of_more_than_35_days_is_seen():
    """SP-40."""
    assert not heartbeat.jumped("night")
    with heartbeat.beat("night"):
        pass
    clock.move(timedelta(days=35))
    assert not heartbeat.jumped("night") or Heartbeat.objects.exists()
    clock.move(timedelta(days=1))
    assert heartbeat.jumped("night")
