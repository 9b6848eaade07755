from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dateutil.relativedelta import relativedelta
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django_fsm import GET_STATE, FSMField, FSMModelMixin, transition

from authorities.models import Absence, Authority, Keyword, Membership, Registration, ServiceActivity
from authorities.vocabulary import Module, Role, UserStatus
from imidesk.core import clock, once, together
from imidesk.core.ids import uuid7
from requests_app import guards
from requests_app.deadlines import TELL_MONTHS, local_day
from requests_app.models.access import Access
from requests_app.vocabulary import (
    END_STATES,
    OPEN_STATES,
    Channel,
    DataState,
    Grant,
    PreparedStep,
    Procedure,
    State,
)

if TYPE_CHECKING:
    from authorities.models import User

SELDOM_ENDS = tuple(state for state in END_STATES if state != State.CLOSED)

# What was accepted is filed (ARC-01); a task that was sent is signed off, also where nothing was accepted.
TO_DO_IN_CORSA = (
    Q(state__in=END_STATES)
    & (
        Q(accepted_at__isnull=False, filed_at__isnull=True) & ~Q(data_state=DataState.ERASED)
        | Q(task_signed_off_on__isnull=True) & ~Q(task_number="")
    )
    & ~Q(state=State.ENTERED_IN_ERROR)
)


class InformationRequestQuerySet(models.QuerySet["InformationRequest"]):
    def visible(self, user: "User") -> "InformationRequestQuerySet":
        """Requests whose open part a user may know of: one query for list, count, page, file and mail (pitfall 14)."""
        return self.filter(Access(user).visible())

    def allowed(self, user: "User", grant: Grant) -> "InformationRequestQuerySet":
        """Requests on which the user holds this grant now; a superuser holds none."""
        return self.filter(Access(user).allowed(grant))

    def holds(self, user: "User", grant: Grant, pk: int) -> bool:
        """Whether one request is among the `allowed`, asked anew each time."""
        access = Access(user)
        key = ("allowed", grant, *access.key)
        return together.among(
            self.filter(pk=pk), lambda: [self.filter(access.allowed(grant)).values("pk")], key
        ).exists()

    def grants(self, user: "User", pk: int) -> frozenset[Grant]:
        """Every grant the user holds on one request, by the same conditions as `allowed`, in one query."""
        return once.per_page(("grants", user.pk, pk), lambda: Access(user).held_on(self.filter(pk=pk)))

    def without_filer(self) -> "InformationRequestQuerySet":
        """Blocked and never filed, while everybody who accepted it has left, is no handler any more, or is absent."""
        today = clock.today()
        here = Membership.objects.valid_on(today).filter(
            Q(authority=OuterRef("home"), module=OuterRef("module"), role=Role.BEHANDELAAR),
            user__status=UserStatus.ACTIVE,
            user__allocations__info_request=OuterRef("pk"),
            user__allocations__ended_at=None,
            user__allocations__accepted_at__isnull=False,
        )
        present = here.exclude(user__in=Absence.objects.on(today).values("user"))
        to_file = Q(data_state=DataState.BLOCKED, accepted_at__isnull=False, filed_at=None, fictitious=False)
        return self.filter(to_file, ~Exists(present)).exclude(state=State.ENTERED_IN_ERROR)

    def opened(self, user: "User") -> "tuple[InformationRequest, frozenset[Grant]] | None":
        """The one request of this queryset and every grant on it, in one query; a page asks for these again later."""
        access = Access(user)
        rows = list(access.with_ties(self))
        if not rows:
            return None
        return rows[0], once.per_page(("grants", user.pk, rows[0].pk), lambda: access.held_in(rows))


@lru_cache(maxsize=10_000)
def _address(reference: str) -> str:
    """Kept, as a list asks for many at a time and again with every look."""
    return reverse("requests_app:detail", args=[reference])


