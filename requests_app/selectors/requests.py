"""Requests as a user sees them: unseen is 404, seen but not allowed 403 (SP-29)."""

from django.core.exceptions import PermissionDenied
from django.http import Http404

from authorities.models import User
from requests_app.models import InformationRequest
from requests_app.models.request import InformationRequestQuerySet
from requests_app.vocabulary import Grant


def visible_requests(user: User) -> InformationRequestQuerySet:
    return InformationRequest.objects.visible(user).select_related(
        "requester", "responder", "home", "service_activity", "forwarded_to"
    )


def visible_request(user: User, reference: str) -> InformationRequest:
    """Raises Http404 for what does not exist and for what this user may not know of, after the same query."""
    found = visible_requests(user).filter(reference=reference).first()
    if found is None:
        raise Http404
    return found


def request_for(user: User, reference: str, *grants: Grant) -> InformationRequest:
    """The request when the user holds one of the grants. Raises Http404 or PermissionDenied."""
    found = visible_request(user, reference)
    if not InformationRequest.objects.grants(user, found.pk).intersection(grants):
        raise PermissionDenied
    return found
