"""What takes more than one person: holds, early erasure, opening blocked data, and annotating them (DP-06 to DP-13)."""

from datetime import date, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from archive import retention, services
from authorities.models import Absence, Mandate
from authorities.vocabulary import Role
from imidesk.core import audit, clock, vault
from imidesk.core.models import OutgoingMessage, SealKey
from imidesk.core.templatetags.desk import dutch_date
from requests_app.checks import grant_faults
from requests_app.models import Annotation, DataDecision, DecisionFile, ReadRecord, SealedFile
from requests_app.permissions import look, look_while_open
from requests_app.services import reminding
from requests_app.vocabulary import Action, Channel, DataState, DecisionKind, MailTemplate, Part, Purpose
from tests.factories.files import pdf_bytes
from tests.factories.steps import again, run_jobs
from tests.factories.time import stand_at
from tests.factories.world import make_user, member

WORDS = "Bezwaarzaak Qzx7Reden"

pytestmark = pytest.mark.usefixtures("quick_pdf")


def filed(world):
    info_request = world.closed(channel=Channel.DESK)
    run_jobs()
    services.file_request(info_request=info_request, actor=world.handler, case_number="C2026-1")
    return again(info_request)


def blocked(world):
    info_request = filed(world)
    services.block_now(info_request=info_request, actor=world.handler)
    return again(info_request)


def erased_within_a_year(info_request):
    """The clock stands twenty days before the erasure date, where a hold puts something off."""
    stand_at(retention.erase_on(info_request.ended_at) - timedelta(days=20))
    return info_request


def months(number, days=0):
    return clock.today() + relativedelta(months=number, days=days)


def url(info_request, name):
    return reverse(f"archive:{name}", args=[info_request.reference])


def page_of(decision):
    return reverse("archive:decision", args=[decision.pk])


def decide(client, decision, act):
    return client.post(page_of(decision), {"act": act})


def pdf(name="stuk.pdf"):
    return SimpleUploadedFile(name, pdf_bytes(), content_type="application/pdf")


def hold(world, client, info_request, until=None, **changes):
    fields = {
        "reason": "hold.court",
        "words": WORDS,
        "until": (until or months(3)).isoformat(),
        "owner": str(world.jurist.pk),
    }
    return client.post(url(info_request, "hold"), {**fields, **changes})


def held(world, sign_in, info_request, until=None):
    assert hold(world, sign_in(world.jurist), info_request, until).status_code == 302
    row = DataDecision.objects.get(info_request=info_request)
    assert decide(sign_in(world.allocator), row, "approve").status_code == 302
    return row


def actions(info_request):
    return [event.action for event in audit.events_of("request", info_request.uuid)]


def clean():
    return not list(audit.verify()) and not list(grant_faults())


def opening_fields(ground="opening.proof", **changes):
    return {"reason": ground, "words": WORDS, "document": pdf(), **changes}


def asked(world, sign_in, info_request, ground="opening.proof"):
    assert (
        sign_in(world.other_handler).post(url(info_request, "ask_opening"), opening_fields(ground)).status_code == 302
    )
    return DataDecision.objects.get(info_request=info_request, kind=DecisionKind.OPENING, decided_at=None)


def agreed(world, sign_in, info_request, ground="opening.proof"):
    row = asked(world, sign_in, info_request, ground)
    for person in (world.jurist, world.allocator):
        assert decide(sign_in(person), row, "approve").status_code == 302
    return row


# Holds


def test_a_hold_takes_two_people_and_puts_erasing_off(world, sign_in):
    """Design 3: reason from a list, words sealed, a date and an owner; erasing waits, blocking does not."""
    info_request = erased_within_a_year(filed(world))
    for person in (world.handler, world.other_handler, world.basic):
        assert hold(world, sign_in(person), info_request).status_code == 403
    client = sign_in(world.jurist)
    assert hold(world, client, info_request).status_code == 302
    row = DataDecision.objects.get()
    page = client.get(page_of(row)).content.decode()
    assert WORDS in page and dutch_date(retention.erase_on(info_request.ended_at)) in page
    assert decide(client, row, "approve").status_code == 422, "not who proposed it"
    start = reverse("monitoring:start")
    assert "lijst=te_beslissen" not in client.get(start).content.decode(), "not his to decide"
    assert "lijst=te_beslissen" in sign_in(world.allocator).get(start).content.decode()
    assert page_of(row) in sign_in(world.allocator).get(info_request.get_absolute_url()).content.decode()
    assert not DataDecision.objects.holding(clock.today()).exists()
    assert not list(DataDecision.objects.filter(approved=True))

    assert decide(sign_in(world.allocator), row, "approve").status_code == 302

    row = DataDecision.objects.get()
    assert (row.approved, row.first_by, row.owner) == (True, world.allocator, world.jurist)
    assert WORDS.encode() not in bytes(row.words)
    assert actions(info_request)[-2:] == [Action.DECISION_PROPOSED, Action.DECISION_APPROVED]
    assert decide(sign_in(world.backup), row, "approve").status_code == 422, "decided already"
    assert clean()


