"""Registering by hand and taking questions over (issue steps 1 and 2)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from authorities.models import Authority, Keyword
from authorities.vocabulary import AuthorityStatus, Role
from imidesk.core import audit, clock
from requests_app import catalogue
from requests_app.forms.open_text import looks_personal
from requests_app.models import InformationRequest, SealedFile, SealedText
from requests_app.permissions import look
from requests_app.selectors import case
from requests_app.vocabulary import Action, Channel, FileKind, Part, Procedure, Purpose, State
from tests.factories.files import pdf_bytes, png_bytes
from tests.factories.steps import run_jobs
from tests.factories.world import make_user, member

URL = reverse("requests_app:register")


def local(moment):
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def six_fields(world, **changes):
    return {
        "imi_number": "512345",
        "module": f"{world.home.pk}:{Procedure.INFORMATION_REQUEST}",
        "requester": str(world.germany.pk),
        "service_activity": world.activity.code,
        "received_at": local(clock.now() - timedelta(days=1)),
        "reply_days": "14",
        **changes,
    }


def registered(world):
    return InformationRequest.objects.get()


@pytest.mark.parametrize("person", ["allocator", "other_handler"])
def test_six_fields_suffice(world, sign_in, person):
    """IN-01, MSG-09 to MSG-11: an allocator, and a handler for his own module."""
    user = getattr(world, person)
    response = sign_in(user).post(URL, six_fields(world))

    info_request = registered(world)
    assert response.status_code == 302
    assert (info_request.state, info_request.channel) == (State.RECEIVED, Channel.IMI)
    assert info_request.accept_by == timezone.localdate(info_request.received_at) + timedelta(days=7)
    assert info_request.asked_on == timezone.localdate(info_request.received_at) + timedelta(days=14)
    (event,) = audit.events_of("request", info_request.uuid)
    assert (event.action, event.actor, event.details["source"]) == (Action.RECEIVED, user, "form")


def test_a_moment_in_the_future_is_said_beside_its_field(world, sign_in):
    """Not on top of the form: which of the moments it is would be a search."""
    later = timezone.localtime(clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    client = sign_in(world.allocator)

    answer = client.post(URL, {**six_fields(world), "received_at": later})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["received_at"]
    assert "toekomst" in answer.content.decode()
    assert client.post(URL, six_fields(world)).status_code == 302


def test_every_fault_that_can_be_judged_is_told_at_once(world, sign_in):
    known = world.received()
    client = sign_in(world.allocator)
    later = local(clock.now() + timedelta(days=2))
    wrong = six_fields(world, received_at=later, reply_days="veel", imi_number="geen nummer")

    answer = client.post(URL, wrong)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"received_at", "reply_days", "imi_number"}

    answer = client.post(URL, {**wrong, "imi_number": known.imi_number})
    assert set(answer.context["form"].errors) == {"received_at", "reply_days", "imi_number"}
    assert known.get_absolute_url() in answer.content.decode()
    assert client.post(URL, six_fields(world)).status_code == 302


def test_an_empty_field_says_what_to_fill_in(world, sign_in):
    answer = sign_in(world.allocator).post(URL, {**six_fields(world), "received_at": "", "module": ""})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Vul “" in page and "Kies iets bij “" in page
    assert "Vul dit in." not in page


def test_an_allocator_goes_on_to_the_questions(world, sign_in):
    response = sign_in(world.allocator).post(URL, six_fields(world))
    assert response.url == reverse("requests_app:choose_questions", args=[registered(world).reference])


def test_a_handler_who_may_not_take_questions_over_goes_to_the_request(world, sign_in):
    response = sign_in(world.other_handler).post(URL, six_fields(world))
    assert response.url == registered(world).get_absolute_url()


@pytest.mark.parametrize("person", ["basic", "jurist", "stranger"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_others_may_not_register(world, sign_in, person, method):
    response = getattr(sign_in(getattr(world, person)), method)(URL, six_fields(world))
    assert response.status_code == 403
    assert not InformationRequest.objects.exists()


def test_a_handler_sees_only_his_own_module(world, sign_in):
    client = sign_in(world.other_handler)
    assert f'value="{world.home.pk}:{Procedure.SDG_EVIDENCE}"' not in client.get(URL).content.decode()
    response = client.post(URL, six_fields(world, module=f"{world.home.pk}:{Procedure.SDG_EVIDENCE}"))
    assert response.status_code == 422
    assert not InformationRequest.objects.exists()


def test_the_form_has_no_field_for_a_person(world, sign_in):
    """IN-08."""
    page = sign_in(world.allocator).get(URL).content.decode()
    for name in ("family_name", "given_names", "legal_name", "birth_date", "address", "email", "phone", "subject"):
        assert f'name="{name}"' not in page


def test_the_rest_of_the_form_is_kept_and_the_motivation_sealed(world, sign_in):
    keyword = Keyword.objects.create(code="nature", name_nl="Natuur", name_en="Nature")
    fields = six_fields(
        world,
        reply_days="",
        asked_on=(clock.today() + timedelta(days=20)).isoformat(),
        service_activity="",
        activity_not_listed="on",
        keywords=[keyword.code],
        legal_basis="services_directive_28",
        language="de",
        motivation="Wir prüfen MERKMAL.",
        imi_report=SimpleUploadedFile("Report.pdf", pdf_bytes(), content_type="application/pdf"),
    )
    sign_in(world.allocator).post(URL, fields)

    info_request = registered(world)
    assert info_request.activity_not_listed and info_request.language == "de"
    assert info_request.asked_on == clock.today() + timedelta(days=20)
    assert list(info_request.keywords.all()) == [keyword]
    opened = look(world.allocator, info_request, Part.QUESTIONS, Purpose.READ)
    assert case.motivation(info_request, opened) == "Wir prüfen MERKMAL."
    assert b"MERKMAL" not in bytes(SealedText.objects.get().text)
    assert SealedFile.objects.get().kind == FileKind.IMI_BEFORE
    assert case.file_views(info_request, opened, FileKind.IMI_BEFORE)[0].name == "Report.pdf"


def test_what_is_no_pdf_is_refused(world, sign_in):
    """SP-30."""
    file = SimpleUploadedFile("Report.pdf", png_bytes(), content_type="application/pdf")
    response = sign_in(world.allocator).post(URL, six_fields(world, imi_report=file))
    assert response.status_code == 422
    assert not InformationRequest.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"imi_number": ""}, "imi_number"),
        ({"requester": ""}, "requester"),
        ({"service_activity": ""}, "service_activity"),
        ({"activity_not_listed": "on"}, "activity_not_listed"),
        ({"reply_days": ""}, "reply_days"),
        ({"reply_days": "0"}, "reply_days"),
        ({"asked_on": "2099-01-01"}, "asked_on"),
        ({"received_at": ""}, "received_at"),
        ({"module": ""}, "module"),
        ({"proposed_name": "Amt Musterdorf"}, "proposed_name"),
        ({"requester": "", "proposed_name": "Amt Musterdorf"}, "proposed_country"),
        ({"late": "accepted"}, "accepted_at"),
        ({"late": "accepted"}, "late_handler"),
        ({"accepted_at": "2026-01-01T10:00"}, "late"),
        ({"imi_number": "ABC"}, "imi_number"),
        ({"received_at": "2099-01-01T10:00"}, "received_at"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(world, sign_in, changes, field):
    response = sign_in(world.allocator).post(URL, six_fields(world, **changes))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not InformationRequest.objects.exists()


def test_a_known_number_shows_the_request_that_is_there(world, sign_in):
    info_request = world.received(imi_number="512345")
    response = sign_in(world.allocator).post(URL, six_fields(world))
    page = response.content.decode()
    assert response.status_code == 422
    assert f'href="{info_request.get_absolute_url()}"' in page
    assert InformationRequest.objects.count() == 1


def test_a_known_number_of_another_module_gives_no_link(world, sign_in):
    """Who may not see the request gets its reference only (SP-29)."""
    sdg = {"module": "sdg_evidence", "procedure": Procedure.SDG_EVIDENCE, "service_activity": None, "questions": ()}
    info_request = world.received(imi_number="512345", **sdg)
    page = sign_in(world.other_handler).post(URL, six_fields(world)).content.decode()
    assert info_request.reference in page
    assert info_request.get_absolute_url() not in page


def test_an_unknown_authority_becomes_a_proposal(world, sign_in):
    """SP-31: in no list until it is confirmed."""
    fields = six_fields(world, requester="", proposed_name="Amt Musterdorf", proposed_country="AT")
    client = sign_in(world.allocator)
    client.post(URL, fields)
    assert registered(world).requester.status == AuthorityStatus.PROPOSED
    assert "Amt Musterdorf" not in client.get(URL).content.decode()


def test_a_name_in_an_open_field_is_warned_of_once(world, sign_in):
    """Design 4: a check warns, and does not block."""
    fields = six_fields(world, requester="", proposed_name="Frau M. Muster", proposed_country="DE")
    client = sign_in(world.allocator)
    response = client.post(URL, fields)
    assert response.status_code == 422
    assert "open_text_checked" in response.content.decode()
    assert client.post(URL, {**fields, "open_text_checked": "on"}).status_code == 302
    assert Authority.objects.filter(name="Frau M. Muster").exists()


@pytest.mark.parametrize(
    "text", ["dhr. Jansen", "J. de Vries", "1234 AB", "Dorpsstraat 12", "Musterstraße 3", "a@b.nl", "123456782"]
)
def test_what_looks_like_a_person(text):
    assert looks_personal(text)


@pytest.mark.parametrize("text", ["Gewerbeamt Musterhausen", "Bezirkshauptmannschaft 2", "Task 12345", "Δήμος"])
def test_what_looks_like_an_authority(text):
    assert not looks_personal(text)


@pytest.mark.parametrize(("channel", "fictitious"), [("desk", False), ("fictitious", True)])
def test_outside_imi_no_number_is_needed(world, sign_in, channel, fictitious):
    sign_in(world.allocator).post(URL, six_fields(world, imi_number="", channel=channel))
    assert (registered(world).channel, registered(world).fictitious) == (Channel.DESK, fictitious)


@pytest.mark.parametrize("channel", ["desk", "fictitious"])
def test_outside_imi_there_is_no_number(world, sign_in, channel):
    """A wrong choice would take the number from the real request, and count or erase it otherwise."""
    client = sign_in(world.allocator)
    fields = six_fields(world, channel=channel)
    assert fields["imi_number"]
    refused = client.post(URL, fields)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["imi_number"])
    assert not InformationRequest.objects.exists()
    assert client.post(URL, {**fields, "imi_number": ""}).status_code == 302


def late_fields(world, handler, **changes):
    now = clock.now()
    return six_fields(
        world,
        received_at=local(now - timedelta(days=9)),
        late="answered",
        late_handler=str(handler.pk),
        accepted_at=local(now - timedelta(days=7)),
        answered_at=local(now - timedelta(days=2)),
        **changes,
    )


@pytest.mark.usefixtures("quick_pdf")
def test_what_was_done_in_imi_before_is_registered_with_it(world, sign_in):
    """IMI-04: past moments, marked late; the person stays shut until the handler confirms."""
    sign_in(world.allocator).post(URL, late_fields(world, world.handler))

    info_request = registered(world)
    assert (info_request.state, info_request.registered_late) == (State.ANSWERED, True)
    events = audit.events_of("request", info_request.uuid)
    assert [event.action for event in events] == [Action.RECEIVED, Action.ACCEPTANCE_RECORDED, Action.ANSWER_RECORDED]
    assert all(event.details["late"] for event in events)
    task = reverse("requests_app:task", args=[info_request.reference])
    assert "Het open rapport wordt gemaakt." in sign_in(world.allocator).get(task).content.decode()
    run_jobs()
    page = sign_in(world.allocator).get(task).content.decode()
    assert "rapport zonder persoonsgegevens" in page and "Het open rapport wordt gemaakt." not in page


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"accepted_at": 10}, "accepted_at", "De aanvaarding ligt vóór de ontvangst."),
        ({"answered_at": 8}, "answered_at", "Het antwoord ligt vóór de aanvaarding."),
        ({"closed_at": 3}, "closed_at", "Het afsluiten door de verzoeker ligt vóór het antwoord."),
    ],
)
def test_a_moment_before_the_one_before_it_is_said_beside_its_field(world, sign_in, changes, field, sentence):
    now = clock.now()
    good = {**late_fields(world, world.handler), "late": "closed", "closed_at": local(now - timedelta(days=1))}
    client = sign_in(world.allocator)

    wrong = {name: local(now - timedelta(days=ago)) for name, ago in changes.items()}
    refused = client.post(URL, {**good, **wrong})

    assert refused.status_code == 422
    errors = refused.context["form"].errors
    assert set(errors) == {field} and sentence in errors[field][0]
    assert not InformationRequest.objects.exists()
    assert client.post(URL, good).status_code == 302


def test_a_handler_registers_late_only_what_he_did_himself(world, sign_in):
    client = sign_in(world.other_handler)
    assert client.post(URL, late_fields(world, world.handler)).status_code == 422
    assert client.post(URL, late_fields(world, world.other_handler)).status_code == 302


def test_who_is_no_handler_of_the_module_cannot_have_accepted(world, sign_in):
    elsewhere = make_user("hans", "Hans", "Voorbeeld")
    member(elsewhere, world.home, Role.BEHANDELAAR, "sdg_evidence")
    response = sign_in(world.allocator).post(URL, late_fields(world, elsewhere))
    assert response.status_code == 422
    assert not InformationRequest.objects.exists()


# Taking questions over


def choose(info_request):
    return reverse("requests_app:choose_questions", args=[info_request.reference])


def own(*rows):
    data = {"own-TOTAL_FORMS": "3", "own-INITIAL_FORMS": "0"}
    for number, row in enumerate(rows):
        data |= {f"own-{number}-{name}": value for name, value in row.items()}
    return data


def test_standard_questions_and_own_text_are_taken_over(world, sign_in):
    info_request = world.received()
    codes = [q.code for q in catalogue.set_for(Procedure.INFORMATION_REQUEST, False).questions[3:5]]
    rows = own(
        {"text": "Is er toezicht gehouden?", "kind": "yes_no", "tab": "A"},
        {"text": "Wat is er bijzonder?", "kind": "text", "tab": "new", "new_tab": "Bijzonderheden"},
    )
    client = sign_in(world.allocator)
    response = client.post(choose(info_request), {"codes": codes, **rows})

    assert response.status_code == 302
    assert info_request.questions.count() == 7
    assert audit.events_of("request", info_request.uuid).last().details["questions"] == 4
    page = client.get(choose(info_request)).content.decode()
    assert "Is er toezicht gehouden?" in page and "Bijzonderheden" in page
    assert f'value="{codes[0]}"' not in page


def test_nothing_ticked_and_nothing_written_is_said(world, sign_in):
    info_request = world.received()
    response = sign_in(world.allocator).post(choose(info_request), own())
    assert response.status_code == 422
    assert info_request.questions.count() == 3


def test_a_new_tab_needs_a_name_and_the_text_stays(world, sign_in):
    rows = own({"text": "Wat is er bijzonder?", "kind": "text", "tab": "new"})
    response = sign_in(world.allocator).post(choose(world.received()), rows)
    assert response.status_code == 422
    assert "Wat is er bijzonder?" in response.content.decode()


def test_a_question_of_another_set_is_refused(world, sign_in):
    info_request = world.received()
    code = catalogue.set_for(Procedure.GOOD_REPUTE, False).questions[0].code
    assert sign_in(world.allocator).post(choose(info_request), {"codes": [code], **own()}).status_code == 422


@pytest.mark.parametrize(
    ("person", "status"),
    [("allocator", 200), ("handler", 200), ("other_handler", 403), ("basic", 403), ("jurist", 403), ("stranger", 404)],
)
def test_who_takes_questions_over(world, sign_in, person, status):
    info_request = world.assigned()
    assert sign_in(getattr(world, person)).get(choose(info_request)).status_code == status


def test_after_the_answer_no_question_is_added(world, sign_in):
    assert sign_in(world.allocator).get(choose(world.answered())).status_code == 403


@pytest.mark.parametrize("number", ["512345", ""])
def test_the_same_form_sent_twice_registers_once(world, sign_in, number):
    """A double click without JavaScript, also where there is no IMI number to know it by (pitfall 23)."""
    client = sign_in(world.allocator)
    channel = Channel.IMI if number else Channel.DESK
    form = client.get(URL).context["form"]
    body = six_fields(world, imi_number=number, channel=channel, submission=str(form["submission"].value()))

    first = client.post(URL, body)
    second = client.post(URL, body)

    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    assert InformationRequest.objects.count() == 1
    again = client.post(URL, {**body, "imi_number": "", "channel": Channel.DESK, "submission": str(uuid4())})
    assert again.status_code == 302
    assert InformationRequest.objects.count() == 2