class InformationRequest(FSMModelMixin, models.Model):
    """One question from a requesting authority to a responding one, at home here once (design idea 7)."""

    uuid = models.UUIDField(_("UUID"), unique=True, default=uuid7, editable=False)
    reference = models.CharField(_("reference"), max_length=20, unique=True)
    imi_number = models.CharField(_("IMI number"), max_length=20, blank=True)
    module = models.CharField(_("module"), max_length=30, choices=Module)
    procedure = models.CharField(_("procedure"), max_length=30, choices=Procedure)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.IMI)
    fictitious = models.BooleanField(_("practice request (FICTIEF)"), default=False)
    language = models.CharField(_("language of the requester"), max_length=5, blank=True)

    requester = models.ForeignKey(
        Authority, models.PROTECT, related_name="requests_made", verbose_name=_("requesting authority")
    )
    responder = models.ForeignKey(
        Authority, models.PROTECT, related_name="requests_received", verbose_name=_("answering authority")
    )
    home = models.ForeignKey(
        Authority, models.PROTECT, related_name="requests_at_home", verbose_name=_("home authority")
    )

    service_activity = models.ForeignKey(
        ServiceActivity, models.PROTECT, null=True, blank=True, verbose_name=_("service activity")
    )
    activity_not_listed = models.BooleanField(_("the service activity is not in the list"), default=False)
    keywords = models.ManyToManyField(Keyword, blank=True, verbose_name=_("keywords"))
    legal_basis = models.CharField(_("legal basis"), max_length=60, blank=True)

    state = FSMField(_("state"), choices=State.choices, default=State.DRAFT, protected=True)
    data_state = FSMField(_("state of the data"), choices=DataState.choices, default=DataState.OPEN, protected=True)

    received_at = models.DateTimeField(_("received in IMI"))
    registered_at = models.DateTimeField(_("registered"), editable=False)
    reply_days = models.PositiveSmallIntegerField(_("calendar days asked"), null=True, blank=True)
    accept_by = models.DateField(_("last day to accept"), editable=False)
    asked_on = models.DateField(_("asked answer date"), null=True, blank=True)
    proposed_on = models.DateField(_("proposed answer date"), null=True, blank=True)
    agreed_on = models.DateField(_("agreed answer date"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted"), null=True, editable=False)
    answered_at = models.DateTimeField(_("answered"), null=True, editable=False)
    first_answered_at = models.DateTimeField(_("first answered"), null=True, editable=False)
    clarified_at = models.DateTimeField(_("requester asked further"), null=True, editable=False)
    clarify_by = models.DateField(_("answer date of the further question"), null=True, blank=True)
    delay_reported_at = models.DateTimeField(_("delay reported"), null=True, editable=False)
    delay_until = models.DateField(_("expected answer date"), null=True, blank=True)
    answered_in_imi_only = models.BooleanField(_("answered in IMI, see the report"), default=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    end_reason = models.CharField(_("reason of the end"), max_length=60, blank=True)
    forwarded_to = models.ForeignKey(
        Authority, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("forwarded to")
    )
    registered_late = models.BooleanField(_("registered afterwards"), default=False)
    submission = models.UUIDField(_("form it was registered with"), null=True, unique=True, editable=False)

    prepared_step = models.CharField(
        _("prepared, to be done in IMI"), max_length=20, choices=PreparedStep, default=PreparedStep.NONE, blank=True
    )
    task_number = models.CharField(_("task number in Corsa"), max_length=40, blank=True)
    task_sent_on = models.DateField(_("task sent on"), null=True, blank=True)
    told_on = models.DateField(_("data subject told on"), null=True, blank=True)
    not_told_reason = models.CharField(_("reason for not telling the data subject"), max_length=60, blank=True)
    task_signed_off_on = models.DateField(_("task signed off on"), null=True, blank=True)
    filed_at = models.DateTimeField(_("filed in Corsa"), null=True, editable=False)

    objects = InformationRequestQuerySet.as_manager()

    # Set by services.receiving after it has checked the registrar against the authority; no row of the database has it.
    registrar_allowed = False

    class Meta:
        default_permissions = ()
        permissions = [(grant.value, grant.name) for grant in Grant]
        indexes = [
            models.Index(name="request_list", fields=["home", "module", "-received_at", "-id"]),
            models.Index(
                name="request_work", fields=["home", "state", "received_at"], condition=Q(state__in=OPEN_STATES)
            ),
            models.Index(name="request_to_do_in_imi", fields=["home"], condition=~Q(prepared_step="")),
            models.Index(name="request_in_corsa", fields=["home", "module", "-received_at"], condition=TO_DO_IN_CORSA),
            models.Index(
                name="request_ended",
                fields=["home", "module", "ended_at", "data_state", "fictitious"],
                condition=Q(state__in=END_STATES),
            ),
            models.Index(
                name="request_seldom_end",
                fields=["home", "module", "state", "-received_at", "-id"],
                condition=Q(state__in=SELDOM_ENDS),
            ),
            models.Index(name="request_fictitious", fields=["home"], condition=Q(fictitious=True)),
        ]
        constraints = [
            models.CheckConstraint(
                name="request_not_to_itself",
                condition=~Q(requester=F("responder")),
                violation_error_message=_("An authority cannot send a request to itself."),
            ),
            models.CheckConstraint(
                name="home_is_one_of_the_two", condition=Q(home=F("requester")) | Q(home=F("responder"))
            ),
            models.CheckConstraint(name="request_state_known", condition=Q(state__in=State.values)),
            models.CheckConstraint(name="request_data_state_known", condition=Q(data_state__in=DataState.values)),
            models.CheckConstraint(
                name="request_open_iff_not_ended",
                condition=Q(state__in=OPEN_STATES, ended_at__isnull=True)
                | (Q(state__in=END_STATES) & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="data_open_until_ended", condition=Q(data_state=DataState.OPEN) | Q(state__in=END_STATES)
            ),
            models.CheckConstraint(
                name="accepted_request_has_moment",
                condition=~Q(state__in=[State.ACCEPTED, State.ANSWERED, State.CLOSED]) | Q(accepted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="answered_request_has_moment",
                condition=~Q(state__in=[State.ANSWERED, State.CLOSED]) | Q(answered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="moments_in_order",
                condition=(Q(accepted_at__isnull=True) | Q(accepted_at__gte=F("received_at")))
                & (Q(answered_at__isnull=True) | Q(answered_at__gte=F("accepted_at")))
                & (Q(ended_at__isnull=True) | Q(ended_at__gte=F("received_at")))
                & (Q(ended_at__isnull=True) | Q(answered_at__isnull=True) | Q(ended_at__gte=F("answered_at"))),
            ),
            models.CheckConstraint(
                name="forwarded_request_has_target", condition=~Q(state=State.FORWARDED) | Q(forwarded_to__isnull=False)
            ),
            models.CheckConstraint(
                name="services_request_has_activity",
                condition=~Q(module=Module.SERVICES) | Q(service_activity__isnull=False) | Q(activity_not_listed=True),
                violation_error_message=_("Choose a service activity, or tick that it is not in the list."),
            ),
            models.CheckConstraint(
                name="imi_channel_has_number",
                condition=Q(channel=Channel.DESK) | ~Q(imi_number=""),
                violation_error_message=_("A request through IMI has an IMI number."),
            ),
            models.CheckConstraint(
                name="fictitious_only_at_the_desk", condition=Q(fictitious=False) | Q(channel=Channel.DESK)
            ),
            models.CheckConstraint(
                name="only_ended_requests_are_filed", condition=Q(filed_at__isnull=True) | Q(state__in=END_STATES)
            ),
            models.UniqueConstraint(
                name="imi_number_once_per_home",
                fields=["home", "imi_number"],
                condition=~Q(imi_number="") & ~Q(state=State.ENTERED_IN_ERROR),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return _address(self.reference)

    @cached_property
    def registration(self) -> Registration:
        return Registration.objects.get(authority=self.home, module=self.module)

    @property
    def answer_due_on(self) -> date | None:
        """The date that counts: of the further question, agreed, and until there is one, asked (design 9, IMI-02)."""
        return self.clarify_by or self.agreed_on or self.asked_on

    @property
    def tell_by(self) -> date | None:
        """A month after the person opened: the last day of the letter under AVG article 14(3)."""
        return local_day(self.accepted_at) + relativedelta(months=TELL_MONTHS) if self.accepted_at else None

    @property
    def is_person_to_tell(self) -> bool:
        """Accepted, and neither a letter nor the reason why there is none is recorded (DP-10)."""
        return self.accepted_at is not None and self.told_on is None and not self.not_told_reason

    @property
    def last_moment(self) -> datetime:
        """The latest act of the request itself: what comes now is not earlier (design 9, "Times")."""
        moments = (self.received_at, self.accepted_at, self.answered_at, self.clarified_at)
        return max(moment for moment in moments if moment)

    @property
    def has_ended(self) -> bool:
        return self.state in END_STATES

    @property
    def needs_filing(self) -> bool:
        """Accepted once, ended otherwise than as a mistake, and not in the records system yet (ARC-01, ARC-13)."""
        return (
            self.has_ended
            and self.accepted_at is not None
            and self.filed_at is None
            and not self.fictitious
            and self.state != State.ENTERED_IN_ERROR
        )

    # Steps. They change their own fields only; rights, allocations, events and messages are workflow.perform's.

    @transition(state, source=State.DRAFT, target=State.RECEIVED, permission=guards.registered_by)
    def receive(self, at: datetime, **facts: Any) -> None:
        """Registered at the desk; `at` is the receipt in IMI (MSG-09)."""

    @transition(
        state,
        source=[State.RECEIVED, State.ASSIGNED, State.ACCEPTED],
        target=None,
        conditions=[guards.data_open, guards.not_prepared],
        permission=guards.holds(Grant.CHOOSE_QUESTIONS),
    )
    def choose_questions(self, at: datetime, **facts: Any) -> None:
        """Standard questions ticked, or own text put on a tab."""

    @transition(
        state,
        source=[State.RECEIVED, State.ASSIGNED],
        target=State.ASSIGNED,
        conditions=[guards.not_prepared],
        permission=guards.holds(Grant.ASSIGN),
    )
    def choose_team(self, at: datetime, **facts: Any) -> None:
        """A team gets it; its handlers may take it up (IN-07)."""

    @transition(
        state,
        source=[State.RECEIVED, State.ASSIGNED],
        target=State.ASSIGNED,
        conditions=[guards.not_prepared],
        permission=guards.holds(Grant.ASSIGN),
    )
    def allocate(self, at: datetime, **facts: Any) -> None:
        """One or several handlers get it, instead of those who had it (IN-03, IN-05)."""

    @transition(
        state,
        source=State.ASSIGNED,
        target=None,
        conditions=[guards.not_prepared],
        permission=guards.holds(Grant.TAKE_UP),
    )
    def take_up(self, at: datetime, **facts: Any) -> None:
        """ "Ik neem dit in behandeling"."""

    @transition(
        state,
        source=State.RECEIVED,
        target=State.ASSIGNED,
        conditions=[guards.not_prepared],
        permission=guards.holds(Grant.ACCEPT),
    )
    def allocate_to_self(self, at: datetime, **facts: Any) -> None:
        """With allocation off, accepting first writes the handler's own allocation (design 3)."""

    @transition(
        state,
        source=State.ASSIGNED,
        target=GET_STATE(
            lambda self, at, last, **facts: State.RECEIVED if last else State.ASSIGNED,
            states=[State.RECEIVED, State.ASSIGNED],
        ),
        conditions=[guards.not_prepared],
        permission=guards.holds(Grant.RETURN),
    )
    def give_back(self, at: datetime, last: bool, **facts: Any) -> None:
        """Receipt and deadline stay; the last one who returns puts the request back to received (IN-22)."""

    @transition(
        state,
        source=[State.RECEIVED, State.ASSIGNED],
        target=None,
        conditions=[guards.not_prepared],
        permission=guards.holds(Grant.ASK_ALLOCATION),
    )
    def ask_allocation(self, at: datetime, **facts: Any) -> None:
        """ "Vraag om toewijzing aan mij", by a handler of the area (IN-06, NOT-05)."""

    @transition(
        state,
        source=State.ASSIGNED,
        target=State.RECEIVED,
        conditions=[guards.not_prepared],
        permission=guards.holds(Grant.RETURN_TEAM),
    )
    def give_back_for_team(self, at: datetime, **facts: Any) -> None:
        """The team does not take it; receipt and deadline stay, its task in Corsa is no longer ours (IN-22, REM-21)."""
        self.task_number = ""
        self.task_sent_on = None

    @transition(
        state,
        source=[State.ACCEPTED, State.ANSWERED, State.CLOSED, State.FORWARDED, State.WITHDRAWN],
        target=None,
        conditions=[guards.can_be_taken_over, guards.was_accepted],
        permission=guards.holds(Grant.REASSIGN),
    )
    def reallocate(self, at: datetime, **facts: Any) -> None:
        """Other handlers instead of those who had it; each of them accepts for himself (design idea 1, IN-05)."""

    @transition(
        state,
        source=[State.RECEIVED, State.ASSIGNED, State.ACCEPTED],
        target=None,
        permission=guards.holds(Grant.REPORT_DELAY),
    )
    def report_delay(self, at: datetime, expected_on: date | None = None, **facts: Any) -> None:
        """Placing the task or answering takes longer: said in time, with a date (IN-22, ANS-11, REM-21)."""
        self.delay_reported_at = at
        self.delay_until = expected_on

    @transition(
        state,
        source=[State.RECEIVED, State.ASSIGNED, State.ACCEPTED, State.ANSWERED],
        target=None,
        permission=guards.holds(Grant.PLACE_TASK),
    )
    def place_task(self, at: datetime, task_number: str, sent_on: date, **facts: Any) -> None:
        self.task_number = task_number
        self.task_sent_on = sent_on

    @transition(
        state,
        source=State.ASSIGNED,
        target=State.ACCEPTED,
        conditions=[guards.free_for(PreparedStep.ACCEPT), guards.has_questions, guards.may_accept],
        permission=guards.holds(Grant.ACCEPT),
    )
    def accept(
        self, at: datetime, agreed_on: date | None = None, proposed_on: date | None = None, **facts: Any
    ) -> None:
        """Competent and able (IN-12); the asked date taken over, or another proposed (ANS-04)."""
        self.accepted_at = at
        self.agreed_on = agreed_on
        self.proposed_on = proposed_on
        self.prepared_step = PreparedStep.NONE

    @transition(state, source=State.RECEIVED, target=State.ACCEPTED, permission=guards.holds(Grant.REGISTER_LATE))
    def record_acceptance(self, at: datetime, agreed_on: date | None = None, **facts: Any) -> None:
        """Accepted in IMI before it was registered here; the person stays shut until the handler confirms (IMI-04)."""
        self.accepted_at = at
        self.agreed_on = agreed_on

    @transition(
        state,
        source=[State.ACCEPTED, State.ANSWERED, State.CLOSED],
        target=None,
        conditions=[guards.data_open],
        permission=guards.holds(Grant.CONFIRM),
    )
    def confirm_acceptance(self, at: datetime, **facts: Any) -> None:
        """The handler himself says that he accepted (design 9, "Late registration")."""

    @transition(
        state,
        source=[State.ACCEPTED, State.ANSWERED, State.CLOSED, State.FORWARDED, State.WITHDRAWN],
        target=None,
        conditions=[guards.can_be_taken_over, guards.was_accepted],
        permission=guards.holds(Grant.CONFIRM),
    )
    def join(self, at: datetime, **facts: Any) -> None:
        """Another allocated handler accepts for himself; only then the person opens to him (design idea 2)."""

    @transition(
        state,
        source=[State.ACCEPTED, State.ANSWERED, State.CLOSED, State.FORWARDED, State.WITHDRAWN],
        target=None,
        conditions=[guards.data_open],
        permission=guards.holds(Grant.ADD_VIEWER),
    )
    def add_viewer(self, at: datetime, **facts: Any) -> None:
        """A raadpleger reads along, with a reason and until a date (design 9)."""

    @transition(
        state, source="*", target=None, conditions=[guards.data_open], permission=guards.holds(Grant.ADD_VIEWER)
    )
    def remove_viewer(self, at: datetime, **facts: Any) -> None:
        """Before the date, by a handler who accepted."""

    @transition(
        state,
        source=[State.RECEIVED, State.ASSIGNED, State.ACCEPTED, State.ANSWERED],
        target=None,
        permission=guards.holds(Grant.ASK_ADVICE),
    )
    def ask_advice(self, at: datetime, **facts: Any) -> None:
        """ "Advies vragen aan JZ": the questions open to the lawyer until she answers."""

    @transition(
        state,
        source=[State.RECEIVED, State.ASSIGNED, State.ACCEPTED, State.ANSWERED],
        target=None,
        permission=guards.holds(Grant.GIVE_ADVICE),
    )
    def give_advice(self, at: datetime, **facts: Any) -> None:
        """The lawyer answers; with that her reading ends."""

    @transition(state, source=State.ACCEPTED, target=None, permission=guards.holds(Grant.ANSWER))
    def agree_date(self, at: datetime, agreed_on: date, **facts: Any) -> None:
        """The requester agreed with the proposed date, which counts from now on, also after a further question."""
        self.agreed_on = agreed_on
        self.clarify_by = None

    @transition(
        state, source="*", target=None, conditions=[guards.data_open], permission=guards.holds(Grant.CHANGE_PERSON)
    )
    def complete_subject(self, at: datetime, **facts: Any) -> None:
        """ "Overnemen uit IMI": the provider, by the handler who accepted."""

    @transition(state, source=State.ACCEPTED, target=None, conditions=[guards.data_open], permission=guards.desk_only)
    def supplement(self, at: datetime, **facts: Any) -> None:
        """A supplement file completes what is empty; the desk takes it in unseen (design 6)."""

    @transition(
        state,
        source=State.ACCEPTED,
        target=None,
        conditions=[guards.not_prepared],
        permission=guards.holds(Grant.ANSWER),
    )
    def save_answers(self, at: datetime, **facts: Any) -> None:
        """Saved in between; sending need not follow (ANS-02)."""

    @transition(
        state,
        source="*",
        target=None,
        conditions=[guards.data_open, guards.not_prepared],
        permission=guards.holds(Grant.CHANGE_PERSON),
    )
    def change_files(self, at: datetime, **facts: Any) -> None:
        """A file of the handler who accepted is added or taken away."""

    @transition(
        state,
        source=[State.RECEIVED, State.ASSIGNED, State.ACCEPTED, State.ANSWERED],
        target=None,
        conditions=[guards.data_open],
        permission=guards.holds(Grant.CHOOSE_QUESTIONS),
    )
    def add_imi_report(self, at: datetime, **facts: Any) -> None:
        """IMI's PDF from before acceptance, unchanged."""

    @transition(
        state,
        source=[State.RECEIVED, State.ASSIGNED, State.ACCEPTED],
        target=None,
        conditions=[guards.not_prepared, guards.through_imi],
        permission=guards.holds_any(Grant.ACCEPT, Grant.FORWARD, Grant.REFUSE, Grant.ANSWER),
    )
    def prepare(self, at: datetime, step: str, **facts: Any) -> None:
        """ "Ik doe dit straks in IMI": the filled form waits, the state stays (design idea 8)."""
        self.prepared_step = step

    @transition(
        state,
        source=[State.RECEIVED, State.ASSIGNED, State.ACCEPTED],
        target=None,
        conditions=[guards.prepared],
        permission=guards.holds_any(Grant.ACCEPT, Grant.FORWARD, Grant.REFUSE, Grant.ANSWER),
    )
    def unprepare(self, at: datetime, **facts: Any) -> None:
        """ "Terug naar bewerken"."""
        self.prepared_step = PreparedStep.NONE

    @transition(
        state,
        source=State.ACCEPTED,
        target=State.ANSWERED,
        conditions=[guards.free_for(PreparedStep.ANSWER)],
        permission=guards.holds(Grant.ANSWER),
    )
    def answer(self, at: datetime, in_imi_only: bool = False, **facts: Any) -> None:
        """Every question answered or excused and both declarations given (ANS-23), or IMI's PDF says it all."""
        self.answered_at = at
        self.first_answered_at = self.first_answered_at or at
        self.answered_in_imi_only = in_imi_only
        self.prepared_step = PreparedStep.NONE

    @transition(state, source=State.ACCEPTED, target=State.ANSWERED, permission=guards.holds(Grant.REGISTER_LATE))
    def record_answer(self, at: datetime, **facts: Any) -> None:
        """Answered in IMI before it was registered here (IMI-04)."""
        self.answered_at = at
        self.first_answered_at = self.first_answered_at or at
        self.answered_in_imi_only = True

    @transition(
        state, source=State.ANSWERED, target=State.ACCEPTED, permission=guards.holds(Grant.RECORD_CLARIFICATION)
    )
    def clarify(self, at: datetime, reply_by: date | None = None, **facts: Any) -> None:
        """The requester asks further after the answer, with a new date (IMI-02)."""
        self._ask_further(at, reply_by)

    @transition(state, source=State.ANSWERED, target=State.CLOSED, permission=guards.holds(Grant.RECORD_END))
    def close(self, at: datetime, **facts: Any) -> None:
        """The requester closed; blocking and erasure count from here (Regulation 1024/2012, article 14)."""
        self.ended_at = at

    @transition(
        state,
        source=[State.RECEIVED, State.ASSIGNED, State.ACCEPTED],
        target=State.FORWARDED,
        conditions=[guards.free_for(PreparedStep.FORWARD)],
        permission=guards.holds(Grant.FORWARD),
    )
    def forward(self, at: datetime, to: Authority, reason: str, **facts: Any) -> None:
        """Not competent, or criminal sanctions: passed on without delay (IN-14, IN-15, IN-17)."""
        self.forwarded_to = to
        self._end(at, reason)

    @transition(
        state,
        source=[State.RECEIVED, State.ASSIGNED],
        target=State.REFUSED,
        conditions=[guards.free_for(PreparedStep.REFUSE), guards.may_refuse],
        permission=guards.holds(Grant.REFUSE),
    )
    def refuse(self, at: datetime, reason: str, **facts: Any) -> None:
        """Only insufficiently reasoned or out of scope, and only where preference 2 is Ja (IN-13, AUT-29)."""
        self._end(at, reason)

    @transition(
        state,
        source=[State.RECEIVED, State.ASSIGNED, State.ACCEPTED, State.ANSWERED],
        target=State.WITHDRAWN,
        permission=guards.holds(Grant.RECORD_END),
    )
    def withdraw(self, at: datetime, reason: str, **facts: Any) -> None:
        """The requester withdrew it (IMI-03)."""
        self._end(at, reason)

    @transition(
        state,
        source=[State.RECEIVED, State.ASSIGNED, State.ACCEPTED, State.ANSWERED],
        target=State.ENTERED_IN_ERROR,
        permission=guards.holds(Grant.MARK_ERROR),
    )
    def mark_error(self, at: datetime, reason: str, **facts: Any) -> None:
        """Should not have been here; its clock starts at once (design 3)."""
        self._end(at, reason)

    @transition(
        state,
        source=State.ANSWERED,
        target=State.CLOSED,
        conditions=[guards.on_practice_desk],
        permission=guards.desk_only,
    )
    def requester_closes(self, at: datetime, **facts: Any) -> None:
        """ "Speel de verzoekende autoriteit": the desk closes in its place."""
        self.ended_at = at

    @transition(
        state,
        source=State.ANSWERED,
        target=State.ACCEPTED,
        conditions=[guards.on_practice_desk],
        permission=guards.desk_only,
    )
    def requester_asks_further(self, at: datetime, reply_by: date | None = None, **facts: Any) -> None:
        """ "Speel de verzoekende autoriteit": the desk asks further in its place."""
        self._ask_further(at, reply_by)

    @transition(
        state,
        source=[State.RECEIVED, State.ASSIGNED, State.ACCEPTED, State.ANSWERED],
        target=State.WITHDRAWN,
        conditions=[guards.on_practice_desk],
        permission=guards.desk_only,
    )
    def requester_withdraws(self, at: datetime, reason: str, **facts: Any) -> None:
        """ "Speel de verzoekende autoriteit": the desk withdraws in its place."""
        self._end(at, reason)

    @transition(state, source=[*OPEN_STATES], target=State.ENTERED_IN_ERROR, permission=guards.desk_only)
    def end_by_desk(self, at: datetime, reason: str, **facts: Any) -> None:
        """A FICTIEF request or a draft that nobody touched for its period (design 3)."""
        self._end(at, reason)

    @transition(
        state,
        source=[*END_STATES],
        target=None,
        conditions=[guards.data_open],
        permission=guards.holds(Grant.CORRECT_END),
    )
    def propose_end(self, at: datetime, **facts: Any) -> None:
        """Another date of the end, with IMI's report as evidence; a second person decides (design 3)."""

    @transition(
        state,
        source=[*END_STATES],
        target=None,
        conditions=[guards.data_open],
        permission=guards.holds(Grant.CORRECT_END),
    )
    def correct_end(self, at: datetime, ended_at: datetime, **facts: Any) -> None:
        """The clocks of blocking and erasing follow; nothing else moves them (design 3)."""
        self.ended_at = ended_at

    @transition(
        state,
        source=[*END_STATES],
        target=None,
        conditions=[guards.data_open],
        permission=guards.holds(Grant.CORRECT_END),
    )
    def decline_end(self, at: datetime, **facts: Any) -> None:
        """The second person does not agree; the date stays."""

    @transition(state, source=[*END_STATES], target=None, conditions=[guards.data_open], permission=guards.desk_only)
    def lapse_correction(self, at: datetime, **facts: Any) -> None:
        """Nobody decided before blocking; the date stays."""

    @transition(
        state,
        source=[State.ANSWERED, *END_STATES],
        target=None,
        conditions=[guards.data_open],
        permission=guards.holds(Grant.SEND_LETTER),
    )
    def write_letter(self, at: datetime, **facts: Any) -> None:
        """The letter to the provider is saved in between (ANS-17)."""

    @transition(
        state,
        source=[State.ANSWERED, *END_STATES],
        target=None,
        conditions=[guards.data_open],
        permission=guards.holds(Grant.SEND_LETTER),
    )
    def send_letter(self, at: datetime, **facts: Any) -> None:
        """The provider is told in writing which information was given (ANS-17)."""

    @transition(
        state,
        source=[State.ACCEPTED, State.ANSWERED, *END_STATES],
        target=None,
        conditions=[guards.data_open],
        permission=guards.holds(Grant.SEND_LETTER),
    )
    def tell_person(self, at: datetime, sent_on: date | None = None, reason: str = "", **facts: Any) -> None:
        """A letter to the data subject, or the reason why none is sent; what was recorded last counts (DP-10)."""
        self.told_on, self.not_told_reason = sent_on, reason

    @transition(state, source="*", target=None, permission=guards.desk_only)
    def record_report(self, at: datetime, **facts: Any) -> None:
        """A report was made and stored."""

    @transition(state, source="*", target=None, conditions=[guards.data_open], permission=guards.desk_only)
    def take_full_report(self, at: datetime, **facts: Any) -> None:
        """The full report was written to a file, by the command, which acts as the desk (design 6)."""

    @transition(
        state,
        source=[*END_STATES],
        target=None,
        conditions=[guards.data_open, guards.not_filed],
        permission=guards.holds(Grant.FILE),
    )
    def file(self, at: datetime, **facts: Any) -> None:
        """The case stands in the records system and gave its number (ARC-01 to ARC-05)."""
        self.filed_at = at

    @transition(
        state,
        source=[*END_STATES],
        target=None,
        conditions=[guards.data_blocked, guards.not_filed],
        permission=guards.holds(Grant.HAND_OVER),
    )
    def file_package(self, at: datetime, **facts: Any) -> None:
        """After blocking, from the package that was made then (design 9)."""
        self.filed_at = at

    @transition(state, source=[*END_STATES], target=None, permission=guards.holds(Grant.SIGN_OFF))
    def sign_off_task(self, at: datetime, signed_off_on: date, **facts: Any) -> None:
        self.task_signed_off_on = signed_off_on

    @transition(
        state,
        source=[*END_STATES],
        target=None,
        conditions=[guards.not_erased],
        permission=guards.holds(Grant.DECIDE),
    )
    def propose_decision(self, at: datetime, **facts: Any) -> None:
        """A hold or an early erasure, which somebody else decides on (design 3, DP-09)."""

    @transition(
        state,
        source=[*END_STATES],
        target=None,
        conditions=[guards.data_blocked],
        permission=guards.holds(Grant.ASK_OPENING),
    )
    def ask_opening(self, at: datetime, **facts: Any) -> None:
        """By who would look; the lawyer and a second person decide (DP-06)."""

    @transition(
        state,
        source=[*END_STATES],
        target=None,
        conditions=[guards.not_erased],
        permission=guards.holds(Grant.DECIDE),
    )
    def approve_decision(self, at: datetime, **facts: Any) -> None:
        """One person more agrees; the last one makes it final."""

    @transition(
        state,
        source=[*END_STATES],
        target=None,
        conditions=[guards.not_erased],
        permission=guards.holds(Grant.DECIDE),
    )
    def decline_decision(self, at: datetime, **facts: Any) -> None:
        """One person who does not agree is enough."""

    @transition(
        state,
        source=[*END_STATES],
        target=None,
        conditions=[guards.not_erased],
        permission=guards.holds(Grant.DECIDE),
    )
    def end_decision(self, at: datetime, **facts: Any) -> None:
        """A hold is lifted before its date."""

    @transition(state, source=[*END_STATES], target=None, permission=guards.desk_only)
    def lapse_decision(self, at: datetime, **facts: Any) -> None:
        """A hold has reached its date, or nobody decided or looked in time."""

    @transition(
        state,
        source=[*END_STATES],
        target=None,
        conditions=[guards.data_blocked],
        permission=guards.holds(Grant.ASK_OPENING),
    )
    def begin_opening(self, at: datetime, **facts: Any) -> None:
        """The minutes on screen begin; they end by themselves (DP-06, DP-07)."""

    @transition(
        state,
        source=[*END_STATES],
        target=None,
        conditions=[guards.data_blocked],
        permission=guards.holds(Grant.ANNOTATE),
    )
    def annotate_blocked(self, at: datetime, **facts: Any) -> None:
        """That blocked data are contested, and what is right; they themselves stay as they are (DP-13)."""

    @transition(
        data_state,
        source=DataState.OPEN,
        target=DataState.BLOCKED,
        conditions=[guards.has_ended],
        permission=guards.desk_only,
    )
    def block(self, at: datetime, **facts: Any) -> None:
        """At the latest six months after the end (article 14(1))."""

    @transition(
        data_state,
        source=DataState.OPEN,
        target=DataState.BLOCKED,
        conditions=[guards.has_ended, guards.done_with],
        permission=guards.holds(Grant.BLOCK_NOW),
    )
    def block_now(self, at: datetime, **facts: Any) -> None:
        """Sooner, once nobody needs the personal data any more (DP-03)."""

    @transition(
        data_state,
        source=DataState.BLOCKED,
        target=DataState.ERASED,
        conditions=[guards.has_ended],
        permission=guards.desk_only,
    )
    def erase(self, at: datetime, **facts: Any) -> None:
        """Called when archive.services has emptied the request."""

    def _ask_further(self, at: datetime, reply_by: date | None) -> None:
        self.clarified_at = at
        self.clarify_by = reply_by
        self.delay_reported_at = self.delay_until = None  # it was said of the first answer
        self.answered_in_imi_only = False

    def _end(self, at: datetime, reason: str) -> None:
        self.ended_at = at
        self.end_reason = reason
        self.prepared_step = PreparedStep.NONE