def test_erasing_waits_until_the_date_of_the_hold_and_no_longer(world, sign_in):
    info_request = filed(world)
    services.block_due(months(6))
    record = again(info_request).retention_record
    erased_within_a_year(info_request)
    row = held(world, sign_in, info_request, until=record.erase_on + timedelta(days=20))

    assert services.erase_due(record.erase_on).erased == []
    clock.move(record.erase_on + timedelta(days=2) - clock.today())
    late = sign_in(world.jurist).get(reverse("archive:retention")).content.decode()
    assert info_request.reference in late and "retention-late" not in late, "on hold is not late"
    assert services.erase_due(record.erase_on + timedelta(days=20)).erased == []
    done = services.erase_due(record.erase_on + timedelta(days=21))

    assert done.erased == [info_request.reference]
    assert DataDecision.objects.filter(pk=row.pk).exists(), "what was decided stays"
    assert clean()


@pytest.mark.parametrize(
    ("until", "changes"),
    [
        (lambda: clock.today(), {}),
        (lambda: months(12, days=1), {}),
        (lambda: months(3), {"reason": "hold.other", "words": ""}),
        (lambda: months(3), {"reason": "hold.unknown"}),
        (lambda: months(3), {"owner": "999999"}),
    ],
)
def test_what_a_hold_does_not_take(world, sign_in, until, changes):
    info_request = erased_within_a_year(filed(world))
    client = sign_in(world.jurist)
    assert hold(world, client, info_request, until(), **changes).status_code == 422
    assert not DataDecision.objects.exists()
    assert hold(world, client, info_request, months(12)).status_code == 302
    assert hold(world, client, info_request, months(12)).status_code == 422, "it waits for a decision already"


def test_a_hold_that_ends_before_the_erasure_date_is_refused_beside_its_date(world, sign_in):
    """Two people would decide on something that changes nothing."""
    info_request = erased_within_a_year(filed(world))
    erase_on = retention.erase_on(info_request.ended_at)
    client = sign_in(world.jurist)

    refused = hold(world, client, info_request, erase_on - timedelta(days=1))

    assert refused.status_code == 422
    (said,) = refused.context["form"].errors["until"]
    assert said == f"Dit uitstel eindigt vóór de wisdatum {dutch_date(erase_on)} en verandert dus niets. " + (
        "Kies een latere datum."
    )
    assert WORDS in refused.content.decode()
    assert not DataDecision.objects.exists()
    assert hold(world, client, info_request, erase_on).status_code == 302


def test_too_early_for_any_hold_the_page_says_from_when(world, sign_in):
    """No form to fill in for nothing; what was typed on an older page comes back with the refusal."""
    info_request = filed(world)
    erase_on = retention.erase_on(info_request.ended_at)
    first = retention.first_day_to_hold(erase_on)
    stand_at(first - timedelta(days=1))
    client = sign_in(world.jurist)

    page = client.get(url(info_request, "hold")).content.decode()
    refused = hold(world, client, info_request, erase_on)

    assert f"worden gewist op {dutch_date(erase_on)}" in page and f"vanaf {dutch_date(first)}" in page
    assert 'name="until"' not in page
    assert refused.status_code == 409 and WORDS in refused.content.decode()
    assert not DataDecision.objects.exists()
    stand_at(first)
    assert 'name="until"' in client.get(url(info_request, "hold")).content.decode()
    assert hold(world, client, info_request, erase_on).status_code == 302


