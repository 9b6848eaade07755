"""Blocking closes the seal for everybody, sooner if a person says so; what was never filed goes on by its package."""

from datetime import date, datetime, time, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from archive import services
from archive.models import ArchiveCase, RetentionRecord
from authorities.models import Absence, Membership, User
from authorities.vocabulary import ROLES_PER_MODULE, Module, Role, UserStatus
from imidesk.core import audit, clock
from imidesk.core.models import OutgoingMessage
from requests_app import catalogue
from requests_app.checks import grant_faults
from requests_app.models import InformationRequest, ReadRecord, SealedFile, SealedText
from requests_app.permissions import look
from requests_app.selectors import case
from requests_app.services import answering, ending, reminding
from requests_app.vocabulary import (
    Action,
    Channel,
    DataState,
    FileKind,
    MailTemplate,
    Part,
    Purpose,
    State,
    TextKind,
)
from requests_app.writing import NewFile
from tests.access.test_http import marks_in
from tests.factories.addresses import addresses
from tests.factories.files import pdf_bytes
from tests.factories.steps import again, run_jobs
from tests.factories.time import stand_at
from tests.factories.world import make_user, member
from tests.flow.test_good_repute import told
from tests.flow.test_markers import EVERY, PERSON, accept_and_answer, marked_request, send_and_close

pytestmark = pytest.mark.usefixtures("quick_pdf")


def url(info_request, name="block_now", space="archive"):
    return reverse(f"{space}:{name}", args=[info_request.reference])


def closed(world, **changes):
    info_request = world.closed(**{"channel": Channel.DESK, **changes})
    run_jobs()
    return again(info_request)


def filed(world):
    info_request = closed(world)
    services.file_request(info_request=info_request, actor=world.handler, case_number="C2026-1")
    return again(info_request)


def blocked_by_night(info_request):
    assert services.block_due(clock.today() + relativedelta(months=6)).blocked == [info_request.reference]
    return again(info_request)


def last_event(info_request):
    return audit.events_of("request", info_request.uuid).last()


def clean():
    return not list(audit.verify()) and not list(grant_faults())


@pytest.mark.parametrize("who", ["handler", "allocator"])
def test_what_is_filed_can_be_blocked_now(world, sign_in, who):
    """Design 3: offered once it is filed; the register keeps the day of the law."""
    info_request = closed(world)
    for person in (world.handler, world.allocator):
        refused = sign_in(person).post(url(info_request))
        assert refused.status_code == 409, "not filed yet"
        assert "Sla de zaak eerst op in Corsa." in refused.content.decode()
    services.file_request(info_request=info_request, actor=world.handler, case_number="C2026-1")
    for person in (world.jurist, world.other_handler, world.basic):
        assert sign_in(person).post(url(info_request)).status_code == 403
    assert sign_in(world.stranger).post(url(info_request)).status_code == 404
    assert again(info_request).data_state == DataState.OPEN

    client = sign_in(getattr(world, who))
    assert url(info_request) in client.get(info_request.get_absolute_url()).content.decode()
    assert client.get(url(info_request)).status_code == 200
    assert client.post(url(info_request)).status_code == 302

    assert again(info_request).data_state == DataState.BLOCKED
    event = last_event(info_request)
    assert (event.action, event.actor) == (Action.BLOCKED, getattr(world, who))
    record = RetentionRecord.objects.get(info_request=info_request)
    assert record.blocked_at
    assert record.block_on == clock.today() + relativedelta(months=6)
    assert client.post(url(info_request)).status_code == 409, "a second press"
    with pytest.raises(PermissionDenied):
        look(world.handler, info_request, Part.PERSON, Purpose.READ)
    assert clean()


def test_what_was_withdrawn_can_be_blocked_now_and_still_be_filed(world, sign_in):
    """Design 9: what was visible stays so until blocking, which is offered; the package goes on."""
    info_request = world.accepted(channel=Channel.DESK)
    ending.withdraw_request(
        info_request=info_request,
        actor=world.handler,
        withdrawn_at=clock.now(),
        reason=catalogue.reasons("withdrawn")[0].code,
    )
    client = sign_in(world.handler)
    assert client.post(url(info_request)).status_code == 422, "the end report is being made"
    run_jobs()
    assert "archiefpakket" in client.get(url(info_request)).content.decode()
    assert client.post(url(info_request)).status_code == 302

    assert again(info_request).state == State.WITHDRAWN
    assert again(info_request).data_state == DataState.BLOCKED
    assert SealedFile.objects.filter(info_request=info_request, kind=FileKind.PACKAGE).count() == 2
    assert clean()


