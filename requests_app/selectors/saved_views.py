"""The filters of the list that somebody keeps under names of his own, and the address of the list itself."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, QueryDict

from authorities.models import User
from requests_app.models import SavedView
from requests_app.selectors.lists import Cursor

LONGEST_ADDRESS = 500  # of the filters of the list, written out
AFTER, BEFORE = "na", "voor"  # in the address: the page after a row, or before it
_CURSOR = re.compile(r"(\d{1,17})-(\d{1,18})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STEP = timedelta(microseconds=1)


def saved_views(user: User) -> QuerySet[SavedView]:
    return SavedView.objects.filter(user=user)


def saved_view(user: User, pk: int) -> SavedView:
    found = saved_views(user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def cursor_in(address: Mapping[str, str]) -> Cursor | None:
    """The place that the address names; a broken one is the first page."""
    for name in (AFTER, BEFORE):
        found = _CURSOR.fullmatch(address.get(name, ""))
        if found:
            return Cursor(_EPOCH + int(found[1]) * _STEP, int(found[2]), newer=name == BEFORE)
    return None


def written(cursor: Cursor) -> dict[str, str]:
    """What `cursor_in` reads."""
    return {BEFORE if cursor.newer else AFTER: f"{(cursor.received_at - _EPOCH) // _STEP}-{cursor.pk}"}


def own_address(query: str, known: frozenset[str]) -> str:
    """Of what an address says only the filters and the place in the list; nothing where that is too long."""
    if len(query) > LONGEST_ADDRESS:
        return ""
    given = QueryDict(query).dict()
    kept = urlencode({name: value for name, value in given.items() if name in known and value})
    return kept if len(kept) <= LONGEST_ADDRESS else ""
