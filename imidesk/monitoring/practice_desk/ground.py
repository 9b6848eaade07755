"""Who stands on the practice desk: authorities, teams, eight invented people and their mandates."""

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from authorities.models import Authority, Mandate, Membership, Registration, ServiceActivity, Team, User
from authorities.vocabulary import AuthorityKind, Module, Role

TOOI = "https://identifier.overheid.nl/tooi/id/"
HOME = "Provincie Noord-Brabant"
JUSTIS = "Dienst Justis"
NIMIC = "NIMIC"
LIMBURG = "Provincie Limburg"
OMWB = "Omgevingsdienst Midden- en West-Brabant"

PROVINCES = {
    "Provincie Groningen": ("pv20", "groningen"),
    "Provincie Fryslân": ("pv21", "fryslan"),
    "Provincie Drenthe": ("pv22", "drenthe"),
    "Provincie Overijssel": ("pv23", "overijssel"),
    "Provincie Flevoland": ("pv24", "flevoland"),
    "Provincie Gelderland": ("pv25", "gelderland"),
    "Provincie Utrecht": ("pv26", "utrecht"),
    "Provincie Noord-Holland": ("pv27", "noord-holland"),
    "Provincie Zuid-Holland": ("pv28", "zuid-holland"),
    "Provincie Zeeland": ("pv29", "zeeland"),
    LIMBURG: ("pv31", "limburg"),
}
AGENCIES = {
    "ODBN": ("Omgevingsdienst Brabant Noord", "so/so0439"),
    "OMWB": (OMWB, "so/so0712"),
    "ODZOB": ("Omgevingsdienst Zuidoost-Brabant", "so/so0790"),
}
ABROAD = {
    "Gewerbeamt Musterhausen": ("DE", "post@musterhausen.example"),
    "Bezirkshauptmannschaft Beispielberg": ("AT", "kanzlei@beispielberg.example"),
    "Stad Voorbeeldegem": ("BE", "vergunningen@voorbeeldegem.example"),
    "Préfecture de Valfictif": ("FR", "contact@valfictif.example"),
    "Urząd Przykładowo": ("PL", "urzad@przykladowo.example"),
    "Ayuntamiento de Villaejemplo": ("ES", "registro@villaejemplo.example"),
    "Comune di Monte Esempio": ("IT", "protocollo@montesempio.example"),
    "Câmara de Vila Exemplo": ("PT", "geral@vilaexemplo.example"),
    "Primăria Exemplești": ("RO", "primaria@exemplesti.example"),
    "Obec Příkladov": ("CZ", "podatelna@prikladov.example"),
    "Δήμος Παραδείγματος": ("GR", "dimos@paradeigma.example"),
    "Eksempelby Kommune": ("DK", "post@eksempelby.example"),
}

# The first team in this order that names an activity is the one suggested (IN-07).
TEAMS = {
    "Vergunningen": (
        "fireworks_display",
        "ground_source_energy",
        "groundwater_drilling",
        "dewatering",
        "demolition",
        "asbestos_survey",
        "asbestos_removal",
        "road_event",
    ),
    "Natuur en landschap": ("ecological_survey", "wildlife_control", "tree_felling", "landscape_management"),
    "Wegen en vaarwegen": ("road_works", "cable_laying", "waterway_construction", "boat_rental"),
    OMWB: (
        "mineral_extraction",
        "soil_remediation",
        "soil_investigation",
        "test_drilling",
        "noise_measurement",
        "air_measurement",
        "odour_survey",
        "water_sampling",
        "hazardous_waste_collection",
        "waste_recovery",
    ),
}


@dataclass(frozen=True)
class Person:
    username: str
    first_name: str
    last_name: str
    role: str | Promise
    what_to_try: str | Promise
    roles: tuple[Role, ...] = ()  # per module
    functions: tuple[Role, ...] = ()
    modules: tuple[str, ...] = tuple(Module.values)
    team: str = ""
    organisation: str = ""
    phone: str = ""


PEOPLE = (
    Person(
        "imibeheerder",
        "Hilde",
        "Zandkuiper",
        _("IMI administrator, first contact"),
        _("See what came in this morning, choose a team and put the task in Corsa. You never see a provider's name."),
        roles=(Role.BASISGEBRUIKER, Role.TOEWIJZER, Role.LOKALE_GEGEVENSBEHEERDER),
        phone="073 000 00 01",
    ),
    Person(
        "achtervang",
        "Bram",
        "Olmenhoek",
        _("Back-up of the IMI administrator"),
        _("Has the same roles, and gets the same mail."),
        roles=(Role.BASISGEBRUIKER, Role.TOEWIJZER, Role.LOKALE_GEGEVENSBEHEERDER),
        phone="073 000 00 02",
    ),
    Person(
        "behandelaar1",
        "Noor",
        "Vlasakkers",
        _("Handler for Services and SDG, team Vergunningen"),
        _("Read the practice mail, take a request up, accept it, answer it and file the reports."),
        roles=(Role.BASISGEBRUIKER, Role.BEHANDELAAR),
        team="Vergunningen",
        phone="073 000 00 03",
    ),
    Person(
        "behandelaar2",
        "Teun",
        "Rietbergen-Smoor",
        _("Handler for Services, at the environment agency OMWB"),
        _("Open a request of another handler: you see the dates, not the person, and why."),
        roles=(Role.BASISGEBRUIKER, Role.BEHANDELAAR),
        modules=(Module.SERVICES,),
        team=OMWB,
        organisation="OMWB",
        phone="013 000 00 04",
    ),
    Person(
        "basisgebruiker",
        "Jip",
        "Wolkenveld",
        _("Basic user"),
        _("Look at the list. Only those who handle a request read its questions."),
        roles=(Role.BASISGEBRUIKER,),
    ),
    Person(
        "jurist",
        "Femke",
        "Dorpshuis-Aldewei",
        _("Lawyer (JZ)"),
        _("See how many requests came in, are late or wait, and why some were passed on. No person anywhere."),
        functions=(Role.JURIST,),
        phone="073 000 00 06",
    ),
    Person(
        "manager",
        "Ruud",
        "Kanterhof",
        _("Manager, holds the mandate, second decider"),
        _("Look at the figures. With the lawyer you decide on opening blocked data, and look at none of them."),
        roles=(Role.BASISGEBRUIKER, Role.TOEZICHTHOUDER),
        phone="073 000 00 07",
    ),
    Person(
        "fg",
        "Saskia",
        "Meerbeemd",
        _("Data protection officer (FG)"),
        _("See what is blocked and erased when, the proofs, and what persons asked. No content of a request."),
        functions=(Role.FG,),
    ),
)

