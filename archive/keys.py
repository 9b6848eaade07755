"""Which old keys there are, from when each may be destroyed, and who may record it (SP-05)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings

from archive.models import KeyDestruction
from authorities.models import User
from authorities.vocabulary import Role
from imidesk.core import clock, key_files, vault
from imidesk.core.clock import AMSTERDAM
from imidesk.core.models import KeyCheck
from requests_app.models.access import memberships_today

ADMINISTRATORS = frozenset({Role.BEHEERDER})
READERS = ADMINISTRATORS | {Role.FG, Role.JURIST}
PATIENCE = timedelta(days=14)
"""So long after its day a destruction may take before it is red."""


@dataclass(frozen=True)
class Listed:
    """One old key, as the page shows it."""

    check: KeyCheck
    from_day: date
    may_go: bool
    is_late: bool
    recorded: KeyDestruction | None
    file_left: bool


def listed() -> list[Listed]:
    recorded = {row.key_id: row for row in KeyDestruction.objects.select_related("proposed_by", "confirmed_by")}
    return [
        Listed(
            check=check,
            from_day=_from(check).astimezone(AMSTERDAM).date(),
            may_go=may_go(check),
            is_late=check.destroyed_at is None and _from(check) + PATIENCE <= clock.moment(),
            recorded=recorded.get(check.key_id),
            file_left=check.destroyed_at is not None and key_files.read(check.key_id) is not None,
        )
        for check in vault.old_keys()
    ]


def may_go(check: KeyCheck) -> bool:
    """No copy that is kept so long can need it any more."""
    return check.retired_at is not None and check.destroyed_at is None and _from(check) <= clock.moment()


def may_record(user: User) -> bool:
    return bool(_roles(user) & READERS)


def is_pair(first: User, second: User) -> bool:
    """An administrator with the data protection officer or the lawyer, or two administrators."""
    return bool((_roles(first) | _roles(second)) & ADMINISTRATORS)


def _roles(user: User) -> set[str]:
    return {one.role for one in memberships_today(user)} & READERS if user.is_active else set()


def _from(check: KeyCheck) -> datetime:
    return (check.retired_at or clock.moment()) + timedelta(days=settings.IMIDESK_BACKUP_DAYS)
