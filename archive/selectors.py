"""What is kept until when, what is due, and which reports there are."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.fields import BooleanField
from django.utils import translation
from django.utils.translation import gettext as _

from archive import retention
from archive.models import ArchiveCase, Report, ReportKind, RetentionRecord
from authorities.models import Membership, User
from authorities.vocabulary import Role
from imidesk.core import audit, clock, jobs, once, vault
from imidesk.core.models import Installation, SecurityEvent
from imidesk.core.templatetags.desk import dutch_date
from requests_app.deadlines import local_day
from requests_app.models import DataDecision, EndCorrection, InformationRequest, SealedFile
from requests_app.models.access import memberships_today
from requests_app.selectors import case
from requests_app.vocabulary import (
    END_STATES,
    FILE_PARTS,
    Action,
    Channel,
    DataState,
    DecisionKind,
    FileKind,
    Grant,
    Part,
    State,
    TextKind,
)

TASK_REPORT = "task_report"
SENT_COPY = "sent_copy"
END_REPORTS = "end_reports"
REPORT_JOBS = (TASK_REPORT, SENT_COPY, END_REPORTS)

ALARM_REFUSALS = "alarm_refusals"
ALARM_LOOKS = "alarm_looks"
ALARM_DAYS = 30
ALARMS_SHOWN = 20

FORECAST_DAYS = 90
ROWS_SHOWN = 100

RETENTION_ROLES = (Role.TOEWIJZER, Role.JURIST, Role.FG)

# Reports, copies and IMI's own PDFs, in the order of the page.
REPORT_FILES = (
    FileKind.REPORT_FULL,
    FileKind.REPORT_OPEN,
    FileKind.SENT_COPY,
    FileKind.IMI_FULL,
    FileKind.IMI_BEFORE,
)
GRANT_OF_FILE = {Part.QUESTIONS: Grant.READ_QUESTIONS, Part.PERSON: Grant.READ_PERSON}

# A FICTIEF request and a draft have a short clock of their own, without an end by a person (design 3, design 8).
SHORT_LIVED = Q(fictitious=True) | Q(state=State.DRAFT)

# What `needs_filing` of a request says, as a condition of the database (ARC-13).
_FILED_ENDS = tuple(state for state in END_STATES if state != State.ENTERED_IN_ERROR)
UNFILED = Q(
    info_request__accepted_at__isnull=False,
    info_request__filed_at__isnull=True,
    info_request__fictitious=False,
    info_request__state__in=_FILED_ENDS,
)

# What the desk does afterwards is no step of somebody: it does not prolong the short clock.
_BY_THE_DESK_AFTERWARDS = (Action.REPORT_MADE, Action.FULL_REPORT_TAKEN, Action.BLOCKED, Action.ERASED)


@dataclass(frozen=True)
class Dates:
    """When a request is blocked and erased, and how long its case is kept in the records system."""

    block_on: date | None
    erase_on: date | None
    case_until: date | None
    short: bool


NO_DATES = Dates(None, None, None, short=False)


def dates_of(info_request: InformationRequest) -> Dates:
    """None as long as the request has not ended: its clocks do not run yet."""
    if info_request.fictitious or info_request.state == State.DRAFT:
        until = short_until(info_request)
        return Dates(until, until, None, short=True)
    ended_at = info_request.ended_at
    if ended_at is None:
        return NO_DATES
    return Dates(
        retention.block_on(ended_at, info_request.module),
        retention.erase_on(ended_at),
        retention.case_until(ended_at),
        short=False,
    )


def block_day(info_request: InformationRequest) -> date | None:
    return dates_of(info_request).block_on


def short_until(info_request: InformationRequest) -> date:
    until = retention.fictitious_until if info_request.fictitious else retention.draft_until
    return until(last_step_at(info_request))


def last_step_at(info_request: InformationRequest) -> datetime:
    events = audit.events_of("request", info_request.uuid).exclude(action__in=_BY_THE_DESK_AFTERWARDS)
    of_people = events.exclude(action=Action.ENTERED_IN_ERROR, actor__isnull=True)
    last = once.per_page(("last_step", info_request.pk), of_people.last)
    return last.recorded_at if last else info_request.registered_at


def request_of(owner: UUID) -> InformationRequest | None:
    found = InformationRequest.objects.filter(uuid=owner)
    return found.select_related("home", "requester", "responder", "forwarded_to", "service_activity").first()


def request_with_reference(reference: str) -> InformationRequest | None:
    """For the terminal, which acts as the desk; never for a page."""
    found = InformationRequest.objects.filter(reference=reference)
    return found.select_related("home", "requester", "responder", "forwarded_to", "service_activity").first()


def without_record() -> QuerySet[InformationRequest]:
    """Ended, and not yet in the register of what is kept."""
    return InformationRequest.objects.filter(state__in=END_STATES, retention_record__isnull=True).exclude(SHORT_LIVED)


def short_lived(day: date) -> QuerySet[InformationRequest]:
    """FICTIEF requests and drafts old enough to look at; what is blocked already goes on by its record."""
    oldest = day - timedelta(days=retention.FICTITIOUS_ERASE_DAYS - 1)
    return InformationRequest.objects.filter(SHORT_LIVED, data_state=DataState.OPEN, registered_at__date__lte=oldest)


def due_for_blocking(day: date) -> QuerySet[RetentionRecord]:
    return RetentionRecord.objects.filter(Q(block_on__lte=day) | _erased_early(), blocked_at__isnull=True)


def undecided_at_blocking(day: date) -> QuerySet[InformationRequest]:
    """Another date of the end was proposed, and blocking comes first."""
    waiting = EndCorrection.objects.filter(
        decided_at__isnull=True, info_request__in=due_for_blocking(day).values("info_request")
    )
    return InformationRequest.objects.filter(pk__in=waiting.values("info_request")).order_by("pk")


def due_for_erasure(day: date) -> QuerySet[RetentionRecord]:
    """What was never filed waits at most 30 days past its erasure date (design 8)."""
    return _past_erasure(day).filter(blocked_at__isnull=False)


def _past_erasure(day: date) -> QuerySet[RetentionRecord]:
    in_time = ~UNFILED | Q(erase_on__lte=retention.erased_unfiled_from(day))
    rows = RetentionRecord.objects.filter(Q(erase_on__lte=day) & in_time | _erased_early(), erased_at__isnull=True)
    return rows.exclude(info_request__in=held(day))


def held(day: date) -> list[int]:
    """Requests of which erasing waits on this day, by two people; few, so they are read first."""
    return list(DataDecision.objects.holding(day).values_list("info_request", flat=True))


def is_holding(decision: DataDecision, day: date) -> bool:
    return decision.kind == DecisionKind.HOLD and DataDecision.objects.holding(day).filter(pk=decision.pk).exists()


def why_no_hold(info_request: InformationRequest, day: date) -> str:
    """A hold of the longest duration would end before the data go, so it would change nothing; else empty."""
    erase_on = erased_from(info_request)
    if erase_on is None or erase_on <= retention.longest_hold(day):
        return ""
    return _(
        "The personal data are to be erased on %(day)s. A hold lasts at most twelve months, so you can propose one"
        " from %(first)s on."
    ) % {"day": dutch_date(erase_on), "first": dutch_date(retention.first_day_to_hold(erase_on))}


def erased_from(info_request: InformationRequest) -> date | None:
    """A hold until before this day changes nothing. None: it may go any night, or is not to go yet."""
    early = DataDecision.objects.filter(info_request=info_request, kind=DecisionKind.EARLY_ERASURE)
    return None if early.exclude(approved=False).exists() else dates_of(info_request).erase_on


def why_not_early(info_request: InformationRequest, day: date) -> str:
    """What stands in the way of erasing early (DP-09); else empty."""
    if info_request.needs_filing:
        return _("The case is not saved in Corsa yet. Save it first: after erasing that is not possible.")
    hold = DataDecision.objects.holding(day).filter(info_request=info_request).order_by("until").last()
    if hold is None or hold.until is None:
        return ""
    return _("Erasing this request is put off until %(day)s. End the hold first.") % {"day": dutch_date(hold.until)}


def erasure_awaited(decision: DataDecision) -> date | None:
    """The day that a hold or an early erasure is about, while the data are there."""
    info_request = decision.info_request
    if decision.kind == DecisionKind.OPENING or info_request.data_state == DataState.ERASED:
        return None
    return dates_of(info_request).erase_on


def _erased_early() -> Q:
    """By two people, on express request and with consent (DP-09)."""
    rows = DataDecision.objects.erasing_early().exclude(info_request__data_state=DataState.ERASED)
    return Q(info_request__in=list(rows.values_list("info_request", flat=True)))


def waiting_for_filing(day: date) -> QuerySet[RetentionRecord]:
    """Past their erasure date, and still without a filing receipt."""
    return RetentionRecord.objects.filter(
        UNFILED,
        erased_at__isnull=True,
        erase_on__lte=day,
        erase_on__gt=retention.erased_unfiled_from(day),
    )


@dataclass(frozen=True)
class Forecast:
    """What a run on a day would do, by reference."""

    ended: list[str]
    blocked: list[str]
    erased: list[str]
    waiting: list[str]


def forecast(day: date) -> Forecast:
    stale = [found for found in short_lived(day) if short_until(found) <= day]
    unregistered = [found for found in without_record() if (dates_of(found).block_on or date.max) <= day]
    blocked = [*_references(due_for_blocking(day)), *(found.reference for found in (*stale, *unregistered))]
    gone = [found for found in unregistered if _erased_already(found, day)]
    erased = [*_references(_past_erasure(day)), *(found.reference for found in (*stale, *gone))]
    return Forecast(
        ended=sorted(found.reference for found in stale if not found.has_ended),
        blocked=sorted(set(blocked)),
        erased=sorted(set(erased)),
        waiting=_references(waiting_for_filing(day)),
    )


def _erased_already(info_request: InformationRequest, day: date) -> bool:
    erase_on = dates_of(info_request).erase_on or date.max
    waits = info_request.needs_filing
    return erase_on <= (retention.erased_unfiled_from(day) if waits else day)


def _references(records: QuerySet[RetentionRecord]) -> list[str]:
    return sorted(records.values_list("info_request__reference", flat=True))


def imi_report_required(info_request: InformationRequest) -> bool:
    """IMI's own PDF is filed beside ours for what runs in IMI (ARC-05; a setting)."""
    return info_request.channel == Channel.IMI and settings.IMIDESK_IMI_REPORT_REQUIRED


