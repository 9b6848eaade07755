"""A new key every 30 days, and the end of the old one by two persons when no copy needs it any more (SP-04, SP-05)."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from archive import keys
from archive.models import KeyDestruction
from authorities.models import User
from imidesk.core import clock, key_files, ledger, security_log, vault
from imidesk.core.errors import DomainError
from imidesk.core.models import KeyCheck

ROTATE_EVERY = timedelta(days=30)


class KeysOverdue(RuntimeError):
    """An old key should have been destroyed: what was erased under it is not final until it is (SP-05)."""


def keep_keys() -> int:
    """Rotates when it is time; red when a destruction is late."""
    count = 0
    if vault.rotation_due(ROTATE_EVERY):
        count = vault.rotate()
        security_log.note("keys_rotated", object="keys", result="ok", origin="desk", actor_id=None)
    if any(key.is_late for key in keys.listed()):
        raise KeysOverdue
    return count


@transaction.atomic(durable=True)
def record_destruction(*, actor: User, key_id: str) -> bool:
    """The first of two persons records it, the second confirms; True when it is destroyed. Raises DomainError."""
    if not keys.may_record(actor):
        raise PermissionDenied
    check = KeyCheck.objects.select_for_update().filter(key_id=key_id, destroyed_at__isnull=True).first()
    if check is None or not keys.may_go(check):
        raise DomainError(_("This key may not be destroyed yet, or it was destroyed already."))
    now = clock.now()
    row, first = KeyDestruction.objects.get_or_create(
        key_id=key_id, defaults={"proposed_by": actor, "proposed_at": now}
    )
    if first:
        _note("key_destruction_recorded", key_id, actor)
        return False
    if row.proposed_by_id == actor.pk:
        raise DomainError(_("You recorded this yourself. Somebody else has to confirm it."))
    if not keys.is_pair(row.proposed_by, actor):
        raise DomainError(_("One of the two has to be a technical administrator."))
    row.confirmed_by, row.confirmed_at = actor, now
    row.save(update_fields=["confirmed_by", "confirmed_at"])
    vault.forget_key(key_id, now)
    ledger.note(ledger.Kind.KEY_DESTROYED, clock.installation(), {"key_id": key_id})
    _note("key_destroyed", key_id, actor)
    transaction.on_commit(lambda: key_files.remove(key_id), robust=True)
    return True


def _note(action: str, key_id: str, actor: User) -> None:
    security_log.note(action, object=f"key:{key_id}", result="ok", origin="desk", actor_id=actor.pk)