def test_nothing_is_blocked_while_something_still_has_to_be_done_with_it(world, sign_in):
    """The letter of good repute and a proposed date can be dealt with before blocking only."""
    repute = told(world, channel=Channel.DESK)
    ending.close_request(info_request=repute, actor=world.handler, closed_at=clock.now())
    run_jobs()
    InformationRequest.objects.filter(pk=repute.pk).update(filed_at=clock.now())
    client = sign_in(world.handler)
    assert repute.providerletter_set.filter(sent_on=None).exists()
    assert client.post(url(repute)).status_code == 422

    corrected = filed(world)
    ending.propose_end(
        info_request=corrected,
        actor=world.handler,
        ended_at=clock.now(),
        evidence=NewFile("imi.pdf", "application/pdf", pdf_bytes()),
        words="Het stond anders in IMI.",
    )
    assert client.post(url(corrected)).status_code == 422
    proposal = corrected.end_corrections.get()
    ending.decide_end(info_request=corrected, actor=world.allocator, proposal=proposal.pk, approved=False)
    assert client.post(url(corrected)).status_code == 302
    assert again(repute).data_state == DataState.OPEN


def test_what_was_never_filed_goes_on_by_its_package(world, sign_in):
    """Design 9, ARC-08: by hand, only by the handler who accepted, each opening a read record; the rest is shut."""
    info_request = closed(world)
    full = SealedFile.objects.get(info_request=info_request, kind=FileKind.REPORT_FULL)
    before = case.file_content(full, look(world.handler, info_request, Part.PERSON, Purpose.READ))[1]
    info_request = blocked_by_night(info_request)
    package = list(SealedFile.objects.filter(info_request=info_request, kind=FileKind.PACKAGE))
    assert len(package) == 2
    download = reverse("requests_app:download", args=[info_request.reference, package[0].pk])
    for person in (world.allocator, world.other_handler, world.jurist, world.basic):
        client = sign_in(person)
        for address in (url(info_request, "file"), download):
            answer = client.get(address)
            assert answer.status_code in (403, 409)
            assert "Łukasiewicz" not in answer.content.decode()
        assert client.post(url(info_request, "file"), {"case-case_number": "C1"}).status_code in (403, 409)

    client = sign_in(world.handler)
    looks = ReadRecord.objects.filter(user=world.handler, part=Part.HAND_OVER, purpose=Purpose.FILE)
    assert not looks.exists()
    page = client.get(url(info_request, "file"))
    assert "IMI-verzoek over vuurwerk ontbranden Αθηνά Łukasiewicz-Größe" in page.content.decode()
    assert looks.count() == 1
    assert client.get(download).content == before
    assert looks.count() == 2
    other = reverse("requests_app:download", args=[info_request.reference, full.pk])
    assert client.get(other).status_code == 403, "only the package"

    assert client.post(url(info_request, "file"), {"case-case_number": ""}).status_code == 422
    assert client.post(url(info_request, "file"), {"case-case_number": "C2026-9"}).status_code == 302
    row = ArchiveCase.objects.get(info_request=info_request)
    assert row.case_number == "C2026-9"
    assert len(row.full_report_sha256) == 64
    assert again(info_request).filed_at
    assert last_event(info_request).action == Action.FILED
    assert not SealedFile.objects.filter(info_request=info_request, kind=FileKind.PACKAGE).exists()
    assert not SealedText.objects.filter(info_request=info_request, kind=TextKind.CASE_NAME).exists()
    receipt = client.get(url(info_request, "file")).content.decode()
    assert "C2026-9" in receipt
    assert "Łukasiewicz" not in receipt
    with pytest.raises(PermissionDenied):
        look(world.handler, info_request, Part.HAND_OVER, Purpose.FILE)
    assert client.get(download).status_code == 404
    done = services.erase_due(clock.today() + relativedelta(months=36))
    assert done.erased == [info_request.reference], "it waits for no receipt any more"
    assert clean()


