"""Reports by job: what they say, who may read them, and that they are made once (ARC-05 to ARC-07, ARC-13, SP-19)."""

import stat
import subprocess
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.urls import reverse

from archive import report, services
from archive.models import Report, ReportKind
from archive.report import Occasion, Result, Term, Variant
from imidesk.core import audit, clock, vault
from requests_app.answers import AnswerContent
from requests_app.models import ReadRecord, SealedFile
from requests_app.permissions import look_for_desk
from requests_app.services import answering, ending
from requests_app.vocabulary import Action, Channel, FileKind, Purpose
from requests_app.writing import NewFile, NewQuestion
from tests import verapdf
from tests.factories.files import pdf_bytes
from tests.factories.steps import run_jobs
from tests.factories.world import SUBJECT

PRINT = report.render


pytestmark = pytest.mark.usefixtures("quick_pdf")


def snapshot_of(info_request, kind):
    row = Report.objects.get(info_request=info_request, kind=kind)
    job = "open_report" if kind in (ReportKind.TASK_OPEN, ReportKind.END_OPEN) else "full_report"
    return report.from_json(vault.open_text(look_for_desk(job, info_request), row, "snapshot"))


def actions(info_request):
    return [event.action for event in audit.events_of("request", info_request.uuid)]


def test_closing_leaves_an_open_and_a_full_report(world):
    """ARC-05: with number and link of the event that ended it."""
    info_request = world.closed()
    run_jobs()

    end = audit.events_of("request", info_request.uuid).get(action=Action.CLOSED)
    for kind in (ReportKind.END_OPEN, ReportKind.END_FULL):
        content = snapshot_of(info_request, kind)
        assert content.anchor.number == end.number
        assert content.anchor.link == bytes(end.link).hex()
        assert content.kind == Occasion.END
        assert len(content.timeline) == end.number - actions(info_request)[: end.number].count(Action.REPORT_MADE)
    full = snapshot_of(info_request, ReportKind.END_FULL)
    assert any("Łukasiewicz-Größe" in row.value for row in full.provider)
    assert full.motivation == "Wij controleren de vestiging."
    assert len(full.number) == 32
    assert {entry.term for entry in full.retention} == set(Term)
    assert all(entry.on for entry in full.retention)
    assert full.mandate.reference == "Mandaatregeling GS 2024"
    assert len(full.declarations) == 4
    assert actions(info_request).count(Action.REPORT_MADE) == 3
    assert not list(audit.verify())


def test_everything_in_a_report_is_dutch(world, settings):
    """Whatever language the worker speaks."""
    from django.utils import translation

    with translation.override("en"):
        info_request = world.closed()
        run_jobs()
        content = snapshot_of(info_request, ReportKind.END_FULL)

    assert content.requesting.country == "Duitsland"
    assert content.service_activity == "vuurwerk ontbranden"
    first = content.tabs[0].questions[0]
    assert first.text.startswith(("Is", "Heeft", "Mag", "Kun", "W", "Hee", "Voor", "In")) or "?" in first.text
    assert "gegevensbescherming" in first.answer.standard.lower() or first.answer.standard
    assert first.answer.text == "Ja, dat klopt."
    assert first.result == Result.EXCUSED


def test_an_answer_of_attachments_alone_names_them_in_the_full_report_only(world):
    info_request = world.accepted(questions=(NewQuestion(tab="A", text="Stuur mee.", kind="document"),))
    question = info_request.questions.get()
    file = NewFile("bewijs-ß.pdf", "application/pdf", pdf_bytes())
    answering.add_attachments(info_request=info_request, actor=world.handler, question=question.pk, files=[file])
    answering.prepare_answer(info_request=info_request, actor=world.handler)
    answering.send_answer(info_request=info_request, actor=world.handler, done_at=clock.now())
    ending.close_request(info_request=info_request, actor=world.handler, closed_at=clock.now())
    run_jobs()

    full, opened = (snapshot_of(info_request, kind) for kind in (ReportKind.END_FULL, ReportKind.END_OPEN))

    assert full.tabs[0].questions[0].answer.value == "zie bijlage: bewijs-ß.pdf"
    assert "bewijs-ß.pdf" in report.to_html(full)
    assert "bewijs-ß.pdf" not in report.to_html(opened)


def test_a_report_is_made_once(world):
    """A job that runs again, or was killed after its commit, finds nothing to do."""
    info_request = world.closed()
    run_jobs()
    before = actions(info_request)

    services.make_end_reports(info_request.uuid)
    services.make_sent_copy(info_request.uuid)

    assert actions(info_request) == before
    assert Report.objects.filter(info_request=info_request).count() == 3


