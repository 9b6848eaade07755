"""Why a date is this date, in words: the reckoning step by step, and the rule it comes from (design 9, "Dates")."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from authorities.models import Authority
from imidesk.core import clock
from requests_app import guards, reminders
from requests_app.deadlines import DAY, DAYS_TO_ACCEPT, SATURDAY, Calendar, Unit, holiday_name, local_day
from requests_app.models import InformationRequest, Reminder
from requests_app.reminders import ReminderRule
from requests_app.vocabulary import ReminderKind


@dataclass(frozen=True)
class Why:
    """`label` names the date, for who hears the page; `source` is the article or the rule."""

    label: str
    steps: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class RemindedOn:
    """The reminders of one day. `why` only for what is still to come."""

    day: date
    what: str
    why: Why | None = None


@dataclass(frozen=True)
class Reminding:
    coming: tuple[RemindedOn, ...]
    sent: tuple[RemindedOn, ...]

    @property
    def next(self) -> RemindedOn | None:
        return self.coming[0] if self.coming else None

    @property
    def later(self) -> tuple[RemindedOn, ...]:
        return self.coming[1:]


def in_full(day: date) -> str:
    """maandag 16 november 2026."""
    return date_format(day, "l j F Y")


def why_accept_by(info_request: InformationRequest) -> Why:
    return Why(
        _("Accept by"),
        (
            _("The request came in on %(day)s. That day does not count.")
            % {"day": in_full(local_day(info_request.received_at))},
            _("%(days)d calendar days later it is %(day)s. Weekends and holidays count too.")
            % {"days": DAYS_TO_ACCEPT, "day": in_full(info_request.accept_by)},
            *_does_not_move(info_request, info_request.accept_by),
        ),
        _("The scoreboard of IMI counts which requests were accepted within 7 calendar days (STA-03).")
        if guards.through_imi(info_request)
        else _("The desk asks of every request that it is accepted within 7 calendar days."),
    )


def why_asked(info_request: InformationRequest) -> Why:
    return Why(_("Asked answer date"), tuple(_asked_steps(info_request)), _answer_source())


def why_answer_by(info_request: InformationRequest) -> Why | None:
    """Of the date that counts now."""
    if info_request.clarify_by:
        return why_clarify_by(info_request)
    if info_request.agreed_on:
        return why_agreed(info_request)
    return why_asked(info_request) if info_request.asked_on else None


def why_agreed(info_request: InformationRequest) -> Why | None:
    day = info_request.agreed_on
    if day is None:
        return None
    taken_over = day == info_request.asked_on
    steps = list(_asked_steps(info_request, alone=False))
    if info_request.proposed_on and not taken_over:
        steps.append(_("Another date was proposed: %(day)s.") % {"day": in_full(info_request.proposed_on)})
    steps += [
        _("That date was taken over at acceptance.")
        if taken_over
        else _("%(day)s was agreed with the requester.") % {"day": in_full(day)},
        _("An agreed date counts, and is not reckoned anew."),
        *_does_not_move(info_request, day),
    ]
    return Why(_("Agreed answer date"), tuple(steps), _answer_source())


def why_clarify_by(info_request: InformationRequest) -> Why | None:
    day = info_request.clarify_by
    if day is None:
        return None
    asked_at = info_request.clarified_at
    asked = _("The requester asked further on %(day)s.") % {"day": in_full(local_day(asked_at))} if asked_at else ""
    steps = [asked, _("The new answer date is %(day)s. It counts instead of the one before.") % {"day": in_full(day)}]
    return Why(
        _("Answer date of the further question"),
        tuple(filter(None, [*steps, *_does_not_move(info_request, day)])),
        _("The requester may ask further after the answer (IMI-02)."),
    )


def _asked_steps(info_request: InformationRequest, *, alone: bool = True) -> Iterable[str]:
    day = info_request.asked_on
    if day is None:
        return
    if info_request.reply_days:
        yield _("The request came in on %(day)s. That day does not count.") % {
            "day": in_full(local_day(info_request.received_at))
        }
        yield _("The requester asks for an answer in %(days)d calendar days: %(day)s.") % {
            "days": info_request.reply_days,
            "day": in_full(day),
        }
    else:
        yield _("The requester asks for an answer by %(day)s.") % {"day": in_full(day)}
    if alone:
        if info_request.proposed_on and info_request.agreed_on is None:
            yield _("%(day)s was proposed. Until the requester agrees, the date asked counts.") % {
                "day": in_full(info_request.proposed_on)
            }
        yield from _does_not_move(info_request, day)


def _answer_source() -> str:
    return _("The requester asks for a date; who answers takes it over or proposes another (ANS-04).")


def _does_not_move(info_request: InformationRequest, day: date) -> Iterable[str]:
    calendar = reminders.calendar_of(info_request)
    if not calendar.is_working_day(day):
        yield _("%(why)s The date does not move. The last working day before it is %(before)s.") % {
            "why": _why_free(calendar, day),
            "before": in_full(calendar.on_or_before(day)),
        }


def _why_free(calendar: Calendar, day: date) -> str:
    """A holiday with its name, where the library has that in this language."""
    if day.weekday() >= SATURDAY:
        return _("%(day)s is in a weekend.") % {"day": in_full(day)}
    country = calendar.closed_in(day)[0]
    facts = {
        "day": in_full(day),
        "country": Authority(country=country).country_name,
        "name": holiday_name(country, day, get_language() or "nl"),
    }
    if facts["name"]:
        return _("%(day)s is a holiday in %(country)s (%(name)s).") % facts
    return _("%(day)s is a holiday in %(country)s.") % facts


def reminding(info_request: InformationRequest) -> Reminding:
    """Which reminders come, and which were sent on which day; of every kind, in words."""
    today = clock.today()
    wanted = reminders.wanted(info_request, today)
    coming: dict[date, list[Reminder]] = {}
    sent: dict[date, list[Reminder]] = {}
    for reminder in Reminder.objects.filter(info_request=info_request).order_by("due_on", "pk"):
        if reminder.sent_at:
            sent.setdefault(local_day(reminder.sent_at), []).append(reminder)
        elif (reminder.kind, reminder.due_on) in wanted:
            coming.setdefault(reminder.due_on, []).append(reminder)
    return Reminding(
        coming=tuple(
            RemindedOn(day, _kinds(rows), _why_reminder(info_request, day, [wanted[row.kind, day] for row in rows]))
            for day, rows in sorted(coming.items())
        ),
        sent=tuple(RemindedOn(day, _kinds(rows)) for day, rows in sorted(sent.items())),
    )


def _kinds(rows: list[Reminder]) -> str:
    return ", ".join(str(ReminderKind(row.kind).label) for row in rows)


def _why_reminder(info_request: InformationRequest, day: date, rules: list[ReminderRule]) -> Why:
    steps = [step for rule in rules for step in _steps_of(info_request, rule, day)]
    if len(rules) > 1:
        steps.append(_("Two reminders on one day are one mail."))
    here, *others = (Authority(country=code).country_name for code in reminders.calendar_of(info_request).countries)
    rule = (
        _("A reminder goes only on a day on which %(here)s and %(asking)s both work.")
        % {"here": here, "asking": others[0]}
        if others
        else _("A reminder goes only on a day on which %(here)s works.") % {"here": here}
    )
    sources = ", ".join(dict.fromkeys(rule.source for rule in rules))
    return Why(_("Reminder of %(day)s") % {"day": in_full(day)}, tuple(dict.fromkeys(steps)), f"{rule} ({sources})")


def _steps_of(info_request: InformationRequest, rule: ReminderRule, day: date) -> Iterable[str]:
    base = rule.base(info_request)
    if base is None:
        return
    calendar = reminders.calendar_of(info_request)
    yield str(_BASES[rule.base]) % {"day": in_full(base)}
    counted = day
    if rule.rhythm.unit == Unit.WORKING_DAYS and day != base:
        yield from _working_days(calendar, base, day, moved=rule.rhythm.offset == 0 and day < base)
        return
    if rule.rhythm.unit != Unit.WORKING_DAYS:
        counted = _counted(rule, base, day, calendar)
        yield _distance(rule.rhythm.unit, base, counted)
    if counted != day:
        yield _moved(calendar, counted, day)


def _counted(rule: ReminderRule, base: date, day: date, calendar: Calendar) -> date:
    """The day before it was moved to a working day."""
    number = 0
    while calendar.on_or_before(rule.rhythm.before_moving(base, number)) < day and rule.rhythm.every:
        number += 1
    return rule.rhythm.before_moving(base, number)


def _distance(unit: Unit, base: date, counted: date) -> str:
    days = (counted - base).days
    if unit == Unit.MONTHS:
        months = (counted.year - base.year) * 12 + counted.month - base.month
        return ngettext("%(count)d month later it is %(day)s.", "%(count)d months later it is %(day)s.", months) % {
            "count": months,
            "day": in_full(counted),
        }
    if days < 0:
        return ngettext("%(count)d day before it is %(day)s.", "%(count)d days before it is %(day)s.", -days) % {
            "count": -days,
            "day": in_full(counted),
        }
    return ngettext("%(count)d day later it is %(day)s.", "%(count)d days later it is %(day)s.", days) % {
        "count": days,
        "day": in_full(counted),
    }


def _working_days(calendar: Calendar, base: date, day: date, *, moved: bool) -> Iterable[str]:
    if moved:
        yield _moved(calendar, base, day)
        return
    first, last = min(base, day), max(base, day)
    if day > base:
        number = calendar.working_days(base, day)
        told = ngettext(
            "%(count)d working day later it is %(day)s.", "%(count)d working days later it is %(day)s.", number
        )
    else:
        number = calendar.working_days(day - DAY, base - DAY)
        told = ngettext(
            "%(count)d working day before it is %(day)s.", "%(count)d working days before it is %(day)s.", number
        )
    yield told % {"count": number, "day": in_full(day)}
    for free in calendar.holidays_between(first, last):
        yield _why_free(calendar, free)


def _moved(calendar: Calendar, counted: date, day: date) -> str:
    return _("%(why)s A reminder then goes on the working day before: %(day)s.") % {
        "why": _why_free(calendar, counted),
        "day": in_full(day),
    }


_BASES: dict[reminders.Base, Promise] = {
    reminders.receipt: gettext_lazy("The request came in on %(day)s. That day does not count."),
    reminders.answer_date: gettext_lazy("The answer date is %(day)s."),
    reminders.preparation: gettext_lazy("The step was prepared on %(day)s."),
    reminders.letter: gettext_lazy("The letter is due on %(day)s."),
    reminders.end_to_file: gettext_lazy("The request ended on %(day)s."),
    reminders.block_date: gettext_lazy("The personal data are blocked on %(day)s."),
    reminders.blocking: gettext_lazy("The personal data are blocked on %(day)s."),
    reminders.hold_end: gettext_lazy("The hold ends on %(day)s."),
    reminders.answer: gettext_lazy("The answer was sent on %(day)s."),
}