_MANDATES = {
    "manager": ("manager Vergunningen", ()),
    "behandelaar1": ("medewerker Vergunningen", ()),
    "behandelaar2": ("medewerker omgevingsdienst", TEAMS[OMWB]),
}


@dataclass(frozen=True)
class Ground:
    home: Authority
    people: dict[str, User]
    authorities: dict[str, Authority]
    teams: dict[str, Team]


@transaction.atomic(durable=True)
def lay(password: str, since: date) -> Ground:
    """`since`: the day from which registrations and mandates count, before the first request."""
    authorities = _authorities()
    home = authorities[HOME]
    teams = _teams(home)
    people = _people(password, home, teams, authorities)
    home.first_contact, home.backup_contact = people["imibeheerder"], people["achtervang"]
    home.save(update_fields=["first_contact", "backup_contact"])
    for module in Module.values:
        Registration.objects.create(
            authority=home,
            module=module,
            registered_on=since,
            decided_by="Gedeputeerde Staten van Noord-Brabant",
            works_with_allocation=module == Module.SERVICES,
            may_refuse=module == Module.SDG_EVIDENCE,
        )
    for username, (function, activities) in _MANDATES.items():
        mandate = Mandate.objects.create(
            authority=home,
            function=function,
            holder=people[username],
            regulation="Mandaatbesluit Oefenbalie (verzonnen)",
            valid_from=since,
        )
        mandate.service_activities.set(ServiceActivity.objects.filter(code__in=activities))
    return Ground(home=home, people=people, authorities=authorities, teams=teams)


def _authorities() -> dict[str, Authority]:
    rows = [
        Authority(
            name=HOME,
            kind=AuthorityKind.PROVINCE,
            tooi_id=f"{TOOI}provincie/pv30",
            email="imi@brabant.example",
            phone="073 000 00 00",
            is_home=True,
            reference_prefix="NB",
            pool_reads_along=True,
        ),
        Authority(
            name=JUSTIS,
            informal_title="Justis",
            kind=AuthorityKind.OTHER,
            tooi_id=f"{TOOI}oorg/oorg10104",
            email="imi@justis.example",
        ),
        Authority(
            name=NIMIC,
            informal_title="Nationale IMI-coördinator",
            kind=AuthorityKind.COORDINATOR,
            email="nimic@coordinator.example",
        ),
    ]
    rows += [
        Authority(
            name=name, kind=AuthorityKind.PROVINCE, tooi_id=f"{TOOI}provincie/{code}", email=f"imi@{domain}.example"
        )
        for name, (code, domain) in PROVINCES.items()
    ]
    rows += [
        Authority(
            name=name,
            informal_title=short,
            kind=AuthorityKind.ENVIRONMENT_AGENCY,
            tooi_id=f"{TOOI}{code}",
            email=f"imi@{short.lower()}.example",
        )
        for short, (name, code) in AGENCIES.items()
    ]
    rows += [Authority(name=name, country=country, email=email) for name, (country, email) in ABROAD.items()]
    for row in rows:
        row.save(force_insert=True)
    return {row.name: row for row in rows}


def _teams(home: Authority) -> dict[str, Team]:
    teams = {}
    for name, activities in TEAMS.items():
        teams[name] = Team.objects.create(authority=home, name=name, corsa_tray=f"Taakbak {name}")
        teams[name].service_activities.set(ServiceActivity.objects.filter(code__in=activities))
    return teams


def _people(
    password: str, home: Authority, teams: dict[str, Team], authorities: dict[str, Authority]
) -> dict[str, User]:
    """One password for all, so one hash does: making eight takes seconds."""
    hashed = make_password(password)
    people = {}
    for person in PEOPLE:
        domain = f"{person.organisation.lower()}.example" if person.organisation else "brabant.example"
        user = User.objects.create(
            username=person.username,
            first_name=person.first_name,
            last_name=person.last_name,
            email=f"{person.username}@{domain}",
            phone=person.phone,
            password=hashed,
        )
        organisation = authorities[AGENCIES[person.organisation][0]] if person.organisation else None
        for role, module in [
            *((role, module) for role in person.roles for module in person.modules),
            *((role, "") for role in person.functions),
        ]:
            Membership.objects.create(
                user=user,
                authority=home,
                role=role,
                module=module,
                team=teams.get(person.team),
                organisation=organisation,
            )
        people[person.username] = user
    return people
