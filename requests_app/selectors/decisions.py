"""Who may decide on the data of a request, and what was decided (design 3, DP-06, DP-09)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _

from authorities.models import Absence, User
from authorities.permissions import users_with_role
from authorities.vocabulary import Role
from imidesk.core import clock, once, vault
from imidesk.core.models import AuditEvent
from requests_app import recipients
from requests_app.deadlines import local_day
from requests_app.models import Annotation, DataDecision, DecisionFile, InformationRequest
from requests_app.models.access import PAPERS_ROLES, may_read_papers, memberships_today
from requests_app.selectors import case
from requests_app.vocabulary import DecisionKind

SEPARATION = timedelta(days=30)
_PEOPLE = ("proposed_by", "first_by", "second_by", "declined_by", "owner", "info_request", "info_request__home")


def decisions(info_request: InformationRequest) -> list[DataDecision]:
    """Newest first."""
    rows = DataDecision.objects.filter(info_request=info_request).select_related(*_PEOPLE).order_by("-proposed_at")
    return once.per_page(("decisions", info_request.pk), lambda: list(rows))


def decision_for(user: User, uuid: UUID) -> DataDecision:
    """PermissionDenied for a role that never reads decisions, one Http404 for another's and for none (SP-29)."""
    if not any(one.role in (*PAPERS_ROLES, Role.BEHANDELAAR) for one in memberships_today(user)):
        raise PermissionDenied
    row = DataDecision.objects.select_related(*_PEOPLE).filter(pk=uuid).first()
    if row is None or not may_read_papers(user, row):
        raise Http404
    return row


def sees_request(user: User, row: DataDecision) -> bool:
    """The officer reads decisions, and no requests."""
    return InformationRequest.objects.visible(user).filter(pk=row.info_request_id).exists()


def is_running(row: DataDecision, user: User) -> bool:
    """An opening this user asked for, in its minutes."""
    if row.kind != DecisionKind.OPENING or row.proposed_by_id != user.pk:
        return False
    return DataDecision.objects.running(clock.moment()).filter(pk=row.pk).exists()


def any_lawyer(users: Collection[User], info_request: InformationRequest) -> bool:
    asked = [user.pk for user in users]
    return bool(asked) and users_with_role(Role.JURIST, info_request.home).filter(pk__in=asked).exists()


def dependent(user: User, others: Iterable[User], now: datetime) -> User | None:
    """Of the others one who made, reset or appointed this user, or he him, or who stands in for him (DP-06)."""
    people = list(others)
    tied = _tied([user, *people], now)
    return next((other for other in people if frozenset({user.pk, other.pk}) in tied), None)


Pair = frozenset[int]


def _tied(people: Collection[User], now: datetime) -> set[Pair]:
    """Each two of these who depend on each other; in two queries, however many they are."""
    return _acted_on_each_other(people, now) | _standing_in(people, now)


def _acted_on_each_other(people: Collection[User], now: datetime) -> set[Pair]:
    """Everything about an account stands in its chain: making, resetting, roles."""
    numbers = {user.uuid: user.pk for user in people}
    events = AuditEvent.objects.filter(
        chain__kind="user", chain__subject__in=numbers, actor__in=people, recorded_at__gte=now - SEPARATION
    )
    pairs = events.order_by().values_list("actor", "chain__subject").distinct()
    return {frozenset({actor, numbers[subject]}) for actor, subject in pairs}


def _standing_in(people: Collection[User], now: datetime) -> set[Pair]:
    absences = Absence.objects.filter(user__in=people, deputy__in=people, last_day__gte=local_day(now))
    return {frozenset(pair) for pair in absences.values_list("user", "deputy")}


def who_lacks(info_request: InformationRequest, applicant: User) -> str:
    """No second person means no: which of the two there is not, and whom to ask; empty when there are two (DP-06)."""
    deciders = recipients.deciders_by_role(info_request)
    people = {user.pk: user for users in deciders.values() for user in users if user != applicant}
    tied = _tied([applicant, *people.values()], clock.moment())
    free = {pk for pk in people if frozenset({pk, applicant.pk}) not in tied}
    lawyers = free & {user.pk for user in deciders[Role.JURIST]}
    if any(frozenset({lawyer, second}) not in tied for lawyer in lawyers for second in free - {lawyer}):
        return ""
    contact = info_request.home.first_contact
    whom = f"{contact} ({contact.phone})" if contact and contact.phone else str(contact or info_request.home.email)
    if not lawyers:
        return _("There is no lawyer who can decide on this. Ask the IMI administrator to appoint one: %(whom)s.") % {
            "whom": whom
        }
    return _(
        "There is no second person who can decide on this beside the lawyer. Ask the IMI administrator to appoint one:"
        " %(whom)s."
    ) % {"whom": whom}


@dataclass(frozen=True)
class Papers:
    """What a decision rests on, opened."""

    words: str
    files: list[case.FileView]


def papers(row: DataDecision, look: vault.Look) -> Papers:
    files = DecisionFile.objects.filter(decision=row).select_related("decision")
    return Papers(
        words=vault.open_text(look, row, "words"),
        files=[case.file_view(file, file.kind, file.added_at, look) for file in files],
    )


def paper_for(user: User, row: DataDecision, file: UUID) -> DecisionFile:
    """Only inside the decision of the address, and for who may read that (pitfall 17). Raises Http404."""
    found = DecisionFile.objects.filter(decision=row, pk=file).select_related("decision").first()
    if found is None or not may_read_papers(user, row):
        raise Http404
    return found


def paper_content(found: DecisionFile, look: vault.Look) -> tuple[case.FileView, bytes]:
    view = case.file_view(found, found.kind, found.added_at, look)
    return view, vault.open_file(look, found, found.storage_name)


@dataclass(frozen=True)
class AnnotationView:
    made_by: str
    made_at: datetime
    contested: str = ""
    corrected: str = ""


def annotations(info_request: InformationRequest, look: vault.Look | None = None) -> list[AnnotationView]:
    """That there is one is open; without a look nothing else (DP-13)."""
    rows = Annotation.objects.filter(info_request=info_request).select_related("made_by", "info_request")
    return [
        AnnotationView(
            made_by=str(row.made_by),
            made_at=row.made_at,
            contested=vault.open_text(look, row, "contested") if look else "",
            corrected=vault.open_text(look, row, "corrected") if look else "",
        )
        for row in rows
    ]


def needs_lawyer(row: DataDecision) -> bool:
    """Of the two who decide on an opening one is a lawyer: whether that is still to come."""
    if row.kind != DecisionKind.OPENING:
        return False
    return not any_lawyer(row.approvals, row.info_request)
