"""Who asks about his own data: registered, searched for by two people, answered, erased (DP-10 to DP-14, SP-25)."""

import json
import re
import subprocess
from datetime import date, timedelta

import psycopg
import pytest
from dateutil.relativedelta import relativedelta
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, OperationalError, connection, transaction
from django.urls import reverse

from archive.models import PersonHit, PersonPaper, PersonRequest, PersonSearch
from archive.person_rights import answering, matching, selectors, services
from archive.person_rights.permissions import look_at
from archive.person_rights.vocabulary import Right, answer_by, erase_on
from archive.services import block_due, erase_due, make_end_reports
from archive.tasks import erase_due_requests
from authorities.models import Authority
from authorities.vocabulary import Role
from imidesk.core import audit, clock, jobs, outbox, vault
from imidesk.core.models import SealKey
from imidesk.core.templatetags.desk import is_personal
from imidesk.monitoring.page_help import PAGES
from requests_app.models import InformationRequest, ReadRecord, SealedText
from requests_app.permissions import look
from requests_app.vocabulary import DataState, Part, Purpose, TextKind
from tests import verapdf
from tests.factories.files import pdf_bytes
from tests.factories.world import SUBJECT, make_user, member

MARKER = "Quetzalovski"
WORDS = "Ik wil weten wat u over mij hebt, Zwaluwbrief."
PERSON = {"given_names": "Ada", "family_name": MARKER, "birth_date": "1980-02-29", "person_number": "NL-99-88776655"}


@pytest.fixture
def officer(world):
    user = make_user("henk", "Henk", "Voorbeeld")
    member(user, world.home, Role.FG)
    return user


def register(client, **changes):
    data = {"right": "access", "received_on": clock.today().isoformat(), "words": WORDS, **PERSON, **changes}
    return client.post(reverse("archive:person_new"), data)


def the_request():
    return PersonRequest.objects.get()


def page_of(name, row):
    return reverse(f"archive:{name}", args=[row.number])


def registered(world, sign_in, **changes):
    assert register(sign_in(world.jurist), **changes).status_code == 302
    return the_request()


def searched(world, sign_in, row):
    """Asked by the lawyer, released by the local data administrator, done by the worker."""
    sign_in(world.jurist).post(page_of("person_search", row))
    search = row.searches.get(released_at__isnull=True)
    sign_in(world.allocator).post(reverse("archive:person_release"), {"search": str(search.uuid)})
    while jobs.run_due():
        continue
    return PersonSearch.objects.get(pk=search.pk)


def everything_stored():
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                for cell in row:
                    yield bytes(cell).decode("latin-1") if isinstance(cell, bytes | memoryview) else str(cell)


@pytest.mark.parametrize(
    ("right", "received", "until"),
    [
        ("access", date(2026, 1, 31), date(2026, 2, 28)),
        ("access", date(2028, 1, 31), date(2028, 2, 29)),
        ("access", date(2026, 12, 15), date(2027, 1, 15)),
        ("correction", date(2026, 1, 31), date(2026, 3, 2)),
        ("deletion", date(2028, 2, 1), date(2028, 3, 2)),
    ],
)
def test_the_days_are_counted_as_the_law_counts_them(right, received, until):
    """DP-12: a month for access, thirty days for the others."""
    assert answer_by(right, received) == until


def test_the_file_has_a_clock_of_its_own():
    assert erase_on(date(2028, 2, 29)) == date(2031, 2, 28)


def test_the_lawyer_registers_and_reads_it_back(world, sign_in):
    row = registered(world, sign_in, right="correction")

    assert row.number == f"AVG-{clock.today().year}-00001"
    assert row.answer_by == clock.today() + timedelta(days=30)
    page = sign_in(world.jurist).get(page_of("person", row)).content.decode()
    assert MARKER in page and "Zwaluwbrief" in page and "rectificatie" in page
    assert "nog 30 dagen" in sign_in(world.jurist).get(reverse("archive:persons")).content.decode()
    assert [event.action for event in audit.events_of("person", row.uuid)] == ["person_request_registered"]