def case_name(info_request: InformationRequest, provider: str) -> str:
    """Name of the case, in Dutch as it stands in Corsa (ARC-02); sealed, as it names the provider."""
    with translation.override("nl"):
        activity = info_request.service_activity or info_request.get_procedure_display()
        return f"IMI-verzoek over {activity} {provider}"


def record_of(info_request: InformationRequest) -> RetentionRecord | None:
    """What was done to it; nothing yet while the data are open."""
    if info_request.data_state == DataState.OPEN:
        return None
    return RetentionRecord.objects.filter(info_request=info_request).first()


def end_was_corrected(info_request: InformationRequest) -> bool:
    """By two people (design 3)."""
    return bool(corrected([info_request]))


def corrected(info_requests: Collection[InformationRequest]) -> set[int]:
    """Those of which the end was corrected, by number."""
    rows = EndCorrection.objects.filter(info_request__in=info_requests, approved=True)
    return set(rows.values_list("info_request", flat=True))


def case_of(info_request: InformationRequest) -> ArchiveCase | None:
    if info_request.filed_at is None:
        return None
    return ArchiveCase.objects.filter(info_request=info_request).select_related("filed_by").first()


def report_of(info_request: InformationRequest, *kinds: ReportKind) -> Report | None:
    """The latest report of the first of these kinds that there is."""
    found = Report.objects.filter(info_request=info_request).select_related("file", "info_request")
    for kind in kinds:
        latest = found.filter(kind=kind).order_by("-event_number").first()
        if latest is not None:
            return latest
    return None