def test_a_hold_may_stop_an_early_erasure_that_is_under_way(world, sign_in):
    """Then the data may go before their date, so that any hold changes something."""
    info_request = filed(world)
    assert hold(world, sign_in(world.jurist), info_request, months(3)).status_code == 409
    fields = {"request_file": pdf(), "consent": pdf(), "words": ""}
    assert sign_in(world.jurist).post(url(info_request, "early_erasure"), fields).status_code == 302
    early = DataDecision.objects.get()

    assert hold(world, sign_in(world.jurist), info_request, months(3)).status_code == 302

    row = DataDecision.objects.get(kind=DecisionKind.HOLD)
    assert decide(sign_in(world.allocator), row, "approve").status_code == 302
    assert decide(sign_in(world.backup), early, "approve").status_code == 422


@pytest.mark.parametrize(
    ("erase_on", "first"),
    [(date(2028, 3, 31), date(2027, 3, 31)), (date(2028, 2, 29), date(2027, 3, 1))],
)
def test_from_when_a_hold_reaches_the_erasure_date(erase_on, first):
    assert retention.first_day_to_hold(erase_on) == first
    assert retention.longest_hold(first) >= erase_on > retention.longest_hold(first - timedelta(days=1))


def test_a_hold_never_outlives_its_date_in_silence(world, sign_in):
    """Pitfall 12: a mail two weeks before, an event and a mail at the end; a night that was missed changes nothing."""
    info_request = erased_within_a_year(filed(world))
    until = months(2)
    row = held(world, sign_in, info_request, until)
    reminders = OutgoingMessage.objects.filter(template=MailTemplate.REMINDER_HOLD, user=world.jurist)
    over = OutgoingMessage.objects.filter(template=MailTemplate.DECISION_TAKEN, user=world.jurist)
    over.delete()
    while clock.today() < until - timedelta(days=13):
        clock.move(timedelta(days=7))
        reminding.send_due_reminders()
    while not reminders.exists():
        clock.move(timedelta(days=1))
        reminding.send_due_reminders()
        assert clock.today() < until
    assert reminders.count() == 1

    assert services.lapse_decisions(until) == 0
    assert services.lapse_decisions(until + timedelta(days=3)) == 1
    assert services.lapse_decisions(until + timedelta(days=3)) == 0
    row = DataDecision.objects.get(pk=row.pk)
    assert row.ended_at
    assert actions(info_request)[-1] == Action.DECISION_ENDED
    assert over.count() == 1
    assert clean()


def test_a_hold_is_lifted_and_erasing_follows(world, sign_in):
    info_request = erased_within_a_year(filed(world))
    row = held(world, sign_in, info_request)
    assert row.info_request_id in set(
        DataDecision.objects.holding(clock.today()).values_list("info_request", flat=True)
    )
    assert decide(sign_in(world.handler), row, "lift").status_code == 404
    assert decide(sign_in(world.backup), row, "lift").status_code == 302
    assert not DataDecision.objects.holding(clock.today()).exists()
    assert decide(sign_in(world.backup), row, "lift").status_code == 422


def test_one_person_who_does_not_agree_is_enough(world, sign_in):
    info_request = erased_within_a_year(filed(world))
    hold(world, sign_in(world.jurist), info_request)
    row = DataDecision.objects.get()
    assert decide(sign_in(world.allocator), row, "decline").status_code == 302
    row = DataDecision.objects.get()
    assert (row.approved, row.declined_by) == (False, world.allocator)
    assert not DataDecision.objects.holding(clock.today()).exists()
    assert hold(world, sign_in(world.jurist), info_request).status_code == 302, "it can be proposed anew"


def test_the_database_refuses_one_person_alone(world, sign_in):
    """What must always be true is a constraint (house rule 4)."""
    hold(world, sign_in(world.jurist), erased_within_a_year(filed(world)))
    row = DataDecision.objects.get()
    now = clock.now()
    rows = DataDecision.objects.filter(pk=row.pk)
    for wrong in (
        {"first_by": world.jurist},
        {"approved": True, "decided_at": now},
        {"first_by": world.allocator, "second_by": world.allocator},
        {"until": None},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)
    assert rows.update(first_by=world.allocator, approved=True, decided_at=now) == 1


# Early erasure