@pytest.mark.parametrize("why", ["blocked account", "lost the role", "absent"])
def test_when_who_accepted_is_gone_the_filing_goes_to_another_with_a_mandate(world, sign_in, why):
    """ARC-08, pitfall 18: the allocator chooses, the new handler takes it over himself; each look is recorded."""
    info_request = blocked_by_night(closed(world))
    reassign = reverse("requests_app:reassign", args=[info_request.reference])
    join = reverse("requests_app:join", args=[info_request.reference])
    chosen = {"handlers": [world.other_handler.pk], "ended": [world.handler.pk]}
    assert sign_in(world.allocator).get(reassign).status_code == 409, "who accepted is there"
    assert sign_in(world.allocator).post(reassign, chosen).status_code == 409

    if why == "blocked account":
        User.objects.filter(pk=world.handler.pk).update(status=UserStatus.BLOCKED)
    elif why == "lost the role":
        Membership.objects.filter(user=world.handler).update(valid_until=clock.today() - timedelta(days=1))
    else:
        Absence.objects.create(user=world.handler, first_day=clock.today(), last_day=clock.today())

    client = sign_in(world.allocator)
    page = client.get(reassign)
    assert page.status_code == 200 and "note" not in page.context["form"].fields
    assert "Łukasiewicz" not in page.content.decode()
    assert client.post(reassign, chosen).status_code == 302
    assert last_event(info_request).action == Action.REALLOCATED

    client = sign_in(world.other_handler)
    assert client.get(url(info_request, "file")).status_code in (403, 409), "not before he takes it over himself"
    assert reverse("requests_app:join", args=[info_request.reference]) in client.get("/").content.decode()
    taking = client.get(join)
    assert taking.status_code == 200 and "Łukasiewicz" not in taking.content.decode()
    assert client.post(join).headers["Location"] == url(info_request, "file")
    assert last_event(info_request).details["mandate"]
    looks = ReadRecord.objects.filter(user=world.other_handler, part=Part.HAND_OVER, purpose=Purpose.FILE)
    assert not looks.exists()
    assert "Łukasiewicz" in client.get(url(info_request, "file")).content.decode()
    package = SealedFile.objects.filter(info_request=info_request, kind=FileKind.PACKAGE).first()
    client.get(reverse("requests_app:download", args=[info_request.reference, package.pk]))
    assert looks.count() == 2
    assert client.get(reverse("requests_app:tab", args=[info_request.reference, "A"])).status_code in (403, 409)
    assert client.post(url(info_request, "file"), {"case-case_number": "C2026-9"}).status_code == 302
    assert clean()


def test_the_package_takes_the_pdf_of_imi_and_makes_a_report_that_is_missing(world):
    """The night does not wait for a job that fails."""
    info_request = world.closed()
    services.add_imi_report(
        info_request=info_request,
        actor=world.handler,
        name="van imi.pdf",
        declared_type="application/pdf",
        content=pdf_bytes("uit IMI"),
    )
    services.block_due(clock.today())  # registers it

    info_request = blocked_by_night(info_request)

    seen = look(world.handler, info_request, Part.HAND_OVER, Purpose.FILE)
    files = [case.file_content(row, seen) for row in SealedFile.objects.filter(kind=FileKind.PACKAGE)]
    assert [content[:8] for _, content in files] == [b"%PDF-1.7", b"%PDF-1.7", pdf_bytes("uit IMI")[:8]]
    assert "Łukasiewicz" in files[0][1].decode()
    assert "Łukasiewicz" not in files[1][1].decode()
    assert (files[2][0].name, files[2][1]) == ("van imi.pdf", pdf_bytes("uit IMI"))


def test_what_was_never_accepted_leaves_no_package(world):
    info_request = world.assigned()
    ending.forward_request(
        info_request=info_request, actor=world.handler, to=world.justis, reason="forward.criminal_sanctions"
    )
    run_jobs()
    blocked_by_night(info_request)
    assert not SealedFile.objects.filter(kind=FileKind.PACKAGE).exists()


