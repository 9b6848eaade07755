"""Who somebody is on this desk, whom to ask, and how the desk itself does."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpRequest
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from archive.keys import READERS as KEY_READERS
from archive.person_rights.access import READERS as PERSON_REQUEST_READERS
from archive.selectors import RETENTION_ROLES
from authorities.models import Authority, Membership, User
from authorities.vocabulary import Role
from imidesk.core import clock, heartbeat, jobs, outbox, processing
from requests_app.models import InformationRequest
from requests_app.models.access import Access, memberships_today

OVERVIEW_ROLES = frozenset({Role.JURIST, Role.TOEZICHTHOUDER, Role.TOEWIJZER})
HEARTBEAT_ROLES = frozenset(
    {Role.TOEWIJZER, Role.LOKALE_GEGEVENSBEHEERDER, Role.BEHEERDER, Role.JURIST, Role.TOEZICHTHOUDER, Role.FG}
)
ALARM_ROLES = frozenset({Role.TOEWIJZER, Role.LOKALE_GEGEVENSBEHEERDER, Role.BEHEERDER})


@dataclass(frozen=True)
class Place:
    """The memberships of one person today, and what they open above the requests themselves."""

    memberships: tuple[Membership, ...]

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(membership.role for membership in self.memberships)

    @property
    def home(self) -> Authority | None:
        return next((membership.authority for membership in self.memberships if membership.authority.is_home), None)

    @property
    def authority(self) -> str:
        return self.home.name if self.home else ""

    @property
    def mailbox(self) -> str:
        return self.home.email if self.home else ""

    @property
    def registers(self) -> bool:
        return self.has({Role.TOEWIJZER, Role.BEHANDELAAR})

    @property
    def sees_overview(self) -> bool:
        return self.has(OVERVIEW_ROLES)

    @property
    def sees_retention(self) -> bool:
        return self.has(RETENTION_ROLES)

    @property
    def sees_persons(self) -> bool:
        return self.has(PERSON_REQUEST_READERS)

    @property
    def sees_keys(self) -> bool:
        return self.has(KEY_READERS)

    @property
    def watches(self) -> bool:
        return self.has({Role.FG})

    @property
    def sees_heartbeat(self) -> bool:
        return self.has(HEARTBEAT_ROLES)

    @property
    def is_alarmed(self) -> bool:
        return self.has(ALARM_ROLES)

    def has(self, roles: Collection[str]) -> bool:
        return not self.roles.isdisjoint(roles)

    def allocates(self, info_request: InformationRequest) -> bool:
        return any(
            one.role == Role.TOEWIJZER
            and one.authority_id == info_request.home_id
            and one.module == info_request.module
            for one in self.memberships
        )

    def access(self, user: User) -> Access:
        """What the user may see, from the memberships that are read already."""
        return Access(user, self.memberships)

    @cached_property
    def today(self) -> date:
        return clock.today()


def place_of(request: HttpRequest) -> Place:
    """Asked once per page: the view and the frame round it need the same."""
    known: Place | None = getattr(request, "desk_place", None)
    if known is None:
        known = _place_of(request.user)
        request.desk_place = known  # type: ignore[attr-defined]
    return known


def _place_of(user: User | AnonymousUser) -> Place:
    if not isinstance(user, User) or not user.is_active:
        return Place(())
    return Place(tuple(memberships_today(user)))


@dataclass(frozen=True)
class AutomaticTask:
    state: heartbeat.State
    label: str | Promise
    rhythm: str | Promise

    @property
    def tone(self) -> str:
        return "late" if self.state.late else "positive"

    @property
    def words(self) -> str | Promise:
        if self.state.fault:
            return _("failed")
        if self.state.succeeded_at is None:
            return _("not run yet")
        return _("too late") if self.state.late else _("on time")


EVERY_NIGHT = _("every night")

# What each automatic task does, in the words of the page; a task that is not here shows its own name.
TASKS: dict[str, tuple[str | Promise, str | Promise]] = {
    "send_pending_messages": (_("Send mail"), _("every minute")),
    "run_due_jobs": (_("Make reports and other work"), _("every minute")),
    "reminders": (_("Send reminders"), _("every hour")),
    "rearming": (_("Work out reminders anew"), EVERY_NIGHT),
    "counting": (_("Count figures ahead"), EVERY_NIGHT),
    "blocking": (_("Block personal data"), EVERY_NIGHT),
    "erasing": (_("Erase personal data"), EVERY_NIGHT),
    "anchoring": (_("Sign the audit trail"), EVERY_NIGHT),
    "keeping_keys": (_("Renew the keys"), EVERY_NIGHT),
    "alarming": (_("Watch for misuse"), _("every five minutes")),
    processing.HEARTBEAT: (_("Hand over processing records"), _("every minute")),
    heartbeat.WEB: (_("Pages of the desk"), _("when somebody uses the desk")),
}


@dataclass(frozen=True)
class Machine:
    """How the desk itself does, without a word of a request (design idea 5)."""

    tasks: tuple[AutomaticTask, ...]
    messages: dict[str, int]
    jobs: dict[str, int]

    @property
    def last_night(self) -> datetime | None:
        """When the last of the tasks of the night succeeded."""
        nightly = [task.state.succeeded_at for task in self.tasks if task.rhythm == EVERY_NIGHT]
        return max((moment for moment in nightly if moment), default=None)

    @property
    def late(self) -> tuple[AutomaticTask, ...]:
        return tuple(task for task in self.tasks if task.state.late)

    @property
    def parked(self) -> int:
        return self.messages.get("parked", 0) + self.jobs.get("parked", 0)

    @property
    def needs_somebody(self) -> bool:
        return bool(self.late) or self.parked > 0


def machine() -> Machine:
    tasks = [AutomaticTask(state, *TASKS.get(state.name, (state.name, ""))) for state in heartbeat.states()]
    return Machine(tuple(tasks), outbox.counts(), jobs.counts())


def is_trial_setup() -> bool:
    """SQLite or the file broker: fit to try, not to work with ("proefopstelling", design 8)."""
    return connection.vendor != "postgresql" or not settings.REDIS_URL


def database_name() -> str:
    return "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
