"""Good repute: what may be told, which answer stands for the rest, and the letter (ANS-15 to ANS-18)."""

from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse

from archive import report
from archive.services import filing
from imidesk.core import audit, clock, jobs
from imidesk.core.errors import DomainError
from requests_app import catalogue, permissions
from requests_app.answers import AnswerContent
from requests_app.deadlines import local_day
from requests_app.models import InformationRequest, ProviderLetter, ReadRecord
from requests_app.selectors.letters import letter_text
from requests_app.services import answering, ending
from requests_app.vocabulary import Action, AnswerStatus, Channel, Grant, Part, Procedure, Purpose
from requests_app.writing import NewFile, NewQuestion
from tests.factories.files import pdf_bytes

FRIDAY = datetime(2026, 4, 3, 9, tzinfo=clock.AMSTERDAM)  # Good Friday is not a national holiday; Easter Monday is


def url(info_request, name="letter", *args):
    return reverse(f"requests_app:{name}", args=[info_request.reference, *args])


def questions(*codes):
    return tuple(NewQuestion(code=code) for code in codes or ("repute.sanctions.1",))


def repute(world, *codes, **changes):
    return world.accepted(procedure=Procedure.GOOD_REPUTE, questions=questions(*codes), **changes)


def answer(world, info_request, content):
    for question in info_request.questions.all():
        answering.save_tab(
            info_request=info_request,
            actor=world.handler,
            tab=question.tab,
            contents={question.pk: content},
            versions={},
        )
    if info_request.channel == Channel.IMI:
        answering.prepare_answer(info_request=info_request, actor=world.handler)
    return answering.send_answer(info_request=info_request, actor=world.handler)


def told(world, **changes):
    """Answered, with information on good repute in it."""
    return answer(world, repute(world, **changes), AnswerContent(value="yes", text="Een boete van 2025, artikel 9.2."))


def letter_of(info_request):
    return ProviderLetter.objects.select_related("info_request").get(info_request=info_request)


def filled(client, info_request, **changes):
    """What the page offers, with the marks filled in."""
    form = client.get(url(info_request)).context["form"]
    text = form["text"].value()
    for mark in catalogue.provider_letter().gaps():
        text = text.replace(mark, "Wij noemden de boete van 2025.")
    given = {name: form[name].value() for name in ("language", "base")}
    return {"act": "save", "text": text, **given, **changes}


def actions(info_request):
    return list(audit.events_of("request", info_request.uuid).values_list("action", flat=True))


# What may be told


def test_the_tab_says_what_may_be_told_and_which_answer_stands_for_the_rest(world, sign_in):
    """ANS-15, ANS-16, ANS-18."""
    disclosure = catalogue.set_for(Procedure.GOOD_REPUTE, False).disclosure
    info_request = repute(world)

    page = sign_in(world.handler).get(url(info_request, "tab", "B")).content.decode()

    panel = page.split('id="good-repute"')[1].split("</section>")[0]
    assert disclosure.given.nl in panel
    assert "Dienstenwet, artikel 40" in panel
    for row in disclosure.withheld:
        assert row.what.nl in panel
    assert "nog niet onherroepelijk zijn" in panel
    assert "Wet Bibob, artikel 28" in panel

    other = world.accepted()
    assert 'id="good-repute"' not in sign_in(world.handler).get(url(other, "tab", "A")).content.decode()


def test_a_question_in_own_words_gets_the_same_panel_warning_and_answers(world, sign_in):
    """ANS-16, ANS-18: the requester may ask it outside the standard questions."""
    info_request = world.accepted(
        procedure=Procedure.GOOD_REPUTE,
        questions=(NewQuestion(tab="Altre domande", text="Is er een besluit in beroep?", kind="text"),),
    )
    letter = info_request.questions.get().tab

    page = sign_in(world.handler).get(url(info_request, "tab", letter)).content.decode()

    repute_set = catalogue.set_for(Procedure.GOOD_REPUTE, False)
    assert repute_set.warning.nl in page
    for row in repute_set.disclosure.withheld:
        assert f'value="{row.answer}"' in page
    answered = answer(world, info_request, AnswerContent(standard="not_final"))
    assert answered.questions.get().answer.status == AnswerStatus.EXCUSED


def test_a_decision_given_all_the_same_says_whether_an_appeal_runs_and_until_when(world):
    """ANS-16."""
    info_request = repute(world, "repute.sanctions.8", "repute.sanctions.9")
    appeal, expected = info_request.questions.order_by("position")
    contents = {
        appeal.pk: AnswerContent(value="appeal"),
        expected.pk: AnswerContent(value="2026-11-02", text="Uitspraak van de Raad van State."),
    }
    answering.save_tab(info_request=info_request, actor=world.handler, tab="B", contents=contents, versions={})

    assert [question.answer.status for question in info_request.questions.all()] == [AnswerStatus.ANSWERED] * 2


