""" "Dienstverlener overnemen uit IMI": optional, in any letters, in the shape of the intake format (SP-14)."""

import re
from datetime import date

import pytest
from django.urls import reverse

from imidesk.core import audit
from requests_app import intake, provider
from requests_app.models import InformationRequest, Subject
from requests_app.permissions import look
from requests_app.selectors import case
from requests_app.services.receiving import subject_as_dict
from requests_app.vocabulary import Action, Part, Purpose

WHOLE = {
    "kind": "natural",
    "family_name": "Łukasiewicz-Größe",
    "given_names": "Αθηνά ⁧שרה⁩",
    "birth_date": "1980-02-29",
    "legal_name": "",
    "trade_name": "Feuerwerk ﷽ ᚠ 𝕏 é",
    "street": "Musterstraße 12",
    "postcode": "99999",
    "town": "Νάξος",
    "country": "GR",
    "email": "sara@dienstverlener.example",
    "phone": "+30 22850 00000",
}


def url_of(info_request):
    return reverse("requests_app:subject", args=[info_request.reference])


def body(numbers=(), **changes):
    data = {**WHOLE, **changes, "numbers-TOTAL_FORMS": "4", "numbers-INITIAL_FORMS": "0"}
    for index, (kind, value) in enumerate(numbers):
        data |= {f"numbers-{index}-type": kind, f"numbers-{index}-value": value}
    return data


def subject_of(world, info_request):
    now = InformationRequest.objects.get(pk=info_request.pk)
    return case.subject(now, look(world.handler, now, Part.PERSON, Purpose.READ))


def test_the_form_shows_what_is_known_and_saves_every_letter(world, sign_in):
    info_request = world.accepted()
    client = sign_in(world.handler)

    page = client.get(url_of(info_request)).content.decode()
    for known in ("Łukasiewicz-Größe", "Αθηνά", "1980-02-29", "PL-5260001246", "Musterstraße 12"):
        assert f'value="{known}"' in page
    assert page.count("(!)") >= 12 and page.count("persoonsgegevens") >= 12

    response = client.post(url_of(info_request), body([("tax", "PL-5260001246"), ("vat", "EL 1-ß")]))
    assert response.status_code == 302
    saved = subject_of(world, info_request)
    assert saved == {
        "kind": "natural",
        "family_name": WHOLE["family_name"],
        "given_names": WHOLE["given_names"],
        "birth_date": "1980-02-29",
        "trade_name": WHOLE["trade_name"],
        "numbers": [{"type": "tax", "value": "PL-5260001246"}, {"type": "vat", "value": "EL 1-ß"}],
        "address": {"street": "Musterstraße 12", "postcode": "99999", "town": "Νάξος", "country": "GR"},
        "email": WHOLE["email"],
        "phone": WHOLE["phone"],
    }
    event = list(audit.events_of("request", info_request.uuid))[-1]
    assert (event.action, event.details["source"]) == (Action.SUBJECT_COMPLETED, "form")
    assert "ukasiewicz" not in str(event.details)
    assert (
        "ukasiewicz" not in client.get(reverse("requests_app:timeline", args=[info_request.reference])).content.decode()
    )
    assert "Größe".encode() not in bytes(Subject.objects.get(info_request=info_request).content)


def test_the_shape_is_that_of_the_intake_format(world, sign_in):
    """So a supplement file finds equal what a person typed (design 9)."""
    info_request = world.accepted()
    sign_in(world.handler).post(url_of(info_request), body([("company_register", "HRB 1")]))

    given = intake.IntakeSubject(
        kind="natural",
        family_name=WHOLE["family_name"],
        given_names=WHOLE["given_names"],
        trade_name=WHOLE["trade_name"],
        birth_date=date(1980, 2, 29),
        numbers=(intake.IntakeNumber("company_register", "HRB 1"),),
        address=intake.IntakeAddress("Musterstraße 12", "99999", "Νάξος", "GR"),
        email=WHOLE["email"],
        phone=WHOLE["phone"],
    )
    assert subject_of(world, info_request) == subject_as_dict(given)


def test_everything_is_optional(world, sign_in):
    info_request = world.accepted()
    empty = body(**dict.fromkeys(WHOLE, ""))

    assert sign_in(world.handler).post(url_of(info_request), empty).status_code == 302
    assert subject_of(world, info_request) == {}
    only = sign_in(world.handler).post(
        url_of(info_request), body(**{**dict.fromkeys(WHOLE, ""), "legal_name": "Ł GmbH"})
    )
    assert only.status_code == 302
    assert subject_of(world, info_request) == {"kind": "legal", "legal_name": "Ł GmbH"}


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("birth_date", "30-02-1980"),
        ("birth_date", "2999-01-01"),
        ("email", "geen adres"),
        ("country", "ZZ"),
        ("family_name", "a\u2028b"),
        ("family_name", "x" * 201),
    ],
)
def test_a_fault_stands_beside_its_field_and_keeps_the_rest(world, sign_in, field, wrong):
    info_request = world.accepted()
    before = subject_of(world, info_request)

    response = sign_in(world.handler).post(url_of(info_request), body(**{field: wrong}))

    page = response.content.decode()
    assert response.status_code == 422
    assert WHOLE["trade_name"] in page
    assert re.search(rf'id="id_{field}_error"', page)
    assert subject_of(world, info_request) == before


def test_nothing_at_all_is_not_called_saved(world, sign_in):
    info_request = world.accepted(subject={})
    client = sign_in(world.handler)
    empty = body(**dict.fromkeys(WHOLE, ""))

    refused = client.post(url_of(info_request), empty)
    assert refused.status_code == 422
    assert "Je hebt nog niets ingevuld." in refused.content.decode()
    assert client.post(url_of(info_request), {**empty, "town": "Breda"}).status_code == 302
    assert client.post(url_of(info_request), empty).status_code == 302


def test_two_parts_of_a_page_have_one_summary(world, sign_in):
    wrong = body([("", "123")], birth_date="gisteren")

    page = sign_in(world.handler).post(url_of(world.accepted()), wrong).content.decode()

    assert page.count("Dit klopt nog niet") == 1
    assert 'href="#id_birth_date"' in page and 'href="#id_numbers-0-type"' in page


def test_a_number_needs_its_kind(world, sign_in):
    info_request = world.accepted()
    response = sign_in(world.handler).post(url_of(info_request), body([("", "12345")]))
    assert response.status_code == 422
    assert "12345" in response.content.decode()
    assert sign_in(world.handler).post(url_of(info_request), body([("other", "12345")])).status_code == 302


def test_only_the_handler_who_accepted_may(world, sign_in):
    info_request = world.assigned()
    assert sign_in(world.handler).get(url_of(info_request)).status_code == 403

    info_request = world.accepted()
    for user, status in (
        (world.allocator, 403),
        (world.other_handler, 403),
        (world.jurist, 403),
        (world.stranger, 404),
    ):
        assert sign_in(user).get(url_of(info_request)).status_code == status
        assert sign_in(user).post(url_of(info_request), body()).status_code == status
    assert sign_in(world.handler).get(url_of(info_request)).status_code == 200
    assert sign_in(world.handler).get(url_of(world.closed())).status_code == 200


def test_the_lists_are_those_of_the_intake_format():
    types = {code for code, _ in provider.NUMBER_TYPES}
    text = intake.schema_text(intake.INTAKE)
    assert all(f'"{code}"' in text for code in types)
    assert len(provider.countries()) == 30
