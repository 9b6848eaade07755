"""The tabs: who sees what when, saving in between, and nothing lost (ANS-01, ANS-02, ANS-05, ANS-18, IN-16)."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from imidesk.core import audit, clock, kept
from requests_app import catalogue, permissions
from requests_app.answers import AnswerContent
from requests_app.models import Allocation, Answer, ReadRecord
from requests_app.permissions import look
from requests_app.selectors import case
from requests_app.services import answering, receiving
from requests_app.vocabulary import Action, Grant, Part, Procedure, Purpose, State
from requests_app.writing import NewQuestion
from tests.factories.world import PASSWORD

MARKER = "Zaubertinte-Łódź-ß"


def tab_url(info_request, letter="A"):
    return reverse("requests_app:tab", args=[info_request.reference, letter])


def send_url(info_request):
    return reverse("requests_app:send", args=[info_request.reference])


def questions_of(info_request, letter="A"):
    return list(info_request.questions.filter(tab=letter).select_related("answer").order_by("position"))


def body_for(info_request, letter="A", **changes):
    """What the browser sends for an untouched tab, with changes by field and place from 1: text_1="…"."""
    data = {}
    for question in questions_of(info_request, letter):
        data[f"version-{question.pk}"] = question.answer.version
        data[f"text-{question.pk}"] = ""
        data[f"standard-{question.pk}"] = ""
    for name, value in changes.items():
        field, _, place = name.rpartition("_")
        data[f"{field}-{questions_of(info_request, letter)[int(place) - 1].pk}"] = value
    return data


def contents(world, info_request, letter="A"):
    opened = look(world.handler, info_request, Part.PERSON, Purpose.READ)
    tab = next(tab for tab in case.tabs(info_request, opened, with_answers=True) if tab.letter == letter)
    return [question.answer for question in tab.questions]


def section_of(response, question):
    """The part of the page with one question and its answer."""
    page = response.content.decode()
    return page[page.index(f'data-question="{question.pk}"') :].split("</section>")[0]


def actions(info_request):
    return [event.action for event in audit.events_of("request", info_request.uuid)]


def code_of_kind(kind, procedure=Procedure.INFORMATION_REQUEST):
    questions = catalogue.set_for(procedure, False).questions
    return next(question.code for question in questions if question.kind == kind and not question.is_criminal)


def criminal_code():
    questions = catalogue.set_for(Procedure.INFORMATION_REQUEST, False).questions
    return next(question.code for question in questions if question.is_criminal)


def test_before_acceptance_the_questions_alone_are_read(world, sign_in):
    """ANS-01."""
    info_request = world.assigned()

    for user in (world.handler, world.allocator):
        page = sign_in(user).get(tab_url(info_request)).content.decode()
        assert str(catalogue.question(questions_of(info_request)[0].code).text.nl) in page
        assert "<textarea" not in page
        assert 'type="file"' not in page
    assert sign_in(world.other_handler).get(tab_url(info_request)).status_code == 403
    assert sign_in(world.stranger).get(tab_url(info_request)).status_code == 404
    assert sign_in(world.handler).post(tab_url(info_request), {}).status_code == 403


def test_after_acceptance_that_handler_alone_gets_the_form_and_the_answers(world, sign_in):
    """ANS-01, SP-14."""
    info_request = world.accepted()
    sign_in(world.handler).post(tab_url(info_request), body_for(info_request, text_2=MARKER))

    page = sign_in(world.handler).get(tab_url(info_request)).content.decode()
    assert MARKER in page
    assert 'translate="no"' in page
    assert page.count('autocomplete="off" spellcheck="false" translate="no"') >= 3
    title = re.search(r"<title>.*?</title>", page, re.S).group()
    assert MARKER not in title
    for user, status in ((world.allocator, 200), (world.other_handler, 403), (world.basic, 403), (world.stranger, 404)):
        response = sign_in(user).get(tab_url(info_request))
        assert response.status_code == status
        assert MARKER not in response.content.decode()
        assert sign_in(user).post(tab_url(info_request), {}).status_code == (404 if status == 404 else 403)


def test_a_tab_is_saved_without_being_complete(world, sign_in):
    """ANS-02."""
    info_request = world.accepted()
    client = sign_in(world.handler)

    response = client.post(tab_url(info_request), body_for(info_request, value_1="yes", text_1=MARKER), follow=True)

    assert response.redirect_chain[-1][0] == tab_url(info_request)
    assert re.search(r"(Saved at|Opgeslagen om) \d\d[.:]\d\d", response.content.decode())
    assert contents(world, info_request)[0] == AnswerContent(value="yes", text=MARKER)
    assert [question.answer.status for question in questions_of(info_request)] == ["answered", "", ""]
    event = list(audit.events_of("request", info_request.uuid))[-1]
    assert event.action == Action.ANSWERS_SAVED
    assert event.details == {"tab": "A", "answered": 1, "excused": 0, "from": "accepted", "to": "accepted"}
    assert MARKER not in str(event.details)


def test_every_kind_has_its_own_field(world, sign_in):
    """Date, number, choice, yes or no and text, as the catalogue says (ANS-05)."""
    kinds = {"yes_no": "no", "date": "2026-02-28", "number": "12,5", "choice": "", "text": "Tekst"}
    questions = tuple(NewQuestion(code=code_of_kind(kind)) for kind in kinds)
    info_request = world.accepted(questions=questions)
    client = sign_in(world.handler)
    for question in info_request.questions.all():
        value = kinds[question.kind]
        if question.kind == "choice":
            value = catalogue.question(question.code).choices[0].code
        field = "text" if question.kind == "text" else "value"
        number = [each.pk for each in questions_of(info_request, question.tab)].index(question.pk) + 1
        stored = contents(world, info_request, question.tab)
        body = body_for(info_request, question.tab, **{f"{field}_{number}": value})
        for each, content in zip(questions_of(info_request, question.tab), stored, strict=True):
            if each.pk != question.pk:
                body[f"value-{each.pk}"], body[f"text-{each.pk}"] = content.value, content.text
        assert client.post(tab_url(info_request, question.tab), body).status_code == 302, question.kind

    assert {answer.status for answer in Answer.objects.filter(question__info_request=info_request)} == {"answered"}
    for letter in sorted({question.tab for question in info_request.questions.all()}):
        assert client.get(tab_url(info_request, letter)).status_code == 200


@pytest.mark.parametrize(("kind", "wrong"), [("date", "31-02-2026"), ("number", "veel"), ("yes_no", "misschien")])
def test_a_wrong_value_keeps_everything_that_was_typed(world, sign_in, kind, wrong):
    info_request = world.accepted(questions=(NewQuestion(code=code_of_kind(kind)),))
    letter = info_request.questions.get().tab

    response = sign_in(world.handler).post(
        tab_url(info_request, letter), body_for(info_request, letter, value_1=wrong, text_1=MARKER)
    )

    page = response.content.decode()
    assert response.status_code == 422
    assert MARKER in page
    assert kind == "yes_no" or wrong in page
    assert 'aria-invalid="true"' in page
    assert contents(world, info_request, letter) == [AnswerContent()]
    assert Action.ANSWERS_SAVED not in actions(info_request)


@pytest.mark.parametrize(
    ("typed", "stored", "read"),
    [
        ("2.000.000", "2000000", "2.000.000"),
        ("2.000.000,50", "2000000,50", "2.000.000,50"),
        ("12,5", "12,5", "12,5"),
        ("1234", "1234", "1.234"),
    ],
)
def test_a_number_is_typed_and_read_with_dutch_thousands(world, sign_in, typed, stored, read):
    info_request = world.accepted(questions=(NewQuestion(tab="A", text="Hoeveel?", kind="number"),))
    client = sign_in(world.handler)
    assert client.post(tab_url(info_request), body_for(info_request, value_1="2.0.0")).status_code == 422

    assert client.post(tab_url(info_request), body_for(info_request, value_1=typed)).status_code == 302

    assert contents(world, info_request)[0].value == stored
    assert f"<bdi>{read}</bdi>" in client.get(send_url(info_request)).content.decode()
    client.post(send_url(info_request), {"needed": "on", "within_powers": "on"})
    page = client.get(reverse("requests_app:enter_in_imi", args=[info_request.reference])).content.decode()
    assert f"Vul in IMI in: <strong><bdi>{read}</bdi>" in page and "Kies in IMI" not in page


def test_a_standard_answer_that_excuses_does_not_stand_beside_an_answer(world, sign_in):
    info_request = world.accepted()
    client = sign_in(world.handler)

    both = client.post(tab_url(info_request), body_for(info_request, value_1="yes", standard_1="data_protection"))
    assert both.status_code == 422

    one = client.post(tab_url(info_request), body_for(info_request, standard_1="data_protection"))
    assert one.status_code == 302
    assert questions_of(info_request)[0].answer.status == "excused"


def test_a_question_on_criminal_sanctions_offers_the_answer_that_names_justis(world, sign_in):
    """IN-16."""
    info_request = world.accepted(questions=(NewQuestion(code=criminal_code()),))
    question = info_request.questions.get()
    client = sign_in(world.handler)

    page = client.get(tab_url(info_request, question.tab)).content.decode()
    assert '<option value="data_protection" selected' in page
    assert "competent authority called Dienst Justis" in page
    assert question.answer.status == ""

    client.post(
        tab_url(info_request, question.tab),
        body_for(info_request, question.tab, standard_1="data_protection", text_1="Dienst Justis"),
    )
    assert info_request.questions.get().answer.status == "excused"
    assert "competent authority called" not in client.get(tab_url(info_request, question.tab)).content.decode()


def test_the_suggestion_follows_the_language_of_the_requester(world, sign_in):
    """ANS-07."""
    info_request = world.accepted(questions=(NewQuestion(code=criminal_code()),), language="nl")
    page = sign_in(world.handler).get(tab_url(info_request, info_request.questions.get().tab)).content.decode()
    assert "bevoegde autoriteit, Dienst Justis" in page
    assert "De tekst staat in de taal van de verzoeker: Nederlands." in page

    info_request = world.accepted(questions=(NewQuestion(code=criminal_code()),), language="pl")
    page = sign_in(world.handler).get(tab_url(info_request, info_request.questions.get().tab)).content.decode()
    assert "competent authority called Dienst Justis" in page
    assert "De tekst staat in het Engels" in page


def test_good_repute_warns_above_every_free_field(world, sign_in):
    """ANS-15 to ANS-18."""
    known = catalogue.set_for(Procedure.GOOD_REPUTE, False)
    info_request = world.accepted(
        procedure=Procedure.GOOD_REPUTE, questions=tuple(NewQuestion(code=q.code) for q in known.questions)
    )
    for tab in known.tabs:
        page = sign_in(world.handler).get(tab_url(info_request, tab.letter)).content.decode()
        above = page.split("<textarea")
        assert len(above) == len(tab.questions) + 1
        assert all(known.warning.nl in part for part in above[:-1])


def test_two_windows_show_both_texts_and_let_the_person_choose(world, sign_in):
    info_request = world.accepted()
    client = sign_in(world.handler)
    stale = body_for(info_request, text_2="Uit venster een")
    client.post(tab_url(info_request), body_for(info_request, text_2="Uit venster twee", text_3="Ook opgeslagen"))

    response = client.post(
        tab_url(info_request), {**stale, f"text-{questions_of(info_request)[2].pk}": "Ook opgeslagen"}
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert "Uit venster een" in page
    assert "Uit venster twee" in page
    assert contents(world, info_request)[1].text == "Uit venster twee"
    assert page.count('value="saved"') == 1

    again = body_for(info_request, text_2="Uit venster een", text_3="Ook opgeslagen", keep_2="saved")
    assert client.post(tab_url(info_request), again).status_code == 302
    assert contents(world, info_request)[1].text == "Uit venster twee"
    again = body_for(info_request, text_2="Uit venster een", text_3="Ook opgeslagen", keep_2="mine")
    assert client.post(tab_url(info_request), again).status_code == 302
    assert contents(world, info_request)[1].text == "Uit venster een"


def test_another_question_saved_elsewhere_is_no_conflict(world, sign_in):
    info_request = world.accepted()
    client = sign_in(world.handler)
    stale = body_for(info_request, text_2="Twee")
    client.post(tab_url(info_request), body_for(info_request, text_3="Drie"))
    stale[f"text-{questions_of(info_request)[2].pk}"] = "Drie"

    assert client.post(tab_url(info_request), stale).status_code == 302
    assert [content.text for content in contents(world, info_request)] == ["", "Twee", "Drie"]


def test_what_was_not_touched_is_not_overwritten(world, sign_in):
    """Only the base on the page tells an old answer from a new one."""
    info_request = world.accepted()
    client = sign_in(world.handler)
    client.post(tab_url(info_request), body_for(info_request, text_2="Oud"))
    page = client.get(tab_url(info_request)).content.decode()
    stale = body_for(info_request, text_2="Oud", text_3="Nieuw")
    stale |= dict(re.findall(r'name="(base-[^"]+)" value="([^"]+)"', page))
    assert len(stale) == 12
    client.post(tab_url(info_request), body_for(info_request, value_1="yes", text_2="Elders gewijzigd"))

    assert client.post(tab_url(info_request), stale).status_code == 302
    assert [content.text for content in contents(world, info_request)] == ["", "Elders gewijzigd", "Nieuw"]
    assert contents(world, info_request)[0].value == "yes"


def test_what_is_prepared_is_frozen_and_what_was_typed_meanwhile_comes_back(world, sign_in):
    """Design 9, "Prepared, not yet done in IMI"."""
    info_request = world.complete()
    client = sign_in(world.handler)
    page = client.get(tab_url(info_request)).content.decode()
    body = body_for(info_request, text_1=MARKER, text_2="Ja, dat klopt.", standard_2="data_protection")
    body |= dict(re.findall(r'name="(base-[^"]+)" value="([^"]+)"', page))
    answering.prepare_answer(info_request=info_request, actor=world.handler)

    page = client.get(tab_url(info_request)).content.decode()
    assert "<textarea" not in page
    assert "Ja, dat klopt." in page
    response = client.post(tab_url(info_request), body)
    assert response.status_code == 409
    assert "Kies op de pagina van het verzoek eerst ‘Terug naar bewerken’." in response.content.decode()
    typed, untouched = (section_of(response, question) for question in questions_of(info_request)[:2])
    assert typed.lower().count("nog niet opgeslagen") == 2 and "Opgeslagen om" not in typed
    assert "nog niet opgeslagen" not in untouched.lower() and "Opgeslagen om" in untouched
    assert "desk-badge--positive" not in typed
    assert MARKER in response.content.decode()
    assert contents(world, info_request)[0].text == "Ja, dat klopt."


def test_answered_and_closed_are_read_only(world, sign_in):
    info_request = world.closed()
    client = sign_in(world.handler)

    page = client.get(tab_url(info_request)).content.decode()
    assert "<textarea" not in page
    assert "Ja, dat klopt." in page
    assert "Ja, dat klopt." not in sign_in(world.allocator).get(tab_url(info_request)).content.decode()
    assert sign_in(world.handler).post(tab_url(info_request), body_for(info_request)).status_code == 409
    assert info_request.state == State.CLOSED


def test_an_own_question_is_shown_apart_with_its_comment(world, sign_in):
    """SP-33: free text in <bdi>, never as markup."""
    own = NewQuestion(
        tab="Sonstiges", text="<b>Haben Sie שלום?</b> {{ 7|add:7 }}", kind="yes_no", comment="Bitte {name}"
    )
    info_request = world.accepted(questions=(own,))
    letter = info_request.questions.get().tab

    page = sign_in(world.handler).get(tab_url(info_request, letter)).content.decode()
    assert "<b>Haben" not in page
    assert "&lt;b&gt;Haben Sie שלום?&lt;/b&gt; {{ 7|add:7 }}</bdi>" in page
    assert "Bitte {name}</bdi>" in page
    assert "<bdi hx-disable>Sonstiges</bdi>" in page


def test_questions_added_later_join_the_tab(world, sign_in):
    info_request = world.accepted(questions=(NewQuestion(code=code_of_kind("yes_no")),))
    letter = info_request.questions.get().tab
    stale = body_for(info_request, letter, value_1="yes")
    receiving.choose_questions(
        info_request=info_request,
        actor=world.handler,
        questions=(NewQuestion(tab=letter, text="Nog iets?", kind="text"),),
    )

    assert sign_in(world.handler).post(tab_url(info_request, letter), stale).status_code == 302
    assert [content.value for content in contents(world, info_request, letter)] == ["yes", ""]


def test_forty_questions_and_a_long_answer(world, sign_in):
    questions = tuple(NewQuestion(tab="A", text=f"Vraag nummer {n}?", kind="text") for n in range(40))
    info_request = world.accepted(questions=questions)
    long = ("Ł ß Ωμέγα שלום\r\n" * 1334)[:20_000]
    client = sign_in(world.handler)

    response = client.post(tab_url(info_request), body_for(info_request, text_40=long), follow=True)

    assert response.status_code == 200
    assert contents(world, info_request)[39].text == long.replace("\r\n", "\n")
    assert long.replace("\r\n", "\n")[:60].split("\n")[0] in response.content.decode()
    too_long = client.post(tab_url(info_request), body_for(info_request, text_1="x" * 50_001, text_2=MARKER))
    assert too_long.status_code == 422
    assert MARKER in too_long.content.decode()


def test_links_lead_to_the_questions_without_an_answer(world, sign_in):
    info_request = world.accepted(
        questions=tuple(NewQuestion(code=q.code) for q in catalogue.set_for("information_request", False).questions)
    )
    client = sign_in(world.handler)
    client.post(tab_url(info_request), body_for(info_request, value_1="yes"))

    page = client.get(tab_url(info_request)).content.decode()
    assert 'href="#question-A-3"' in page
    assert f"{tab_url(info_request, 'A')}#question-A-2" in page
    assert f'rel="next" href="{tab_url(info_request, "B")}"' in page
    assert 'rel="prev"' not in page
    last = client.get(tab_url(info_request, "D")).content.decode()
    assert f"{tab_url(info_request, 'A')}#question-A-2" in last
    assert 'rel="next"' not in last
    assert client.get(tab_url(info_request, "X")).status_code == 404


def test_each_reading_leaves_its_purpose(world, sign_in):
    """SEC-10."""
    from requests_app.models import ReadRecord

    info_request = world.assigned()
    sign_in(world.handler).get(tab_url(info_request))
    sign_in(world.allocator).get(tab_url(info_request))
    answering.accept_request(info_request=info_request, actor=world.handler)
    sign_in(world.handler).get(tab_url(info_request))

    read = list(ReadRecord.objects.order_by("pk").values_list("purpose", "part"))
    assert read == [("judge", "questions"), ("allocate", "questions"), ("answer", "person")]
    assert Grant.ANSWER in type(info_request).objects.grants(world.handler, info_request.pk)


def save(client, info_request, place=1, *, token=None, sent="", status=200, version=None, **typed):
    """What the page sends by itself for one question: save(client, info_request, text="…")."""
    question = questions_of(info_request)[place - 1]
    body = {f"{name}-{question.pk}": value for name, value in typed.items()}
    body[f"version-{question.pk}"] = question.answer.version if version is None else version
    body[f"sent-{question.pk}"] = sent
    url = reverse("requests_app:save_answer", args=[info_request.reference, question.tab, question.pk])
    response = client.post(url, {**body, "token": str(token or uuid4())}, headers={"HX-Request": "true"})
    assert response.status_code == status
    return response.content.decode()


def result_of(page):
    return dict(re.findall(r'data-(outcome|version)="([^"]*)"', page))


def test_an_answer_saves_itself_and_the_page_gets_what_follows(world, sign_in):
    info_request = world.accepted()
    question = questions_of(info_request)[1]

    page = save(sign_in(world.handler), info_request, 2, text=MARKER)

    assert result_of(page) == {"outcome": "saved", "version": "1"}
    assert contents(world, info_request)[1].text == MARKER
    assert "Opgeslagen om " in page
    for part in ("answer-progress", f"state-{question.pk}", f"saved-{question.pk}", "status-panel", "request-tabs"):
        assert f'id="{part}"' in page
    assert MARKER not in page
    assert "<html" not in page


def test_saving_by_itself_opens_nothing_and_is_told_once_in_a_sitting(world, sign_in):
    """ADR 10: the trail says who works on which tab; the row of the answer says the rest."""
    info_request = world.accepted()
    client = sign_in(world.handler)
    before = ReadRecord.objects.count()

    for text in ("Ee", "Een", "Een antwoord"):
        save(client, info_request, text=text)
    assert actions(info_request).count(Action.ANSWERS_SAVED) == 1
    assert contents(world, info_request)[0].text == "Een antwoord"
    assert ReadRecord.objects.count() == before + 1  # the line above

    client.post(tab_url(info_request), body_for(info_request, text_1="Een antwoord."))
    assert actions(info_request).count(Action.ANSWERS_SAVED) == 2
    clock.move(timedelta(minutes=31))
    save(client, info_request, text="Later")
    assert actions(info_request).count(Action.ANSWERS_SAVED) == 3


def test_a_save_that_comes_twice_or_out_of_order_is_no_conflict(world, sign_in):
    """A lost reply, and a page that went on typing meanwhile (pitfall 23)."""
    info_request = world.accepted()
    client = sign_in(world.handler)
    first, second = str(uuid4()), str(uuid4())

    save(client, info_request, version=0, token=first, text="Half")
    page = save(client, info_request, version=0, token=first, text="Half")
    assert result_of(page) == {"outcome": "saved", "version": "1"}
    page = save(client, info_request, version=0, token=second, sent=first, text="Heel")
    assert result_of(page) == {"outcome": "saved", "version": "2"}
    page = save(client, info_request, version=0, sent="", text="Half", status=409)
    assert result_of(page)["outcome"] == "conflict"
    assert contents(world, info_request)[0].text == "Heel"


def test_two_handlers_get_both_texts(world, sign_in):
    info_request = world.accepted()
    Allocation.objects.create(
        info_request=info_request, handler=world.other_handler, made_at=clock.now(), accepted_at=clock.now()
    )
    permissions.sync_grants([info_request])
    save(sign_in(world.other_handler), info_request, text="Van Dirk")

    page = save(sign_in(world.handler), info_request, version=0, text="Van Carla", status=409)

    assert result_of(page) == {"outcome": "conflict", "version": "1"}
    assert "Van Dirk" in page
    assert "Van Carla" in page
    assert contents(world, info_request)[0].text == "Van Dirk"
    key = questions_of(info_request)[0].pk
    answer = {**body_for(info_request, text_1="Van Carla"), f"keep-{key}": "mine"}
    assert sign_in(world.handler).post(tab_url(info_request), answer).status_code == 302
    assert contents(world, info_request)[0].text == "Van Carla"


def test_the_same_text_from_two_windows_is_no_conflict(world, sign_in):
    info_request = world.accepted()
    client = sign_in(world.handler)
    save(client, info_request, version=0, text="Gelijk")

    assert result_of(save(client, info_request, version=0, text="Gelijk")) == {"outcome": "saved", "version": "1"}


def test_the_whole_form_knows_the_saves_of_its_own_page(world, sign_in):
    info_request = world.accepted()
    client = sign_in(world.handler)
    stale = body_for(info_request, text_1="Eerst en daarna")
    token = str(uuid4())
    save(client, info_request, token=token, text="Eerst")
    stale[f"sent-{questions_of(info_request)[0].pk}"] = token

    assert client.post(tab_url(info_request), stale).status_code == 302
    assert contents(world, info_request)[0].text == "Eerst en daarna"


def test_what_is_wrong_is_said_and_what_is_prepared_is_fixed(world, sign_in):
    info_request = world.accepted(questions=(NewQuestion(tab="A", text="Hoeveel?", kind="number"),))
    client = sign_in(world.handler)
    page = save(client, info_request, value="veel", status=422)
    assert result_of(page) == {"outcome": "fault"}
    assert "Niet opgeslagen: " in page

    world.answer_all(info_request)
    answering.prepare_answer(info_request=info_request, actor=world.handler)
    page = save(client, info_request, text=MARKER, status=409)
    assert result_of(page)["outcome"] == "frozen"
    assert contents(world, info_request)[0].text == "Ja, dat klopt."


def test_only_the_handler_who_accepted_saves(world, sign_in):
    info_request = world.accepted()
    save(sign_in(world.handler), info_request, text="Wel")
    for user, status in ((world.allocator, 403), (world.other_handler, 403), (world.stranger, 404)):
        save(sign_in(user), info_request, text=MARKER, status=status)
    assert contents(world, info_request)[0].text == "Wel"


@pytest.mark.parametrize("user", ["allocator", "stranger"])
def test_a_refused_form_gives_back_what_was_typed(world, sign_in, user):
    """The text of 403 and 404 (SP-14)."""
    info_request = world.accepted()

    response = sign_in(getattr(world, user)).post(tab_url(info_request), {"text": MARKER})

    assert response.status_code in (403, 404)
    assert MARKER in response.content.decode()


def sign_in_again(client, page, username):
    kept = re.search(r'name="kept" value="([^"]+)"', page).group(1)
    login = {"login": username, "password": PASSWORD, "kept": kept}
    return client.post(reverse("account_login"), login).content.decode()


def test_what_was_typed_comes_through_the_sign_in_for_who_typed_it(world, sign_in):
    """SP-14, without JavaScript: also when the session cookie is gone and after a wrong password."""
    info_request = world.accepted()
    client = sign_in(world.handler)
    form = client.get(tab_url(info_request)).content.decode()
    owner = re.search(r'name="owner" value="([^"]+)"', form).group(1)
    body = {**body_for(info_request, text_1=f"{MARKER} & meer\n\nEinde"), "owner": owner}
    client.post(reverse("account_logout"))  # himself, in another tab
    client.cookies.clear()

    page = client.post(tab_url(info_request), body).content.decode()
    assert MARKER in page
    assert "of je hebt je in een ander tabblad afgemeld" in page
    assert MARKER not in sign_in_again(client, page, "dirk")
    client.cookies.clear()
    kept = re.search(r'name="kept" value="([^"]+)"', page).group(1)
    wrong = client.post(reverse("account_login"), {"login": "carla", "password": "mis", "kept": kept})
    again = sign_in_again(client, wrong.content.decode(), "carla")

    assert f"{MARKER} &amp; meer\n\nEinde" in again
    assert f'action="{tab_url(info_request)}"' in again


def test_a_form_of_somebody_else_is_not_given_back(world):
    """Signed in meanwhile as another: the token does not fit, and the text is not his (SP-14)."""
    info_request = world.accepted()
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.handler)
    body = {**body_for(info_request, text_1=MARKER), "owner": kept.owner_mark(world.handler)}
    page = client.post(tab_url(info_request), body).content.decode()
    assert MARKER in page
    assert "Verstuur het opnieuw" in page

    client.force_login(world.other_handler)
    assert MARKER not in client.post(tab_url(info_request), body).content.decode()


@pytest.mark.parametrize("word", ["Zaubertinte-Łódź-ß", "geen"])
@pytest.mark.parametrize("own", [True, False])
def test_the_words_of_a_step_are_only_for_who_opened_its_form(world, word, own):
    """SP-14: as of a tab; one small word is no code."""
    info_request = world.assigned()
    url = reverse("requests_app:refuse", args=[info_request.reference])
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.handler)
    form = client.get(url).content.decode()
    body = {"words": word, "owner": re.search(r'name="owner" value="([^"]+)"', form).group(1)}
    given = re.compile(rf"<textarea[^>]*>\s*{word}</textarea>")

    client.force_login(world.handler if own else world.other_handler)
    page = client.post(url, body)

    assert page.status_code == 403
    assert bool(given.search(page.content.decode())) == own


def test_the_words_of_a_step_come_through_the_sign_in_for_who_typed_them(world):
    info_request = world.assigned()
    url = reverse("requests_app:refuse", args=[info_request.reference])
    client = Client()
    client.force_login(world.handler)
    form = client.get(url).content.decode()
    body = {"words": "geen", "owner": re.search(r'name="owner" value="([^"]+)"', form).group(1)}
    client.cookies.clear()
    page = client.post(url, body).content.decode()

    again = sign_in_again(client, page, "carla")
    assert re.search(r'<textarea[^>]* name="words"[^>]*>\s*geen</textarea>', again)
    assert 'name="owner"' in again
    client.cookies.clear()
    assert "geen</textarea>" not in sign_in_again(client, page, "dirk")