def test_early_erasure_takes_a_request_a_consent_and_two_people(world, sign_in):
    """DP-09: both on file; blocked and erased in the next night by the ordinary job."""
    info_request = filed(world)
    client = sign_in(world.jurist)
    fields = {"request_file": pdf("verzoek.pdf"), "consent": pdf("toestemming.pdf"), "words": WORDS}
    for missing in ("request_file", "consent"):
        fewer = {name: value for name, value in fields.items() if name != missing}
        assert client.post(url(info_request, "early_erasure"), fewer).status_code == 422
    fields = {"request_file": pdf("verzoek.pdf"), "consent": pdf("toestemming.pdf"), "words": WORDS}
    assert client.post(url(info_request, "early_erasure"), fields).status_code == 302
    row = DataDecision.objects.get()
    assert row.files.count() == 2
    assert services.block_due(clock.today()).blocked == []
    assert decide(client, row, "approve").status_code == 422
    assert decide(sign_in(world.backup), row, "approve").status_code == 302

    day = clock.today()
    assert services.block_due(day).blocked == [info_request.reference]
    assert services.erase_due(day).erased == [info_request.reference]

    assert again(info_request).data_state == DataState.ERASED
    assert not SealKey.objects.filter(owner=info_request.uuid).exists()
    page = sign_in(world.jurist).get(page_of(row)).content.decode()
    assert WORDS in page and "toestemming.pdf" in page, "its papers have a clock of their own"
    assert clean()


def test_a_proposal_that_breaks_off_leaves_no_document(world, sign_in, monkeypatch):
    """Pitfall 4: what was stored goes again with what failed, and does not wait for the sweep."""
    info_request = filed(world)
    client = sign_in(world.jurist)
    before = set(vault.stored_files())
    fields = {"request_file": pdf("verzoek.pdf"), "consent": pdf("toestemming.pdf"), "words": WORDS}
    with monkeypatch.context() as broken:
        broken.setattr(audit, "record", broke_off)
        with pytest.raises(RuntimeError):
            client.post(url(info_request, "early_erasure"), fields)
    assert set(vault.stored_files()) == before

    fields = {"request_file": pdf("verzoek.pdf"), "consent": pdf("toestemming.pdf"), "words": WORDS}
    assert client.post(url(info_request, "early_erasure"), fields).status_code == 302
    assert len(set(vault.stored_files()) - before) == 2


def broke_off(*args, **kwargs):
    raise RuntimeError


def test_nothing_is_erased_early_that_is_not_filed_or_is_on_hold(world, sign_in):
    unfiled = world.closed(channel=Channel.DESK)
    run_jobs()
    fields = lambda: {"request_file": pdf(), "consent": pdf(), "words": ""}  # noqa: E731
    client = sign_in(world.jurist)
    assert client.post(url(unfiled, "early_erasure"), fields()).status_code == 409
    assert "niet opgeslagen in Corsa" in client.get(url(unfiled, "early_erasure")).content.decode()
    on_hold = erased_within_a_year(filed(world))
    row = held(world, sign_in, on_hold)
    client = sign_in(world.jurist)

    page = client.get(url(on_hold, "early_erasure")).content.decode()

    assert f"uitgesteld tot en met {dutch_date(row.until)}" in page and 'type="file"' not in page
    assert client.post(url(on_hold, "early_erasure"), fields()).status_code == 409
    assert not DataDecision.objects.filter(kind=DecisionKind.EARLY_ERASURE).exists()
    assert decide(client, row, "lift").status_code == 302
    assert 'type="file"' in client.get(url(on_hold, "early_erasure")).content.decode()
    assert client.post(url(on_hold, "early_erasure"), fields()).status_code == 302


@pytest.mark.parametrize("wrong", ["request_file", "consent"])
def test_a_wrong_file_is_said_beside_the_field_where_it_was_chosen(world, sign_in, wrong):
    info_request = filed(world)
    client = sign_in(world.jurist)
    html = SimpleUploadedFile("stuk.pdf", b"<html>", content_type="application/pdf")

    refused = client.post(
        url(info_request, "early_erasure"), {"request_file": pdf(), "consent": pdf(), "words": WORDS, wrong: html}
    )

    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {wrong}
    assert f'id="id_{wrong}_error"' in refused.content.decode()
    assert not DecisionFile.objects.exists()
    good = {"request_file": pdf(), "consent": pdf(), "words": WORDS}
    assert client.post(url(info_request, "early_erasure"), good).status_code == 302


