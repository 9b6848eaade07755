"""Who stands on a desk of made-up volume: home authorities, their people, and who asks them (issue 4, "Volume")."""

from dataclasses import dataclass
from datetime import date
from itertools import islice, product
from string import ascii_uppercase

from dateutil.relativedelta import relativedelta
from django.contrib.auth.models import Permission

from authorities.models import Authority, Mandate, Membership, Registration, ServiceActivity, Team, User
from authorities.vocabulary import Module, Role
from requests_app.models import InformationRequest
from requests_app.vocabulary import Grant

HOMES = 500
REQUESTERS = 100
BENCH_USER = "meting"
BENCH_ALLOCATOR = "meting-toewijzer"
BENCH_JURIST = "meting-jurist"
_HANDLERS, _HANDLERS_OF_LARGEST = 3, 20
_COUNTRIES = ("DE", "PL", "BE", "FR", "IT", "ES", "AT", "CZ", "RO", "DK")
_YEARS_BEFORE = 5


@dataclass(frozen=True)
class Handler:
    user: int
    mandate: int


@dataclass(frozen=True)
class Home:
    """One authority as its requests need it; of the largest the first handler is the bench user."""

    pk: int
    prefix: str
    team: int
    allocator: int
    handlers: tuple[Handler, ...]


@dataclass(frozen=True)
class Ground:
    homes: tuple[Home, ...]
    requesters: tuple[int, ...]
    activities: tuple[int, ...]
    permissions: dict[str, int]


def is_laid() -> bool:
    return User.objects.filter(username=BENCH_USER).exists()


def lay(hashed_password: str, today: date) -> Ground:
    """In the caller's transaction. One password for all of them, that of the practice desk."""
    since = today - relativedelta(years=_YEARS_BEFORE)
    prefixes = ["".join(letters) for letters in islice(product("Q", *[ascii_uppercase] * 3), HOMES)]
    homes = Authority.objects.bulk_create(
        Authority(
            name=f"Meetprovincie {prefix}",
            is_home=True,
            reference_prefix=prefix,
            email=f"imi@{prefix.lower()}.example",
        )
        for prefix in prefixes
    )
    teams = Team.objects.bulk_create(
        Team(authority=home, name="Vergunningen", corsa_tray="Taakbak Vergunningen") for home in homes
    )
    Registration.objects.bulk_create(
        Registration(authority=home, module=module, registered_on=since, works_with_allocation=True)
        for home in homes
        for module in Module.values
    )
    people = _People(hashed_password, since)
    for number, (home, team) in enumerate(zip(homes, teams, strict=True)):
        people.of(home, team, is_largest=number == 0)
    people.save()
    requesters = Authority.objects.bulk_create(
        Authority(
            name=f"Meetautoriteit {number}",
            country=_COUNTRIES[number % len(_COUNTRIES)],
            email=f"post@meting{number}.example",
        )
        for number in range(REQUESTERS)
    )
    _let_first_contacts_be_known(homes, people)
    return Ground(
        homes=tuple(
            Home(home.pk, home.reference_prefix, team.pk, people.allocators[home.pk].pk, people.handlers_of(home))
            for home, team in zip(homes, teams, strict=True)
        ),
        requesters=tuple(authority.pk for authority in requesters),
        activities=tuple(ServiceActivity.objects.order_by("pk").values_list("pk", flat=True)),
        permissions=_permissions(),
    )


def note_last_references(ground: Ground, per_home: dict[int, int]) -> None:
    """What is registered afterwards goes on behind them."""
    rows = Authority.objects.in_bulk([home.pk for home in ground.homes])
    for pk, row in rows.items():
        row.last_reference = per_home.get(pk, 0)
    Authority.objects.bulk_update(rows.values(), ["last_reference"])


def _permissions() -> dict[str, int]:
    rows = Permission.objects.filter(
        content_type__app_label=InformationRequest._meta.app_label,
        content_type__model=InformationRequest._meta.model_name,
        codename__in=Grant.values,
    )
    return dict(rows.values_list("codename", "pk"))


def _let_first_contacts_be_known(homes: list[Authority], people: "_People") -> None:
    for home in homes:
        home.first_contact = people.allocators[home.pk]
    Authority.objects.bulk_update(homes, ["first_contact"], batch_size=200)


class _People:
    """Gathers users with their roles, and saves them a kind at a time."""

    def __init__(self, hashed_password: str, since: date) -> None:
        self.allocators: dict[int, User] = {}
        self._password = hashed_password
        self._since = since
        self._handlers: dict[int, list[User]] = {}
        self._users: list[User] = []
        self._memberships: list[Membership] = []
        self._mandates: dict[int, Mandate] = {}

    def of(self, home: Authority, team: Team, *, is_largest: bool) -> None:
        prefix = home.reference_prefix.lower()
        names = [f"{prefix}-{number}" for number in range(_HANDLERS_OF_LARGEST if is_largest else _HANDLERS)]
        if is_largest:
            names[0] = BENCH_USER
        self._handlers[home.pk] = [self._user(name, home, Role.BEHANDELAAR, team) for name in names]
        allocator = BENCH_ALLOCATOR if is_largest else f"{prefix}-toewijzer"
        self.allocators[home.pk] = self._user(allocator, home, Role.TOEWIJZER)
        self._user(BENCH_JURIST if is_largest else f"{prefix}-jurist", home, Role.JURIST)

    def save(self) -> None:
        User.objects.bulk_create(self._users, batch_size=500)
        Membership.objects.bulk_create(self._memberships, batch_size=500)
        mandates = [
            Mandate(
                authority_id=home,
                function="medewerker Vergunningen",
                holder=user,
                regulation="Mandaatbesluit (verzonnen)",
                valid_from=self._since,
            )
            for home, users in self._handlers.items()
            for user in users
        ]
        self._mandates = {
            mandate.holder_id: mandate for mandate in Mandate.objects.bulk_create(mandates, batch_size=500)
        }

    def handlers_of(self, home: Authority) -> tuple[Handler, ...]:
        return tuple(Handler(user.pk, self._mandates[user.pk].pk) for user in self._handlers[home.pk])

    def _user(self, username: str, home: Authority, role: Role, team: Team | None = None) -> User:
        user = User(
            username=username,
            first_name="Meet",
            last_name=username.capitalize(),
            email=f"{username}@{home.reference_prefix.lower()}.example",
            password=self._password,
        )
        self._users.append(user)
        modules = [""] if role == Role.JURIST else Module.values
        self._memberships += [
            Membership(user=user, authority=home, role=role, module=module, team=team) for module in modules
        ]
        return user
