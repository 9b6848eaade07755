"""Automatic tasks: what runs by itself leaves a sign that a person sees (design idea 5)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from imidesk.core import clock, heartbeat
from imidesk.core.ids import uuid7
from imidesk.core.models import DueJob, Heartbeat, OutgoingMessage

PAGE = reverse("monitoring:heartbeat")
LATE = "Een automatische taak is te laat"
START = reverse("monitoring:start")
NAMES = {
    "send_pending_messages",
    "run_due_jobs",
    "reminders",
    "rearming",
    "counting",
    "blocking",
    "erasing",
    "anchoring",
    "alarming",
    "keeping_keys",
    "web",
}


@pytest.fixture
def all_in_time(world):
    for name in NAMES:
        heartbeat.touch(name)
    return world


def test_every_automatic_task_is_on_the_page(all_in_time, sign_in):
    answer = sign_in(all_in_time.allocator).get(PAGE)

    machine = answer.context["machine"]
    assert {task.state.name for task in machine.tasks} == NAMES
    assert all(str(task.label) != task.state.name for task in machine.tasks)
    assert not machine.needs_somebody


def test_a_late_task_is_red_here_and_on_start(all_in_time, sign_in):
    client = sign_in(all_in_time.allocator)
    assert "De automatische taken gaan op tijd" in _main(client.get(START))
    assert LATE not in _main(client.get(START))

    Heartbeat.objects.filter(name="blocking").update(succeeded_at=clock.now() - timedelta(hours=27))

    assert [task.state.name for task in client.get(PAGE).context["machine"].late] == ["blocking"]
    assert "desk-badge--late" in client.get(PAGE).content.decode()
    assert LATE in _main(client.get(START))
    assert PAGE in _main(client.get(START))


def test_a_failed_task_names_the_kind_of_fault(all_in_time, sign_in):
    with pytest.raises(ValueError), heartbeat.beat("reminders"):
        raise ValueError("with a name in it")

    page = sign_in(all_in_time.allocator).get(PAGE).content.decode()

    assert "ValueError" in page
    assert "with a name in it" not in page


@pytest.mark.parametrize("what", ["message", "job"])
def test_what_is_parked_is_red(all_in_time, sign_in, what):
    client = sign_in(all_in_time.allocator)
    now = clock.now()
    if what == "message":
        OutgoingMessage.objects.create(
            key="one", template="new_request", subject=uuid7(), mailbox=uuid7(), state="parked", tries=10,
            created_at=now, next_try_at=now, ended_at=now,
        )  # fmt: skip
    else:
        DueJob.objects.create(
            kind="task_report", subject=uuid7(), state="parked", tries=10, created_at=now, due_at=now, next_try_at=now,
            ended_at=now,
        )  # fmt: skip

    answer = client.get(PAGE)

    assert answer.context["machine"].parked == 1
    assert "desk-figure--late" in answer.content.decode()
    assert PAGE in _main(client.get(START))


def test_only_who_can_do_something_is_alarmed_on_start(world, sign_in):
    """The handler and the lawyer work on; nobody has beaten yet, so all is late."""
    assert PAGE in _main(sign_in(world.allocator).get(START))
    for user in (world.handler, world.jurist, world.basic, world.stranger):
        assert PAGE not in _main(sign_in(user).get(START))


def test_the_page_is_not_for_everybody(world, sign_in):
    assert sign_in(world.allocator).get(PAGE).status_code == 200
    assert sign_in(world.jurist).get(PAGE).status_code == 200
    for user in (world.handler, world.basic, world.stranger):
        assert sign_in(user).get(PAGE).status_code == 403


def test_it_says_whether_this_is_a_trial_set_up(world, sign_in, settings):
    client = sign_in(world.allocator)
    settings.REDIS_URL = None
    assert client.get(PAGE).context["trial"] is True

    settings.REDIS_URL = "redis://queue.example"
    answer = client.get(PAGE)
    assert answer.context["trial"] == (answer.context["database"] == "SQLite")
    assert answer.context["queue"] == "Redis"


def _main(answer):
    return answer.content.decode().split("<main", 1)[1].split("</main>", 1)[0]