def test_who_asks_stands_nowhere_readable(world, sign_in):
    """SP-25: what is sought is found where it stands open."""
    row = registered(world, sign_in)
    stored = list(everything_stored())

    assert any(row.number in cell for cell in stored)
    assert not any(MARKER in cell or "Zwaluwbrief" in cell or "88776655" in cell for cell in stored)
    assert SealKey.objects.filter(owner=row.uuid).exists()


def test_every_look_at_it_is_recorded(world, sign_in):
    """SEC-10."""
    row = registered(world, sign_in)
    before = ReadRecord.objects.filter(request_uuid=row.uuid).count()

    sign_in(world.jurist).get(page_of("person", row))

    records = ReadRecord.objects.filter(request_uuid=row.uuid)
    assert records.count() == before + 1
    assert set(records.values_list("user", "purpose")) == {(world.jurist.pk, Purpose.RIGHTS)}


def test_the_data_protection_officer_reads_the_register_without_the_person(world, sign_in, officer):
    row = registered(world, sign_in)

    listed = sign_in(officer).get(reverse("archive:persons")).content.decode()
    page = sign_in(officer).get(page_of("person", row)).content.decode()

    assert row.number in listed and "Verzoek van een betrokkene registreren" not in listed
    assert "inzage" in page and MARKER not in page and "Zwaluwbrief" not in page
    assert register(sign_in(officer)).status_code == 403
    assert sign_in(officer).post(page_of("person_answer", row)).status_code == 403
    assert not ReadRecord.objects.filter(user=officer).exists()


@pytest.mark.parametrize("who", ["handler", "allocator", "basic", "stranger"])
def test_others_see_nothing_of_it(world, sign_in, who):
    row = registered(world, sign_in)
    client = sign_in(getattr(world, who))

    assert client.get(reverse("archive:persons")).status_code == 403
    assert client.get(page_of("person", row)).status_code == 403
    assert register(client).status_code == 403