# Opening


def test_an_opening_shows_the_data_for_half_an_hour_to_who_asked(world, sign_in):
    """DP-06, DP-07: the lawyer and a second person decide and do not look; each look has its purpose."""
    info_request = blocked(world)
    row = agreed(world, sign_in, info_request)
    address = url(info_request, "opened")
    assert sign_in(world.other_handler).get(address).status_code == 403, "not begun"
    for person in (world.jurist, world.allocator):
        assert decide(sign_in(person), row, "begin").status_code == 403
        assert sign_in(person).get(address).status_code == 403
    client = sign_in(world.other_handler)
    assert decide(client, row, "begin").status_code == 302
    looks = ReadRecord.objects.filter(user=world.other_handler, part=Part.PERSON, purpose=Purpose.PROOF)
    before = looks.count()

    page = client.get(address)

    text = page.content.decode()
    assert page.status_code == 200
    assert "Łukasiewicz" in text
    assert "Ja, dat klopt." in text
    assert "no-store" in page["Cache-Control"]
    seconds, _then, target = page["Refresh"].partition("; url=")
    assert 0 < int(seconds) <= 1801
    assert target == info_request.get_absolute_url()
    assert "/bestand/" not in text
    assert looks.count() == before + 1
    client.get(address)
    assert looks.count() == before + 2
    for person in (world.jurist, world.allocator, world.handler, world.basic):
        answer = sign_in(person).get(address)
        assert answer.status_code == 403
        assert "Łukasiewicz" not in answer.content.decode()
    assert again(info_request).data_state == DataState.BLOCKED
    assert clean()


def test_a_granted_opening_stands_on_start_of_who_asked_until_it_is_begun(world, sign_in):
    info_request = blocked(world)
    row = asked(world, sign_in, info_request)
    assert page_of(row) not in sign_in(world.other_handler).get("/").content.decode()
    for person in (world.jurist, world.allocator):
        decide(sign_in(person), row, "approve")

    client = sign_in(world.other_handler)
    (task,) = next(group for group in client.get("/").context["groups"] if group.name == "nu").tasks
    assert (task.name, task.url) == (info_request.reference, page_of(row))
    assert task.due_on == clock.today() + timedelta(days=7)
    assert page_of(row) in client.get("/").content.decode()
    assert page_of(row) not in sign_in(world.handler).get("/").content.decode()

    client = sign_in(world.other_handler)
    assert decide(client, row, "begin").status_code == 302
    assert page_of(row) not in client.get("/").content.decode()


def test_an_opening_is_for_the_screen_alone_and_closes_by_itself(world, sign_in):
    info_request = blocked(world)
    row = agreed(world, sign_in, info_request, "opening.public_interest")
    client = sign_in(world.other_handler)
    decide(client, row, "begin")
    assert "Łukasiewicz" in client.get(url(info_request, "opened")).content.decode()
    for file in SealedFile.objects.filter(info_request=info_request):
        address = reverse("requests_app:download", args=[info_request.reference, file.pk])
        assert client.get(address).status_code == 403
    for address in ("requests_app:detail", "archive:reports"):
        answer = client.get(reverse(address, args=[info_request.reference]))
        assert "Łukasiewicz" not in answer.content.decode()
    with pytest.raises(PermissionDenied):
        look(world.other_handler, info_request, Part.PERSON, Purpose.READ)
    assert ReadRecord.objects.filter(purpose=Purpose.PUBLIC_INTEREST).count() == 1

    clock.move(timedelta(minutes=29))
    assert client.get(url(info_request, "opened")).status_code == 200
    clock.move(timedelta(minutes=1, seconds=1))
    assert client.get(url(info_request, "opened")).status_code == 403
    with pytest.raises(PermissionDenied):
        look_while_open(world.other_handler, info_request)
    assert decide(client, row, "begin").status_code == 422, "once"


def test_an_opening_that_is_not_begun_within_a_week_lapses(world, sign_in):
    info_request = blocked(world)
    row = agreed(world, sign_in, info_request)
    clock.move(timedelta(days=8))
    assert decide(sign_in(world.other_handler), row, "begin").status_code == 422
    assert services.lapse_decisions(clock.today()) == 1
    assert DataDecision.objects.get(pk=row.pk).ended_at
    assert asked(world, sign_in, info_request).pk != row.pk


