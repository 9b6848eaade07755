"""The calendar feed of the retention page: its token is shown once, and made anew or taken away at will (SP-17)."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from archive import feed, selectors
from archive.models import RetentionFeed
from authorities.models import User
from imidesk.core import clock, ledger


@transaction.atomic(durable=True)
def renew_feed(*, user: User) -> str:
    """Gives the new token; an older one finds nothing any more."""
    if not selectors.may_read_retention(user):
        raise PermissionDenied
    _revoke(user)
    token, digest = feed.new_token()
    RetentionFeed.objects.create(user=user, digest=digest, made_at=clock.now())
    return token


@transaction.atomic(durable=True)
def end_feed(*, user: User) -> None:
    _revoke(user)


def _revoke(user: User) -> None:
    """For good, also after a restored copy (SP-24)."""
    for row in RetentionFeed.objects.select_for_update().filter(user=user):
        row.delete()
        ledger.note(ledger.Kind.FEED_REVOKED, user.uuid, {"digest": row.digest})


def revoke_again(subject: UUID, at: datetime, what: Mapping[str, str]) -> None:
    """After a restore; a token made later than the one in the ledger stays."""
    RetentionFeed.objects.filter(user__uuid=subject, digest=what["digest"]).delete()
