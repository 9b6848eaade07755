"""The case in the records system, in its own order, with a receipt (ARC-01 to ARC-08, ARC-13)."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from archive.models import ArchiveCase
from imidesk.core import audit, clock
from requests_app.models import InformationRequest, ReadRecord, SealedFile
from requests_app.services import answering, ending
from requests_app.vocabulary import Action, Channel, FileKind, Purpose
from tests.factories.files import pdf_bytes
from tests.factories.steps import again, run_jobs

CASE_NUMBER = "C2026-00118"

pytestmark = pytest.mark.usefixtures("quick_pdf")


def closed(world, **changes):
    info_request = world.closed(**changes)
    run_jobs()
    return info_request


def url(info_request, name="file"):
    return reverse(f"archive:{name}", args=[info_request.reference])


def upload(client, info_request, content=None, name="imi.pdf"):
    file = SimpleUploadedFile(name, content or pdf_bytes(), content_type="application/pdf")
    return client.post(url(info_request), {"act": "imi", "imi-report": file})


def record_case(client, info_request, **changes):
    fields = {"act": "case", "case-case_number": CASE_NUMBER, "case-signed_off_on": clock.today().isoformat()}
    return client.post(url(info_request), {**fields, **changes})


def last_actions(info_request, number):
    events = audit.events_of("request", info_request.uuid).order_by("-number")[:number]
    return [event.action for event in events][::-1]


def test_the_page_follows_corsa(world, sign_in):
    """Type, name, term, files, number: each to copy or to download (ARC-02 to ARC-05)."""
    info_request = closed(world)

    page = sign_in(world.handler).get(url(info_request))

    text = page.content.decode()
    places = [
        text.index(part)
        for part in (
            "Informatieverzoeken algemeen",
            "IMI-verzoek over vuurwerk ontbranden Αθηνά Łukasiewicz-Größe",
            str(again(info_request).ended_at.year + 10),
            "imi-report-missing",
            "case-case_number",
        )
    ]
    assert places == sorted(places)
    files = SealedFile.objects.filter(info_request=info_request, kind__in=[FileKind.REPORT_FULL, FileKind.REPORT_OPEN])
    for file in files:
        assert str(file.pk) in text
    assert "Łukasiewicz" not in text[: text.index("</title>")]
    assert ReadRecord.objects.filter(user=world.handler, purpose=Purpose.FILE, part="person").exists()


def test_only_the_handler_who_accepted_files(world, sign_in):
    info_request = closed(world, channel=Channel.DESK)
    running = world.accepted()

    for user, status in (
        (world.allocator, 403),
        (world.other_handler, 403),
        (world.jurist, 403),
        (world.stranger, 404),
        (world.handler, 200),
    ):
        client = sign_in(user)
        page = client.get(url(info_request))
        assert page.status_code == status
        if status != 200:
            assert "Łukasiewicz" not in page.content.decode()
            assert record_case(client, info_request).status_code == status
    assert not ArchiveCase.objects.exists()
    assert sign_in(world.handler).get(url(running)).status_code == 409


def test_filing_leaves_a_receipt_and_signs_the_task_off(world, sign_in):
    """ARC-01, ARC-03, ARC-04: number, type and term; what was uploaded is kept by its SHA-256."""
    info_request = closed(world)
    client = sign_in(world.handler)
    content = pdf_bytes("van IMI")
    assert upload(client, info_request, content).status_code == 302
    offered = client.get(url(info_request)).context["forms"]["case"]
    assert offered["signed_off_on"].value() is None, "optional, so typed by who did it"

    answer = record_case(client, info_request)

    assert answer.status_code == 302
    row = ArchiveCase.objects.get(info_request=info_request)
    ended = again(info_request).ended_at
    assert row.case_number == CASE_NUMBER
    assert row.case_type == "Informatieverzoeken algemeen"
    assert row.keep_until.year == ended.year + 10
    assert len(row.full_report_sha256) == len(row.imi_report_sha256) == 64
    assert last_actions(info_request, 2) == [Action.FILED, Action.TASK_SIGNED_OFF]
    assert again(info_request).task_signed_off_on == clock.today()
    assert not again(info_request).needs_filing
    page = client.get(url(info_request)).content.decode()
    assert CASE_NUMBER in page
    assert "Het zaaknummer is vastgelegd" in page and "ntvangstbewijs" not in page
    assert row.full_report_sha256 in page
    assert "case-case_number" not in page
    assert not list(audit.verify())


def test_the_pdf_of_imi_comes_back_unchanged(world, sign_in):
    """ARC-05, ARC-09"""
    info_request = closed(world)
    client = sign_in(world.handler)
    content = pdf_bytes("byte voor byte")
    upload(client, info_request, content)

    row = SealedFile.objects.get(info_request=info_request, kind=FileKind.IMI_FULL)
    answer = client.get(reverse("requests_app:download", args=[info_request.reference, row.pk]))
    assert b"".join(answer.streaming_content) if answer.streaming else answer.content == content


def test_without_the_pdf_of_imi_nothing_is_filed(world, sign_in, settings):
    """ARC-05; a setting, and only what runs in IMI has one."""
    info_request = closed(world)
    client = sign_in(world.handler)

    refused = record_case(client, info_request)
    assert refused.status_code == 422
    assert CASE_NUMBER in refused.content.decode(), "what was typed stays"
    assert not ArchiveCase.objects.exists()

    settings.IMIDESK_IMI_REPORT_REQUIRED = False
    assert record_case(client, info_request).status_code == 302
    assert ArchiveCase.objects.get().imi_report_sha256 == ""

    at_the_desk = closed(world, channel=Channel.DESK)
    settings.IMIDESK_IMI_REPORT_REQUIRED = True
    assert record_case(client, at_the_desk).status_code == 302


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"case-case_number": ""}, 422),
        ({"case-case_number": "x" * 41}, 422),
        ({"case-case_number": "Karst Vonkenburg"}, 422),
        ({"case-signed_off_on": "2999-01-01"}, 422),
        ({"case-signed_off_on": ""}, 302),
        ({"act": "iets"}, 400),
    ],
)
def test_what_the_form_takes(world, sign_in, changes, status):
    info_request = closed(world, channel=Channel.DESK)
    assert record_case(sign_in(world.handler), info_request, **changes).status_code == status
    assert ArchiveCase.objects.exists() == (status == 302)


def test_a_file_that_is_no_pdf_is_refused(world, sign_in):
    """SP-30"""
    info_request = closed(world)
    client = sign_in(world.handler)

    assert upload(client, info_request, b"<html>", name="imi.html").status_code == 422
    refused = upload(client, info_request, b"<html>", name="imi.pdf")
    assert refused.status_code == 422
    assert 'id="id_imi-report_error"' in refused.content.decode()
    assert not SealedFile.objects.filter(kind=FileKind.IMI_FULL).exists()


def test_the_name_of_the_provider_is_asked_only_where_it_is_missing(world, sign_in):
    """Design 4: only the name, and only at filing."""
    info_request = closed(world, channel=Channel.DESK, subject={"kind": "legal"})
    client = sign_in(world.handler)

    assert record_case(client, info_request).status_code == 422
    assert "<title>Fout: " not in client.get(url(info_request)).content.decode()
    unnamed = client.post(url(info_request), {"act": "provider"})
    assert unnamed.status_code == 422 and "<title>Fout: " in unnamed.content.decode()
    named = client.post(url(info_request), {"act": "provider", "provider-legal_name": "Feuerwerk Beispiel GmbH"})
    assert named.status_code == 302

    page = client.get(url(info_request)).content.decode()
    assert "IMI-verzoek over vuurwerk ontbranden Feuerwerk Beispiel GmbH" in page
    assert "provider-legal_name" not in page
    assert record_case(client, info_request).status_code == 302


def test_nothing_is_filed_while_the_end_report_is_being_made(world, sign_in):
    info_request = world.closed(channel=Channel.DESK)
    client = sign_in(world.handler)

    assert record_case(client, info_request).status_code == 422
    run_jobs()
    assert record_case(client, info_request).status_code == 302


def test_a_second_click_says_that_it_is_done(world, sign_in):
    """Pitfall 23"""
    info_request = closed(world, channel=Channel.DESK)
    client = sign_in(world.handler)
    record_case(client, info_request)

    answer = record_case(client, info_request)
    assert answer.status_code == 409
    number = ArchiveCase.objects.get().case_number
    page = answer.content.decode()
    assert f"Deze zaak is al opgeslagen in Corsa, met nummer {number}." in page and "de status van" not in page
    assert upload(client, info_request).status_code == 422
    assert ArchiveCase.objects.count() == 1


def test_what_was_never_accepted_is_only_signed_off(world, sign_in):
    """ARC-13: by the handler or the IMI administrator; there is no case, so no receipt."""
    info_request = world.assigned()
    ending.forward_request(
        info_request=info_request, actor=world.handler, to=world.justis, reason="forward.criminal_sanctions"
    )
    run_jobs()
    day = {"signed_off_on": clock.today().isoformat()}

    assert sign_in(world.handler).get(url(info_request)).status_code == 403
    assert sign_in(world.jurist).post(url(info_request, "sign_off"), day).status_code == 403
    assert sign_in(world.other_handler).post(url(info_request, "sign_off"), day).status_code == 403
    client = sign_in(world.allocator)
    assert client.get(url(info_request, "sign_off")).status_code == 200
    future = {"signed_off_on": (clock.today() + timedelta(days=1)).isoformat()}
    assert client.post(url(info_request, "sign_off"), future).status_code == 422
    InformationRequest.objects.filter(pk=info_request.pk).update(task_sent_on=clock.today())
    early = {"signed_off_on": (clock.today() - timedelta(days=1)).isoformat()}
    refused = client.post(url(info_request, "sign_off"), early)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["signed_off_on"])
    assert client.post(url(info_request, "sign_off"), day).status_code == 302
    assert last_actions(info_request, 1) == [Action.TASK_SIGNED_OFF]
    assert client.post(url(info_request, "sign_off"), day).status_code == 422
    assert not again(info_request).needs_filing


def test_a_running_request_is_not_signed_off(world, sign_in):
    info_request = world.accepted()
    assert sign_in(world.allocator).get(url(info_request, "sign_off")).status_code == 409


def test_late_registered_and_not_confirmed_nobody_files(world, sign_in):
    """IMI-04: the person opens only to the handler who says so himself."""
    from requests_app.services.receiving import LateActs, register_request

    now = clock.now()
    new = world.new_request(
        channel=Channel.DESK,
        received_at=now - timedelta(days=20),
        late=LateActs(world.handler, now - timedelta(days=18), now - timedelta(days=3), now - timedelta(days=1)),
    )
    info_request = register_request(actor=world.allocator, new=new)
    run_jobs()

    assert sign_in(world.handler).get(url(info_request)).status_code == 403
    answering.confirm_acceptance(info_request=info_request, actor=world.handler)
    assert record_case(sign_in(world.handler), info_request).status_code == 302
