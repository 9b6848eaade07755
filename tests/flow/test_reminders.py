"""Reminders: when, to whom, once, and what becomes of those that were missed (design 3 and 9; pitfalls 18 to 21)."""

from datetime import date, timedelta

import pytest

from authorities.models import Absence
from authorities.vocabulary import UserStatus
from imidesk.core import clock, heartbeat, outbox
from imidesk.core.models import Heartbeat, OutgoingMessage
from requests_app import reminders
from requests_app.models import InformationRequest, ProviderLetter, Reminder
from requests_app.services import answering, assigning, reminding
from requests_app.tasks import rearm_reminders, send_due_reminders
from requests_app.vocabulary import MailTemplate, Procedure, ReminderKind
from requests_app.writing import NewQuestion
from tests.factories.time import stand_at
from tests.factories.world import SUBJECT

MONDAY = date(2026, 11, 16)
WEDNESDAY = MONDAY + timedelta(days=2)
FRIDAY = MONDAY + timedelta(days=4)
KINDS = ReminderKind


def due(info_request, *kinds):
    rows = Reminder.objects.filter(info_request=info_request, sent_at=None)
    rows = rows.filter(kind__in=kinds) if kinds else rows
    return sorted(rows.values_list("kind", "due_on"), key=lambda row: (row[1], row[0]))


def mails(info_request, **conditions):
    found = OutgoingMessage.objects.filter(subject=info_request.uuid, event=None, **conditions)
    return set(found.values_list("template", "user__username"))


def remind_on(day, hour=9):
    stand_at(day, hour)
    return reminding.send_due_reminders()


def away(user, first, last, deputy=None):
    return Absence.objects.create(user=user, first_day=first, last_day=last, deputy=deputy)


# When


def test_the_seven_days_of_acceptance_bring_three_reminders(world):
    stand_at(MONDAY + timedelta(days=1))
    info_request = world.assigned()
    assert due(info_request) == [
        (KINDS.ACCEPT_DAY_2, date(2026, 11, 19)),
        (KINDS.ACCEPT_DAY_4, date(2026, 11, 20)),  # Saturday 21
        (KINDS.ACCEPT_DAY_6, date(2026, 11, 23)),
    ]


def test_what_would_go_on_the_day_of_receipt_is_left_out(world):
    """The notice of the new request went that day."""
    stand_at(FRIDAY)
    assert [kind for kind, _ in due(world.assigned())] == [KINDS.ACCEPT_DAY_4, KINDS.ACCEPT_DAY_6]


def test_the_answer_date_brings_three_reminders_and_lateness_one_every_second_working_day(world):
    stand_at(MONDAY)
    info_request = world.accepted(reply_days=14)
    assert due(info_request) == [
        (KINDS.ANSWER_WEEK_BEFORE, date(2026, 11, 23)),
        (KINDS.ANSWER_DAY_BEFORE, date(2026, 11, 27)),
        (KINDS.ANSWER_DAY, date(2026, 11, 30)),
        (KINDS.ANSWER_LATE, date(2026, 12, 2)),
    ]
    sent = []
    day = MONDAY
    while day < date(2026, 12, 12):
        if remind_on(day):
            sent.append(day)
        day += timedelta(days=1)
    assert [day.isoformat()[5:] for day in sent] == ["11-23", "11-27", "11-30", "12-02", "12-04", "12-08", "12-10"]


def test_a_holiday_of_the_asking_country_moves_a_reminder(world):
    """1 May is a working day here, and not in Germany."""
    stand_at(date(2026, 4, 20))
    info_request = world.accepted(reply_days=11)
    assert info_request.answer_due_on == date(2026, 5, 1)
    assert (KINDS.ANSWER_DAY, date(2026, 4, 30)) in due(info_request)


def test_another_answer_date_arms_them_again(world):
    stand_at(MONDAY)
    info_request = world.assigned()
    answering.accept_request(
        info_request=info_request, actor=world.handler, done_at=clock.now(), proposed_on=date(2026, 12, 11)
    )
    assert (KINDS.ANSWER_DAY, date(2026, 11, 30)) in due(info_request)
    answering.agree_date(info_request=info_request, actor=world.handler, agreed_on=date(2026, 12, 11))
    assert due(info_request, KINDS.ANSWER_DAY) == [(KINDS.ANSWER_DAY, date(2026, 12, 11))]


