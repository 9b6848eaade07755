"""Requests as a user sees them: unseen is 404, seen but not allowed 403 (SP-29)."""

from operator import attrgetter
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Aggregate, Exists, FilteredRelation, JSONField, Model, OuterRef, Q, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import JSONObject
from django.db.models.sql.compiler import SQLCompiler
from django.http import Http404

from authorities.models import Keyword, User
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
}


class _InOneValue(Aggregate):
    """Rows as a list in JSON, so that what is short comes along with another row."""

    function = "JSONB_AGG"
    output_field = JSONField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSON_GROUP_ARRAY", **extra)


def _beside() -> dict[str, Combinable]:
    flags = {
        _name(model): Exists(model._default_manager.filter(**{to: OuterRef("pk")})) for model, to in BESIDE.items()
    }
    return {**flags, "listed_keywords": _keywords()}


def _keywords() -> Subquery:
    chosen = InformationRequest.keywords.through._default_manager.filter(informationrequest=OuterRef("pk")).order_by()
    columns = {column: f"keyword__{column}" for column in ("pk", "code", "name_nl", "name_en")}
    grouped = chosen.values("informationrequest").annotate(listed=_InOneValue(JSONObject(**columns)))
    return Subquery(grouped.values("listed"))  # type: ignore[misc]


def listed_keywords(info_request: InformationRequest) -> list[Keyword] | None:
    """Those that came with the row of a page; None for what was read otherwise."""
    if not hasattr(info_request, "listed_keywords"):
        return None
    return sorted((Keyword(**row) for row in info_request.listed_keywords or ()), key=attrgetter("name_nl"))


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
