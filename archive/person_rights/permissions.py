"""The look at the file of a person's request (SP-07, SP-25)."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from archive.person_rights.access import kept_by
from archive.person_rights.models import PersonRequest, PersonSearch
from authorities.models import User
from imidesk.core import clock, vault
from requests_app.permissions import recorded_look
from requests_app.vocabulary import Part, Purpose


def look_at(user: User, person_request: PersonRequest) -> vault.Look:
    """Opens who asks and what he wrote, with a read record (SP-07, SP-25). Raises PermissionDenied."""
    with transaction.atomic():
        if not kept_by(user).filter(pk=person_request.pk, erased_at__isnull=True).exists():
            raise PermissionDenied
        return _look(user, person_request)


def look_for_search(search: PersonSearch) -> vault.Look:
    """The released search reads whom to look for. Raises PermissionDenied."""
    with transaction.atomic():
        current = PersonSearch.objects.filter(
            pk=search.pk, released_at__isnull=False, finished_at__isnull=True, person_request__erased_at__isnull=True
        )
        if not current.exists():
            raise PermissionDenied
        return _look(None, search.person_request)


def _look(user: User | None, person_request: PersonRequest) -> vault.Look:
    return recorded_look(person_request.uuid, Part.PERSON, Purpose.RIGHTS, user=user, at=clock.moment())