# The catalogue in the language of the requester


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Hat Ihre Behörde gegen diesen Dienstleistungserbringer"),
        ("fr", "Votre autorité a-t-elle infligé à ce prestataire"),
        ("en", "Has your authority imposed a final administrative sanction"),
    ],
)
def test_the_handler_sees_the_question_as_the_requester_reads_it(world, sign_in, language, sentence):
    """ANS-05."""
    info_request = repute(world, language=language)

    page = sign_in(world.handler).get(url(info_request, "tab", "B")).content.decode()

    assert "Zoals de verzoeker het leest" in page
    assert f'<span lang="{language}">{sentence}' in page


@pytest.mark.parametrize("language", ["nl", "pl", ""])
def test_a_language_without_texts_of_its_own_shows_no_second_question(world, sign_in, language):
    client = sign_in(world.handler)
    assert "Zoals de verzoeker het leest" in client.get(url(repute(world, language="de"), "tab", "B")).content.decode()

    page = client.get(url(repute(world, language=language), "tab", "B")).content.decode()

    assert "Zoals de verzoeker het leest" not in page


@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "zuständigen Behörde, Dienst Justis"), ("fr", "dénommée Dienst Justis"), ("pl", "called Dienst Justis")],
)
def test_the_suggested_text_is_in_a_language_that_the_requester_reads(world, sign_in, language, text):
    """ANS-07, IN-16."""
    info_request = repute(world, "repute.disciplinary.3", language=language)

    assert text in sign_in(world.handler).get(url(info_request, "tab", "C")).content.decode()


def test_a_standard_answer_can_be_typed_into_imi_in_the_requesters_language(world, sign_in):
    """ANS-05, ANS-07."""
    info_request = repute(world, language="fr")
    question = info_request.questions.get()
    answering.save_tab(
        info_request=info_request,
        actor=world.handler,
        tab="B",
        contents={question.pk: AnswerContent(standard="not_final")},
        versions={},
    )
    answering.prepare_answer(info_request=info_request, actor=world.handler)

    page = sign_in(world.handler).get(url(info_request, "enter_in_imi")).content.decode()

    assert "Wij geven geen informatie over besluiten" in page
    assert "Nous ne communiquons pas d’informations" in page


# The letter becomes due


@pytest.mark.parametrize("channel", [Channel.IMI, Channel.DESK])
def test_a_letter_is_due_the_next_working_day_after_information_was_given(world, channel):
    """ANS-17."""
    info_request = told(world, channel=channel)

    letter = letter_of(info_request)
    sent = local_day(info_request.answered_at)
    assert sent < letter.due_on <= sent + timedelta(days=5)
    assert letter.due_on.weekday() < 5
    assert letter.sent_on is None


def test_easter_moves_the_day_on(world):
    info_request = repute(world, received_at=FRIDAY - timedelta(days=3))
    InformationRequest.objects.filter(pk=info_request.pk).update(accepted_at=FRIDAY - timedelta(days=1))
    answering.record_answer_in_imi(
        info_request=info_request,
        actor=world.handler,
        done_at=FRIDAY,
        report=NewFile("imi.pdf", "application/pdf", pdf_bytes()),
    )

    assert letter_of(info_request).due_on == date(2026, 4, 7)


@pytest.mark.parametrize(
    ("procedure", "code", "content"),
    [
        (Procedure.GOOD_REPUTE, "repute.sanctions.1", AnswerContent(standard="not_final")),
        (Procedure.GOOD_REPUTE, "repute.disciplinary.3", AnswerContent(standard="data_protection")),
        (Procedure.INFORMATION_REQUEST, "info.establishment.1", AnswerContent(value="yes")),
    ],
)
def test_no_letter_is_due_where_no_such_information_was_given(world, sign_in, procedure, code, content):
    assert ProviderLetter.objects.filter(info_request=told(world)).exists()

    info_request = answer(world, world.accepted(procedure=procedure, questions=questions(code)), content)

    assert not ProviderLetter.objects.filter(info_request=info_request).exists()
    assert sign_in(world.handler).get(url(info_request)).status_code == 404


