"""Blocked six months after the end, erased three years after it; late, killed or twice is the same (DP-03, DP-05)."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from dateutil.relativedelta import relativedelta
from django.conf import settings as django_settings
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.urls import reverse

from archive import personal_data, services, tasks
from archive.models import Report, RetentionRecord
from archive.selectors import forecast
from authorities.vocabulary import Role
from imidesk.core import audit, clock, heartbeat, vault
from imidesk.core.models import Heartbeat, Installation, SealKey
from requests_app.answers import AnswerContent
from requests_app.checks import grant_faults
from requests_app.deadlines import local_day
from requests_app.models import InformationRequest, ReadRecord, SealedFile, SealedText, Subject
from requests_app.permissions import (
    DESK_JOBS,
    GRANT_OF_PART,
    JOBS_AFTER_BLOCKING,
    grants_of,
    look,
    look_for_desk,
)
from requests_app.services import answering, ending
from requests_app.vocabulary import Action, AnswerStatus, Channel, DataState, Grant, Part, Purpose, State
from requests_app.writing import NewFile, NewQuestion
from tests.factories.files import pdf_bytes
from tests.factories.steps import again, pass_days, run_jobs
from tests.factories.world import make_user, member

# What opens nothing, waits for two others, or opens the filing package of what was never filed.
LEFT = {
    Grant.READ_TIMELINE,
    Grant.SIGN_OFF,
    Grant.HAND_OVER,
    Grant.REASSIGN,
    Grant.CONFIRM,
    Grant.DECIDE,
    Grant.ASK_OPENING,
    Grant.ANNOTATE,
}

pytestmark = pytest.mark.usefixtures("quick_pdf")


def months_later(months, days=0):
    return clock.today() + relativedelta(months=months, days=days)


def retention(**options):
    out = StringIO()
    call_command("retention", json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def filed(world, **changes):
    """Closed and filed, on channel desk."""
    info_request = world.closed(**{"channel": Channel.DESK, **changes})
    run_jobs()
    services.file_request(info_request=info_request, actor=world.handler, case_number="C2026-1")
    return again(info_request)


def sealed_bytes(info_request):
    """Every sealed column of the rows of one request."""
    found = []
    for model, names in personal_data.sealed_columns().items():
        path = personal_data.path_to_request(model)
        for values in model._default_manager.filter(**{path: info_request}).values_list(*names):
            found += [bytes(value) for value in values if value]
    return found


def clean():
    return not list(audit.verify()) and not list(grant_faults())


def actions(info_request):
    return [event.action for event in audit.events_of("request", info_request.uuid)]


def test_nothing_happens_before_its_day(world):
    info_request = filed(world)

    day_before = retention(as_of=months_later(6, days=-1))
    assert day_before["blocked"] == []
    assert again(info_request).data_state == DataState.OPEN

    on_the_day = retention(as_of=months_later(6))
    assert on_the_day["blocked"] == [info_request.reference]
    assert on_the_day["erased"] == []
    assert clean()


def test_after_blocking_nothing_sealed_opens_for_anybody(world, sign_in):
    """DP-03, DP-07: every door, for everybody; the list and the dates stay."""
    info_request = filed(world)
    files = list(SealedFile.objects.filter(info_request=info_request))
    tab = info_request.questions.first().tab
    subject_page = reverse("requests_app:subject", args=[info_request.reference])
    assert "Łukasiewicz" in sign_in(world.handler).get(subject_page).content.decode()
    retention(as_of=months_later(6))
    info_request = again(info_request)

    assert info_request.data_state == DataState.BLOCKED
    assert sealed_bytes(info_request), "blocked is not erased"
    names = ("file", "subject", "tab", "send", "enter_in_imi", "already_answered", "files", "accept", "forward")
    for user in (world.handler, world.other_handler, world.allocator, world.jurist, world.basic):
        assert grants_of(user, info_request) <= LEFT
        for part in GRANT_OF_PART:
            with pytest.raises(PermissionDenied):
                look(user, info_request, part, Purpose.READ)
        client = sign_in(user)
        for file in files:
            address = reverse("requests_app:download", args=[info_request.reference, file.pk])
            assert client.get(address).status_code in (403, 404, 409)
        for name in names:
            space = "archive" if name == "file" else "requests_app"
            parts = [info_request.reference, tab] if name == "tab" else [info_request.reference]
            page = client.get(reverse(f"{space}:{name}", args=parts))
            text = page.content.decode()
            assert "Łukasiewicz" not in text
            assert "Wij controleren" not in text
        for address in ("requests_app:detail", "archive:reports"):
            text = client.get(reverse(address, args=[info_request.reference])).content.decode()
            assert "Łukasiewicz" not in text
            assert "/bestand/" not in text
    assert set(JOBS_AFTER_BLOCKING) == {"person_search"}  # two people, for the person himself (DP-12)
    for job in DESK_JOBS.keys() - JOBS_AFTER_BLOCKING.keys():
        with pytest.raises(PermissionDenied):
            look_for_desk(job, info_request)
    with pytest.raises(PermissionDenied):
        services.file_request(info_request=info_request, actor=world.handler, case_number="C2026-2")
    assert info_request.end_reason == ""
    assert info_request.state == State.CLOSED


def test_what_is_erased_is_gone_and_what_happened_stays(world):
    """DP-05: rows, files and key; outcome, dates, counts and chain remain readable."""
    marker = "PERSOON-XKCD-4711"
    info_request = world.accepted(
        channel=Channel.DESK,
        motivation=marker,
        questions=(
            NewQuestion(tab="Eigen", text=marker, kind="text", comment=marker),
            NewQuestion(tab="Eigen", text="?", kind="document"),
        ),
        attachments=(NewFile(f"{marker}.pdf", "application/pdf", pdf_bytes(marker)),),
    )
    first = info_request.questions.first()
    content = {
        question.pk: AnswerContent(standard="data_protection", text=marker) for question in info_request.questions.all()
    }
    answering.save_tab(info_request=info_request, actor=world.handler, tab=first.tab, contents=content, versions={})
    answering.send_answer(info_request=info_request, actor=world.handler)
    ending.close_request(info_request=info_request, actor=world.handler, closed_at=clock.now(), note=marker)
    run_jobs()
    services.file_request(info_request=info_request, actor=world.handler, case_number="C2026-1")
    other = world.accepted()
    folder = Path(django_settings.IMIDESK_FILES_DIR)
    before = actions(info_request)
    names = personal_data.storage_names([info_request.pk])[info_request.pk]
    assert len(names) == len(set(vault.stored_files())) == 4, "attachment, copy at sending, two end reports"

    retention(as_of=months_later(6))
    done = retention(as_of=months_later(36))

    assert done["erased"] == [info_request.reference]
    info_request = again(info_request)
    assert info_request.data_state == DataState.ERASED
    assert info_request.state == State.CLOSED
    assert info_request.answered_at
    assert sealed_bytes(info_request) == []
    assert not list(folder.glob("*/*"))
    assert not SealKey.objects.filter(owner=info_request.uuid).exists()
    assert SealKey.objects.filter(owner=other.uuid).exists()
    assert sealed_bytes(other)
    for model in (Subject, SealedText, SealedFile, Report):
        assert not model.objects.filter(info_request=info_request).exists()
    assert actions(info_request) == [*before, Action.BLOCKED, Action.ERASED]
    statuses = list(info_request.questions.values_list("answer__status", flat=True))
    assert statuses and AnswerStatus.NONE not in statuses
    record = RetentionRecord.objects.get(info_request=info_request)
    assert record.erased_files == 4
    assert record.erased_rows > 8
    assert record.erased_keys
    assert audit.events_of("request", info_request.uuid).last().details["filed"] is True
    assert clean()


def test_twice_or_late_gives_the_same(world):
    info_request = filed(world)

    first = retention(as_of=months_later(40))
    second = retention(as_of=months_later(40))

    assert first["blocked"] == first["erased"] == [info_request.reference]
    assert second["blocked"] == second["erased"] == []
    assert actions(info_request)[-2:] == [Action.BLOCKED, Action.ERASED]
    assert RetentionRecord.objects.count() == 1


def test_an_erasure_that_is_killed_starts_over(world, monkeypatch):
    """SP-21: the files may be gone already, the rows not yet."""
    info_request = filed(world)
    services.block_due(months_later(36))
    erase = personal_data.erase
    monkeypatch.setattr(personal_data, "erase", lambda found: 1 / 0)
    killed = services.erase_due(months_later(36))

    assert killed.failed == [info_request.reference]
    record = RetentionRecord.objects.get()
    assert record.erasing_at
    assert record.erased_at is None
    assert again(info_request).data_state == DataState.BLOCKED
    assert not list(vault.stored_files())

    monkeypatch.setattr(personal_data, "erase", erase)
    assert services.erase_due(months_later(36)).erased == [info_request.reference]
    assert RetentionRecord.objects.get().erased_files == 3
    assert clean()


def test_one_failure_never_stops_the_rest(world, monkeypatch):
    first, second = filed(world), filed(world)
    from archive.services import retaining

    plan = retaining.workflow.notifications.plan

    def failing(events):
        if first.pk in [info_request.pk for _event, info_request in events]:
            raise RuntimeError("no")
        return plan(events)

    monkeypatch.setattr(retaining.workflow.notifications, "plan", failing)
    run = services.block_due(months_later(6))
    monkeypatch.undo()

    assert run.failed == [first.reference]
    assert run.blocked == [second.reference]
    assert services.block_due(months_later(6)).blocked == [first.reference]


def test_what_was_never_filed_waits_thirty_days_and_is_then_erased(world):
    """Design 8: the event says that there was no receipt."""
    info_request = world.closed(channel=Channel.DESK)
    run_jobs()
    retention(as_of=months_later(6))

    waiting = retention(as_of=months_later(36, days=29))
    assert waiting["erased"] == []
    assert waiting["waiting"] == [info_request.reference]

    assert retention(as_of=months_later(36, days=30))["erased"] == [info_request.reference]
    assert audit.events_of("request", info_request.uuid).last().details["filed"] is False
    assert clean()


def test_what_was_never_accepted_waits_for_no_receipt(world):
    """ARC-13: there is no case to wait for."""
    info_request = world.assigned()
    ending.forward_request(
        info_request=info_request, actor=world.handler, to=world.justis, reason="forward.criminal_sanctions"
    )
    done = retention(as_of=months_later(36))
    assert done["blocked"] == done["erased"] == [info_request.reference]
    assert again(info_request).forwarded_to == world.justis


@pytest.mark.parametrize("state", ["received", "accepted", "answered", "closed"])
def test_a_fictitious_request_goes_thirty_days_after_its_last_step(world, state):
    """Design 3 and 8: ended by the desk, blocked and erased in one run."""
    info_request = (
        getattr(world, state)(channel=Channel.DESK, fictitious=True, imi_number="", questions=())
        if state == "received"
        else getattr(world, state)(channel=Channel.DESK, fictitious=True)
    )
    run_jobs()

    early = retention(as_of=clock.today() + timedelta(days=29))
    assert early["erased"] == []
    assert again(info_request).data_state == DataState.OPEN

    done = retention(as_of=clock.today() + timedelta(days=30))
    assert done["blocked"] == done["erased"] == [info_request.reference]
    after = again(info_request)
    assert after.data_state == DataState.ERASED
    assert after.state == (State.CLOSED if state == "closed" else State.ENTERED_IN_ERROR)
    assert done["ended"] == ([] if state == "closed" else [info_request.reference])
    assert sealed_bytes(after) == []
    assert not list(vault.stored_files())
    run_jobs()
    assert clean()


def test_a_later_step_moves_the_short_clock(world):
    info_request = world.closed(channel=Channel.DESK, fictitious=True)
    run_jobs()
    assert RetentionRecord.objects.get().erase_on == clock.today() + timedelta(days=30)

    clock.move(timedelta(days=10))
    services.sign_off_task(info_request=info_request, actor=world.allocator, signed_off_on=clock.today())
    assert retention(as_of=clock.today() + timedelta(days=29))["erased"] == []
    assert RetentionRecord.objects.get().erase_on == clock.today() + timedelta(days=30)
    assert retention(as_of=clock.today() + timedelta(days=30))["erased"] == [info_request.reference]


def test_a_draft_that_nobody_touched_goes_after_180_days(world):
    now = clock.now()
    draft = InformationRequest.objects.create(
        reference="NB-2026-90001",
        module="services",
        procedure="information_request",
        channel=Channel.DESK,
        requester=world.germany,
        responder=world.home,
        home=world.home,
        service_activity=world.activity,
        received_at=now,
        registered_at=now,
        accept_by=clock.today(),
    )
    vault.create_key(draft.uuid)

    assert retention(as_of=clock.today() + timedelta(days=179))["ended"] == []
    done = retention(as_of=clock.today() + timedelta(days=180))
    assert done["ended"] == done["erased"] == ["NB-2026-90001"]
    assert not vault.key_exists(draft.uuid)
    assert again(draft).end_reason == "entered_in_error.stale_draft"
    assert clean()


def test_a_dry_run_says_what_a_run_does_and_does_nothing(world):
    info_request = filed(world)
    fictitious = world.accepted(channel=Channel.DESK, fictitious=True)
    day = months_later(37)

    told = retention(as_of=day, dry_run=True)

    assert told["dry_run"] is True
    assert again(info_request).data_state == DataState.OPEN
    assert again(fictitious).state == State.ACCEPTED
    done = retention(as_of=day)
    assert {**told, "dry_run": False} == done
    assert forecast(day).erased == []


def test_a_day_in_the_future_runs_on_a_practice_desk_only(world):
    info_request = filed(world)
    Installation.objects.update(kind=Installation.Kind.PRODUCTION)

    with pytest.raises(CommandError):
        retention(as_of=months_later(6))
    assert again(info_request).data_state == DataState.OPEN
    assert retention(as_of=months_later(6), dry_run=True)["blocked"] == [info_request.reference]


def test_the_tasks_take_their_day_from_the_database_and_leave_a_heartbeat(world):
    info_request = filed(world)
    RetentionRecord.objects.update(block_on=clock.today(), erase_on=clock.today())

    tasks.block_due_requests()
    tasks.erase_due_requests()

    assert again(info_request).data_state == DataState.ERASED
    assert {state.name for state in heartbeat.states() if not state.late} >= {"blocking", "erasing"}


def test_a_clock_that_jumped_waits_for_a_person(world):
    """SP-40: the command is that person."""
    tasks.block_due_requests()
    info_request = filed(world)
    RetentionRecord.objects.update(block_on=clock.today())
    Heartbeat.objects.filter(name="blocking").update(succeeded_at=clock.now() - timedelta(days=36))

    with pytest.raises(tasks.ClockJumped):
        tasks.block_due_requests()
    assert again(info_request).data_state == DataState.OPEN

    assert retention()["blocked"] == [info_request.reference]
    tasks.block_due_requests()


def test_a_file_that_no_row_knows_is_swept_after_a_day(world, monkeypatch):
    """Pitfall 4: a process killed between writing and committing leaves one."""
    info_request = filed(world)
    row = SealedFile(info_request=info_request, kind="imi_full")
    stray = vault.store_file(row, b"left behind")

    services.erase_due(clock.today())
    assert stray in set(vault.stored_files())

    monkeypatch.setattr("archive.services.retaining.FILE_WITHOUT_ROW", timedelta(0))
    services.erase_due(clock.today())
    left = set(vault.stored_files())
    assert stray not in left
    assert left == {*personal_data.storage_names([info_request.pk])[info_request.pk]}


def test_the_register_is_for_who_answers_for_it(world, sign_in):
    """Lawyer, IMI administrator and data protection officer; nobody else, and never a person."""
    info_request = world.closed(channel=Channel.DESK)
    run_jobs()
    officer = make_user("hilde", "Hilde", "Voorbeeld")
    member(officer, world.home, Role.FG)
    address = reverse("archive:retention")

    for user in (world.handler, world.basic, world.stranger):
        assert sign_in(user).get(address).status_code == 403
    clock.move(timedelta(days=35))
    for _step in range(4):
        clock.move(timedelta(days=35))
    for user, linked in ((world.jurist, True), (world.allocator, True), (officer, False)):
        page = sign_in(user).get(address)
        assert page.status_code == 200
        text = page.content.decode()
        assert info_request.reference in text
        assert (f'href="/verzoeken/{info_request.reference}/"' in text) == linked
        assert "desk-badge--late" in text
        assert "Łukasiewicz" not in text


def test_the_page_of_a_request_says_when_it_goes(world, sign_in):
    """ARC-08: and warns as long as nothing is saved in Corsa."""
    info_request = world.closed(channel=Channel.DESK)
    run_jobs()
    address = reverse("archive:reports", args=[info_request.reference])
    text = sign_in(world.handler).get(address).content.decode()
    assert "retention-dates" in text
    assert "utrecht-alert--warning" in text

    services.file_request(info_request=info_request, actor=world.handler, case_number="C2026-1")
    text = sign_in(world.handler).get(address).content.decode()
    assert "filing-receipt" in text


def test_the_read_log_is_kept_five_years(world):
    """SP-11."""
    info_request = world.accepted()
    look(world.handler, info_request, Part.PERSON, Purpose.READ)

    services.erase_due(clock.today() + relativedelta(years=5))
    assert ReadRecord.objects.filter(request_uuid=info_request.uuid).exists()

    services.erase_due(clock.today() + relativedelta(years=5, days=1))
    assert not ReadRecord.objects.filter(request_uuid=info_request.uuid).exists()


def test_a_practice_clock_erases_what_was_never_filed_on_its_last_day(world):
    """Design 8: on the thirtieth day after its own, and not on the next night the clock happens to stop at."""
    unfiled = world.closed()
    pass_days(7)
    filed = world.closed(channel=Channel.DESK)
    run_jobs()
    services.file_request(info_request=filed, actor=world.handler, case_number="C2026-1")
    services.block_due(clock.today())
    due = {row.info_request_id: row.erase_on for row in RetentionRecord.objects.all()}
    pass_days((due[unfiled.pk] - clock.today()).days - 3)

    call_command("later", months=3)

    days = {row.info_request_id: local_day(row.erased_at) for row in RetentionRecord.objects.all()}
    assert days == {filed.pk: due[filed.pk], unfiled.pk: due[unfiled.pk] + timedelta(days=30)}
