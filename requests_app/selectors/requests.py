"""Requests as a user sees them: unseen is 404, seen but not allowed 403 (SP-29)."""

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, FilteredRelation, Model, OuterRef, Q
from django.http import Http404

from authorities.models import User
from imidesk.core import once
from requests_app.models import AdviceRequest, AllocationWish, EndCorrection, InformationRequest, Viewer
from requests_app.models.request import InformationRequestQuerySet
from requests_app.vocabulary import Grant

# What few requests have: whether it is there comes with the row, so that a page asks only for what is.
BESIDE: dict[type[Model], str] = {
    AdviceRequest: "info_request",
    AllocationWish: "info_request",
    EndCorrection: "info_request",
    Viewer: "info_request",
    InformationRequest.keywords.through: "informationrequest",
}


def _beside() -> dict[str, Exists]:
    return {_name(model): Exists(model._default_manager.filter(**{to: OuterRef("pk")})) for model, to in BESIDE.items()}


def _name(model: type[Model]) -> str:
    return f"has_{model._meta.model_name}"


def may_have(info_request: InformationRequest, model: type[Model]) -> bool:
    """False only where the row of a page said so; what was read otherwise is asked."""
    return bool(getattr(info_request, _name(model), True))


def visible_requests(user: User) -> InformationRequestQuerySet:
    return InformationRequest.objects.visible(user).select_related(
        "requester", "responder", "home", "service_activity", "forwarded_to"
    )


def _rows_of_page(user: User) -> InformationRequestQuerySet:
    prepared = FilteredRelation("preparation", condition=Q(preparation__ended_at__isnull=True))
    return (
        visible_requests(user)
        .annotate(open_preparation=prepared, **_beside())
        .select_related("subject", "home__first_contact")
        .select_related("open_preparation__made_by", "open_preparation__forward_to")  # type: ignore[misc]
    )


def visible_request(user: User, reference: str) -> InformationRequest:
    """Raises Http404 for what does not exist and for what this user may not know of, after the same query."""
    info_request, _grants = opened_request(user, reference)
    return info_request


def opened_request(user: User, reference: str, *, to_show: bool = True) -> tuple[InformationRequest, frozenset[Grant]]:
    """`visible_request` with every grant this user holds on it. Raises Http404.

    For an act, which leads on to another page, the row alone: what a page shows beside it is asked where it is shown.
    """
    asked = (_rows_of_page(user) if to_show else InformationRequest.objects.visible(user)).filter(reference=reference)
    found = once.per_page(("opened", user.pk, reference), lambda: asked.opened(user))
    if found is None:
        raise Http404
    return found


def request_for(user: User, reference: str, *grants: Grant) -> InformationRequest:
    """The request when the user holds one of the grants. Raises Http404 or PermissionDenied."""
    found, held = opened_request(user, reference)
    if held.isdisjoint(grants):
        raise PermissionDenied
    return found
