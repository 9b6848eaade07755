"""What stands in the lists of work, as database conditions: who waits for whom, and for what.

Those of open work ask the state: what is open is a small part of what there is, and has an index of its own.
"""

from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta
from django.db.models import Exists, OuterRef, Q, QuerySet

from authorities.models import Membership, User
from authorities.vocabulary import Role, UserStatus
from requests_app.deadlines import AMSTERDAM, HERE, TELL_MONTHS, Calendar
from requests_app.models import (
    AdviceRequest,
    Allocation,
    AllocationWish,
    DataDecision,
    EndCorrection,
    InformationRequest,
    ProviderLetter,
    Viewer,
)
from requests_app.models.access import Access
from requests_app.models.request import TO_DO_IN_CORSA
from requests_app.vocabulary import BEFORE_ACCEPTANCE, END_STATES, OPEN_STATES, RUNNING, DataState, Grant, State

UNTAKEN_WORKING_DAYS = 2
DAYS_BEFORE_TELLING = 14


def allocated_to(user: User) -> Q:
    own = Allocation.objects.filter(handler=user).current()
    return Q(pk__in=own.values("info_request"))


def _with_handler() -> Exists:
    return Exists(Allocation.objects.filter(info_request=OuterRef("pk"), handler__isnull=False).current())


def mine(access: Access) -> Q:
    return Q(state__in=OPEN_STATES) & allocated_to(access.user)


def to_do_now(access: Access) -> Q:
    """Up to the handler himself: not what is prepared for IMI, and not what waits for the requester."""
    return Q(state__in=RUNNING, prepared_step="") & allocated_to(access.user)


def to_join(access: Access) -> Q:
    """Accepted by a colleague, or in IMI before it was registered: the person opens once he accepts himself (IN-03)."""
    own = Allocation.objects.filter(handler=access.user, accepted_at=None).current()
    usable = Q(data_state=DataState.OPEN) | Q(pk__in=InformationRequest.objects.without_filer().values("pk"))
    return Q(pk__in=own.values("info_request"), accepted_at__isnull=False) & access.allowed(Grant.CONFIRM) & usable


def to_take_up(access: Access) -> Q:
    """For the handlers of the team that has it, and where preference 4 is Nee for every handler (NOT-08)."""
    for_team = without_handler(access) & access.allowed(Grant.TAKE_UP)
    for_all = Q(state=State.RECEIVED) & access.allowed(Grant.ACCEPT)
    return for_team | for_all


def to_allocate(access: Access) -> Q:
    return Q(state=State.RECEIVED)


def without_handler(access: Access) -> Q:
    return Q(state=State.ASSIGNED) & ~Q(_with_handler())


def untaken(access: Access) -> Q:
    """Longer than two Dutch working days with nobody, or with a team of which nobody took it up."""
    waits = Q(state=State.RECEIVED) | without_handler(access)
    return waits & Q(received_at__lt=datetime.combine(first_day_in_time(access.today), time(), AMSTERDAM))


def first_day_in_time(today: date) -> date:
    """What was received on this day or later is not waiting for more than two working days."""
    here = Calendar.of(HERE)
    return here.shift(here.on_or_before(today), -UNTAKEN_WORKING_DAYS)


def asked_for(access: Access) -> Q:
    """A handler of the area asks for it (IN-06)."""
    open_wishes = AllocationWish.objects.filter(ended_at=None)
    return Q(state__in=BEFORE_ACCEPTANCE, pk__in=open_wishes.values("info_request"))


def task_not_placed(access: Access) -> Q:
    """Somebody has it, and there is no task in Corsa for it (REM-21)."""
    return Q(state__in=(State.ASSIGNED, State.ACCEPTED), task_number="")


def delayed(access: Access) -> Q:
    return Q(state__in=RUNNING, delay_reported_at__isnull=False)


