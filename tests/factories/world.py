"""A desk of a test: one home authority, its people, and requests in any state by the real doors."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count

from authorities.models import Authority, Mandate, Membership, Registration, ServiceActivity, Team, User
from authorities.vocabulary import AuthorityKind, Module, Role
from imidesk.core import clock
from requests_app import catalogue
from requests_app.answers import AnswerContent
from requests_app.models import InformationRequest
from requests_app.services import answering, assigning, ending, receiving
from requests_app.services.receiving import NewRequest
from requests_app.vocabulary import Channel, Procedure
from requests_app.writing import NewQuestion

PASSWORD = "correct horse battery staple"
SUBJECT = {
    "kind": "natural",
    "family_name": "Łukasiewicz-Größe",
    "given_names": "Αθηνά",
    "birth_date": "1980-02-29",
    "numbers": [{"type": "tax", "value": "PL-5260001246"}],
    "address": {"street": "Musterstraße 12", "postcode": "99999", "town": "Musterhausen", "country": "DE"},
    "email": "athina@dienstverlener.example",
}
_numbers = count(400001)


@dataclass
class World:
    home: Authority
    germany: Authority
    justis: Authority
    nimic: Authority
    team: Team
    activity: ServiceActivity
    allocator: User
    backup: User
    handler: User
    other_handler: User
    basic: User
    jurist: User
    stranger: User
    roles: dict[str, User] = field(default_factory=dict)

    def new_request(self, **changes: object) -> NewRequest:
        values: dict[str, object] = {
            "home": self.home,
            "module": Module.SERVICES,
            "procedure": Procedure.INFORMATION_REQUEST,
            "requester": self.germany,
            "received_at": clock.now() - timedelta(hours=2),
            "imi_number": str(next(_numbers)),
            "service_activity": self.activity,
            "reply_days": 14,
            "motivation": "Wij controleren de vestiging.",
            "questions": tuple(
                NewQuestion(code=question.code)
                for question in catalogue.set_for(Procedure.INFORMATION_REQUEST, False).questions[:3]
            ),
            "subject": SUBJECT,
        }
        if changes.get("channel") == Channel.DESK:
            values["imi_number"] = ""
        return NewRequest(**{**values, **changes})  # type: ignore[arg-type]

    def received(self, **changes: object) -> InformationRequest:
        return receiving.register_request(actor=self.allocator, new=self.new_request(**changes))

    def assigned(self, **changes: object) -> InformationRequest:
        return assigning.allocate(info_request=self.received(**changes), actor=self.allocator, handlers=[self.handler])

    def accepted(self, **changes: object) -> InformationRequest:
        return answering.accept_request(info_request=self.assigned(**changes), actor=self.handler, done_at=clock.now())

    def complete(self, **changes: object) -> InformationRequest:
        """Accepted, with every question answered."""
        info_request = self.accepted(**changes)
        self.answer_all(info_request)
        return info_request

    def answer_all(self, info_request: InformationRequest, text: str = "Ja, dat klopt.") -> None:
        for letter in sorted(set(info_request.questions.values_list("tab", flat=True))):
            contents = {
                question.pk: AnswerContent(standard="data_protection", text=text)
                for question in info_request.questions.filter(tab=letter)
            }
            answering.save_tab(
                info_request=info_request, actor=self.handler, tab=letter, contents=contents, versions={}
            )

    def answered(self, **changes: object) -> InformationRequest:
        info_request = self.complete(**changes)
        if info_request.channel == Channel.IMI:
            answering.prepare_answer(info_request=info_request, actor=self.handler)
        return answering.send_answer(info_request=info_request, actor=self.handler, done_at=clock.now())

    def closed(self, closed_at: datetime | None = None, **changes: object) -> InformationRequest:
        info_request = self.answered(**changes)
        return ending.close_request(info_request=info_request, actor=self.handler, closed_at=closed_at or clock.now())


def make_user(username: str, first: str, last: str, **fields: object) -> User:
    user = User(username=username, first_name=first, last_name=last, email=f"{username}@brabant.example", **fields)
    user.set_password(PASSWORD)
    user.save()
    return user


def member(user: User, authority: Authority, role: Role, *modules: str, team: Team | None = None) -> None:
    for module in modules or ("",):
        Membership.objects.create(user=user, authority=authority, role=role, module=module, team=team)


def mandated(user: User, authority: Authority, valid_from: date = date(2020, 1, 1)) -> Mandate:
    return Mandate.objects.create(
        authority=authority,
        function="adviseur vergunningen",
        holder=user,
        regulation="Mandaatregeling GS 2024",
        valid_from=valid_from,
    )


def known_world() -> World:
    """The one that `build_world` made in this database."""
    users = {user.username: user for user in User.objects.all()}
    places = {authority.name: authority for authority in Authority.objects.all()}
    return World(
        home=places["Provincie Noord-Brabant"],
        germany=places["Gewerbeamt Musterhausen"],
        justis=places["Dienst Justis"],
        nimic=places["NIMIC"],
        team=Team.objects.get(name="Vergunningen"),
        activity=ServiceActivity.objects.get(code="fireworks_display"),
        allocator=users["anna"],
        backup=users["bram"],
        handler=users["carla"],
        other_handler=users["dirk"],
        basic=users["eva"],
        jurist=users["femke"],
        stranger=users["gijs"],
    )


def build_world() -> World:
    home = Authority.objects.create(
        name="Provincie Noord-Brabant",
        kind=AuthorityKind.PROVINCE,
        is_home=True,
        email="imi@brabant.example",
        reference_prefix="NB",
        tooi_id="https://identifier.overheid.nl/tooi/id/provincie/pv30",
    )
    germany = Authority.objects.create(name="Gewerbeamt Musterhausen", country="DE", email="post@musterhausen.example")
    justis = Authority.objects.create(name="Dienst Justis")
    nimic = Authority.objects.create(name="NIMIC", kind=AuthorityKind.COORDINATOR)
    for module in Module.values:
        Registration.objects.create(
            authority=home,
            module=module,
            registered_on=date(2024, 1, 1),
            works_with_allocation=module == Module.SERVICES,
            may_refuse=module == Module.SERVICES,
        )
    activity = ServiceActivity.objects.get_or_create(
        code="fireworks_display", defaults={"name_nl": "vuurwerk ontbranden", "name_en": "fireworks displays"}
    )[0]
    team = Team.objects.create(authority=home, name="Vergunningen", corsa_tray="Taakbak Vergunningen")
    allocator = make_user("anna", "Anna", "Voorbeeld", phone="+31 73 000 0001")
    backup = make_user("bram", "Bram", "Voorbeeld")
    handler = make_user("carla", "Carla", "Voorbeeld")
    other = make_user("dirk", "Dirk", "Voorbeeld")
    basic = make_user("eva", "Eva", "Voorbeeld")
    jurist = make_user("femke", "Femke", "Voorbeeld")
    stranger = make_user("gijs", "Gijs", "Voorbeeld")
    for user in (allocator, backup):
        member(user, home, Role.TOEWIJZER, *Module.values)
        member(user, home, Role.LOKALE_GEGEVENSBEHEERDER, *Module.values)
    home.first_contact, home.backup_contact = allocator, backup
    home.save()
    member(handler, home, Role.BEHANDELAAR, *Module.values, team=team)
    member(other, home, Role.BEHANDELAAR, Module.SERVICES)
    member(basic, home, Role.BASISGEBRUIKER, *Module.values)
    member(jurist, home, Role.JURIST)
    mandated(handler, home)
    mandated(other, home)
    return World(
        home=home,
        germany=germany,
        justis=justis,
        nimic=nimic,
        team=team,
        activity=activity,
        allocator=allocator,
        backup=backup,
        handler=handler,
        other_handler=other,
        basic=basic,
        jurist=jurist,
        stranger=stranger,
    )