def granted_openings(user: User) -> QuerySet[DataDecision]:
    """Two agreed, and who asked has not begun yet (DP-06)."""
    day = retention.start_of(clock.today() - timedelta(days=retention.OPENING_START_DAYS))
    granted = DataDecision.objects.filter(kind=DecisionKind.OPENING, approved=True, decided_at__gte=day)
    return granted.filter(proposed_by=user, began_at=None, ended_at=None).select_related("info_request")


def last_day_to_begin(opening: DataDecision) -> date:
    """Its moment on that day is the one of the decision."""
    return local_day(opening.decided_at or opening.proposed_at) + timedelta(days=retention.OPENING_START_DAYS)


def is_being_made(info_request: InformationRequest) -> bool:
    return any(jobs.is_open(kind, info_request.uuid) for kind in REPORT_JOBS)


@dataclass(frozen=True)
class ReportRow:
    """A report, copy or PDF of IMI; `kind` of a report says for which occasion it was made."""

    file: UUID
    file_kind: FileKind
    kind: ReportKind | None
    made_at: datetime
    with_person: bool
    readable: bool

    @property
    def label(self) -> str:
        return str(self.kind.label if self.kind else self.file_kind.label)


def report_rows(info_request: InformationRequest, grants: frozenset[Grant]) -> list[ReportRow]:
    """Newest first within a kind. That there is a report is open; what is in it is not (design 4)."""
    files = SealedFile.objects.filter(info_request=info_request, kind__in=REPORT_FILES).select_related("report")
    rows = [
        ReportRow(
            file=file.pk,
            file_kind=FileKind(file.kind),
            kind=ReportKind(file.report.kind) if hasattr(file, "report") else None,
            made_at=file.added_at,
            with_person=FILE_PARTS[FileKind(file.kind)] == Part.PERSON,
            readable=GRANT_OF_FILE[FILE_PARTS[FileKind(file.kind)]] in grants,
        )
        for file in files.order_by("-added_at", "-pk")
    ]
    return sorted(rows, key=lambda row: REPORT_FILES.index(row.file_kind))


