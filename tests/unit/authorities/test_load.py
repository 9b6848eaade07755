"""The TOOI list and the lists of the project (issue, "Ground")."""

import pytest
from django.core.management import call_command

from authorities import catalogue, services
from authorities.models import Authority, Keyword, ServiceActivity
from authorities.vocabulary import AuthorityKind, AuthorityStatus
from imidesk.core.models import SecurityEvent

pytestmark = pytest.mark.django_db
HEADER = (
    "identifier,organisatiecode,type,label,naam_excl_soort,ligt_in_provincie,einddatum,begindatum,owms_id,afkorting"
)
TOOI = "https://identifier.overheid.nl/tooi/id"
ASTEN = f"{TOOI}/gemeente/gm0743,gm0743,Gemeente,gemeente Asten,Asten,,,,,"
AALBURG = f"{TOOI}/gemeente/gm0738,gm0738,Gemeente,gemeente Aalburg,Aalburg,,2018-12-31,,,"
AGENCY = f"{TOOI}/so/so0001,so0001,Samenwerkingsorganisatie,Omgevingsdienst Voorbeeld,,,,,,ODV"
BRABANT = f"{TOOI}/provincie/pv30,pv30,Provincie,provincie Noord-Brabant,Noord-Brabant,,,,,"


def tooi_list(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows, ""]).encode()


def test_authorities_come_in_once():
    first = services.load_authorities(tooi_list(ASTEN, AALBURG, AGENCY))
    assert (first.added, first.changed, first.ended, first.passed_over) == (2, 0, 0, 1)
    assert Authority.objects.get(name="Gemeente Asten").kind == AuthorityKind.MUNICIPALITY
    assert Authority.objects.get(name="Omgevingsdienst Voorbeeld").kind == AuthorityKind.ENVIRONMENT_AGENCY

    again = services.load_authorities(tooi_list(ASTEN, AALBURG, AGENCY))
    assert (again.added, again.changed, again.ended) == (0, 0, 0)


def test_a_new_name_is_a_change_and_an_end_date_an_end():
    services.load_authorities(tooi_list(ASTEN, AGENCY))

    loaded = services.load_authorities(
        tooi_list(
            ASTEN.replace("gemeente Asten", "gemeente Nieuw-Asten"), AGENCY.replace(",,,,,,ODV", ",,,2019-12-31,,,ODV")
        )
    )

    assert (loaded.added, loaded.changed, loaded.ended) == (0, 1, 1)
    assert Authority.objects.in_directory().get().name == "Gemeente Nieuw-Asten"
    assert Authority.objects.get(status=AuthorityStatus.ENDED).ended_on.year == 2019


def test_an_authority_known_by_name_gets_its_identifier():
    known = Authority.objects.create(name="Omgevingsdienst Voorbeeld")
    assert services.load_authorities(tooi_list(AGENCY)).changed == 1
    assert Authority.objects.get().pk == known.pk
    assert Authority.objects.get().tooi_id == f"{TOOI}/so/so0001"


def test_an_authority_of_this_desk_is_left_alone(world):
    loaded = services.load_authorities(tooi_list(BRABANT.replace("Noord-Brabant,Noord", "Brabant,Noord")))
    assert (loaded.added, loaded.changed) == (0, 0)
    assert Authority.objects.get(pk=world.home.pk).name == "Provincie Noord-Brabant"


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"naam;plaats\n", "no column identifier"),
        (tooi_list(ASTEN, ASTEN), "line 3: identifier stands there twice"),
        (tooi_list(ASTEN, "x" + AALBURG), "line 3: identifier is not"),
        (tooi_list(ASTEN, AALBURG.replace("2018-12-31", "31-12-2018")), "line 3: einddatum is not a date"),
        (b"\xff\xfe", "not in UTF-8"),
    ],
)
def test_a_wrong_list_brings_nothing_in(data, fault):
    with pytest.raises(services.FaultyList) as refused:
        services.load_authorities(data)
    assert fault in refused.value.faults[0]
    assert not Authority.objects.exists()


def test_the_command_tells_how_many_and_leaves_a_note(tmp_path, capsys):
    file = tmp_path / "tooi.csv"
    file.write_bytes(tooi_list(ASTEN, AALBURG))
    call_command("load_authorities", str(file))
    assert capsys.readouterr().out.startswith("1 came in, 0 changed, 0 ended; 1 had ended")
    assert SecurityEvent.objects.get().action == "authorities_loaded"

    file.write_bytes(b"x")
    with pytest.raises(SystemExit) as ended:
        call_command("load_authorities", str(file))
    assert ended.value.code == 2


def test_lists_are_written_once_and_own_terms_stay():
    own = Keyword.objects.create(code="own", name_nl="Eigen", name_en="Own")
    call_command("load_lists", verbosity=0)
    call_command("load_lists", verbosity=0)
    assert Keyword.objects.count() == len(catalogue.keywords()) + 1
    assert ServiceActivity.objects.count() == len(catalogue.service_activities()) >= 20
    assert Keyword.objects.get(code="own") == own
    row = catalogue.service_activities()[0]
    activity = ServiceActivity.objects.get(code=row.code)
    assert set(activity.keywords.values_list("code", flat=True)) == set(row.keywords)