def of_who_left(access: Access) -> Q:
    """Nobody who has it is a handler of its module any more (pitfall 18)."""
    by_a_handler = _handlers(access.today).filter(
        authority=OuterRef("home"),
        module=OuterRef("module"),
        user__allocations__info_request=OuterRef("pk"),
        user__allocations__ended_at=None,
    )
    return Q(state__in=OPEN_STATES) & Q(_with_handler()) & ~Q(Exists(by_a_handler))


def role_of_holder(today: date) -> QuerySet[Membership]:
    """The role for which somebody was given a request, as long as it holds and the account is active."""
    return _handlers(today).filter(
        user=OuterRef("handler"), authority=OuterRef("info_request__home"), module=OuterRef("info_request__module")
    )


def _handlers(today: date) -> QuerySet[Membership]:
    return Membership.objects.valid_on(today).filter(user__status=UserStatus.ACTIVE, role=Role.BEHANDELAAR)


def to_correct(access: Access) -> Q:
    """Another date of the end is proposed, and a second person has to decide."""
    open_ones = EndCorrection.objects.filter(decided_at=None).exclude(proposed_by=access.user)
    return Q(data_state=DataState.OPEN, pk__in=open_ones.values("info_request"))


def to_decide(access: Access) -> Q:
    """A hold, an early erasure or an opening that somebody else proposed, and this user has not agreed to yet."""
    waiting = DataDecision.objects.waiting().exclude(proposed_by=access.user).exclude(first_by=access.user)
    return Q(pk__in=waiting.values("info_request")) & access.allowed(Grant.DECIDE)


def late(access: Access) -> Q:
    """Not accepted in time, or not answered by the date that counts (design 9, "Dates")."""
    by_agreement = Q(agreed_on__lt=access.today) | Q(agreed_on__isnull=True, asked_on__lt=access.today)
    to_answer = Q(clarify_by__lt=access.today) | Q(clarify_by__isnull=True) & by_agreement
    return Q(state__in=BEFORE_ACCEPTANCE, accept_by__lt=access.today) | Q(state=State.ACCEPTED) & to_answer


def to_do_in_imi(access: Access) -> Q:
    return Q(state__in=OPEN_STATES) & ~Q(prepared_step="")


def waiting(access: Access) -> Q:
    return Q(state=State.ANSWERED)


def to_do_in_corsa(access: Access) -> Q:
    return TO_DO_IN_CORSA


def letter_to_send(access: Access) -> Q:
    """The provider is told what was said about his good repute (ANS-17)."""
    unsent = ProviderLetter.objects.filter(sent_on=None)
    return Q(data_state=DataState.OPEN, pk__in=unsent.values("info_request"))


def person_to_tell(access: Access) -> Q:
    """The letter of AVG article 14 is due within two weeks, and neither its date nor a reason is recorded (DP-10)."""
    last = access.today + timedelta(days=DAYS_BEFORE_TELLING) - relativedelta(months=TELL_MONTHS)
    before = datetime.combine(last + timedelta(days=1), time(), AMSTERDAM)
    open_ones = Q(data_state=DataState.OPEN, fictitious=False, told_on=None, not_told_reason="")
    return open_ones & Q(state__in=(State.ACCEPTED, State.ANSWERED, *END_STATES), accepted_at__lt=before)


def advice_asked(access: Access) -> Q:
    open_ones = AdviceRequest.objects.filter(answered_at=None)
    return Q(state__in=OPEN_STATES, pk__in=open_ones.values("info_request"))


def advice_received(access: Access) -> Q:
    """Until the answer is sent: what the lawyer said is for the answer."""
    given = AdviceRequest.objects.filter(asked_by=access.user, answered_at__isnull=False)
    return Q(state__in=RUNNING, pk__in=given.values("info_request"))


def read_along(access: Access) -> Q:
    """Added as a viewer, until a date (design 9)."""
    current = Viewer.objects.on(access.today).filter(user=access.user)
    return Q(data_state=DataState.OPEN, pk__in=current.values("info_request"))