@pytest.mark.slow
def test_after_blocking_no_address_shows_anything_to_any_role(world, client):
    """DP-03, DP-07, pitfalls 2 and 8: every address, for every role and for the handler who accepted."""
    info_request = marked_request(world)
    accept_and_answer(world, info_request)
    send_and_close(world, info_request)
    run_jobs()
    info_request = again(info_request)
    people = {}
    for role in Role:
        user = people[role] = make_user(f"rol-{role}", "Iemand", f"met {role}")
        member(user, world.home, role, *(tuple(Module.values) if role in ROLES_PER_MODULE else ()))
    people |= {"accepted": world.handler, "first contact": world.allocator}
    files = list(SealedFile.objects.filter(info_request=info_request))
    assert "family" in _seen(client, world.handler, info_request, files), "in, before it is out"

    info_request = blocked_by_night(info_request)

    package = list(SealedFile.objects.filter(info_request=info_request, kind=FileKind.PACKAGE))
    for user in people.values():
        seen = _seen(client, user, info_request, files)
        assert seen <= ({"family", "given", "imifullname"} if user == world.handler else set()), str(user)
        assert _seen(client, user, info_request, package, only={"requests_app:download"}) <= (
            set(EVERY) if user == world.handler else set()
        )
    name_of_case = _seen(client, world.handler, info_request, [], only={"archive:file"})
    assert name_of_case == {"family", "given", "imifullname"}
    assert (
        PERSON["answer"]
        in client.get(reverse("requests_app:download", args=[info_request.reference, package[0].pk])).content.decode()
    )


def _seen(client, user, info_request, files, only=frozenset()):
    client.force_login(user)
    found = set()
    question = info_request.questions.first()
    for name, arguments in addresses().items():
        if (only and name not in only) or name == "account_logout":
            continue
        known = {"reference": info_request.reference, "letter": question.tab, "question": question.pk}
        known |= {
            "decision": info_request.uuid,
            "paper": info_request.uuid,
            "number": "AVG-1999-00001",
            "viewer": 1,
            "absence": 1,
            "pk": 1,
            "message": "geen",
            "name": "imidesk.intake.1",
        }
        for file in files if "file" in arguments else [None]:
            values = {**known, "file": file.pk if file else None}
            address = reverse(name, kwargs={argument: values[argument] for argument in arguments})
            answer = client.get(address)
            assert answer.status_code != 500
            found |= marks_in(answer)
    return found


def test_a_corrected_end_moves_every_clock_and_nothing_else_does(world):
    """Design 3: blocking, erasing and the term of the case; a later filing or signing off moves nothing."""
    stand_at(date(2026, 9, 30))
    info_request = world.complete(channel=Channel.DESK)
    answering.send_answer(info_request=info_request, actor=world.handler)
    stand_at(date(2027, 1, 5))
    ending.close_request(info_request=info_request, actor=world.handler, closed_at=clock.now())
    run_jobs()
    services.file_request(info_request=info_request, actor=world.handler, case_number="C2026-1")
    record = RetentionRecord.objects.get(info_request=info_request)
    assert (record.block_on.isoformat(), record.erase_on.isoformat()) == ("2027-07-05", "2030-01-05")
    stand_at(date(2027, 1, 20))
    services.sign_off_task(info_request=info_request, actor=world.handler, signed_off_on=clock.today())
    run_jobs()
    services.block_due(clock.today())
    record = RetentionRecord.objects.get(info_request=info_request)
    assert (record.block_on.isoformat(), record.erase_on.isoformat()) == ("2027-07-05", "2030-01-05")

    ended_at = datetime.combine(date(2026, 10, 31), time(12), tzinfo=clock.AMSTERDAM)
    ending.propose_end(
        info_request=info_request,
        actor=world.handler,
        ended_at=ended_at,
        evidence=NewFile("imi.pdf", "application/pdf", pdf_bytes()),
        words="In IMI al in oktober afgesloten.",
    )
    proposal = info_request.end_corrections.get()
    ending.decide_end(info_request=info_request, actor=world.allocator, proposal=proposal.pk, approved=True)
    run_jobs()

    record = RetentionRecord.objects.get(info_request=info_request)
    assert (record.block_on.isoformat(), record.erase_on.isoformat()) == ("2027-04-30", "2029-10-31")
    assert ArchiveCase.objects.get(info_request=info_request).keep_until.isoformat() == "2036-10-31"


def test_the_administrator_is_told_two_weeks_before_blocking(world):
    """Design 3: a mail with the number and the day; where the date comes from stands on the page of the request."""
    stand_at(date(2027, 1, 4))
    filed(world)
    told = OutgoingMessage.objects.filter(template=MailTemplate.REMINDER_BLOCK, user=world.allocator)
    stand_at(date(2027, 6, 17))
    reminding.send_due_reminders()
    assert not told.exists()

    stand_at(date(2027, 6, 18))
    reminding.send_due_reminders()
    reminding.send_due_reminders()

    assert told.count() == 1
    assert date(2027, 7, 4) - timedelta(days=14) == date(2027, 6, 20), "a Sunday: on the Friday before it"