def test_one_of_the_two_is_the_lawyer_and_neither_is_who_asked(world, sign_in):
    info_request = blocked(world)
    member(world.other_handler, world.home, Role.JURIST)
    row = asked(world, sign_in, info_request)
    assert decide(sign_in(world.other_handler), row, "approve").status_code == 422
    assert decide(sign_in(world.allocator), row, "approve").status_code == 302
    assert decide(sign_in(world.allocator), row, "approve").status_code == 422
    assert decide(sign_in(world.backup), row, "approve").status_code == 422, "a lawyer is still to decide"
    assert DataDecision.objects.get(pk=row.pk).approved is None
    assert decide(sign_in(world.jurist), row, "approve").status_code == 302
    assert DataDecision.objects.get(pk=row.pk).approved is True


def test_people_who_depend_on_each_other_do_not_decide_together(world, sign_in):
    """DP-06: an account made, reset or given a role less than 30 days ago, and deputies."""
    info_request = blocked(world)
    with transaction.atomic():
        audit.record("user", world.jurist.uuid, "enrolment_renewed", actor=world.allocator, at=clock.now(), details={})
    row = asked(world, sign_in, info_request)
    assert decide(sign_in(world.jurist), row, "approve").status_code == 302
    assert decide(sign_in(world.allocator), row, "approve").status_code == 422
    away = Absence.objects.create(
        user=world.backup, deputy=world.jurist, first_day=clock.today(), last_day=clock.today()
    )
    assert decide(sign_in(world.backup), row, "approve").status_code == 422
    away.delete()
    assert DataDecision.objects.get(pk=row.pk).approved is None
    clock.move(timedelta(days=31))
    assert decide(sign_in(world.allocator), row, "approve").status_code == 302
    assert DataDecision.objects.get(pk=row.pk).approved is True


def test_without_a_second_person_the_answer_is_no_and_whom_to_ask(world, sign_in):
    """Pitfall 15: with nobody to decide nothing is approved by itself."""
    info_request = blocked(world)
    client = sign_in(world.other_handler)
    world.jurist.memberships.update(valid_until=clock.today() - timedelta(days=1))
    page = client.get(url(info_request, "ask_opening")).content.decode()
    assert "no-second-person" in page and "+31 73 000 0001" in page
    assert client.post(url(info_request, "ask_opening"), opening_fields()).status_code == 422
    assert not DataDecision.objects.exists()

    world.jurist.memberships.update(valid_until=None)
    for person in (world.allocator, world.backup):
        person.memberships.filter(role=Role.TOEWIJZER).update(valid_until=clock.today() - timedelta(days=1))
    assert client.post(url(info_request, "ask_opening"), opening_fields()).status_code == 422
    second = make_user("ida", "Ida", "Voorbeeld")
    member(second, world.home, Role.JURIST)
    assert "no-second-person" not in client.get(url(info_request, "ask_opening")).content.decode()
    assert client.post(url(info_request, "ask_opening"), opening_fields()).status_code == 302


def test_who_asks_has_a_mandate_gives_a_document_and_a_reason(world, sign_in):
    info_request = blocked(world)
    client = sign_in(world.other_handler)
    assert client.post(url(info_request, "ask_opening"), opening_fields(words="")).status_code == 422
    assert client.post(url(info_request, "ask_opening"), opening_fields(document="")).status_code == 422
    html = SimpleUploadedFile("stuk.pdf", b"<html>", content_type="application/pdf")
    refused = client.post(url(info_request, "ask_opening"), opening_fields(document=html, words=""))
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"document", "words"}, "all that is wrong at once"
    assert client.post(url(info_request, "ask_opening"), opening_fields(reason="opening.curious")).status_code == 422
    mandates = Mandate.objects.filter(holder=world.other_handler)
    mandates.update(valid_until=clock.today() - timedelta(days=1))
    assert client.post(url(info_request, "ask_opening"), opening_fields()).status_code == 422
    assert not DataDecision.objects.exists()
    assert not DecisionFile.objects.exists()
    for person in (world.jurist, world.allocator, world.basic):
        assert sign_in(person).post(url(info_request, "ask_opening"), opening_fields()).status_code == 403
    open_request = filed(world)
    assert sign_in(world.other_handler).post(url(open_request, "ask_opening"), opening_fields()).status_code == 409
    mandates.update(valid_until=None)
    assert sign_in(world.other_handler).post(url(info_request, "ask_opening"), opening_fields()).status_code == 302


