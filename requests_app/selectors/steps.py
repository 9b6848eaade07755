"""What the pages of the steps need to choose from: authorities, reasons, mandates, and what Corsa gets."""

from dataclasses import dataclass
from datetime import date

from babel import Locale
from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from authorities.models import Authority, Mandate, Membership, Team, User
from authorities.permissions import mandate_holders, mandate_of
from authorities.vocabulary import AuthorityKind
from imidesk.core import vault
from requests_app import catalogue, guards
from requests_app.models import Allocation, InformationRequest, Preparation, SealedFile
from requests_app.selectors import case
from requests_app.selectors.requests import open_one
from requests_app.vocabulary import FileKind, PreparedStep, State

CORSA_LANGUAGE = (
    "nl"  # everybody who reads a task in Corsa reads Dutch, whatever language the allocator's screen speaks
)
JUSTIS = "justis"
NIMIC = "nimic"


@dataclass(frozen=True)
class ForwardTarget:
    authority: Authority
    group: str


@dataclass(frozen=True)
class Contact:
    name: str
    reach: str  # telephone, or the address where there is none

    def __str__(self) -> str:
        return f"{self.name} ({self.reach})" if self.reach else self.name


@dataclass(frozen=True)
class MandateView:
    """Whether this person may act today, by which mandate, and whom to ask otherwise: never a dead end (design 8)."""

    mandate: Mandate | None
    ask: list[Contact]
    contact: Contact | None


@dataclass(frozen=True)
class TaskFile:
    kind: str
    label: str
    file: SealedFile | None


@dataclass(frozen=True)
class CriminalQuestions:
    """How many questions are on criminal sanctions; their codes are open data."""

    asked: int
    total: int

    @property
    def is_all(self) -> bool:
        return self.asked > 0 and self.asked == self.total


def current_allocations(info_request: InformationRequest) -> list[Allocation]:
    return [row for row in case.allocations(info_request) if row.ended_at is None]


def mandate_view(user: User, info_request: InformationRequest, day: date) -> MandateView:
    mandate = mandate_of(user, info_request.home, info_request.service_activity, day)
    holders = mandate_holders(info_request.home, info_request.service_activity, day).exclude(pk=user.pk)
    first = info_request.home.first_contact
    return MandateView(
        mandate=mandate,
        ask=[] if mandate else [Contact(str(holder), holder.phone) for holder in holders[:5]],
        contact=Contact(str(first), first.phone or info_request.home.email) if first else None,
    )


def criminal_questions(info_request: InformationRequest) -> CriminalQuestions:
    """Dienst Justis deals with questions on criminal sanctions (IN-15); a mixed request is answered in part (IN-16)."""
    codes = [row.code for row in case.questions(info_request)]
    asked = sum(bool(code) and catalogue.question(code).is_criminal for code in codes)
    return CriminalQuestions(asked, len(codes))


def forward_target(code: str, country: str) -> Authority | None:
    """The authority that a reason names: Dienst Justis, or the national IMI coordinator."""
    directory = Authority.objects.in_directory().filter(country=country)
    if code == JUSTIS:
        return directory.filter(name__icontains="justis").order_by("name").first()
    by_name = directory.filter(name__icontains="nimic").first()
    return by_name or directory.filter(kind=AuthorityKind.COORDINATOR).order_by("name").first()


def forward_targets(info_request: InformationRequest) -> list[ForwardTarget]:
    """A request is passed on within the country (IN-14); the two that are most often right stand first."""
    country = info_request.home.country
    often = [found for code in (JUSTIS, NIMIC) if (found := forward_target(code, country))]
    others = (
        Authority.objects.in_directory()
        .filter(country=country)
        .exclude(pk__in=[info_request.home_id, *(authority.pk for authority in often)])
    )
    return [
        *(ForwardTarget(authority, _("Often the right one")) for authority in often),
        *(ForwardTarget(authority, _("Other authorities")) for authority in others),
    ]


def forward_reasons(info_request: InformationRequest) -> list[catalogue.Reason]:
    """What fits this request now. The grounds of refusal are put to the coordinator only where preference 2 is Nee."""
    accepted = info_request.state == State.ACCEPTED
    with_grounds = not accepted and not info_request.registration.may_refuse
    unfit = "forward.not_competent" if accepted else "forward.not_competent_after_acceptance"
    return [
        reason
        for reason in catalogue.reasons("forward")
        if reason.code != unfit and (with_grounds or not reason.ground)
    ]


def area_of(info_request: InformationRequest) -> str:
    """What the request is about, in open words: the activity, else the keywords, else the module (IN-10)."""
    if info_request.service_activity:
        return str(info_request.service_activity)
    keywords = ", ".join(str(keyword) for keyword in case.keywords(info_request))
    return keywords or str(info_request.get_module_display())


