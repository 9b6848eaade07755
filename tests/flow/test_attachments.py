"""Attachments belong to a question, are saved with the tab, and are checked first (ANS-08, SP-30)."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from imidesk.core import audit, vault
from requests_app.models import SealedFile
from requests_app.permissions import look
from requests_app.selectors import case
from requests_app.services import answering
from requests_app.vocabulary import Action, FileKind, Part, Purpose
from requests_app.writing import NewFile, NewQuestion
from tests.factories.files import docx_parts, pdf_bytes, png_bytes, zip_bytes
from tests.flow.test_answering import MARKER, body_for, contents, tab_url

WRONG_FILE = {"reason": "remove_file.wrong_file"}
NAME = "Zaubertinte-Łódź שלום.pdf"


def pdf(name=NAME):
    return SimpleUploadedFile(name, pdf_bytes(), "application/pdf")


def document_request(world, **changes):
    return world.accepted(questions=(NewQuestion(tab="A", text="Stuur mee.", kind="document"),), **changes)


def files_of(world, info_request):
    opened = look(world.handler, info_request, Part.PERSON, Purpose.READ)
    return case.file_views(info_request, opened, FileKind.ANSWER_ATTACHMENT)


def status_of(info_request):
    return info_request.questions.select_related("answer").first().answer.status


def test_text_and_attachments_of_a_tab_are_saved_together(world, sign_in):
    info_request = document_request(world)
    question = info_request.questions.get()
    scan = SimpleUploadedFile("scan.png", png_bytes(), "image/png")
    client = sign_in(world.handler)

    body = {**body_for(info_request, text_1=MARKER), f"files-{question.pk}": [pdf(), scan]}
    response = client.post(tab_url(info_request), body, follow=True)

    assert NAME in response.content.decode()
    assert {file.name for file in files_of(world, info_request)} == {NAME, "scan.png"}
    assert all(file.question == question.pk for file in files_of(world, info_request))
    assert contents(world, info_request)[0].text == MARKER
    assert status_of(info_request) == "answered"
    actions = [event.action for event in audit.events_of("request", info_request.uuid)]
    assert actions[-3:] == [Action.FILE_ADDED, Action.FILE_ADDED, Action.ANSWERS_SAVED]
    assert NAME not in str([event.details for event in audit.events_of("request", info_request.uuid)])


def test_an_answer_of_attachments_alone_says_so_where_it_is_read(world, sign_in):
    info_request = document_request(world)
    client = sign_in(world.handler)
    send = reverse("requests_app:send", args=[info_request.reference])
    assert "nog geen antwoord" in client.get(send).content.decode()

    client.post(add_url(info_request), {"attachments": [pdf()]})

    page = client.get(send).content.decode()
    assert f"zie bijlage: {NAME}" in page and "nog geen antwoord" not in page


def test_a_refused_file_saves_nothing_and_keeps_the_text(world, sign_in):
    info_request = document_request(world)
    question = info_request.questions.get()
    bad = SimpleUploadedFile("macro.html", b"<html></html>", "text/html")

    body = {**body_for(info_request, text_1=MARKER), f"files-{question.pk}": [pdf(), bad]}
    response = sign_in(world.handler).post(tab_url(info_request), body)

    page = response.content.decode()
    assert response.status_code == 422
    assert MARKER in page
    assert f'id="id_files-{question.pk}_error"' in page
    assert files_of(world, info_request) == []
    assert contents(world, info_request)[0].text == ""


def test_files_that_are_too_large_together_are_said_to_be_so(world, sign_in, settings):
    """SP-15: Django would drop them in silence."""
    info_request = document_request(world)
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 500
    question = info_request.questions.get()

    body = {**body_for(info_request, text_1=MARKER), f"files-{question.pk}": [pdf()]}
    response = sign_in(world.handler).post(tab_url(info_request), body)

    assert response.status_code == 422
    assert MARKER in response.content.decode()
    assert contents(world, info_request)[0].text == ""


def remove_url(info_request, file):
    return reverse("requests_app:remove_attachment", args=[info_request.reference, file])


def add_url(info_request):
    return reverse("requests_app:add_attachment", args=[info_request.reference, "A", info_request.questions.get().pk])


def removals(info_request):
    events = audit.events_of("request", info_request.uuid)
    return [event.details for event in events if event.action == Action.FILE_REMOVED]


def test_an_attachment_goes_away_with_a_reason(world, sign_in):
    info_request = document_request(world)
    question = info_request.questions.get()
    client = sign_in(world.handler)
    client.post(tab_url(info_request), {**body_for(info_request), f"files-{question.pk}": [pdf(), pdf("twee.pdf")]})
    first, second = files_of(world, info_request)
    assert remove_url(info_request, first.uuid) in client.get(tab_url(info_request)).content.decode()

    without = client.post(remove_url(info_request, first.uuid), {"reason": "no_such"})
    assert without.status_code == 422
    assert len(files_of(world, info_request)) == 2
    client.post(remove_url(info_request, first.uuid), WRONG_FILE)
    assert files_of(world, info_request) == [second]
    assert status_of(info_request) == "answered"
    assert [details["reason"] for details in removals(info_request)] == ["remove_file.wrong_file"]

    client.post(remove_url(info_request, second.uuid), WRONG_FILE)
    assert files_of(world, info_request) == []
    assert status_of(info_request) == ""


def test_what_was_sent_is_not_removed(world, sign_in):
    info_request = document_request(world)
    client = sign_in(world.handler)
    client.post(add_url(info_request), {"attachments": [pdf()]})
    (file,) = files_of(world, info_request)
    answering.prepare_answer(info_request=info_request, actor=world.handler)

    assert client.post(remove_url(info_request, file.uuid), WRONG_FILE).status_code == 409
    assert files_of(world, info_request) == [file]


def test_the_same_form_sent_twice_adds_once(world, sign_in):
    """A double click without JavaScript, or a reply that was lost (pitfall 23)."""
    info_request = document_request(world)
    client = sign_in(world.handler)
    submission = {"submission": str(uuid4())}
    for _ in range(2):
        files = [pdf(), SimpleUploadedFile("scan.png", png_bytes(), "image/png")]
        assert client.post(add_url(info_request), {"attachments": files, **submission}).status_code == 302
    assert sorted(file.name for file in files_of(world, info_request)) == [NAME, "scan.png"]

    client.post(add_url(info_request), {"attachments": [pdf("anders.pdf")], **submission})
    assert len(files_of(world, info_request)) == 3


def test_all_of_a_form_or_nothing_and_each_refusal_names_its_file(world, sign_in):
    info_request = document_request(world)
    client = sign_in(world.handler)
    files = [pdf(), SimpleUploadedFile("macro.html", b"<html></html>", "text/html")]

    response = client.post(add_url(info_request), {"attachments": files}, headers={"HX-Request": "true"})

    page = response.content.decode()
    assert response.status_code == 422
    assert "“macro.html”: " in page
    assert "<html" not in page
    assert files_of(world, info_request) == []


def test_a_page_that_uploads_by_itself_gets_the_parts_that_change(world, sign_in):
    info_request = document_request(world)
    question = info_request.questions.get()

    response = sign_in(world.handler).post(
        add_url(info_request), {"attachments": [pdf(), pdf("twee.pdf")]}, headers={"HX-Request": "true"}
    )

    page = response.content.decode()
    assert response.status_code == 200
    assert f'id="attachments-{question.pk}"' in page
    assert NAME in page
    assert "niet op virussen gescand" in page
    assert "1 van 1" in page
    assert "<html" not in page


def test_a_page_of_its_own_adds_and_removes(world, sign_in):
    info_request = document_request(world)
    question = info_request.questions.get()
    client = sign_in(world.handler)
    add = reverse("requests_app:add_attachment", args=[info_request.reference, "A", question.pk])

    assert client.get(add).status_code == 200
    assert client.post(add, {}).status_code == 422
    response = client.post(add, {"attachments": [pdf(), pdf("twee.pdf")]})
    assert response["Location"] == f"{tab_url(info_request)}#question-A-1"
    file = files_of(world, info_request)[0]
    remove = remove_url(info_request, file.uuid)
    assert file.name in client.get(remove).content.decode()
    assert len(files_of(world, info_request)) == 2
    client.post(remove, WRONG_FILE)
    assert [each.name for each in files_of(world, info_request)] == ["twee.pdf"]
    assert client.get(remove).status_code == 404


def bomb():
    """A Word file that is small packed and large unpacked."""
    return zip_bytes({**docx_parts(), "word/big.xml": b" " * (120 * 1024 * 1024)})


REFUSED = {
    "page.html": (lambda: b"<!doctype html><script>alert(1)</script>", "text/html"),
    "page.pdf": (lambda: b"<!doctype html><script>alert(1)</script>", "application/pdf"),
    "drawing.svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml"),
    "drawing.png": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/png"),
    "bomb.docx": (bomb, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "huge.png": (lambda: png_bytes((10_000, 5_001)), "image/png"),
    "besluit\u202efdp.exe": (pdf_bytes, "application/pdf"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_file_is_refused_in_words_at_the_page(world, sign_in, name):
    """SP-30, SP-32: refused and taken go through one door."""
    make, media_type = REFUSED[name]
    info_request = document_request(world)
    add = reverse("requests_app:add_attachment", args=[info_request.reference, "A", info_request.questions.get().pk])
    client = sign_in(world.handler)

    answer = client.post(add, {"attachments": [SimpleUploadedFile(name, make(), media_type)]})

    assert answer.status_code == 422
    assert 'id="id_attachments_error"' in answer.content.decode()
    assert files_of(world, info_request) == [] and list(vault.stored_files()) == []
    assert client.post(add, {"attachments": [pdf()]}).status_code == 302
    assert len(list(vault.stored_files())) == 1


@pytest.mark.parametrize(
    ("written", "kept"),
    [("../../etc/besluit.pdf", "besluit.pdf"), ("bes\u202eluit.pdf", "besluit.pdf"), ("a\r\nX-B: c.pdf", "")],
)
def test_a_name_loses_what_could_mislead(world, sign_in, written, kept):
    """A name with a line end does not get through the multipart parser as written; nowhere a line end comes back."""
    info_request = document_request(world)
    add = reverse("requests_app:add_attachment", args=[info_request.reference, "A", info_request.questions.get().pk])
    upload = SimpleUploadedFile("x.pdf", pdf_bytes(), "application/pdf")
    upload._name = written

    sign_in(world.handler).post(add, {"attachments": [upload]})

    names = [file.name for file in files_of(world, info_request)]
    assert names == [kept] if kept else not any("\r" in name or "\n" in name for name in names)


def test_only_the_handler_who_accepted_adds_and_removes(world, sign_in):
    info_request = document_request(world)
    question = info_request.questions.get()
    answering.add_attachments(
        info_request=info_request,
        actor=world.handler,
        question=question.pk,
        files=[NewFile(NAME, "application/pdf", pdf_bytes())],
    )
    file = SealedFile.objects.get(kind=FileKind.ANSWER_ATTACHMENT)
    add = reverse("requests_app:add_attachment", args=[info_request.reference, "A", question.pk])
    remove = reverse("requests_app:remove_attachment", args=[info_request.reference, file.pk])

    for user, status in ((world.allocator, 403), (world.other_handler, 403), (world.stranger, 404)):
        for url in (add, remove):
            response = sign_in(user).get(url)
            assert response.status_code == status
            assert NAME not in response.content.decode()
            assert sign_in(user).post(url, {"attachments": [pdf()]}).status_code == status
    assert len(files_of(world, info_request)) == 1


@pytest.mark.parametrize("kind", [FileKind.FROM_REQUESTER])
def test_what_came_with_the_request_is_shown_and_cannot_be_removed(world, sign_in, kind):
    info_request = document_request(world, attachments=(NewFile(NAME, "application/pdf", pdf_bytes(), 1),))
    file = SealedFile.objects.get(kind=kind)
    client = sign_in(world.handler)

    page = client.get(tab_url(info_request)).content.decode()
    assert f"<bdi>{NAME}</bdi>" in page
    assert (
        client.post(reverse("requests_app:remove_attachment", args=[info_request.reference, file.pk])).status_code
        == 404
    )
    other = reverse(
        "requests_app:add_attachment", args=[document_request(world).reference, "A", info_request.questions.get().pk]
    )
    assert client.get(other).status_code == 404


def test_a_standard_answer_counts_when_its_attachment_goes(world, sign_in):
    info_request = document_request(world)
    question = info_request.questions.get()
    client = sign_in(world.handler)
    body = {**body_for(info_request, standard_1="see_attachment"), f"files-{question.pk}": [pdf()]}
    client.post(tab_url(info_request), body)
    file = files_of(world, info_request)[0]

    client.post(remove_url(info_request, file.uuid), WRONG_FILE)
    assert status_of(info_request) == "answered"