def test_a_lawyer_of_elsewhere_finds_no_such_number(world, sign_in):
    row = registered(world, sign_in)
    elsewhere = make_user("ida", "Ida", "Voorbeeld")
    member(elsewhere, world.nimic, Role.JURIST)

    assert sign_in(elsewhere).get(page_of("person", row)).status_code == 404
    assert row.number not in sign_in(elsewhere).get(reverse("archive:persons")).content.decode()
    assert sign_in(world.jurist).get(page_of("person", row)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"family_name": "", "person_number": ""}, "achternaam"),
        ({"received_on": (date.today() + timedelta(days=400)).isoformat()}, "toekomst"),
        ({"received_on": "1801-03-04"}, "Controleer het jaar"),
        ({"references": "NB-1999-99999"}, "niet bekend"),
        ({"right": "everything"}, "Kies iets dat in de lijst staat"),
        ({"email": "geen adres"}, "e-mail"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(world, sign_in, changes, sentence):
    answer = register(sign_in(world.jurist), **changes)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert answer.content.decode().count("desk-error-summary") == 1
    assert not PersonRequest.objects.exists()
    assert not SealKey.objects.exists()
    assert register(sign_in(world.jurist)).status_code == 302


def test_a_search_that_waits_stands_on_start_of_who_may_release_it(world, sign_in):
    row = registered(world, sign_in)
    sign_in(world.jurist).post(page_of("person_search", row))
    release = reverse("archive:person_release")

    assert release not in sign_in(world.jurist).get("/").content.decode(), "who asked does not release"
    assert release not in sign_in(world.handler).get("/").content.decode()
    answer = sign_in(world.allocator).get("/")
    (task,) = next(group for group in answer.context["groups"] if group.name == "nu").tasks
    assert (task.name, task.url, task.due_on) == (row.number, release, row.answer_by)
    assert release in answer.content.decode() and MARKER not in answer.content.decode()

    administrator = make_user("lia", "Lia", "Voorbeeld")
    member(administrator, world.home, Role.LOKALE_GEGEVENSBEHEERDER, "services")
    assert release in sign_in(administrator).get("/").content.decode(), "without a list of requests too"

    client = sign_in(world.allocator)
    client.post(release, {"search": str(row.searches.get().uuid)})
    assert release not in client.get("/").content.decode()


def test_what_is_to_be_answered_stands_on_start_of_the_lawyer_without_a_name(world, sign_in, officer):
    row = registered(world, sign_in)
    page = page_of("person", row)

    def task_of(user):
        answer = sign_in(user).get("/")
        assert MARKER not in answer.content.decode()
        return [task for group in answer.context["groups"] for task in group.tasks if task.url == page]

    (task,) = task_of(world.jurist)
    assert (task.name, task.due_on, str(task.task)) == (row.number, row.answer_by, "Antwoord de betrokkene")
    for user in (officer, world.allocator, world.handler, of_another_home(world)):
        assert task_of(user) == []
    searched(world, sign_in, row)
    (task,) = task_of(world.jurist)
    assert str(task.task) == "De zoekactie is klaar: antwoord de betrokkene"

    data = {"answer-outcome": "nothing", "answer-answered_on": clock.today().isoformat()}
    sign_in(world.jurist).post(page_of("person_answer", row), data)

    assert task_of(world.jurist) == []


def of_another_home(world):
    other = Authority.objects.create(
        name="Provincie Anders", is_home=True, reference_prefix="PA", email="imi@a.example"
    )
    lawyer = make_user("nora", "Nora", "Voorbeeld")
    member(lawyer, other, Role.JURIST)
    return lawyer


def test_the_number_counts_for_every_authority_of_the_desk(world, sign_in):
    lawyer = of_another_home(world)
    for user in (world.jurist, lawyer, world.jurist):
        assert register(sign_in(user)).status_code == 302

    year = clock.today().year
    numbers = sorted(PersonRequest.objects.values_list("number", flat=True))
    assert numbers == [f"AVG-{year}-0000{number}" for number in (1, 2, 3)]


def test_two_authorities_that_register_at_once_wait_for_each_other(world, sign_in):
    """On PostgreSQL: whoever counts holds one lock for all; on SQLite there is one writer anyway."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer.")
    lawyer = of_another_home(world)
    settings = connection.get_connection_params()
    known = {name: settings[name] for name in ("dbname", "host", "port", "user", "password") if settings.get(name)}
    with psycopg.connect(**known) as counting:
        counting.execute("SELECT id FROM core_installation FOR UPDATE NOWAIT")
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '200ms'")
        with pytest.raises(OperationalError):
            register(sign_in(lawyer))
        counting.rollback()

    assert register(sign_in(lawyer)).status_code == 302
    assert register(sign_in(world.jurist)).status_code == 302
    assert PersonRequest.objects.count() == 2


def test_without_anything_to_search_by_the_first_field_says_so(world, sign_in):
    answer = register(sign_in(world.jurist), family_name="", person_number="")

    assert "Vul een achternaam, een bedrijf, een nummer of een e-mailadres in." in re.search(
        r'id="id_family_name_error">(.*?)</div>', answer.content.decode(), re.S
    ).group(1)


@pytest.mark.parametrize("changes", [{"family_name": "x" * 201}, {"family_name": "x\0"}, {"person_number": "x" * 61}])
def test_what_was_filled_in_wrong_is_not_called_missing(world, sign_in, changes):
    """One error, beside the field that is wrong; what is missing is said once nothing at all is filled in."""
    empty = {"family_name": "", "person_number": ""}

    refused = register(sign_in(world.jurist), **{**empty, **changes})

    assert refused.status_code == 422
    errors = refused.context["form"].errors
    assert set(errors) == set(changes) and all(len(said) == 1 for said in errors.values())
    missing = register(sign_in(world.jurist), **empty).context["form"].errors
    assert "Vul een achternaam" in missing["family_name"][0]


def test_a_day_of_receipt_more_than_a_year_ago_is_refused_beside_its_field(world, sign_in):
    """It could not be corrected afterwards."""
    a_year_ago = clock.today() - relativedelta(years=1)
    client = sign_in(world.jurist)

    refused = register(client, received_on=(a_year_ago - timedelta(days=1)).isoformat())

    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"received_on"}
    assert not PersonRequest.objects.exists()
    assert register(client, received_on=a_year_ago.isoformat()).status_code == 302


def test_the_date_of_birth_is_marked_as_personal_data(world, sign_in):
    """DP-08."""
    form = sign_in(world.jurist).get(reverse("archive:person_new")).context["form"]

    assert is_personal(form["birth_date"]) and not is_personal(form["received_on"])


@pytest.mark.parametrize("name", ["person_new", "person"])
def test_the_pages_say_what_is_done_there(world, sign_in, name):
    row = registered(world, sign_in)
    page = reverse("archive:person_new") if name == "person_new" else page_of("person", row)

    shown = sign_in(world.jurist).get(page).content.decode()

    assert "Wat doe je hier?" in shown
    for sentence in PAGES[f"archive:{name}"].sentences:
        assert str(sentence) in shown


def test_it_names_requests_by_reference(world, sign_in):
    info_request = world.accepted()

    row = registered(world, sign_in, references=f" {info_request.reference.lower()} ")

    assert info_request.reference in sign_in(world.jurist).get(page_of("person", row)).content.decode()


def test_papers_are_sealed_and_come_back_as_attachments(world, sign_in):
    row = registered(world, sign_in)
    client = sign_in(world.jurist)
    upload = SimpleUploadedFile("brief-van-Quetzalovski.pdf", pdf_bytes(), "application/pdf")

    assert (
        client.post(page_of("person_add_paper", row), {"paper-kind": "consent", "paper-paper": upload}).status_code
        == 302
    )

    paper = PersonPaper.objects.get()
    got = client.get(reverse("archive:person_paper", args=[row.number, paper.pk]))
    assert got.content == pdf_bytes()
    assert got["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "attachment" in got["Content-Disposition"]
    assert not any(MARKER in cell for cell in everything_stored())
    other = client.get(reverse("archive:person_paper", args=[row.number, row.pk]))
    assert other.status_code == 404


def test_a_refused_paper_is_refused_in_words(world, sign_in):
    row = registered(world, sign_in)
    upload = SimpleUploadedFile("brief.html", b"<html>", "text/html")

    answer = sign_in(world.jurist).post(
        page_of("person_add_paper", row), {"paper-kind": "consent", "paper-paper": upload}
    )

    assert answer.status_code == 422
    assert 'id="id_paper-paper_error"' in answer.content.decode()
    assert "<title>Fout: " in answer.content.decode()
    assert not PersonPaper.objects.exists()


def test_the_sweep_of_files_without_rows_leaves_papers(world, sign_in, monkeypatch):
    """Pitfall 4 the other way round."""
    row = registered(world, sign_in)
    upload = SimpleUploadedFile("brief.pdf", pdf_bytes(), "application/pdf")
    sign_in(world.jurist).post(page_of("person_add_paper", row), {"paper-kind": "request", "paper-paper": upload})
    monkeypatch.setattr("archive.services.retaining.FILE_WITHOUT_ROW", timedelta(0))
    with vault.key_scope():
        stray = vault.store_file(PersonPaper(person_request=row), b"stray")

    erase_due(clock.today())

    assert list(vault.stored_files()) == [PersonPaper.objects.get().storage_name]
    assert stray not in vault.stored_files()


def test_the_answer_is_recorded_once_with_its_day(world, sign_in):
    row = registered(world, sign_in)
    client = sign_in(world.jurist)
    late = client.post(
        page_of("person_answer", row),
        {"answer-outcome": "granted", "answer-answered_on": (clock.today() + timedelta(days=1)).isoformat()},
    )
    assert late.status_code == 422 and "<title>Fout: " in late.content.decode()
    assert "<title>Fout: " not in client.get(page_of("person", row)).content.decode()

    data = {"answer-outcome": "partly", "answer-answered_on": clock.today().isoformat()}
    assert client.post(page_of("person_answer", row), data).status_code == 302
    assert client.post(page_of("person_answer", row), data).status_code == 422
    row = the_request()
    assert row.outcome == "partly" and row.erase_on == erase_on(clock.today())
    assert "deels ingewilligd" in client.get(reverse("archive:persons")).content.decode()


def test_too_late_is_said(world, sign_in):
    row = registered(world, sign_in)
    client = sign_in(world.jurist)
    assert "te laat" not in client.get(reverse("archive:persons")).content.decode()

    clock.move(timedelta(days=33))

    assert row.answer_by < clock.today()
    assert "te laat" in client.get(reverse("archive:persons")).content.decode()


# The search


def test_one_asks_another_releases_and_the_references_come(world, sign_in):
    mine = world.accepted(subject={**SUBJECT, "family_name": MARKER, "birth_date": "1980-02-29"})
    other = world.accepted()
    row = registered(world, sign_in)

    search = searched(world, sign_in, row)

    assert search.finished_at is not None and search.looked == search.total == 2
    assert [hit.info_request for hit in search.hits.all()] == [mine]
    page = sign_in(world.jurist).get(page_of("person", row)).content.decode()
    assert mine.reference in page and other.reference not in page
    assert "als dienstverlener" in page and "Corsa" in page
    actions = [event.action for event in audit.events_of("person", row.uuid)]
    assert actions[1:4] == ["person_search_asked", "person_search_released", "person_search_finished"]


def test_without_a_second_person_nothing_is_opened(world, sign_in):
    world.accepted(subject={**SUBJECT, "family_name": MARKER})
    row = registered(world, sign_in)
    client = sign_in(world.jurist)
    client.post(page_of("person_search", row))
    search = PersonSearch.objects.get()

    refused = client.post(reverse("archive:person_release"), {"search": str(search.uuid)})
    with pytest.raises(PermissionDenied):
        services.run_search(search.uuid)

    assert refused.status_code == 404
    search = PersonSearch.objects.get()
    assert search.released_at is None and search.looked == 0
    assert not PersonHit.objects.exists()
    assert not ReadRecord.objects.filter(user=None, purpose=Purpose.RIGHTS).exists()
    assert "Een tweede persoon" in client.get(page_of("person", row)).content.decode()
    for released_by in (world.jurist, None):
        with pytest.raises(IntegrityError, match="search_released_by_somebody_else"), transaction.atomic():
            PersonSearch.objects.update(released_by=released_by, released_at=clock.now())
    assert PersonSearch.objects.update(released_by=world.allocator, released_at=clock.now()) == 1


def test_who_releases_does_not_see_about_whom_and_is_told_by_mail(world, sign_in):
    row = registered(world, sign_in)
    sign_in(world.jurist).post(page_of("person_search", row))
    outbox.send_pending()

    page = sign_in(world.allocator).get(reverse("archive:person_release")).content.decode()
    assert row.number in page and "Laat Femke Voorbeeld je de brief" in page
    assert "Je ziet niet om wie het gaat" not in page
    assert MARKER not in page and "Zwaluwbrief" not in page
    told = [one for one in mail.outbox if "tweede persoon" in one.subject]
    assert {one.to[0] for one in told} == {world.allocator.email, world.backup.email}
    assert all(reverse("archive:person_release") in one.body for one in told)
    assert not any(MARKER in one.subject + one.body or row.number in one.subject + one.body for one in told)


@pytest.mark.parametrize("who", ["handler", "basic", "stranger"])
def test_others_release_nothing(world, sign_in, who):
    row = registered(world, sign_in)
    sign_in(world.jurist).post(page_of("person_search", row))
    data = {"search": str(PersonSearch.objects.get().uuid)}

    assert sign_in(getattr(world, who)).post(reverse("archive:person_release"), data).status_code == 403
    assert sign_in(world.backup).post(reverse("archive:person_release"), data).status_code == 302


def test_a_second_press_says_that_the_search_was_released_already(world, sign_in):
    """Only to who may release it; to others it says what it said before."""
    row = registered(world, sign_in)
    sign_in(world.jurist).post(page_of("person_search", row))
    data = {"search": str(PersonSearch.objects.get().uuid)}
    address = reverse("archive:person_release")
    assert sign_in(world.backup).post(address, data).status_code == 302

    for person in (world.backup, world.allocator):
        again = sign_in(person).post(address, data)
        assert again.status_code == 409
        assert "al vrijgegeven" in again.content.decode()

    elsewhere = make_user("ida", "Ida", "Voorbeeld")
    member(elsewhere, world.nimic, Role.JURIST)
    for person, status in ((elsewhere, 404), (world.jurist, 404), (world.handler, 403)):
        told = sign_in(person).post(address, data)
        assert told.status_code == status and "vrijgegeven" not in told.content.decode()
    for unknown in ("00000000-0000-4000-8000-000000000000", "geen", "", "x\0"):
        assert sign_in(world.backup).post(address, {"search": unknown}).status_code == 404
    released = [event.action for event in audit.events_of("person", row.uuid)].count("person_search_released")
    assert released == 1


def test_every_request_that_was_opened_is_in_the_read_log(world, sign_in):
    requests = [world.accepted(), world.received()]
    row = registered(world, sign_in)

    searched(world, sign_in, row)

    records = ReadRecord.objects.filter(user=None, purpose=Purpose.RIGHTS, part=Part.PERSON)
    looked_at = [str(uuid) for uuid in records.values_list("request_uuid", flat=True)]
    assert sorted(set(looked_at) - {str(row.uuid)}) == sorted(str(one.uuid) for one in requests)
    assert all(looked_at.count(str(one.uuid)) == 1 for one in requests)


def test_blocked_data_are_held_too_and_erased_ones_are_not(world, sign_in):
    blocked = world.closed(subject={**SUBJECT, "family_name": MARKER}, motivation="Geheim.")
    gone = world.closed(subject={**SUBJECT, "family_name": MARKER})
    InformationRequest.objects.filter(pk=blocked.pk).update(data_state=DataState.BLOCKED)
    InformationRequest.objects.filter(pk=gone.pk).update(data_state=DataState.ERASED)
    row = registered(world, sign_in, birth_date="")

    search = searched(world, sign_in, row)

    assert [hit.info_request_id for hit in search.hits.all()] == [blocked.pk]
    assert "geblokkeerd" in sign_in(world.jurist).get(page_of("person", row)).content.decode()


def test_a_filing_package_is_a_copy_that_no_search_opens(world, sign_in):
    """It is sealed for the hand-over alone; the search looks at what it was made of."""
    info_request = world.closed(subject={**SUBJECT, "family_name": MARKER})
    with vault.key_scope():
        make_end_reports(info_request.uuid)
    clock.move(timedelta(days=35))
    for _month in range(6):
        clock.move(timedelta(days=31))
    block_due(clock.today())
    assert InformationRequest.objects.get(pk=info_request.pk).data_state == DataState.BLOCKED
    row = registered(world, sign_in, birth_date="")

    search = searched(world, sign_in, row)

    assert [hit.info_request_id for hit in search.hits.all()] == [info_request.pk]


def test_a_search_that_was_killed_goes_on_where_it_was(world, sign_in, monkeypatch):
    requests = [world.accepted(subject={**SUBJECT, "family_name": MARKER}) for _ in range(5)]
    row = registered(world, sign_in, birth_date="")
    monkeypatch.setattr(services, "SLICE", 2)
    sign_in(world.jurist).post(page_of("person_search", row))
    search = PersonSearch.objects.get()
    sign_in(world.allocator).post(reverse("archive:person_release"), {"search": str(search.uuid)})
    services.run_search(search.uuid)
    page = sign_in(world.jurist).get(page_of("person", row)).content.decode()
    assert "2 van 5 verzoeken bekeken" in page

    look_into = services._look_into

    def dies_at_the_fourth(search, info_request, wanted):
        if info_request == requests[3]:
            raise KeyboardInterrupt
        look_into(search, info_request, wanted)

    monkeypatch.setattr(services, "_look_into", dies_at_the_fourth)
    with pytest.raises(KeyboardInterrupt):
        services.run_search(search.uuid)
    assert PersonSearch.objects.get().looked == 3
    monkeypatch.setattr(services, "_look_into", look_into)
    while PersonSearch.objects.get().finished_at is None:
        services.run_search(search.uuid)

    search = PersonSearch.objects.get()
    assert search.looked == 5
    assert {hit.info_request_id for hit in search.hits.all()} == {one.pk for one in requests}
    assert ReadRecord.objects.filter(request_uuid=requests[0].uuid, purpose=Purpose.RIGHTS).count() == 1


def test_the_person_is_found_in_a_text_too(world, sign_in):
    info_request = world.accepted(motivation=f"De heer {MARKER.upper()} vraagt dit zelf.")
    assert SealedText.objects.filter(info_request=info_request, kind=TextKind.MOTIVATION).exists()
    row = registered(world, sign_in)

    search = searched(world, sign_in, row)

    assert [(hit.info_request, hit.found) for hit in search.hits.all()] == [(info_request, "text")]


def test_nothing_of_the_person_goes_to_the_database_in_the_clear(world, sign_in):
    """SP-22: no statement of the search carries the searched values."""
    world.accepted(subject={**SUBJECT, "family_name": MARKER})
    row = registered(world, sign_in, birth_date="")
    sign_in(world.jurist).post(page_of("person_search", row))
    search = PersonSearch.objects.get()
    sign_in(world.allocator).post(reverse("archive:person_release"), {"search": str(search.uuid)})
    sent = []

    def listen(execute, sql, params, many, context):
        sent.append(f"{sql} {params}")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        services.run_search(search.uuid)

    assert PersonHit.objects.count() == 1
    assert any(row.uuid.hex in one or str(row.uuid) in one for one in sent)
    needles = (MARKER.lower(), "88776655", "quetzal")
    assert not any(needle in one.lower() for one in sent for needle in needles)
    assert not any(MARKER in cell for cell in everything_stored())


@pytest.mark.parametrize(
    ("provider", "found"),
    [
        ({"family_name": "quetzalovski"}, True),
        ({"family_name": "Quétzalovskí", "birth_date": "1980-02-29"}, True),
        ({"family_name": "Quetzalovski", "birth_date": "1981-01-01"}, False),
        ({"family_name": "Iemand", "numbers": [{"type": "tax", "value": "nl 99.8877 6655"}]}, True),
        ({"trade_name": "Quetzalovski"}, True),
        ({"family_name": "Anders"}, False),
        ({}, False),
    ],
)
def test_who_is_the_provider(provider, found):
    wanted = matching.Wanted.of(
        {"family_name": MARKER, "birth_date": "1980-02-29", "numbers": [{"type": "other", "value": "NL-99-88776655"}]}
    )

    assert matching.is_provider(wanted, provider) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("brief van Quetzalovski.", True),
        ("QUÉTZALOVSKI", True),
        ("Quetzalovskisten", False),
        ("nummer NL 99 88776655", True),
        ("mail ada@voorbeeld.example aan", True),
        ("niets", False),
    ],
)
def test_what_a_text_says(text, found):
    wanted = matching.Wanted.of(
        {
            "family_name": MARKER,
            "email": "Ada@voorbeeld.example",
            "numbers": [{"type": "other", "value": "NL-99-88776655"}],
        }
    )

    assert matching.is_in(wanted, text) is found


def test_the_draft_of_the_answer_says_what_is_held_who_saw_it_and_where_the_copy_is(world, sign_in, tmp_path):
    """DP-12, SEC-10: kinds of data and functions, no value and no name."""
    info_request = world.accepted(subject={**SUBJECT, "family_name": MARKER})
    with vault.key_scope():
        look(world.handler, info_request, Part.PERSON, Purpose.ANSWER)
    row = registered(world, sign_in, birth_date="")
    searched(world, sign_in, row)
    paper = PersonPaper.objects.get()
    client = sign_in(world.jurist)

    got = client.get(reverse("archive:person_paper", args=[row.number, paper.pk]))

    assert "concept-antwoord.pdf" in client.get(page_of("person", row)).content.decode()
    assert verapdf.failures(got.content) == {"2a": [], "ua1": []}
    (tmp_path / "draft.pdf").write_bytes(got.content)
    text = " ".join(
        subprocess.run(
            ["pdftotext", "-layout", str(tmp_path / "draft.pdf"), "-"], check=True, capture_output=True, text=True
        ).stdout.split()
    )
    assert row.number in text and info_request.reference in text
    assert "U vraagt welke gegevens wij van u hebben." in text
    assert "achternaam, geboortedatum" in text
    assert "De vragen gaan over u. Het verzoek is nog niet geëindigd." in text
    assert "Een medewerker die verzoeken behandelt Om het verzoek te beantwoorden" in text
    assert "Ons computersysteem, automatisch Om uw brief te beantwoorden" in text
    assert not re.search(r"behandelaar|persoon en antwoorden|als dienstverlener|open\b|Corsa|balie", text)
    assert "archiefsysteem" in text
    assert MARKER not in text and "Carla" not in text and "Musterstraße" not in text
    assert set(answering.PURPOSES) == set(Purpose)
    services.make_draft(row.searches.get().uuid)
    assert PersonPaper.objects.count() == 1


# The end of the file


def test_three_years_after_the_answer_the_file_is_erased_and_the_days_remain(world, sign_in):
    """SP-25: a key and a clock of its own."""
    world.accepted(subject={**SUBJECT, "family_name": MARKER})
    row = registered(world, sign_in, birth_date="")
    upload = SimpleUploadedFile("brief.pdf", pdf_bytes(), "application/pdf")
    client = sign_in(world.jurist)
    client.post(page_of("person_add_paper", row), {"paper-kind": "request", "paper-paper": upload})
    searched(world, sign_in, row)
    client = sign_in(world.jurist)
    client.post(
        page_of("person_answer", row),
        {"answer-outcome": "granted", "answer-answered_on": clock.today().isoformat()},
    )
    due = the_request().erase_on
    assert services.erase_due_person_requests(due - timedelta(days=1)) == 0
    assert PersonPaper.objects.exists()

    assert services.erase_due_person_requests(due) == 1

    row = the_request()
    assert bytes(row.person) == b"" and row.erased_at is not None
    assert not PersonPaper.objects.exists() and not PersonSearch.objects.exists()
    assert not SealKey.objects.filter(owner=row.uuid).exists()
    page = sign_in(world.jurist).get(page_of("person", row)).content.decode()
    assert "gewist op" in page and "ingewilligd" in page and MARKER not in page
    assert services.erase_due_person_requests(due) == 0
    assert audit.events_of("person", row.uuid).last().action == "person_request_erased"
    assert list(audit.verify("person", row.uuid)) == []


def test_the_night_erases_these_files_too(world, sign_in):
    row = registered(world, sign_in)
    PersonRequest.objects.update(answered_on=clock.today(), outcome="granted", erase_on=clock.today())

    erase_due_requests()

    assert the_request().erased_at is not None
    assert not SealKey.objects.filter(owner=row.uuid).exists()


def test_the_person_is_json_of_the_intake_words(world, sign_in):
    row = registered(world, sign_in)
    with vault.key_scope():
        person, words = selectors.opened(row, look_at(world.jurist, row))

    assert json.loads(json.dumps(person))["numbers"] == [{"type": "other", "value": "NL-99-88776655"}]
    assert words == WORDS
    assert Right(row.right) == Right.ACCESS
