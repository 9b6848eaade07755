"""The three layers of design idea 1: a role opens the list, an allocation the case, acceptance the person."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet

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


def wanted_grants(info_requests: Collection[InformationRequest]) -> dict[int, set[tuple[int, str]]]:
    """What the allocations of each request project: user and grant."""
    by_pk = {info_request.pk: info_request for info_request in info_requests}
    wanted: dict[int, set[tuple[int, str]]] = {pk: set() for pk in by_pk}
    current = Allocation.objects.filter(info_request__in=by_pk, handler__isnull=False).current()
    for pk, handler, accepted_at in current.values_list("info_request", "handler", "accepted_at"):
        found = by_pk[pk]
        given = grants_by_allocation(found.state, found.data_state, accepted=accepted_at is not None)
        wanted[pk] |= {(handler, grant.value) for grant in given}
    return wanted


def grants_by_allocation(state: str, data_state: str, *, accepted: bool) -> frozenset[Grant]:
    return frozenset(
        grant
        for grant, rule in RULES.items()
        if (rule.accepted if accepted else rule.allocated) and state in rule.states and data_state in rule.data
    )


def actual_grants(info_requests: Collection[InformationRequest]) -> dict[int, dict[tuple[int, str], int]]:
    """Of each request the rows that are there: user and grant, with the number of the row."""
    actual: dict[int, dict[tuple[int, str], int]] = {info_request.pk: {} for info_request in info_requests}
    rows = RequestUserPermission.objects.filter(content_object__in=list(actual))
    for row, pk, user, grant in rows.values_list("pk", "content_object", "user", "permission__codename"):
        actual[pk][user, grant] = row
    return actual


def sync_grants(info_requests: Collection[InformationRequest]) -> None:
    """Write guardian's rows anew from the allocations; the one place that does."""
    wanted, actual = wanted_grants(info_requests), actual_grants(info_requests)
    surplus = [row for pk, rows in actual.items() for key, row in rows.items() if key not in wanted[pk]]
    if surplus:
        RequestUserPermission.objects.filter(pk__in=surplus).delete()
    missing = [(pk, *key) for pk, keys in wanted.items() for key in sorted(keys - actual[pk].keys())]
    if missing:
        permissions = dict(
            Permission.objects.filter(
                content_type__app_label="requests_app",
                content_type__model="informationrequest",
                codename__in={grant for _pk, _user, grant in missing},
            ).values_list("codename", "pk")
        )
        RequestUserPermission.objects.bulk_create(
            RequestUserPermission(user_id=user, permission_id=permissions[grant], content_object_id=pk)
            for pk, user, grant in missing
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


def look_while_open(user: User, info_request: InformationRequest) -> tuple[vault.Look, datetime]:
    """Blocked data, for who asked for an opening and while its minutes run, and when those end (DP-06, DP-07).

    Raises PermissionDenied for anybody else and at any other moment.
    """
    running = DataDecision.objects.running(clock.moment()).filter(info_request=info_request, proposed_by=user)
    held = InformationRequest.objects.allowed(user, Grant.ASK_OPENING).filter(pk__in=running.values("info_request"))
    with transaction.atomic():
        key, known = vault.key_with(
            info_request.uuid,
            state=_state(held, info_request),
            ground=running.values_list("ground", flat=True),
            ends_at=running.values_list("ended_at", flat=True),
        )
        if None in known.values():
            raise PermissionDenied
        purpose = PURPOSE_OF_GROUND[known["ground"]]
        seen = recorded_look(
            info_request.uuid, Part.PERSON, purpose, user=user, at=clock.moment(), state=known["state"], key=key
        )
        return seen, known["ends_at"]


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
        key, known = vault.key_with(info_request.uuid, state=_state(held, info_request))
        if known["state"] is None:
            raise PermissionDenied
        return recorded_look(info_request.uuid, part, purpose, user=user, at=at, state=known["state"], key=key, job=job)


def _state(held: InformationRequestQuerySet, info_request: InformationRequest) -> QuerySet[Any]:
    """Of the one request, as long as it is among what is held."""
    return held.filter(pk=info_request.pk).order_by().values_list("state", flat=True)


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
