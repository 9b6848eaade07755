"""Five weeks of the desk, night and morning: holidays, absences, a role that ends, a date that moves, dead workers.

16 March to 24 April 2026: the clock goes forward on 29 March, Good Friday is 3 April, Easter Monday 6 April. Every
required reminder came once, to the right person, on a working day. What is expected is written out here by hand.
"""

from collections import Counter
from datetime import date, timedelta

import pytest

from authorities.models import Absence, Membership
from imidesk.core import clock, outbox
from imidesk.core.models import OutgoingMessage
from requests_app.services import answering, assigning
from requests_app.tasks import rearm_reminders, send_due_reminders
from tests.factories.time import stand_at

pytestmark = pytest.mark.slow

FIRST, LAST = date(2026, 3, 16), date(2026, 4, 24)
FREE = {date(2026, 4, 3), date(2026, 4, 6)}  # Good Friday and Easter Monday, here and in Germany
DEAD = [
    (date(2026, 3, 18), date(2026, 3, 18)),
    (date(2026, 3, 26), date(2026, 3, 29)),
    (date(2026, 4, 2), date(2026, 4, 6)),
    (date(2026, 4, 14), date(2026, 4, 16)),
]
HOURS = (0, 9)


def day(text):
    return date.fromisoformat(f"2026-{text}")


def runs_on(today):
    return not any(first <= today <= last for first, last in DEAD)


class Month:
    """The acts of people, and for each request what must have been sent: day, kind, to whom."""

    def __init__(self, world):
        self.world = world
        self.requests = {}
        self.acts = {
            day("03-16"): self.monday,
            day("03-17"): self.tuesday,
            day("03-20"): self.take_over,
            day("03-24"): self.prepare,
            day("03-30"): self.do_it_in_imi,
            day("04-08"): self.agree_on_a_later_date,
        }

    def monday(self):
        world = self.world
        self.requests["untaken"] = world.received()
        self.requests["late"] = world.accepted(reply_days=7)
        self.requests["absent"] = world.accepted(reply_days=18)
        self.requests["moved"] = world.accepted(reply_days=25)
        self.requests["waiting"] = world.answered()
        Absence.objects.create(
            user=world.handler, first_day=day("04-01"), last_day=day("04-08"), deputy=world.other_handler
        )
        Absence.objects.create(user=world.backup, first_day=day("04-01"), last_day=day("04-24"))

    def tuesday(self):
        world = self.world
        Membership.objects.filter(user=world.other_handler).update(valid_until=day("04-10"))
        self.requests["left"] = assigning.allocate(
            info_request=world.received(reply_days=30), actor=world.allocator, handlers=[world.other_handler]
        )
        answering.accept_request(info_request=self.requests["left"], actor=world.other_handler, done_at=clock.now())
        self.requests["prepared"] = world.complete(reply_days=60)

    def take_over(self):
        request = self.requests["untaken"]
        assigning.allocate(info_request=request, actor=self.world.allocator, handlers=[self.world.handler])

    def prepare(self):
        answering.prepare_answer(info_request=self.requests["prepared"], actor=self.world.handler)

    def do_it_in_imi(self):
        answering.send_answer(info_request=self.requests["prepared"], actor=self.world.handler, done_at=clock.now())
        answering.accept_request(info_request=self.requests["untaken"], actor=self.world.handler, done_at=clock.now())

    def agree_on_a_later_date(self):
        """Tuesday 21 April instead of Friday 10 April, whose first reminder had gone."""
        request = self.requests["moved"]
        answering.agree_date(info_request=request, actor=self.world.handler, agreed_on=day("04-21"))


