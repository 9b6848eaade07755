"""The practice desk, made afresh: an empty database, invented people, and a past that was lived through (design 8)."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta
from django.conf import settings

from authorities import services as authorities_services
from imidesk.core import clock, vault, wake
from imidesk.core.secrets import PRACTICE_PASSWORD, secret_of_installation
from imidesk.monitoring.practice_desk import ground, history, timeline, wipe
from imidesk.monitoring.practice_desk.story import Story


def password() -> str:
    """One for all people of this installation (SP-38)."""
    return secret_of_installation(settings.VAR_DIR, PRACTICE_PASSWORD, size=9)


def make_afresh(history_size: int = 0) -> None:
    wipe.make_blank()
    with wake.left_asleep(), vault.key_scope():
        fill(history_size)


def fill(history_size: int = 0) -> None:
    """On an empty desk: everything happens in its order while the clock goes from the oldest request to now."""
    now = clock.now()
    authorities_services.load_lists()
    laid = ground.lay(password(), since=now.date() - relativedelta(years=5))
    events = Story(laid, now).write() + history.events(laid, now.astimezone(clock.AMSTERDAM).date(), history_size)
    events.sort(key=lambda event: event.moment)
    clock.set_back(now - events[0].moment + timedelta(days=1))
    traveller = timeline.Traveller()
    for event in events:
        traveller.go_to(event.moment)
        event.act()
        timeline.run_worker()
    traveller.go_to(now)
    timeline.back_to_real_time()
    timeline.run_last_night()
