"""IN-08, NOT-10, SP-06, SP-10, pitfalls 1, 8, 16 and 25: a marker in every sealed field, and who ever meets it.

The handler who accepted sees every marker on his pages. Nobody else does; no mail, log, row or file holds one plain.
"""

import dataclasses
import logging
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern

from archive import report
from archive.services import filing, reporting
from imidesk.core import clock, outbox
from requests_app.answers import AnswerContent
from requests_app.models import SealedFile, Viewer
from requests_app.services import answering, assigning, ending, receiving, relations
from requests_app.vocabulary import Procedure
from requests_app.writing import NewFile, NewQuestion
from tests.factories.files import pdf_bytes

pytestmark = pytest.mark.slow
MARK = "Qzx7Merk"
# What allocator and allocated handlers may read before acceptance (design 4).
QUESTIONS = {
    name: f"{MARK}{name}"
    for name in (
        "motivation",
        "owntext",
        "owntab",
        "note",
        "returned",
        "imibeforename",
        "imibefore",
        "asked",
        "advice",
        "wish",
        "delay",
    )
}
PERSON = {
    name: f"{MARK}{name}"
    for name in (
        "family",
        "given",
        "number",
        "street",
        "town",
        "mail",
        "comment",
        "attachmentname",
        "attachment",
        "answer",
        "value",
        "answerfilename",
        "answerfile",
        "closing",
        "viewer",
        "further",
        "correction",
        "imifullname",
        "imifull",
    )
}
# Among the people of the desk: for the allocators, and of the rest for whom it was allocated to or who wrote it.
NOTES = ("note", "delay", "wish", "returned")
REASONS = {name: f"{MARK}{name}" for name in ("forwarding", "refusing", "error")}
SUBJECT = {
    "kind": "natural",
    "family_name": PERSON["family"],
    "given_names": PERSON["given"],
    "birth_date": "1971-03-17",
    "numbers": [{"type": "tax", "value": PERSON["number"]}],
    "address": {"street": PERSON["street"], "postcode": "99999", "town": PERSON["town"], "country": "DE"},
    "email": f"{PERSON['mail']}@dienstverlener.example",
}
EVERY = QUESTIONS | PERSON | REASONS


def marked(name, content):
    return NewFile(f"{name}.pdf", "application/pdf", pdf_bytes() + content.encode())


@pytest.fixture
def handed_out(world, monkeypatch, caplog, tmp_path, settings):
    """A marker in every sealed field; given to the team, taken up, given back and given to the handler."""
    settings.IMIDESK_MAIL_DIR = tmp_path / "mail"
    monkeypatch.setattr(report, "render", lambda content: f"%PDF-1.7 {report.to_json(content)}".encode())
    caplog.set_level(logging.INFO)
    return marked_request(world)


def marked_request(world):
    known = world.new_request().questions[0]
    info_request = receiving.register_request(
        actor=world.allocator,
        new=world.new_request(
            procedure=Procedure.INFORMATION_REQUEST,
            motivation=QUESTIONS["motivation"],
            questions=(
                dataclasses.replace(known, comment=PERSON["comment"]),
                NewQuestion(tab=QUESTIONS["owntab"], text=QUESTIONS["owntext"], kind="text"),
            ),
            subject=SUBJECT,
            attachments=(marked(PERSON["attachmentname"], PERSON["attachment"]),),
            imi_report=marked(QUESTIONS["imibeforename"], QUESTIONS["imibefore"]),
        ),
    )
    assigning.ask_allocation(info_request=info_request, actor=world.other_handler, note=QUESTIONS["wish"])
    assigning.choose_team(info_request=info_request, actor=world.allocator, team=world.team, note=QUESTIONS["note"])
    assigning.report_delay(
        info_request=info_request,
        actor=world.handler,
        reason="delay.other",
        expected_on=clock.today(),
        words=QUESTIONS["delay"],
    )
    assigning.take_up(info_request=info_request, actor=world.handler)
    assigning.give_back(
        info_request=info_request, actor=world.handler, reason="return.no_time", words=QUESTIONS["returned"]
    )
    assigning.allocate(info_request=info_request, actor=world.allocator, handlers=[world.handler])
    relations.ask_advice(info_request=info_request, actor=world.handler, question=QUESTIONS["asked"])
    relations.give_advice(info_request=info_request, actor=world.jurist, answer=QUESTIONS["advice"])
    return info_request