ALLOCATORS = {"anna", "bram"}
EXPECTED = {
    # Day 2 was missed on the 18th and waited a day; day 4 is its own day; day 6 falls on a Sunday and goes on day 4's.
    "untaken": [
        ("03-19", "accept_day_2", ALLOCATORS),
        ("03-20", "accept_day_6", ALLOCATORS),
        # Accepted on 30 March, the very day asked: 14 days after receipt.
        ("03-30", "answer_day", {"carla"}),
        ("04-01", "answer_late", {"dirk", "anna"}),
        ("04-07", "answer_late", {"dirk", "anna"}),
        ("04-09", "answer_late", {"carla", "anna", "femke"}),
        ("04-13", "answer_late", {"carla", "anna", "femke"}),
        ("04-17", "answer_late", {"carla", "anna", "femke"}),
        ("04-21", "answer_late", {"carla", "anna", "femke"}),
        ("04-23", "answer_late", {"carla", "anna", "femke"}),
    ],
    # Answer date 23 March; five working days before is the day of acceptance itself.
    "late": [
        ("03-16", "answer_week_before", {"carla"}),
        ("03-20", "answer_day_before", {"carla"}),
        ("03-23", "answer_day", {"carla"}),
        ("03-25", "answer_late", {"carla", *ALLOCATORS}),
        ("03-30", "answer_late", {"carla", *ALLOCATORS, "femke"}),
        ("03-31", "answer_late", {"carla", *ALLOCATORS, "femke"}),
        ("04-07", "answer_late", {"dirk", "anna", "femke"}),
        ("04-08", "answer_late", {"dirk", "anna", "femke"}),
        ("04-10", "answer_late", {"carla", "anna", "femke"}),
        ("04-17", "answer_late", {"carla", "anna", "femke"}),
        ("04-20", "answer_late", {"carla", "anna", "femke"}),
        ("04-22", "answer_late", {"carla", "anna", "femke"}),
        ("04-24", "answer_late", {"carla", "anna", "femke"}),
    ],
    # Answer date Good Friday: its own reminder and that of the day before, both 2 April, were missed.
    "absent": [
        ("03-30", "answer_week_before", {"carla"}),
        ("04-07", "answer_day", {"dirk"}),
        ("04-08", "answer_late", {"dirk", "anna"}),
        ("04-10", "answer_late", {"carla", "anna"}),
        ("04-17", "answer_late", {"carla", "anna", "femke"}),
        ("04-20", "answer_late", {"carla", "anna", "femke"}),
        ("04-22", "answer_late", {"carla", "anna", "femke"}),
        ("04-24", "answer_late", {"carla", "anna", "femke"}),
    ],
    "moved": [
        ("04-01", "answer_week_before", {"dirk"}),
        ("04-17", "answer_week_before", {"carla"}),
        ("04-20", "answer_day_before", {"carla"}),
        ("04-21", "answer_day", {"carla"}),
        ("04-23", "answer_late", {"carla", "anna"}),
    ],
    "waiting": [("04-17", "closing_waits", {"carla"})],
    # The handler's role ended on 10 April: from then on who must see to it.
    "left": [
        ("04-09", "answer_week_before", {"dirk"}),
        ("04-17", "answer_day", {"anna"}),
        ("04-20", "answer_late", {"anna"}),
        ("04-22", "answer_late", {"anna"}),
        ("04-24", "answer_late", {"anna", "femke"}),
    ],
    "prepared": [("03-25", "do_in_imi", {"carla"}), ("03-30", "do_in_imi", {"carla"})],
}


def live_through(month):
    today = FIRST
    while today <= LAST:
        for hour in HOURS:
            stand_at(today, hour, 5)
            if hour == 9 and today in month.acts:
                month.acts[today]()
            if runs_on(today):
                if hour == 0:
                    rearm_reminders()
                send_due_reminders()
                outbox.send_pending()
        today += timedelta(days=1)


def sent_for(info_request):
    """Day, kind and people of every reminder; the general mailbox has its copy of each."""
    found = {}
    for message in OutgoingMessage.objects.filter(subject=info_request.uuid, event=None).select_related("user"):
        people = found.setdefault((message.facts["day"][5:], message.facts["kind"]), set())
        people.add(message.user.username if message.user else "imi@")
    assert all("imi@" in people for people in found.values())
    return sorted((when, kind, people - {"imi@"}) for (when, kind), people in found.items())


def test_every_required_reminder_of_the_month_came_once_to_the_right_person(world):
    month = Month(world)
    live_through(month)
    found = {name: sent_for(info_request) for name, info_request in month.requests.items()}
    assert found == EXPECTED
    reminders = list(OutgoingMessage.objects.filter(event=None))
    days = {message.created_at.astimezone(clock.AMSTERDAM).date() for message in reminders}
    assert days and not [day for day in days if day.weekday() > 4 or day in FREE]
    assert {message.state for message in reminders} == {OutgoingMessage.State.SENT}
    per_day = Counter((message.subject, message.user_id, message.facts["day"]) for message in reminders)
    assert set(per_day.values()) == {1}