def test_what_was_said_in_imi_alone_counts_too(world):
    info_request = repute(world, "repute.sanctions.1", "repute.disciplinary.3")
    _given, excused = info_request.questions.order_by("position")
    pdf = NewFile("imi.pdf", "application/pdf", pdf_bytes())
    answering.record_answer_in_imi(
        info_request=info_request,
        actor=world.handler,
        done_at=clock.now(),
        report=pdf,
        excused=frozenset({excused.pk}),
    )
    assert ProviderLetter.objects.filter(info_request=info_request).count() == 1

    other = repute(world, "repute.disciplinary.3")
    answering.record_answer_in_imi(
        info_request=other,
        actor=world.handler,
        done_at=clock.now(),
        report=pdf,
        excused=frozenset(other.questions.values_list("pk", flat=True)),
    )
    assert not ProviderLetter.objects.filter(info_request=other).exists()


# Writing, printing, sending


def test_the_letter_stands_ready_in_dutch_with_what_is_known(world, sign_in):
    info_request = told(world)

    response = sign_in(world.handler).get(url(info_request))

    text = response.context["form"]["text"].value()
    for part in (
        "Αθηνά Łukasiewicz-Größe",
        "Musterstraße 12",
        "Duitsland",
        "Gewerbeamt Musterhausen",
        "artikel 40 van de Dienstenwet",
    ):
        assert part in text
    for part in ("Provincie Noord-Brabant", "imi@brabant.example", info_request.reference, "Carla Voorbeeld"):
        assert part in text
    assert catalogue.provider_letter().given.nl in text
    assert catalogue.provider_letter().provider.nl not in text
    record = ReadRecord.objects.filter(user=world.handler, request_uuid=info_request.uuid).last()
    assert (record.part, record.purpose) == (Part.PERSON, Purpose.SEND)


def test_english_starts_the_text_anew_and_keeps_what_was_saved(world, sign_in):
    info_request = told(world)
    client = sign_in(world.handler)
    client.post(url(info_request), filled(client, info_request))
    saved = client.get(url(info_request)).context["form"]["text"].value()
    assert "Wij noemden de boete" in saved

    english = client.get(url(info_request) + "?language=en").context["form"]
    assert "Article 40 of the Dutch Services Act" in english["text"].value()
    assert client.get(url(info_request)).context["form"]["text"].value() == saved

    client.post(url(info_request), filled(client, info_request, language="en", text="Dear provider"))
    assert client.get(url(info_request)).context["form"]["text"].value() == "Dear provider"
    assert letter_of(info_request).language == "en"


def test_without_a_name_the_handler_is_asked_for_it(world, sign_in):
    info_request = told(world, subject={"kind": "legal"})
    client = sign_in(world.handler)

    form = client.get(url(info_request)).context["form"]
    assert catalogue.provider_letter().provider.nl in form["text"].value()

    text = form["text"].value().replace(catalogue.provider_letter().given.nl, "Een boete.")
    day = clock.today().isoformat()
    response = client.post(url(info_request), filled(client, info_request, act="send", text=text, sent_on=day))
    assert response.status_code == 422
    assert catalogue.provider_letter().provider.nl in response.content.decode()


def test_the_letter_is_saved_sealed_and_shown_for_paper(world, sign_in):
    info_request = told(world)
    client = sign_in(world.handler)
    assert client.get(url(info_request, "letter_print")).status_code == 409

    assert client.post(url(info_request), filled(client, info_request)).status_code == 302

    letter = letter_of(info_request)
    assert b"boete" not in bytes(letter.text)
    look = permissions.look(world.handler, info_request, Part.PERSON, Purpose.READ)
    assert "Wij noemden de boete" in letter_text(letter, look)
    assert "Wij noemden de boete" in client.get(url(info_request, "letter_print")).content.decode()
    assert actions(info_request)[-1] == Action.LETTER_SAVED


def test_a_letter_that_somebody_else_saved_meanwhile_is_not_overwritten_unseen(world, sign_in):
    """SP-14: both texts stand on the page, and the second press keeps one's own."""
    info_request = told(world)
    client = sign_in(world.handler)
    mine = filled(client, info_request, text="Geachte heer, mijn tekst.")
    theirs = filled(client, info_request, text="Geachte heer, de tekst van een ander.")
    assert client.post(url(info_request), theirs).status_code == 302

    refused = client.post(url(info_request), mine)

    assert refused.status_code == 422
    page = refused.content.decode()
    assert "mijn tekst" in page and "de tekst van een ander" in page and "intussen" in page
    look = permissions.look(world.handler, info_request, Part.PERSON, Purpose.READ)
    assert letter_text(letter_of(info_request), look) == theirs["text"]
    again = {**mine, "base": refused.context["form"]["base"].value()}
    assert client.post(url(info_request), again).status_code == 302
    assert letter_text(letter_of(info_request), look) == mine["text"]


