"""Kills a process of the desk in the middle of its work, starts it again, and sees whether anything is lost or doubled.

One round: requests stand ready for one act, two people press the button at once, one process is killed at a seeded
moment and started again; who saw no answer presses once more; what was left runs, and the checker looks.
"""

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from statistics import median

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from tests.real.ask import Checker, checker_of
from tests.real.desk import Person, RealDesk, real_desk
from tests.real.services import free_port, until

PHASES = ("intake", "assigning", "saving", "sending", "reports", "mail")
VICTIMS = {"web": 8, "worker": 6, "broker": 3, "beat": 2, "command": 1}
"""How often of twenty."""
AT_ONCE = 2
LONGEST_DRAIN = 90
SENT_BY_BOTH_THREADS = 2


class Post:
    """The mail server of the house. It may take its time over each mail."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.pause = 0.0

    async def handle_DATA(self, server: SMTP, session: object, envelope) -> str:
        head = envelope.content.decode().partition("\r\n\r\n")[0]
        name = next(line for line in head.splitlines() if line.lower().startswith("message-id:"))
        self.seen[name.split("<", 1)[1].split("@", 1)[0]] += 1
        await asyncio.sleep(self.pause)
        return "250 taken"


@dataclass
class Figures:
    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    acknowledged: int = 0
    cut_off_done: int = 0
    cut_off_not_done: int = 0
    second_copies: int = 0
    left_claimed: int = 0
    ended_themselves: int = 0
    seconds: list[float] = field(default_factory=list)

    def lines(self) -> Iterator[tuple[str, object]]:
        yield "kills", self.kills.total()
        for victim in VICTIMS:
            yield f"of which {victim}", sum(number for (name, _), number in self.kills.items() if name == victim)
        yield "acts acknowledged", self.acknowledged
        yield "acts cut off before the answer, done whole", self.cut_off_done
        yield "acts cut off before the answer, not begun or undone", self.cut_off_not_done
        yield "mails and jobs left claimed by a killed worker", self.left_claimed
        yield "processes that ended by themselves and were started again", self.ended_themselves
        yield "mails delivered a second time, under the same Message-ID", self.second_copies
        yield "seconds from kill to everything done, median", round(median(self.seconds), 1)
        yield "seconds from kill to everything done, longest", round(max(self.seconds), 1)


class Faults:
    def __init__(self, desk: RealDesk, post: Post, checker: Checker, seed: int) -> None:
        self.desk, self.post, self.checker = desk, post, checker
        self.random = random.Random(seed)
        self.figures = Figures()
        self.people: dict[str, Person] = {}

    def set_up(self) -> None:
        facts = self.checker.set_up()
        for name in ("web", "worker", "beat"):
            self.desk.start(name)
        for role in ("allocator", "handler"):
            self.people[role] = Person(self.desk)
            assert self.people[role].sign_in(facts[role], facts["password"]).status == 302

    def plan(self, kills: int) -> list[tuple[str, str]]:
        """Every process in its share, every kind of work as often, in an order of the seed."""
        share = [victim for victim, number in VICTIMS.items() for _ in range(number)]
        victims = [share[turn % len(share)] for turn in range(kills)]
        pairs = [(victim, PHASES[turn % len(PHASES)]) for turn, victim in enumerate(victims)]
        self.random.shuffle(pairs)
        return pairs

    def run(self, kills: int) -> Figures:
        for victim, phase in self.plan(kills):
            self.round(victim, "intake" if victim == "command" else phase)
        self._everything_beats()
        return self.figures

    def round(self, victim: str, phase: str) -> None:
        self.figures.kills[victim, phase] += 1
        self.post.pause = 0.2 if phase == "mail" else 0.0
        began = self._kill_command() if victim == "command" else self._kill(victim, phase)
        try:
            self._drain(victim)
        except AssertionError as fault:
            doing = "\n".join(map(self.desk.doing, self.desk.running))
            raise AssertionError(
                f"{victim} killed during {phase}: {fault}: {self.checker.waiting()}\n{doing}"
            ) from fault
        self.figures.seconds.append(time.monotonic() - began)
        found = self.checker.faults() + self._mail_faults()
        assert not found, f"{victim} killed during {phase}: {found}"

    def _kill(self, victim: str, phase: str) -> float:
        items = self.checker.prepare(phase, AT_ONCE)
        answers: list[int | None] = [None] * len(items)
        threads = [threading.Thread(target=self._press, args=(item, answers, at)) for at, item in enumerate(items)]
        for thread in threads:
            thread.start()
        time.sleep(self.random.uniform(0, 2.0 if victim == "worker" else 0.5))
        self.desk.kill(victim)
        began = time.monotonic()
        for thread in threads:
            thread.join()
        self.desk.start(victim)
        for item, status, outcome in zip(items, answers, self.checker.outcome(phase, items), strict=True):
            assert status in (302, None), f"{item['path']} answered {status}"
            assert outcome in ("done", "not"), f"{victim} killed during {phase}: {outcome}"
            if status == 302:
                assert outcome == "done", f"{victim} killed during {phase}: acknowledged and lost"
                self.figures.acknowledged += 1
            elif outcome == "done":
                self.figures.cut_off_done += 1
            else:
                self.figures.cut_off_not_done += 1
            if status is None:
                again = self.people[item["by"]].post(item["path"], item["body"]).status
                assert again == 302 or (outcome == "done" and again in (403, 409, 422)), again
        ended = self.checker.outcome(phase, items)
        assert set(ended) == {"done"}, f"{victim} killed during {phase}: {answers}, in the end {ended}"
        return began

    def _press(self, item: dict, answers: list[int | None], at: int) -> None:
        try:
            answers[at] = self.people[item["by"]].post(item["path"], item["body"]).status
        except (OSError, HTTPException):
            answers[at] = None

    def _kill_command(self) -> float:
        """All of a file or nothing, also when the command dies; run again it takes what it has not."""
        path = self.desk.var / "intake.json"
        items = self.checker.file(AT_ONCE, str(path))
        command = self.desk.begin("manage.py", "intake", str(path))
        time.sleep(self.random.uniform(0.5, 4))
        acknowledged = command.poll() == 0
        if command.poll() is None:
            command.kill()
        began = time.monotonic()
        command.communicate()
        outcomes = set(self.checker.outcome("intake", items))
        assert outcomes in ({"done"}, {"not"}), f"a part of a file: {outcomes}"
        assert not acknowledged or outcomes == {"done"}
        self.figures.acknowledged += acknowledged
        if not acknowledged:
            self.figures.cut_off_done += outcomes == {"done"}
            self.figures.cut_off_not_done += outcomes == {"not"}
        self.desk.manage("intake", str(path), code=2 if outcomes == {"done"} else 0)
        assert set(self.checker.outcome("intake", items)) == {"done"}
        return began

    def _drain(self, victim: str) -> None:
        """Everything due is done by itself; what a killed worker had claimed comes back when its lease is over.

        A worker in the midst of a task when its broker is lost ends itself (kombu asks a connection that is gone).
        """

        def rests() -> bool:
            self.figures.ended_themselves += len(self.desk.revive())
            waiting = self.checker.waiting()
            assert not waiting["failed"] and not waiting["parked"], waiting
            return not waiting["due"] and (victim == "worker" or not waiting["claimed"])

        until(rests, seconds=LONGEST_DRAIN, what="everything due is done")
        if victim == "worker":
            time.sleep(0.5)
            until(rests, seconds=LONGEST_DRAIN, what="everything due is done")
            self.figures.left_claimed += self.checker.waiting()["claimed"]
        # An hour, so that no person is over his twenty mails of it (SP-35).
        self.checker.later(61)

        def done() -> bool:
            self.figures.ended_themselves += len(self.desk.revive())
            waiting = self.checker.waiting()
            return not waiting["due"] and not waiting["claimed"]

        until(done, seconds=LONGEST_DRAIN, what="everything that was claimed is done")

    def _mail_faults(self) -> list[str]:
        found = []
        messages = self.checker.messages()
        for name, state in messages.items():
            if state == "sent" and not self.post.seen[name]:
                found.append(f"mail {name} is called sent and never came")
            if state not in ("sent", "dropped"):
                found.append(f"mail {name} is {state}")
        found += [f"mail {name} belongs to no row" for name in self.post.seen if name not in messages]
        second = sum(number - 1 for number in self.post.seen.values())
        allowed = SENT_BY_BOTH_THREADS * sum(n for (victim, _), n in self.figures.kills.items() if victim == "worker")
        if second > allowed:
            found.append(f"{second} second copies")
        self.figures.second_copies = second
        return found

    def _everything_beats(self) -> None:
        since = self.checker.now()
        wanted = {"send_pending_messages", "run_due_jobs"}
        until(
            lambda: wanted <= set(self.checker.beats_since(since)), seconds=LONGEST_DRAIN, what="beat and worker go on"
        )


@contextmanager
def desk_to_kill(var: Path, *, seed: int) -> Iterator[Faults]:
    post = Post()
    mail = Controller(post, hostname="127.0.0.1", port=free_port())
    mail.start()
    facts = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(mail.port)}
    try:
        with (
            real_desk(var, settings="tests.real.settings", beat_app="tests.real.fast_beat", **facts) as desk,
            checker_of(var, desk.environment) as checker,
        ):
            faults = Faults(desk, post, checker, seed)
            faults.set_up()
            yield faults
    finally:
        mail.stop()