def contacts_of(info_request: InformationRequest) -> list[Contact]:
    home = info_request.home
    return [Contact(str(user), user.phone or home.email) for user in (home.first_contact, home.backup_contact) if user]


def trays_of(info_request: InformationRequest) -> list[Team]:
    """Where the task goes: the tray of the chosen team, else those of the handlers' own teams."""
    allocations = current_allocations(info_request)
    chosen = [allocation.team for allocation in allocations if allocation.team and not allocation.handler_id]
    if chosen:
        return chosen
    handlers = [allocation.handler_id for allocation in allocations if allocation.handler_id]
    teams = Membership.objects.filter(
        Q(module=info_request.module) | Q(module=""), user__in=handlers, authority=info_request.home
    ).values("team")
    return list(Team.objects.filter(pk__in=teams))


def memo(info_request: InformationRequest) -> str:
    """The text of the task in Corsa, its blanks filled in, without anything personal about the provider (IN-10)."""
    with translation.override(CORSA_LANGUAGE):
        lines = [
            (
                _("This is an IMI request about: %(area)s. It is %(reference)s, module %(module)s.")
                if guards.through_imi(info_request)
                else _("This is a request about: %(area)s. It is %(reference)s, module %(module)s.")
            )
            % {
                "area": area_of(info_request),
                "reference": info_request.reference,
                "module": info_request.get_module_display(),
            },
            _("The question comes from %(requester)s.") % {"requester": _with_country(info_request.requester)},
            _("Only a handler with access to the desk can look further: %(address)s")
            % {"address": settings.IMIDESK_BASE_URL + reverse("requests_app:detail", args=[info_request.reference])},
            _memo_contacts(info_request),
            _("Last day to accept: %(day)s.") % {"day": _day(info_request.accept_by)},
            _memo_answer(info_request),
            _("Does placing this task fail, or does it take longer? Contact the IMI administrator straight away."),
        ]
    return "\n".join(filter(None, lines))


def _memo_contacts(info_request: InformationRequest) -> str:
    contacts = contacts_of(info_request)
    if not contacts:
        return _("More information: IMI administrator, %(email)s.") % {"email": info_request.home.email}
    if len(contacts) == 1:
        return _("More information: IMI administrator %(first)s.") % {"first": contacts[0]}
    return _("More information: IMI administrator %(first)s; back-up %(second)s.") % {
        "first": contacts[0],
        "second": contacts[1],
    }


def _memo_answer(info_request: InformationRequest) -> str:
    due = info_request.answer_due_on
    if due is None:
        return ""
    facts = {"days": info_request.reply_days, "day": _day(due)}
    if info_request.reply_days:
        within = (
            _("The requester asks for an answer in IMI within %(days)s days: by %(day)s.")
            if guards.through_imi(info_request)
            else _("The requester asks for an answer within %(days)s days: by %(day)s.")
        )
        return within % facts
    by = (
        _("The requester asks for an answer in IMI by %(day)s.")
        if guards.through_imi(info_request)
        else _("The requester asks for an answer by %(day)s.")
    )
    return by % facts


def _day(day: date) -> str:
    return date_format(day, "j F Y")


def _with_country(authority: Authority) -> str:
    country = Locale(CORSA_LANGUAGE).territories.get(authority.country, authority.country)
    return f"{authority.name} ({country})"


def task_files(info_request: InformationRequest) -> list[TaskFile]:
    """What goes with the task: IMI's own PDF, or the open report; found by kind, opened by nobody (IN-09)."""
    of_imi = [FileKind.IMI_BEFORE] if guards.through_imi(info_request) else []
    kinds = [*of_imi, FileKind.REPORT_OPEN]
    rows = SealedFile.objects.filter(info_request=info_request, kind__in=kinds).order_by("added_at")
    newest = {row.kind: row for row in rows}
    return [TaskFile(kind.value, str(kind.label), newest.get(kind)) for kind in kinds]


def preparation_of(info_request: InformationRequest) -> Preparation | None:
    """The filled form that waits under "Nog te doen in IMI"."""
    rows = Preparation.objects.filter(info_request=info_request, ended_at__isnull=True)
    found = open_one(info_request, "open_preparation", rows.select_related("made_by", "forward_to").first)
    if found is not None:
        found.info_request = info_request
    return found


def last_preparation(info_request: InformationRequest, step: PreparedStep, user: User) -> Preparation | None:
    """What this user had filled in before he went back to editing."""
    own = Preparation.objects.filter(info_request=info_request, step=step, made_by=user, ended_at__isnull=False)
    return own.select_related("made_by", "forward_to", "info_request").order_by("-made_at").first()


def prepared_words(preparation: Preparation, look: vault.Look) -> str:
    return vault.open_text(look, preparation, "words")