def test_acceptance_and_answer_end_the_reminders_of_before(world):
    stand_at(MONDAY)
    info_request = world.complete()
    assert not due(info_request, KINDS.ACCEPT_DAY_2, KINDS.ACCEPT_DAY_4, KINDS.ACCEPT_DAY_6)
    answering.prepare_answer(info_request=info_request, actor=world.handler)
    assert due(info_request, KINDS.DO_IN_IMI) == [(KINDS.DO_IN_IMI, MONDAY + timedelta(days=1))]
    answering.send_answer(info_request=info_request, actor=world.handler, done_at=clock.now())
    assert [kind for kind, _ in due(info_request)] == [KINDS.CLOSING_WAITS, KINDS.CLOSING_ESCALATES]


def test_a_request_that_the_requester_does_not_close_is_named_after_one_month_two_and_each_after(world):
    stand_at(MONDAY)
    info_request = world.answered()
    assert due(info_request) == [
        (KINDS.CLOSING_WAITS, date(2026, 12, 16)),
        (KINDS.CLOSING_ESCALATES, date(2027, 1, 15)),  # 16 January is a Saturday
    ]
    assert remind_on(date(2026, 12, 16))
    assert mails(info_request) == {("reminder_closing", "carla"), ("reminder_closing", None)}
    assert remind_on(date(2027, 1, 15))
    assert {name for _, name in mails(info_request, facts__kind=KINDS.CLOSING_ESCALATES)} == {
        "carla", "anna", "bram", None,
    }  # fmt: skip
    assert due(info_request) == [(KINDS.CLOSING_ESCALATES, date(2027, 2, 16))]


def test_filing_is_asked_after_the_end_and_every_week_before_blocking_with_the_allocators(world):
    stand_at(MONDAY)
    info_request = world.closed()
    assert due(info_request)[0] == (KINDS.FILE_REPORTS, date(2026, 11, 23))
    assert (KINDS.FILE_REPORTS, date(2027, 4, 16)) in due(info_request)  # 30 days before 16 May
    assert remind_on(date(2026, 11, 23))
    assert {name for _, name in mails(info_request)} == {"carla", None}
    assert remind_on(date(2027, 4, 16))
    assert {name for _, name in mails(info_request, facts__day="2027-04-16")} == {"carla", "anna", "bram", None}
    message = OutgoingMessage.objects.filter(subject=info_request.uuid, user=world.handler).last()
    outbox.send_pending()
    assert message.template == MailTemplate.REMINDER_FILE


def test_the_letter_is_asked_on_its_day_until_it_is_sent(world):
    stand_at(MONDAY)
    info_request = world.answered(
        procedure=Procedure.GOOD_REPUTE, questions=(NewQuestion(code="repute.disciplinary.3"),)
    )
    letter, _ = ProviderLetter.objects.update_or_create(
        info_request=info_request, defaults={"due_on": MONDAY + timedelta(days=1)}
    )
    reminding.rearm()
    assert due(info_request)[0] == (KINDS.SEND_LETTER, MONDAY + timedelta(days=1))
    assert remind_on(MONDAY + timedelta(days=1))
    assert due(info_request)[0] == (KINDS.SEND_LETTER, MONDAY + timedelta(days=3))
    letter.sent_on, letter.sent_by = clock.today(), world.handler
    letter.save()
    assert not remind_on(MONDAY + timedelta(days=3))


# Once


def test_two_on_one_day_are_one_mail(world):
    """The answer date is a Sunday: its own day and the working day before it are both Friday; and a step waits."""
    stand_at(date(2026, 11, 9))
    info_request = world.complete(reply_days=13)
    remind_on(MONDAY)
    stand_at(date(2026, 11, 19))
    answering.prepare_answer(info_request=info_request, actor=world.handler)
    assert due(info_request)[:3] == [
        (KINDS.ANSWER_DAY, FRIDAY),
        (KINDS.ANSWER_DAY_BEFORE, FRIDAY),
        (KINDS.DO_IN_IMI, FRIDAY),
    ]
    remind_on(FRIDAY)
    assert mails(info_request, facts__day=FRIDAY.isoformat()) == {
        ("reminder_answer", "carla"),
        ("reminder_answer", None),
    }
    assert OutgoingMessage.objects.filter(event=None, facts__also="reminder_imi").count() == 2


def test_running_twice_sends_once(world):
    stand_at(MONDAY)
    info_request = world.assigned()
    assert remind_on(WEDNESDAY) == 1
    before = OutgoingMessage.objects.count()
    assert remind_on(WEDNESDAY, 10) == 0
    reminding.rearm()
    assert remind_on(WEDNESDAY, 11) == 0
    assert OutgoingMessage.objects.count() == before
    assert mails(info_request) == {("reminder_accept", "carla"), ("reminder_accept", None)}