def test_a_job_that_is_killed_while_printing_starts_over(world, monkeypatch):
    info_request = world.closed()
    printed = report.render
    monkeypatch.setattr(report, "render", lambda content: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.make_end_reports(info_request.uuid)
    assert not Report.objects.exists()
    assert info_request.retention_record.block_on, "the clocks run whether a report was made or not"

    monkeypatch.setattr(report, "render", printed)
    services.make_end_reports(info_request.uuid)
    assert Report.objects.count() == 2


def test_the_task_gets_an_open_report_up_to_its_making(world):
    """IN-09: no provider, no words of the requester, no names."""
    info_request = world.assigned(
        questions=(NewQuestion(tab="Eigen tabblad", text="Kent u PERSOON201?", kind="text"),),
        motivation="Over PERSOON202.",
    )
    run_jobs()

    content = snapshot_of(info_request, ReportKind.TASK_OPEN)
    text = report.to_json(content)
    assert content.variant == Variant.OPEN
    assert content.kind == Occasion.TASK
    assert "PERSOON20" not in text
    assert "Łukasiewicz" not in text
    assert "Carla" not in text
    assert content.tabs[0].own_name
    assert all(entry.on is None for entry in content.retention)
    assert ReadRecord.objects.filter(purpose=Purpose.JOB).count() == 1, (
        "only this test looked: an open report needs none"
    )


def test_sending_keeps_a_provisional_copy_and_closing_replaces_nothing(world):
    """ARC-07"""
    info_request = world.answered()
    run_jobs()
    copy = Report.objects.get(info_request=info_request, kind=ReportKind.SENT_FULL)
    content = snapshot_of(info_request, ReportKind.SENT_FULL)
    assert content.kind == Occasion.SENT
    assert copy.file.kind == FileKind.SENT_COPY

    ending.close_request(info_request=info_request, actor=world.handler, closed_at=clock.now())
    run_jobs()

    assert Report.objects.filter(pk=copy.pk).exists()
    assert Report.objects.filter(info_request=info_request).count() == 4


def test_what_was_never_accepted_leaves_an_open_report_only(world):
    """ARC-13"""
    info_request = world.assigned()
    ending.forward_request(
        info_request=info_request, actor=world.handler, to=world.justis, reason="forward.criminal_sanctions"
    )
    run_jobs()

    assert not Report.objects.filter(kind=ReportKind.END_FULL).exists()
    content = snapshot_of(info_request, ReportKind.END_OPEN)
    assert content.outcome.endswith("Dienst Justis")
    assert content.reasons[0].ground == "Het verzoek gaat alleen over strafrechtelijke sancties"


def test_an_answer_in_imi_only_refers_to_the_pdf_of_imi(world):
    info_request = world.accepted()
    answering.record_answer_in_imi(
        info_request=info_request,
        actor=world.handler,
        done_at=clock.now(),
        report=NewFile("rapport.pdf", "application/pdf", pdf_bytes()),
    )
    run_jobs()

    content = snapshot_of(info_request, ReportKind.SENT_FULL)
    assert {question.result for tab in content.tabs for question in tab.questions} == {Result.IN_IMI}
    assert [file.name for file in content.imi_reports] == ["rapport.pdf"]
    assert len(content.declarations) == 2


def test_an_answer_reads_in_words(world):
    """Values by kind: yes and no, choices by their text, dates in words."""
    info_request = world.accepted(
        questions=(
            NewQuestion(tab="A", text="Klopt dit?", kind="yes_no"),
            NewQuestion(tab="A", text="Sinds?", kind="date"),
        )
    )
    first, second = info_request.questions.all()
    answering.save_tab(
        info_request=info_request,
        actor=world.handler,
        tab="A",
        contents={first.pk: AnswerContent(value="yes"), second.pk: AnswerContent(value="2024-03-01")},
        versions={},
    )
    answering.prepare_answer(info_request=info_request, actor=world.handler)
    answering.send_answer(info_request=info_request, actor=world.handler, done_at=clock.now())
    run_jobs()

    answers = [question.answer for question in snapshot_of(info_request, ReportKind.SENT_FULL).tabs[0].questions]
    assert answers[1].value == "1 maart 2024"
    assert answers[0].value


def test_the_same_request_gives_the_same_bytes(world, tmp_path, capsys):
    """SP-19: the command prints the stored snapshot."""
    info_request = world.closed()
    run_jobs()
    stored = Report.objects.get(info_request=info_request, kind=ReportKind.END_FULL).file
    content = vault.open_file(look_for_desk("full_report", info_request), stored, stored.storage_name)

    for name in ("one.pdf", "two.pdf"):
        call_command("end_report", info_request.reference, variant="full", out=tmp_path / name)
        assert (tmp_path / name).read_bytes() == content
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert actions(info_request)[-2:] == [Action.FULL_REPORT_TAKEN] * 2
    assert ReadRecord.objects.filter(user=None, purpose=Purpose.JOB, part="person").count() >= 3
    assert not list(audit.verify())


@pytest.mark.slow
def test_a_large_request_is_printed_right(world, monkeypatch, tmp_path):
    """40 questions, 10 attachments, a text of 20,000 characters, letters of four scripts: both profiles pass."""
    monkeypatch.setattr(report, "render", PRINT)
    names = ("Łukasz Groß", "Ελευθερία", "שרה כהן", "فاطمة الزهراء")
    info_request = world.accepted(
        channel=Channel.DESK,
        questions=tuple(NewQuestion(tab="A", text=f"Vraag over {names[n % 4]}?", kind="text") for n in range(40)),
        attachments=tuple(NewFile(f"{names[n % 4]} {n}.pdf", "application/pdf", pdf_bytes()) for n in range(10)),
    )
    contents = {question.pk: AnswerContent(text="Zo is het.") for question in info_request.questions.all()}
    contents[next(iter(contents))] = AnswerContent(text=("woorden " * 2500)[:19_990] + "EINDE-TEKST")
    answering.save_tab(info_request=info_request, actor=world.handler, tab="A", contents=contents, versions={})
    answering.send_answer(info_request=info_request, actor=world.handler)
    ending.close_request(info_request=info_request, actor=world.handler, closed_at=clock.now())
    services.make_end_reports(info_request.uuid)

    look = look_for_desk("full_report", info_request)
    for kind in (FileKind.REPORT_OPEN, FileKind.REPORT_FULL):
        stored = SealedFile.objects.get(info_request=info_request, kind=kind)
        out = tmp_path / "stored.pdf"
        out.write_bytes(vault.open_file(look, stored, stored.storage_name))
        assert verapdf.failures(out.read_bytes()) == {"2a": [], "ua1": []}
        text = subprocess.run(["pdftotext", out, "-"], capture_output=True, text=True, check=True).stdout
        assert ("EINDE-TEKST" in text) == ("Łukasz Groß 0.pdf" in text) == (kind == FileKind.REPORT_FULL)
    call_command("end_report", info_request.reference, variant="full", out=tmp_path / "again.pdf")
    assert (tmp_path / "again.pdf").read_bytes() == out.read_bytes()


def test_the_full_report_is_not_handed_out_after_blocking_the_open_one_is(world, tmp_path):
    info_request = world.closed(closed_at=clock.now())
    run_jobs()
    call_command("end_report", info_request.reference, variant="open", out=tmp_path / "before.pdf")
    call_command("retention", as_of=clock.today() + timedelta(days=190))

    with pytest.raises(CommandError, match=r"blocked|geblokkeerd"):
        call_command("end_report", info_request.reference, variant="full", out=tmp_path / "full.pdf")
    assert not (tmp_path / "full.pdf").exists()
    call_command("end_report", info_request.reference, variant="open", out=tmp_path / "open.pdf")
    assert (tmp_path / "open.pdf").read_bytes() == (tmp_path / "before.pdf").read_bytes()
    with pytest.raises(PermissionDenied):
        look_for_desk("full_report", info_request)


def test_the_command_knows_no_other_request(world, tmp_path):
    with pytest.raises(CommandError, match="reference"):
        call_command("end_report", "NB-2026-99999", variant="open", out=tmp_path / "x.pdf")
    info_request = world.received()
    with pytest.raises(CommandError):
        call_command("end_report", info_request.reference, variant="open", out=tmp_path / "x.pdf")


def test_who_reads_which_report(world, sign_in):
    info_request = world.closed()
    run_jobs()
    url = reverse("archive:reports", args=[info_request.reference])
    files = {file.kind: file.pk for file in SealedFile.objects.filter(info_request=info_request)}
    full = reverse("requests_app:download", args=[info_request.reference, files[FileKind.REPORT_FULL]])
    open_one = reverse("requests_app:download", args=[info_request.reference, files[FileKind.REPORT_OPEN]])

    for user, sees_open, sees_full in (
        (world.handler, True, True),
        (world.allocator, True, False),
        (world.jurist, False, False),
        (world.other_handler, False, False),
    ):
        page = sign_in(user).get(url)
        assert page.status_code == 200
        text = page.content.decode()
        assert (open_one in text) == sees_open
        assert (full in text) == sees_full
        assert "Łukasiewicz" not in text
    assert sign_in(world.stranger).get(url).status_code == 404


def test_the_page_says_that_a_report_is_being_made(world, sign_in):
    info_request = world.closed(channel=Channel.DESK)

    waiting = sign_in(world.handler).get(reverse("archive:reports", args=[info_request.reference]))
    run_jobs()
    ready = sign_in(world.handler).get(reverse("archive:reports", args=[info_request.reference]))

    assert "report-waiting" in waiting.content.decode()
    assert "report-waiting" not in ready.content.decode()


def test_the_provider_stands_in_a_fixed_order():
    from archive.snapshot import provider_rows

    values = [row.value for row in provider_rows(SUBJECT)]
    assert "Αθηνά" in values
    assert "PL-5260001246" in values
    assert any(value.startswith("Musterstraße 12, 99999 Musterhausen") for value in values)
