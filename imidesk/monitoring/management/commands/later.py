from argparse import ArgumentParser
from getpass import getuser
from typing import Any

from dateutil.relativedelta import relativedelta
from django.core.management.base import BaseCommand, CommandError
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imidesk.core import clock, security_log, stamp, vault, wake
from imidesk.monitoring.practice_desk import timeline


class Command(BaseCommand):
    help = "Moves the clock of the practice desk forward, doing the work of the nights in between (design 9)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--months", type=int, required=True, metavar="N")

    def handle(self, *args: Any, months: int, **options: Any) -> None:
        if not stamp.is_practice():
            raise CommandError(_("Only a practice desk has a clock that moves."))
        if not 0 < months <= 240:
            raise CommandError(_("Give a number of months from 1 to 240."))
        before = timeline.Tally.now()
        with wake.left_asleep(), vault.key_scope():
            timeline.Traveller(each_reminder=False).go_to(clock.now() + relativedelta(months=months))
            timeline.run_last_night()
        done = timeline.Tally.now().since(before)
        origin = f"terminal:{getuser()}"
        security_log.note("clock_moved", object="installation", result="ok", origin=origin, actor_id=None)
        day = date_format(clock.today(), "j F Y")
        self.stdout.write(
            _("On the practice desk it is now %(day)s: %(done)s.") % {"day": day, "done": _in_words(done)}
        )


def _in_words(done: timeline.Tally) -> str:
    mails = ngettext("%d mail sent", "%d mails sent", done.mails) % done.mails
    blocked = _("%d blocked") % done.blocked
    erased = _("%d erased") % done.erased
    return f"{blocked}, {erased}, {mails}"