def test_of_what_was_missed_only_the_last_is_sent(world):
    """The worker was dead from Tuesday until Monday: day 2 and day 4 are not sent any more."""
    stand_at(MONDAY - timedelta(days=3))
    info_request = world.assigned()
    assert len(due(info_request)) == 2
    stand_at(MONDAY + timedelta(days=3))
    assert remind_on(MONDAY + timedelta(days=3)) == 1
    assert mails(info_request) == {("reminder_accept", "carla"), ("reminder_accept", None)}
    assert not due(info_request)
    assert list(Reminder.objects.values_list("kind", flat=True)) == [KINDS.ACCEPT_DAY_6]


def test_nothing_leaves_on_a_weekend_or_a_holiday_what_was_missed_waits(world):
    stand_at(date(2026, 3, 26))
    info_request = world.assigned()
    missed = [day for _, day in due(info_request)]
    assert missed == [date(2026, 3, 27), date(2026, 3, 30), date(2026, 4, 1)]
    for free in (date(2026, 4, 3), date(2026, 4, 4), date(2026, 4, 5), date(2026, 4, 6)):
        assert remind_on(free) == 0, free
    assert not mails(info_request)
    assert remind_on(date(2026, 4, 7)) == 1
    assert len(mails(info_request)) == 2


def test_a_date_that_passed_while_nothing_ran_is_told_as_late(world):
    stand_at(MONDAY)
    info_request = world.accepted(reply_days=7)
    remind_on(date(2026, 11, 26))
    assert {template for template, _ in mails(info_request)} == {"reminder_late"}
    assert due(info_request) == [(KINDS.ANSWER_LATE, date(2026, 11, 27))]


def test_holidays_added_late_move_what_is_not_sent_yet(world, monkeypatch):
    """Pitfall 19: rows of a release that did not know the holiday."""
    stand_at(MONDAY)
    info_request = world.assigned()
    Reminder.objects.filter(kind=KINDS.ACCEPT_DAY_4).update(due_on=MONDAY + timedelta(days=5))
    Reminder.objects.filter(kind=KINDS.ACCEPT_DAY_6).delete()
    rearm_reminders()
    assert due(info_request) == [
        (KINDS.ACCEPT_DAY_2, WEDNESDAY),
        (KINDS.ACCEPT_DAY_4, FRIDAY),
        (KINDS.ACCEPT_DAY_6, FRIDAY),
    ]


def test_a_run_beside_another_reads_the_rows_after_the_lock_and_sends_nothing_again(world, monkeypatch):
    stand_at(MONDAY)
    info_request = world.assigned()
    stand_at(WEDNESDAY)
    sync = reminders.sync

    def sync_while_the_other_run_ends(info_request):
        sync(info_request)
        Reminder.objects.filter(due_on__lte=clock.today()).update(sent_at=clock.now())

    monkeypatch.setattr(reminders, "sync", sync_while_the_other_run_ends)
    assert reminding.send_due_reminders() == 0
    assert not mails(info_request)


def test_one_request_that_fails_does_not_stop_the_others(world, monkeypatch):
    stand_at(MONDAY)
    bad, good = world.assigned(), world.assigned()
    message = outbox.message

    def failing(**facts):
        if facts["subject"] == bad.uuid:
            raise ValueError("with a name in it")
        return message(**facts)

    monkeypatch.setattr(outbox, "message", failing)
    stand_at(WEDNESDAY)
    with pytest.raises(reminding.RemindersFailed):
        send_due_reminders()
    assert mails(good) and not mails(bad)
    assert Heartbeat.objects.get(name="reminders").fault == "RemindersFailed"
    monkeypatch.undo()
    assert remind_on(WEDNESDAY, 10) == 1
    assert mails(bad)


# To whom


def test_as_long_as_nobody_took_it_the_team_and_the_allocators_are_asked(world):
    stand_at(MONDAY)
    info_request = world.received()
    remind_on(WEDNESDAY)
    assert {name for _, name in mails(info_request)} == {"anna", "bram", None}
    assigning.choose_team(info_request=info_request, actor=world.allocator, team=world.team)
    remind_on(FRIDAY)
    assert {name for _, name in mails(info_request, facts__day=FRIDAY.isoformat())} == {"anna", "bram", "carla", None}