@dataclass(frozen=True)
class PackageView:
    """What the handler who accepted still files by hand after blocking (design 9)."""

    case_name: str
    files: list[case.FileView]


def package(info_request: InformationRequest, look: vault.Look) -> PackageView:
    names = case.text_views(info_request, look, TextKind.CASE_NAME)
    files = case.file_views(info_request, look, FileKind.PACKAGE)
    return PackageView(names[-1].text if names else "", files)


def latest_row(rows: list[ReportRow], kind: FileKind, report: ReportKind | None = None) -> ReportRow | None:
    return next((row for row in rows if row.file_kind == kind and (report is None or row.kind == report)), None)


@dataclass(frozen=True)
class RetentionPage:
    """The register as one user may see it, counted in full and listed to a maximum."""

    until: date
    to_block: list[RetentionRecord]
    to_block_count: int
    to_erase: list[RetentionRecord]
    to_erase_count: int
    unfiled: list[RetentionRecord]
    unfiled_count: int
    done: list[RetentionRecord]
    late_count: int


def may_read_retention(user: User) -> bool:
    return bool(_retention_memberships(user))


def _retention_memberships(user: User) -> list[Membership]:
    return [one for one in memberships_today(user) if one.role in RETENTION_ROLES]


def retention_page(user: User, today: date) -> RetentionPage:
    """References, dates and states only; a reference is a link where this user sees the request."""
    until = today + timedelta(days=FORECAST_DAYS)
    records = records_for(user)
    to_block = records.filter(blocked_at__isnull=True, block_on__lte=until).order_by("block_on", "pk")
    to_erase = records.filter(erased_at__isnull=True, erase_on__lte=until).order_by("erase_on", "pk")
    unfiled = records.filter(UNFILED, erased_at__isnull=True).order_by("block_on", "pk")
    done = records.filter(blocked_at__isnull=False).order_by("-blocked_at", "-pk")
    late = Q(blocked_at__isnull=True, block_on__lt=today) | Q(
        ~UNFILED | Q(erase_on__lt=retention.erased_unfiled_from(today)), erased_at__isnull=True, erase_on__lt=today
    )
    on_hold = DataDecision.objects.holding(today).values("info_request")
    shown_to_block, to_block_count = _shown(to_block)
    shown_to_erase, to_erase_count = _shown(to_erase)
    shown_unfiled, unfiled_count = _shown(unfiled)
    return RetentionPage(
        until=until,
        to_block=shown_to_block,
        to_block_count=to_block_count,
        to_erase=shown_to_erase,
        to_erase_count=to_erase_count,
        unfiled=shown_unfiled,
        unfiled_count=unfiled_count,
        done=list(done[:ROWS_SHOWN]),
        late_count=records.filter(late).exclude(blocked_at__isnull=False, info_request__in=on_hold).count(),
    )