def accept_and_answer(world, info_request):
    answering.accept_request(info_request=info_request, actor=world.handler, done_at=clock.now())
    first, own = info_request.questions.order_by("position")
    answering.add_attachments(
        info_request=info_request,
        actor=world.handler,
        question=own.pk,
        files=[marked(PERSON["answerfilename"], PERSON["answerfile"])],
    )
    for question, content in (
        (first, AnswerContent(standard="data_protection", text=PERSON["answer"])),
        (own, AnswerContent(text=PERSON["value"])),
    ):
        answering.save_tab(
            info_request=info_request,
            actor=world.handler,
            tab=question.tab,
            contents={question.pk: content},
            versions={question.pk: 0},
        )


def send_and_close(world, info_request):
    answering.prepare_answer(info_request=info_request, actor=world.handler)
    answering.send_answer(info_request=info_request, actor=world.handler, done_at=clock.now())
    reporting.make_sent_copy(info_request.uuid)
    ask_further(world, info_request)
    ending.close_request(info_request=info_request, actor=world.handler, closed_at=clock.now(), note=PERSON["closing"])
    filing.add_imi_report(
        info_request=info_request,
        actor=world.handler,
        name=f"{PERSON['imifullname']}.pdf",
        declared_type="application/pdf",
        content=pdf_bytes() + PERSON["imifull"].encode(),
    )
    reporting.make_end_reports(info_request.uuid)
    correct_end(world, info_request)


def ask_for_advice(world, info_request):
    relations.ask_advice(info_request=info_request, actor=world.handler, question=QUESTIONS["asked"])
    assert visit(world.jurist, info_request, never=PERSON | REASONS) == set(QUESTIONS) - set(NOTES)
    relations.give_advice(info_request=info_request, actor=world.jurist, answer=QUESTIONS["advice"])


def let_read_along(world, info_request):
    row = relations.add_viewer(
        info_request=info_request,
        actor=world.handler,
        user=world.basic,
        reason="viewer.other",
        words=PERSON["viewer"],
        until=clock.today() + timedelta(days=7),
    )
    assert {"family", "answer", "viewer"} <= visit(world.basic, info_request, never=())
    relations.remove_viewer(info_request=info_request, actor=world.handler, viewer=row.pk)


def ask_further(world, info_request):
    relations.clarify(
        info_request=info_request,
        actor=world.handler,
        asked_at=clock.now(),
        reply_by=clock.today(),
        words=PERSON["further"],
    )
    assert "further" in visit(world.handler, info_request, never=())
    answering.prepare_answer(info_request=info_request, actor=world.handler)
    answering.send_answer(info_request=info_request, actor=world.handler, done_at=clock.now())


def correct_end(world, info_request):
    clock.move(timedelta(minutes=5))
    row = ending.propose_end(
        info_request=info_request,
        actor=world.handler,
        ended_at=clock.now() - timedelta(minutes=1),
        evidence=marked(PERSON["imifullname"], PERSON["imifull"]),
        words=PERSON["correction"],
    )
    ending.decide_end(info_request=info_request, actor=world.allocator, proposal=row.pk, approved=True)
    reporting.make_end_reports(info_request.uuid)


def addresses(info_request, *, everywhere):
    """Every address of the desk with what this request puts into it; or those of the request alone."""
    questions = list(info_request.questions.all())
    values = {
        "reference": [info_request.reference],
        "file": list(SealedFile.objects.filter(info_request=info_request).values_list("pk", flat=True)),
        "letter": sorted({question.tab for question in questions}),
        "question": [questions[0].pk],
        "viewer": list(Viewer.objects.filter(info_request=info_request).values_list("pk", flat=True)),
        "name": ["imidesk.intake.1"],
        "message": [],
        "absence": [],
        "decision": [],
        "number": [],
        "paper": [],
        "pk": [],
    }
    for name, parameters in named_patterns(get_resolver()):
        if "logout" not in name and (everywhere or "reference" in parameters):
            yield from (reverse(name, kwargs=chosen) for chosen in combined(parameters, values))


def named_patterns(resolver, namespace=""):
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield namespace + pattern.name, tuple(pattern.pattern.converters)
        else:
            yield from named_patterns(pattern, f"{pattern.namespace}:" if pattern.namespace else namespace)


def combined(parameters, values):
    chosen = [{}]
    for parameter in parameters:
        chosen = [{**one, parameter: value} for one in chosen for value in values[parameter]]
    return chosen


def met(user, info_request, *, everywhere=False, post=False):
    """What a user gets from the addresses, asked for and posted to; what he posts is taken back."""
    client = Client()
    client.force_login(user)
    for address in addresses(info_request, everywhere=everywhere):
        yield address, client.get(address)
        if post:
            savepoint = transaction.savepoint()
            yield address, client.post(address, {})
            transaction.savepoint_rollback(savepoint)
    if everywhere:
        post_page = client.get(reverse("monitoring:practice_mail")).content.decode()
        for address in sorted(set(re.findall(r'href="(/oefenen/post/[^"]+/)"', post_page))):
            yield address, client.get(address)