def test_sending_ends_the_task(world, sign_in):
    info_request = told(world)
    client = sign_in(world.handler)
    today = clock.today()
    assert "Verstuur de brief aan de dienstverlener" in client.get(url(info_request, "detail")).content.decode()

    body = filled(client, info_request, act="send", sent_on=today.isoformat())
    assert client.post(url(info_request), body).status_code == 302

    letter = letter_of(info_request)
    assert (letter.sent_on, letter.sent_by) == (today, world.handler)
    event = audit.events_of("request", info_request.uuid).last()
    assert (event.action, event.details["sent_on"]) == (Action.LETTER_SENT, today.isoformat())
    page = client.get(url(info_request, "detail")).content.decode()
    assert "Verstuur de brief aan de dienstverlener" not in page
    assert "Wij noemden de boete" in client.get(url(info_request)).content.decode()
    assert (
        "De brief aan de dienstverlener is verzonden op" in client.get(url(info_request, "timeline")).content.decode()
    )
    again = client.post(url(info_request), body)
    assert again.status_code == 422
    assert actions(info_request).count(Action.LETTER_SENT) == 1


@pytest.mark.parametrize("days", [1, -1, None])
def test_a_wrong_date_is_refused_with_the_text_still_there(world, sign_in, days):
    info_request = told(world)
    client = sign_in(world.handler)
    day = (clock.today() + timedelta(days=days)).isoformat() if days else ""

    response = client.post(url(info_request), filled(client, info_request, act="send", sent_on=day))

    assert response.status_code == 422
    assert "Wij noemden de boete" in response.content.decode()
    assert letter_of(info_request).sent_on is None
    assert Action.LETTER_SENT not in actions(info_request)


def test_a_letter_with_a_gap_in_it_is_not_sent(world, sign_in):
    info_request = told(world)
    client = sign_in(world.handler)
    text = client.get(url(info_request)).context["form"]["text"].value()
    body = filled(client, info_request, act="send", text=text, sent_on=clock.today().isoformat())

    response = client.post(url(info_request), body)

    assert response.status_code == 422
    assert "Vul dit eerst in" in response.content.decode()
    assert letter_of(info_request).sent_on is None


def test_only_the_handler_who_accepted_reads_and_writes_it(world, sign_in):
    """IN-12: the letter names the provider."""
    info_request = told(world)
    for name in ("letter", "letter_print"):
        assert sign_in(world.allocator).get(url(info_request, name)).status_code == 403
        assert sign_in(world.stranger).get(url(info_request, name)).status_code == 404
        assert sign_in(world.jurist).get(url(info_request, name)).status_code == 403
    assert Grant.SEND_LETTER not in permissions.grants_of(world.allocator, info_request)
    assert sign_in(world.handler).get(url(info_request)).status_code == 200


# Waiting for the letter


def test_it_stands_in_its_list_and_as_next_step_for_the_handler(world, sign_in):
    info_request = told(world)
    client = sign_in(world.handler)

    page = client.get(reverse("requests_app:list") + "?lijst=brief_te_versturen").content.decode()
    assert info_request.reference in page
    assert url(info_request) in client.get(url(info_request, "detail")).content.decode()

    client.post(url(info_request), filled(client, info_request, act="send", sent_on=clock.today().isoformat()))
    page = client.get(reverse("requests_app:list") + "?lijst=brief_te_versturen").content.decode()
    assert info_request.reference not in page


def test_filing_waits_for_the_letter_and_closing_does_not(world, sign_in, monkeypatch):
    """ANS-17."""
    monkeypatch.setattr(report, "render", lambda content: b"%PDF-1.7\n" + report.to_json(content).encode())
    info_request = told(world, channel=Channel.DESK)
    ending.close_request(info_request=info_request, actor=world.handler, closed_at=clock.now())
    while jobs.run_due():
        continue
    client = sign_in(world.handler)
    body = {"act": "case", "case-case_number": "C2026-00119"}

    response = client.post(reverse("archive:file", args=[info_request.reference]), body)
    assert response.status_code == 422
    assert "Verstuur eerst de brief aan de dienstverlener" in response.content.decode()

    client.post(url(info_request), filled(client, info_request, act="send", sent_on=clock.today().isoformat()))
    assert client.post(reverse("archive:file", args=[info_request.reference]), body).status_code == 302
    assert InformationRequest.objects.get(pk=info_request.pk).filed_at is not None


def test_the_service_of_filing_refuses_too(world):
    info_request = told(world, channel=Channel.DESK)
    closed = ending.close_request(info_request=info_request, actor=world.handler, closed_at=clock.now())

    with pytest.raises(DomainError, match="Verstuur eerst de brief"):
        filing.file_request(info_request=closed, actor=world.handler, case_number="C2026-00120")