def test_the_allocator_hears_of_lateness_and_after_five_working_days_the_lawyer(world):
    stand_at(MONDAY)
    info_request = world.accepted(reply_days=7)
    for day, lawyer in [(date(2026, 11, 25), False), (date(2026, 11, 27), False), (date(2026, 12, 1), True)]:
        remind_on(day)
        told = {name for _, name in mails(info_request, facts__day=day.isoformat())}
        assert told == {"carla", "anna", "bram", None} | ({"femke"} if lawyer else set())


def test_the_deputy_gets_the_reminder_instead_of_who_is_absent(world, mailoutbox):
    stand_at(MONDAY)
    info_request = world.assigned()
    away(world.handler, WEDNESDAY, WEDNESDAY, world.other_handler)
    remind_on(WEDNESDAY)
    assert {name for _, name in mails(info_request)} == {"dirk", None}
    outbox.send_pending()
    mail = next(mail for mail in reversed(mailoutbox) if mail.to == [world.other_handler.email])
    assert "collega die afwezig is" in mail.body
    assert world.handler.last_name not in mail.body or world.handler.first_name not in mail.body
    remind_on(FRIDAY)
    assert {name for _, name in mails(info_request, facts__day=FRIDAY.isoformat())} == {"carla", None}


@pytest.mark.parametrize("deputy", ["none", "without a role", "absent too", "left"])
def test_without_a_deputy_who_may_see_it_the_allocators_get_it(world, deputy):
    stand_at(MONDAY)
    info_request = world.assigned()
    person = None if deputy == "none" else world.stranger if deputy == "without a role" else world.other_handler
    away(world.handler, MONDAY, FRIDAY, person)
    if deputy == "absent too":
        away(person, WEDNESDAY, FRIDAY)
    if deputy == "left":
        person.status = UserStatus.LEFT
        person.save()
    away(world.backup, WEDNESDAY, WEDNESDAY)
    remind_on(WEDNESDAY)
    assert {name for _, name in mails(info_request)} == {"anna", None}


def test_who_left_is_replaced_by_the_allocators(world):
    """Pitfall 18."""
    stand_at(MONDAY)
    info_request = world.accepted(reply_days=7)
    world.handler.status = UserStatus.LEFT
    world.handler.save()
    remind_on(date(2026, 11, 23))
    assert {name for _, name in mails(info_request)} == {"anna", "bram", None}


def test_where_everybody_is_away_nobody_is_forgotten(world):
    stand_at(MONDAY)
    info_request = world.assigned()
    for user in (world.handler, world.allocator, world.backup):
        away(user, MONDAY, FRIDAY)
    remind_on(WEDNESDAY)
    assert {name for _, name in mails(info_request)} == {"carla", None}


def test_a_deputy_reads_along_with_a_notice_but_not_with_what_is_said_to_one_person(world):
    """A notice waits in the mailbox of who is away; the deputy gets a copy."""
    stand_at(MONDAY)
    away(world.handler, MONDAY, FRIDAY, world.other_handler)
    info_request = world.assigned()
    allocated = OutgoingMessage.objects.filter(subject=info_request.uuid, template=MailTemplate.ALLOCATED)
    assert set(allocated.values_list("user__username", "facts__deputy")) == {
        ("carla", None),
        ("dirk", 1),
        (None, None),
    }
    pool = OutgoingMessage.objects.filter(subject=info_request.uuid, template=MailTemplate.POOL_NOTICE)
    assert not pool.filter(facts__deputy=1).exists()
    assert InformationRequest.objects.visible(world.other_handler).filter(pk=info_request.pk).exists()


def test_no_reminder_holds_anything_of_the_case(world, mailoutbox):
    """NOT-10, pitfall 25."""
    stand_at(MONDAY)
    world.closed()
    world.accepted(reply_days=2, motivation="Wij twijfelen aan de heer Jansen.")
    for days in range(1, 12):
        remind_on(MONDAY + timedelta(days=days))
        outbox.send_pending()
    sent = [mail for mail in mailoutbox if "erinnering" in mail.subject or "te laat" in mail.subject]
    assert sent
    for mail in sent:
        for secret in (SUBJECT["family_name"], SUBJECT["given_names"], "Jansen", "Ja, dat klopt"):
            assert secret not in mail.subject + mail.body


def test_the_heartbeat_shows_both_jobs(world):
    stand_at(MONDAY)
    send_due_reminders()
    rearm_reminders()
    states = {state.name: state for state in heartbeat.states()}
    assert not states["reminders"].late and not states["rearming"].late
    stand_at(MONDAY, 13)
    states = {state.name: state for state in heartbeat.states()}
    assert states["reminders"].late and not states["rearming"].late
