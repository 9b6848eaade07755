"""Requests as a user sees them: unseen is 404, seen but not allowed 403 (SP-29)."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Aggregate, Exists, FilteredRelation, JSONField, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import JSONObject
from django.db.models.sql.compiler import SQLCompiler
from django.http import Http404

from authorities.models import Keyword, User
from imidesk.core import once
from requests_app.models import AdviceRequest, AllocationWish, InformationRequest, Viewer
from requests_app.models.request import InformationRequestQuerySet
from requests_app.vocabulary import Grant

T = TypeVar("T")

# What few requests have: whether it is there comes with the row, so that a page asks only for what is.
_BESIDE: tuple[type[Model], ...] = (AdviceRequest, AllocationWish)

# What a request has one of at most: it comes along whole, under this name, while it is open.
_OPEN = {
    "open_preparation": ("preparation", "ended_at"),
    "open_correction": ("end_corrections", "decided_at"),
    "open_letter": ("providerletter", "sent_on"),
}
_WITH_IT = (
    *("open_preparation__made_by", "open_preparation__forward_to"),
    *("open_correction__proposed_by", "open_correction__evidence"),
    "open_letter__sent_by",
)


class _InOneValue(Aggregate):
    """Rows as a list in JSON, so that what is short comes along with another row."""

    function = "JSONB_AGG"
    output_field = JSONField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSON_GROUP_ARRAY", **extra)


def _open() -> dict[str, FilteredRelation]:
    """Anew for each query, which writes its own name into them."""
    return {
        name: FilteredRelation(relation, condition=Q(**{f"{relation}__{ended}__isnull": True}))
        for name, (relation, ended) in _OPEN.items()
    }


def _beside() -> dict[str, Combinable]:
    flags = {_name(model): Exists(model._default_manager.filter(info_request=OuterRef("pk"))) for model in _BESIDE}
    keywords = InformationRequest.keywords.through._default_manager.filter(informationrequest=OuterRef("pk"))
    viewers = Viewer.objects.filter(info_request=OuterRef("pk"))
    return {
        **flags,
        "listed_keywords": _listed(keywords, "informationrequest", "keyword", _KEYWORD),
        "listed_viewers": _listed(viewers, "info_request", "", _VIEWER),
    }


_KEYWORD = ("pk", "code", "name_nl", "name_en")
_PERSON = ("pk", "first_name", "last_name")
_PEOPLE = ("user", "added_by")
_VIEWER = (
    *("pk", "reason", "until", "added_at", "ended_at"),
    *(f"{role}__{name}" for role in _PEOPLE for name in _PERSON),
)


def _listed(rows: QuerySet[Any], to: str, through: str, columns: tuple[str, ...]) -> Subquery:
    wanted = {column: f"{through}__{column}" if through else column for column in columns}
    grouped = rows.order_by().values(to).annotate(listed=_InOneValue(JSONObject(**wanted)))
    return Subquery(grouped.values("listed"))


def is_of_page(info_request: InformationRequest) -> bool:
    """Whether it was read with all that a page shows beside it."""
    return hasattr(info_request, "listed_keywords")


def listed_keywords(info_request: InformationRequest) -> list[Keyword]:
    """Those that came with the row of a page."""
    return sorted((Keyword(**row) for row in info_request.listed_keywords or ()), key=attrgetter("name_nl"))


def listed_viewers(info_request: InformationRequest) -> list[Viewer]:
    """As `listed_keywords`, in the order in which they were added."""
    return sorted((_viewer(row) for row in info_request.listed_viewers or ()), key=attrgetter("added_at", "pk"))


def _viewer(row: dict[str, Any]) -> Viewer:
    return Viewer(
        pk=row["pk"],
        reason=row["reason"],
        until=date.fromisoformat(row["until"]),
        added_at=_moment(row["added_at"]),
        ended_at=row["ended_at"] and _moment(row["ended_at"]),
        **{role: User(**{name: row[f"{role}__{name}"] for name in _PERSON}) for role in _PEOPLE},
    )


def _moment(written: str) -> datetime:
    """SQLite writes UTC and does not say so."""
    found = datetime.fromisoformat(written)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def open_one(info_request: InformationRequest, name: str, ask: Callable[[], T | None]) -> T | None:
    """The one of _OPEN that came with the row of a page; asked of what was read otherwise."""
    if not is_of_page(info_request):
        return ask()
    found: T | None = getattr(info_request, name, None)
    return found


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
    return (
        visible_requests(user)
        .annotate(**_open(), **_beside())
        .select_related("subject", "home__first_contact")
        .select_related(*_WITH_IT)
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
