"""What happens when on the practice desk, T days before today; see the table of the README."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial

from dateutil.relativedelta import relativedelta

from imidesk.core import clock
from imidesk.monitoring.practice_desk import filing
from imidesk.monitoring.practice_desk.cases import Case, data
from imidesk.monitoring.practice_desk.ground import JUSTIS, Ground
from imidesk.monitoring.practice_desk.timeline import at
from requests_app.services import ending


@dataclass(frozen=True)
class Event:
    moment: datetime
    act: Callable[[], None]


class Story:
    """The fourteen requests; every act waits until the clock shows its moment."""

    def __init__(self, ground: Ground, now: datetime) -> None:
        self._ground = ground
        self._now = now
        self._today = now.astimezone(clock.AMSTERDAM).date()
        self.events: list[Event] = []

    def write(self) -> list[Event]:
        self._arrived_this_morning()
        self._taken_by_nobody()
        self._assigned()
        self._half_answered()
        self._late()
        self._good_repute()
        self._ready_for_imi()
        self._waiting_for_requester()
        self._to_file()
        self._blocked_and_erased()
        self._criminal_sanctions()
        self._fictitious()
        return self.events

    def _arrived_this_morning(self) -> None:
        """1: at 08.40, or just now when it is earlier."""
        case = self._case("fireworks_de", "behandelaar1")
        moment = min(at(self._today, time(8, 40)), self._now - timedelta(minutes=2))
        self.events.append(Event(moment, lambda: case.receive(moment)))

    def _taken_by_nobody(self) -> None:
        self._received("ecology_pl", "behandelaar1", self._ago(4), time(11, 15))  # 2

    def _assigned(self) -> None:
        case = self._received("geothermal_at", "behandelaar1", self._ago(5), time(9, 5))  # 3
        self._plan(self._ago(5), time(10, 20), case.allocate)

    def _half_answered(self) -> None:
        case = self._accepted("drilling_be", "behandelaar1", self._ago(11))  # 4
        self._plan(self._ago(3), time(14, 32), case.attach)
        self._plan(self._ago(3), time(14, 40), case.answer)

    def _late(self) -> None:
        case = self._accepted("extraction_es", "behandelaar2", self._ago(18))  # 5
        self._plan(self._ago(6), time(16, 10), case.answer)
        expected_on = self._today + timedelta(days=3)
        self._plan(self._ago(6), time(16, 25), lambda: case.report_delay(expected_on))

    def _good_repute(self) -> None:
        case = self._accepted("repute_it", "behandelaar2", self._ago(8))  # 6
        self._plan(self._ago(2), time(11, 50), case.answer)

    def _ready_for_imi(self) -> None:
        """7: module SDG works without allocation, so its handler accepts straight from received."""
        case = self._received("evidence_pt", "behandelaar1", self._ago(12), time(10, 0))
        self._plan(self._ago(9), time(9, 30), case.accept)
        self._plan(self._ago(2), time(15, 5), case.answer)
        self._plan(self._ago(1), time(16, 45), case.prepare)

    def _waiting_for_requester(self) -> None:
        case = self._accepted("asbestos_fr", "behandelaar1", self._ago(47))  # 8
        self._answered(case, self._ago(33))

    def _to_file(self) -> None:
        case = self._accepted("noise_cz", "behandelaar2", self._ago(30))  # 9
        self._answered(case, self._ago(18))
        self._closed(case, self._ago(6))

    def _blocked_and_erased(self) -> None:
        for key, handler, months in (("fireworks_dk", "behandelaar1", 7), ("extraction_ro", "behandelaar2", 37)):
            ended = self._today - relativedelta(months=months)  # 10, 11
            case = self._accepted(key, handler, ended - timedelta(days=30))
            self._answered(case, ended - timedelta(days=18))
            self._closed(case, ended)
            self._plan(ended + timedelta(days=2), time(10, 0), partial(filing.file_in_corsa, case))

    def _criminal_sanctions(self) -> None:
        """12: passed on without being accepted, so no person was ever shown (IN-15)."""
        case = self._received("criminal_gr", "behandelaar1", self._ago(14), time(13, 20))
        self._plan(self._ago(13), time(9, 15), case.allocate)
        self._plan(self._ago(12), time(9, 40), lambda: forward(case, JUSTIS, "forward.criminal_sanctions"))

    def _fictitious(self) -> None:
        self._received("practice_received", "behandelaar1", self._ago(1), time(9, 0))
        case = self._received("practice_answered", "behandelaar1", self._ago(9), time(9, 0))
        self._plan(self._ago(8), time(10, 0), case.allocate)
        self._plan(self._ago(7), time(10, 0), case.accept)
        self._answered(case, self._ago(2))

    def _ago(self, days: int) -> date:
        return self._today - timedelta(days=days)

    def _plan(self, day: date, hour: time, act: Callable[[], None]) -> None:
        self.events.append(Event(at(day, hour), act))

    def _case(self, key: str, handler: str) -> Case:
        return Case(self._ground, data()["cases"][key], self._ground.people[handler])

    def _received(self, key: str, handler: str, day: date, hour: time) -> Case:
        """In IMI a little before it is registered here."""
        case = self._case(key, handler)
        self._plan(day, hour, lambda: case.receive(at(day, hour) - timedelta(minutes=25)))
        return case

    def _accepted(self, key: str, handler: str, day: date) -> Case:
        """By the usual way: team, task in Corsa, taken up, accepted on the third day."""
        case = self._received(key, handler, day, time(9, 10))
        self._plan(day, time(9, 35), case.choose_team)
        self._plan(day, time(9, 50), case.place_task)
        self._plan(day + timedelta(days=1), time(8, 55), case.take_up)
        self._plan(day + timedelta(days=3), time(13, 30), case.accept)
        return case

    def _answered(self, case: Case, day: date) -> None:
        self._plan(day - timedelta(days=1), time(15, 0), case.answer)
        self._plan(day, time(11, 20), case.send)

    def _closed(self, case: Case, day: date) -> None:
        """The requester closes; the handler hears of it the same day."""
        closed_at = at(day, time(10, 5))
        self._plan(day, time(14, 0), lambda: close(case, closed_at))


def close(case: Case, closed_at: datetime) -> None:
    ending.close_request(info_request=case.row, actor=case.handler, closed_at=closed_at)


def forward(case: Case, to: str, reason: str, words: str = "") -> None:
    ending.forward_request(
        info_request=case.row,
        actor=case.handler,
        to=case.ground.authorities[to],
        reason=reason,
        words=words,
        done_at=clock.now(),
    )