def test_the_papers_are_for_who_decides_who_asked_and_the_officer(world, sign_in):
    """SP-25: sealed with a key of their own; each look is a read record; the officer reads and decides nothing."""
    info_request = blocked(world)
    officer = make_user("hilde", "Hilde", "Voorbeeld")
    member(officer, world.home, Role.FG)
    row = asked(world, sign_in, info_request)
    file = row.files.get()
    stuk = reverse("archive:decision_file", args=[row.pk, file.pk])
    assert vault.key_exists(row.pk)
    for person in (world.other_handler, world.jurist, world.allocator, officer):
        client = sign_in(person)
        assert WORDS in client.get(page_of(row)).content.decode()
        answer = client.get(stuk)
        assert answer.content == pdf_bytes()
        assert "attachment" in answer["Content-Disposition"]
        assert ReadRecord.objects.filter(user=person, part=Part.PAPERS, purpose=Purpose.DECIDE).count() == 2
    assert sign_in(world.handler).get(page_of(row)).status_code == 404
    assert sign_in(world.handler).get(stuk).status_code == 404
    assert sign_in(world.basic).get(page_of(row)).status_code == 403
    assert decide(sign_in(officer), row, "approve").status_code == 403
    other = asked(world, sign_in, blocked(world))
    wrong = reverse("archive:decision_file", args=[other.pk, file.pk])
    assert sign_in(world.jurist).get(wrong).status_code == 404


def test_papers_go_three_years_after_the_end_and_dates_stay(world, sign_in):
    """SP-25: the key too; what was decided stays readable."""
    info_request = blocked(world)
    row = asked(world, sign_in, info_request)
    name = row.files.get().storage_name
    decide(sign_in(world.jurist), row, "decline")
    day = clock.today() + relativedelta(years=3)
    assert services.forget_papers(day) == 0
    assert name in set(vault.stored_files())
    services.erase_due(clock.today())
    assert name in set(vault.stored_files()), "the sweep knows it"

    assert services.forget_papers(day + timedelta(days=1)) == 1

    assert name not in set(vault.stored_files())
    assert not vault.key_exists(row.pk)
    page = sign_in(world.jurist).get(page_of(row))
    assert page.status_code == 200
    assert WORDS not in page.content.decode()
    assert services.forget_papers(day + timedelta(days=1)) == 0


# Annotation


def test_blocked_data_are_annotated_and_not_changed(world, sign_in):
    """DP-13: by the lawyer, who does not read them; it is shown where the data are opened, and erased with them."""
    info_request = blocked(world)
    sealed = bytes(info_request.subject.content)
    fields = {"contested": "De naam Qzx7Fout.", "corrected": "De naam Qzx7Goed."}
    for person in (world.handler, world.allocator, world.basic):
        assert sign_in(person).post(url(info_request, "annotate"), fields).status_code == 403
    client = sign_in(world.jurist)
    assert client.post(url(info_request, "annotate"), {**fields, "corrected": ""}).status_code == 422
    assert client.post(url(info_request, "annotate"), fields).status_code == 302
    row = Annotation.objects.get()
    assert b"Qzx7" not in bytes(row.contested) + bytes(row.corrected)
    assert "Qzx7" not in client.get(url(info_request, "annotate")).content.decode()
    assert bytes(again(info_request).subject.content) == sealed
    assert actions(info_request)[-1] == Action.ANNOTATED

    decide(sign_in(world.other_handler), agreed(world, sign_in, info_request), "begin")
    opening = DataDecision.objects.get(kind=DecisionKind.OPENING)
    assert decide(sign_in(world.other_handler), opening, "begin").status_code == 302
    text = sign_in(world.other_handler).get(url(info_request, "opened")).content.decode()
    assert "Qzx7Fout" in text and "Qzx7Goed" in text

    services.erase_due(months(36))
    assert again(info_request).data_state == DataState.ERASED
    assert not Annotation.objects.exists()
    open_request = filed(world)
    assert sign_in(world.jurist).post(url(open_request, "annotate"), fields).status_code == 409
    assert clean()