def _shown(records: QuerySet[RetentionRecord]) -> tuple[list[RetentionRecord], int]:
    """The first rows, and how many there are; counted only where not all of them are shown."""
    rows = list(records[: ROWS_SHOWN + 1])
    return rows[:ROWS_SHOWN], records.count() if len(rows) > ROWS_SHOWN else len(rows)


def scope_of(user: User, path: str = "") -> Q:
    """The requests of which this user reads the register, at the end of a path of relations."""
    scope = Q(pk__in=[])
    for membership in _retention_memberships(user):
        own = Q(**{f"{path}home": membership.authority_id})
        scope |= own & Q(**{f"{path}module": membership.module}) if membership.module else own
    return scope


def own_references(user: User, references: set[str]) -> set[str]:
    """Of these the ones of which this user reads the register."""
    own = InformationRequest.objects.filter(scope_of(user), reference__in=references)
    return set(own.values_list("reference", flat=True))


def _warned_until() -> date:
    """Red for what was never filed, from thirty days before blocking on (design 8)."""
    return clock.today() + timedelta(days=retention.WARN_UNFILED_DAYS)


def records_for(user: User) -> QuerySet[RetentionRecord]:
    """The register as far as this user answers for it."""
    visible = InformationRequest.objects.visible(user).filter(pk=OuterRef("info_request"))
    return (
        RetentionRecord.objects.filter(scope_of(user, "info_request__"))
        .select_related("info_request")
        .annotate(
            linked=Exists(visible),
            unfiled=Case(When(UNFILED, then=Value(True)), default=Value(False), output_field=BooleanField()),
            is_red=Case(
                When(UNFILED & Q(block_on__lte=_warned_until()), then=Value(True)),
                default=Value(False),
                output_field=BooleanField(),
            ),
        )
    )


def is_practice() -> bool:
    return Installation.objects.get().kind == Installation.Kind.PRACTICE


@dataclass(frozen=True)
class Alarm:
    """Somebody was refused very often, or looked at very much (SP-12)."""

    at: datetime
    looks: bool
    person: User | None


def alarms() -> list[Alarm]:
    since = clock.moment() - timedelta(days=ALARM_DAYS)
    raised = SecurityEvent.objects.filter(at__gte=since, action__in=(ALARM_REFUSALS, ALARM_LOOKS))
    events = list(raised.order_by("-at", "-pk")[:ALARMS_SHOWN])
    people = User.objects.in_bulk({_person_of(event) for event in events})
    return [Alarm(event.at, event.action == ALARM_LOOKS, people.get(_person_of(event))) for event in events]


def _person_of(event: SecurityEvent) -> int:
    return int(event.object.split()[0].removeprefix("user:"))