def body(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8", errors="replace")


def heads(response):
    return unquote(
        "\n".join([*(f"{name}: {value}" for name, value in response.headers.items()), str(response.cookies)])
    )


def found(text, markers):
    return {name for name, marker in markers.items() if marker.lower() in text.lower()}


def visit(user, info_request, *, never, **how):
    """Fails where a marker shows that this user may never see; gives the names of the others that he saw."""
    seen = set()
    for address, response in met(user, info_request, **how):
        names = found(body(response) + heads(response), EVERY)
        assert names & set(never) == set(), f"{user} {address} {response.status_code}"
        seen |= names
    return seen


def others(world):
    return (world.other_handler, world.basic, world.jurist, world.stranger)


def assert_nowhere_in_plain(caplog, tmp_path):
    """Mail as it left, log, every row of every table, sessions opened, and every file the desk wrote."""
    outbox.send_pending()
    assert mail.outbox
    texts = {f"mail {number}": str(message.message()) for number, message in enumerate(mail.outbox)}
    texts["log"] = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    texts |= {f"session {session.pk}": str(session.get_decoded()) for session in Session.objects.all()}
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                texts[f"table {table}"] = texts.get(f"table {table}", "") + "\n".join(map(_as_text, row))
    for root in (tmp_path, Path(django_settings.VAR_DIR)):
        for path in root.rglob("*"):
            if path.is_file():
                texts[str(path)] = f"{path.name}\n{_as_text(path.read_bytes())}"

    assert "requests_app_sealedtext" in str(sorted(texts))
    assert {place for place, text in texts.items() if MARK.lower() in text.lower()} == set()


def _as_text(value):
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)


def test_before_acceptance_nobody_meets_the_person(handed_out, world, caplog, tmp_path):
    info_request = handed_out
    reporting.make_task_report(info_request.uuid)

    for user, not_for_him in ((world.handler, {"wish"}), (world.allocator, set())):
        assert visit(user, info_request, never=PERSON, everywhere=True) == set(QUESTIONS) - not_for_him, user
    for user in others(world):
        assert visit(user, info_request, never=EVERY) == set()
    assert_nowhere_in_plain(caplog, tmp_path)


def test_after_acceptance_only_the_handler_meets_the_person(handed_out, world, caplog, tmp_path):
    info_request = handed_out
    accept_and_answer(world, info_request)
    ask_for_advice(world, info_request)
    let_read_along(world, info_request)
    visit(world.allocator, info_request, never=PERSON)
    send_and_close(world, info_request)

    seen = set()
    for address, response in met(world.handler, info_request):
        text = body(response)
        seen |= found(text + heads(response), EVERY)
        title = re.search(r"<title>(.*?)</title>", text, re.DOTALL)
        assert not title or MARK not in title[1], address
        named = {name for name, value in response.headers.items() if MARK in unquote(value)}
        assert named <= ({"Content-Disposition"} if "/bestand/" in address else set()), address
    assert seen == set(QUESTIONS | PERSON) - {"wish"}

    assert visit(world.allocator, info_request, never=PERSON, everywhere=True, post=True) == set(QUESTIONS)
    for user in others(world):
        assert visit(user, info_request, never=EVERY, everywhere=True, post=user == world.other_handler) == set()
    assert_nowhere_in_plain(caplog, tmp_path)


def test_reasons_in_words_are_for_their_writer(handed_out, world, caplog, tmp_path):
    """Design 4: forwarded after acceptance, refused and wrongly entered before it."""
    forwarded = handed_out
    accept_and_answer(world, forwarded)
    ending.prepare_forward(
        info_request=forwarded,
        actor=world.handler,
        to=world.justis,
        reason="forward.not_competent_after_acceptance",
        words=REASONS["forwarding"],
    )
    assert "forwarding" in visit(world.handler, forwarded, never=())
    ending.finish_prepared_end(info_request=forwarded, actor=world.handler, done_at=clock.now())
    refused, wrong = marked_request(world), marked_request(world)
    ending.refuse_request(
        info_request=refused, actor=world.handler, reason="refuse.outside_scope", words=REASONS["refusing"]
    )
    ending.mark_entered_in_error(
        info_request=wrong, actor=world.allocator, reason="entered_in_error.duplicate", words=REASONS["error"]
    )

    assert "forwarding" in visit(world.handler, forwarded, never=())
    visit(world.allocator, forwarded, never=PERSON | REASONS)
    visit(world.allocator, refused, never=PERSON | REASONS)
    for info_request in (forwarded, refused, wrong):
        assert visit(world.other_handler, info_request, never=EVERY) == set()
    assert_nowhere_in_plain(caplog, tmp_path)
