"""The three layers of design idea 1: a role opens the list, an allocation the case, acceptance the person."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db import transaction

from authorities.models import User
from imidesk.core import clock, processing, vault
from imidesk.core.models import SealKey
from requests_app.models import (
    Allocation,
    DataDecision,
    InformationRequest,
    Preparation,
    ReadRecord,
    RequestUserPermission,
)
from requests_app.models.access import may_read_papers
from requests_app.models.request import InformationRequestQuerySet
from requests_app.vocabulary import RULES, DataState, Grant, Part, Purpose, name_of_look

GRANT_OF_PART = {
    Part.QUESTIONS: Grant.READ_QUESTIONS,
    Part.PERSON: Grant.READ_PERSON,
    Part.REASONS: Grant.READ_PERSON,
    Part.HAND_OVER: Grant.HAND_OVER,
}
# Who may read the person may read the questions it belongs to; never the other way round.
OPENED_BY = {
    Part.QUESTIONS: frozenset({Part.QUESTIONS}),
    Part.PERSON: frozenset({Part.QUESTIONS, Part.PERSON, Part.REASONS}),
    Part.REASONS: frozenset({Part.REASONS}),
    Part.HAND_OVER: frozenset({Part.HAND_OVER}),
    Part.PAPERS: frozenset({Part.PAPERS}),
}

# The jobs that open sealed data without a user, and what each may open (SP-07). The list is closed; a test reads it.
DESK_JOBS: dict[str, Part] = {
    "intake_supplement": Part.PERSON,
    "open_report": Part.QUESTIONS,
    "full_report": Part.PERSON,
    "prepared_words": Part.REASONS,
    "filing_package": Part.PERSON,
    "person_search": Part.PERSON,
}
# What two people released for the person himself, who may know of blocked data too (IMI Regulation art. 14(3), 19).
JOBS_AFTER_BLOCKING = {"person_search": Purpose.RIGHTS}


def wanted_grants(info_request: InformationRequest) -> set[tuple[int, Grant]]:
    """What the allocations of a request project: user and grant."""
    wanted = set()
    for allocation in Allocation.objects.filter(info_request=info_request, handler__isnull=False).current():
        if allocation.handler_id:
            given = grants_by_allocation(
                info_request.state, info_request.data_state, accepted=allocation.accepted_at is not None
            )
            wanted |= {(allocation.handler_id, grant) for grant in given}
    return wanted


def grants_by_allocation(state: str, data_state: str, *, accepted: bool) -> frozenset[Grant]:
    return frozenset(
        grant
        for grant, rule in RULES.items()
        if (rule.accepted if accepted else rule.allocated) and state in rule.states and data_state in rule.data
    )


def actual_grants(info_request: InformationRequest) -> set[tuple[int, str]]:
    rows = RequestUserPermission.objects.filter(content_object=info_request)
    return set(rows.values_list("user", "permission__codename"))


def sync_grants(info_request: InformationRequest) -> None:
    """Write guardian's rows anew from the allocations; the one place that does."""
    wanted = wanted_grants(info_request)
    rows = RequestUserPermission.objects.filter(content_object=info_request).select_related("permission")
    present = {(row.user_id, row.permission.codename): row.pk for row in rows}
    surplus = [pk for key, pk in present.items() if key not in wanted]
    if surplus:
        RequestUserPermission.objects.filter(pk__in=surplus).delete()
    missing = [key for key in wanted if key not in present]
    if missing:
        permissions = {
            permission.codename: permission
            for permission in Permission.objects.filter(
                content_type__app_label="requests_app",
                content_type__model="informationrequest",
                codename__in={grant.value for _, grant in missing},
            )
        }
        RequestUserPermission.objects.bulk_create(
            RequestUserPermission(user_id=user_id, permission=permissions[grant.value], content_object=info_request)
            for user_id, grant in sorted(missing)
        )


def look(user: User, info_request: InformationRequest, part: Part, purpose: Purpose) -> vault.Look:
    """The only way for a person to open what is sealed (SP-07).

    Asks the one queryset, which refuses once the data are blocked. Raises PermissionDenied.
    """
    held = InformationRequest.objects.allowed(user, GRANT_OF_PART[part])
    if part == Part.HAND_OVER:
        held = held.filter(filed_at=None)
    return _look(info_request, held, part, purpose, user=user, at=clock.moment())


def look_as_writer(user: User, row: Preparation, purpose: Purpose) -> vault.Look:
    """Who wrote the reason of a forward or a refusal may read it back without having accepted (design 4).

    Raises PermissionDenied for anybody else, once the data are blocked, and when he may not see the request any more.
    """
    if row.made_by_id != user.pk:
        raise PermissionDenied
    visible = InformationRequest.objects.visible(user).filter(data_state=DataState.OPEN)
    return _look(row.info_request, visible, Part.REASONS, purpose, user=user, at=clock.now())


PURPOSE_OF_GROUND = {"opening.proof": Purpose.PROOF, "opening.public_interest": Purpose.PUBLIC_INTEREST}


