"""The three layers of design idea 1: a role opens the list, an allocation the case, acceptance the person."""

from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db import transaction

from authorities.models import User
from imidesk.core import clock, vault
from requests_app.models import Allocation, InformationRequest, Preparation, ReadRecord, RequestUserPermission
from requests_app.vocabulary import AFTER_BLOCKING, RULES, DataState, Grant, Part, Purpose

GRANT_OF_PART = {
    Part.QUESTIONS: Grant.READ_QUESTIONS,
    Part.PERSON: Grant.READ_PERSON,
    Part.REASONS: Grant.READ_PERSON,
}
# Who may read the person may read the questions it belongs to; never the other way round.
OPENED_BY = {
    Part.QUESTIONS: frozenset({Part.QUESTIONS}),
    Part.PERSON: frozenset({Part.QUESTIONS, Part.PERSON, Part.REASONS}),
    Part.REASONS: frozenset({Part.REASONS}),
}

# The jobs that open sealed data without a user, and what each may open (SP-07). The list is closed; a test reads it.
DESK_JOBS: dict[str, Part] = {
    "intake_supplement": Part.PERSON,
    "open_report": Part.QUESTIONS,
    "full_report": Part.PERSON,
    "prepared_words": Part.REASONS,
}


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
        if (rule.accepted if accepted else rule.allocated)
        and state in rule.states
        and (data_state == DataState.OPEN or grant in AFTER_BLOCKING)
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

    Asks the one queryset, which refuses once the data are blocked, and writes the read record in the same transaction
    (SEC-10). Raises PermissionDenied.
    """
    with transaction.atomic():
        if GRANT_OF_PART[part] not in grants_of(user, info_request):
            raise PermissionDenied
        ReadRecord.objects.create(
            user=user,
            request_uuid=info_request.uuid,
            part=part,
            purpose=purpose,
            state=info_request.state,
            at=clock.moment(),
        )
        return vault.make_look(
            owner=info_request.uuid, part=part, user_id=user.pk, purpose=purpose, parts=OPENED_BY[part]
        )


def look_as_writer(user: User, row: Preparation, purpose: Purpose) -> vault.Look:
    """Who wrote the reason of a forward or a refusal may read it back without having accepted (design 4).

    Raises PermissionDenied for anybody else, once the data are blocked, and when he may not see the request any more.
    """
    info_request = row.info_request
    with transaction.atomic():
        visible = InformationRequest.objects.visible(user).filter(pk=info_request.pk, data_state=DataState.OPEN)
        state = visible.values_list("state", flat=True).first()
        if state is None or row.made_by_id != user.pk:
            raise PermissionDenied
        ReadRecord.objects.create(
            user=user, request_uuid=info_request.uuid, part=Part.REASONS, purpose=purpose, state=state, at=clock.now()
        )
        return vault.make_look(
            owner=info_request.uuid,
            part=Part.REASONS,
            user_id=user.pk,
            purpose=purpose,
            parts=OPENED_BY[Part.REASONS],
        )


def look_for_desk(job: str, info_request: InformationRequest) -> vault.Look:
    """A job of the closed list opens what it needs, while the data are open (SP-07). Raises PermissionDenied."""
    part = DESK_JOBS[job]
    with transaction.atomic():
        current = InformationRequest.objects.filter(pk=info_request.pk, data_state=DataState.OPEN)
        state = current.values_list("state", flat=True).first()
        if state is None:
            raise PermissionDenied
        ReadRecord.objects.create(
            user=None, request_uuid=info_request.uuid, part=part, purpose=Purpose.JOB, state=state, at=clock.now()
        )
        return vault.make_look(owner=info_request.uuid, part=part, user_id=None, purpose=job, parts=OPENED_BY[part])


def grants_of(user: User, info_request: InformationRequest) -> frozenset[Grant]:
    return InformationRequest.objects.grants(user, info_request.pk)
