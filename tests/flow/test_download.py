"""Downloading a file of a request: as an attachment, to who may, with a read record (SP-30, SEC-10)."""

import pytest
from django.urls import reverse

from requests_app.models import ReadRecord, SealedFile
from requests_app.services import receiving
from requests_app.vocabulary import FileKind, Part, Purpose
from requests_app.writing import NewFile

PDF = b"%PDF-1.4\nwith its own bytes\n%%EOF\n"
NAME = "Bewijs Łódź ‮ 2026.pdf"


def address(info_request, file) -> str:
    return reverse("requests_app:download", args=[info_request.reference, file.pk])


def file_of(info_request, kind: FileKind) -> SealedFile:
    return SealedFile.objects.get(info_request=info_request, kind=kind)


@pytest.fixture
def accepted(world):
    return world.accepted(attachments=(NewFile(NAME, "application/pdf", PDF),))


def test_the_handler_who_accepted_gets_the_very_bytes(world, accepted, sign_in):
    answer = sign_in(world.handler).get(address(accepted, file_of(accepted, FileKind.FROM_REQUESTER)))

    assert answer.status_code == 200
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''Bewijs%20%C5%81%C3%B3d%C5%BA")
    assert "%E2%80%AE" not in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in answer["Cache-Control"]
    record = ReadRecord.objects.get(request_uuid=accepted.uuid)
    assert (record.user, record.part, record.purpose) == (world.handler, Part.PERSON, Purpose.ANSWER)


def test_each_download_is_a_read_record(world, accepted, sign_in):
    client = sign_in(world.handler)
    for count in (1, 2):
        client.get(address(accepted, file_of(accepted, FileKind.FROM_REQUESTER)))
        assert ReadRecord.objects.filter(request_uuid=accepted.uuid).count() == count


@pytest.mark.parametrize(
    ("person", "status"),
    [("allocator", 403), ("other_handler", 403), ("basic", 403), ("jurist", 403), ("stranger", 404)],
)
def test_nobody_else_gets_it(world, accepted, sign_in, person, status):
    answer = sign_in(getattr(world, person)).get(address(accepted, file_of(accepted, FileKind.FROM_REQUESTER)))
    assert answer.status_code == status
    assert PDF not in answer.content
    assert "ewijs" not in answer.content.decode()
    assert not ReadRecord.objects.filter(request_uuid=accepted.uuid).exists()


def test_before_acceptance_only_what_belongs_to_the_questions(world, sign_in):
    """IN-08, IN-09: IMI's PDF from before acceptance is for allocator and handler, the attachment for nobody."""
    info_request = world.assigned(attachments=(NewFile("bewijs.pdf", "application/pdf", PDF),))
    receiving.add_imi_report(
        info_request=info_request, actor=world.allocator, file=NewFile("imi.pdf", "application/pdf", PDF)
    )
    before, attached = file_of(info_request, FileKind.IMI_BEFORE), file_of(info_request, FileKind.FROM_REQUESTER)
    for user, may in ((world.allocator, True), (world.handler, True), (world.other_handler, False)):
        assert sign_in(user).get(address(info_request, before)).status_code == (200 if may else 403)
        assert sign_in(user).get(address(info_request, attached)).status_code == 403


def test_a_file_of_another_request_is_not_found(world, accepted, sign_in):
    other = world.accepted()
    wrong = reverse("requests_app:download", args=[other.reference, file_of(accepted, FileKind.FROM_REQUESTER).pk])
    assert sign_in(world.handler).get(wrong).status_code == 404


def test_after_blocking_nothing_opens(world, sign_in):
    """DP-03."""
    info_request = world.closed(attachments=(NewFile("bewijs.pdf", "application/pdf", PDF),))
    file = file_of(info_request, FileKind.FROM_REQUESTER)
    assert sign_in(world.handler).get(address(info_request, file)).status_code == 200
    type(info_request).objects.filter(pk=info_request.pk).update(data_state="blocked")
    assert sign_in(world.handler).get(address(info_request, file)).status_code == 403


def test_no_account_no_file(world, accepted, client):
    answer = client.get(address(accepted, file_of(accepted, FileKind.FROM_REQUESTER)))
    assert answer.status_code == 302