def look_while_open(user: User, info_request: InformationRequest) -> vault.Look:
    """Blocked data, for who asked for an opening and while its minutes run (DP-06, DP-07).

    Raises PermissionDenied for anybody else and at any other moment.
    """
    running = DataDecision.objects.running(clock.moment()).filter(info_request=info_request, proposed_by=user)
    opening = running.first()
    if opening is None:
        raise PermissionDenied
    held = InformationRequest.objects.allowed(user, Grant.ASK_OPENING).filter(pk__in=running.values("info_request"))
    purpose = PURPOSE_OF_GROUND[opening.ground]
    return _look(info_request, held, Part.PERSON, purpose, user=user, at=clock.moment())


def look_at_papers(user: User, decision: DataDecision, purpose: Purpose) -> vault.Look:
    """What a decision rests on; it has a key of its own, which is there after the request is erased too (SP-25)."""
    with transaction.atomic():
        if not may_read_papers(user, decision):
            raise PermissionDenied
        request = decision.info_request
        return recorded_look(
            decision.uuid, Part.PAPERS, purpose, user=user, at=clock.moment(), state=request.state, about=request.uuid
        )


def look_for_desk(job: str, info_request: InformationRequest) -> vault.Look:
    """A job of the closed list opens what it needs, while the data are open (SP-07). Raises PermissionDenied."""
    data_states = (DataState.OPEN, DataState.BLOCKED) if job in JOBS_AFTER_BLOCKING else (DataState.OPEN,)
    current = InformationRequest.objects.filter(data_state__in=data_states)
    purpose = JOBS_AFTER_BLOCKING.get(job, Purpose.JOB)
    return _look(info_request, current, DESK_JOBS[job], purpose, user=None, at=clock.now(), job=job)


def _look(
    info_request: InformationRequest,
    held: InformationRequestQuerySet,
    part: Part,
    purpose: Purpose,
    *,
    user: User | None,
    at: datetime,
    job: str = "",
) -> vault.Look:
    """Refuses unless `held` has it, asked anew whatever the page knew when it began: the night may have blocked it.

    The read record is written in the same transaction, or nothing opens (SEC-10).
    """
    with transaction.atomic():
        state = held.filter(pk=info_request.pk).order_by().values_list("state", flat=True)
        key, known_state = vault.key_with(info_request.uuid, state)
        if known_state is None:
            raise PermissionDenied
        return recorded_look(info_request.uuid, part, purpose, user=user, at=at, state=known_state, key=key, job=job)


def recorded_look(
    owner: UUID,
    part: Part,
    purpose: Purpose,
    *,
    user: User | None,
    at: datetime,
    state: str = "",
    about: UUID | None = None,
    key: SealKey | None = None,
    job: str = "",
) -> vault.Look:
    """The look at what lies under one key, its read record and its processing record: all or none (SEC-10, SP-18).

    The caller has asked whether it is allowed and holds the transaction. `about` is the request when the key is not
    the one of the request; `key` what `vault.key_with` read.
    """
    trace = processing.new_trace()
    ReadRecord.objects.create(
        user=user, request_uuid=about or owner, part=part, purpose=purpose, state=state, at=at, trace_id=trace
    )
    look = vault.make_look(
        owner=owner,
        part=part,
        user_id=user.pk if user else None,
        purpose=job or purpose,
        parts=OPENED_BY[part],
        key=key,
    )
    processing.note(name_of_look(purpose), processing.pseudonym(owner), at=at, trace=trace)
    return look


def looks_for_erasing(info_requests: Sequence[InformationRequest]) -> dict[int, vault.Look]:
    """The last look: what is erased is opened in memory to be sought everywhere else (SP-21). Only blocked data.

    A read record each, as with every look; who is not in the answer may not be opened.
    """
    part = Part.PERSON
    vault.fetch_keys(found.uuid for found in info_requests)
    with transaction.atomic():
        blocked = InformationRequest.objects.filter(
            pk__in=[found.pk for found in info_requests], data_state=DataState.BLOCKED
        )
        states = {pk: (uuid, state) for pk, uuid, state in blocked.values_list("pk", "uuid", "state")}
        moment = clock.now()
        records = [
            ReadRecord(
                user=None,
                request_uuid=uuid,
                part=part,
                purpose=Purpose.ERASE,
                state=state,
                at=moment,
                trace_id=processing.new_trace(),
            )
            for uuid, state in states.values()
        ]
        ReadRecord.objects.bulk_create(records)
        name = name_of_look(Purpose.ERASE)
        told = [(name, processing.pseudonym(record.request_uuid), record.trace_id) for record in records]
        processing.note_all(told, at=moment)
    return {
        pk: vault.make_look(owner=uuid, part=part, user_id=None, purpose=Purpose.ERASE, parts=frozenset(Part))
        for pk, (uuid, _state) in states.items()
    }


def grants_of(user: User, info_request: InformationRequest) -> frozenset[Grant]:
    return InformationRequest.objects.grants(user, info_request.pk)
