"""Blocking before its day, by a person (DP-03, design 3)."""

from django.db import transaction
from django.utils.translation import gettext as _

from archive import packing, selectors
from archive.models import RetentionRecord
from archive.writing import register_ended
from authorities.models import User
from imidesk.core import clock
from imidesk.core.errors import DomainError
from requests_app import workflow
from requests_app.models import InformationRequest
from requests_app.selectors.letters import open_letter
from requests_app.selectors.relations import open_correction
from requests_app.vocabulary import Action
from requests_app.writing import locked


@transaction.atomic(durable=True)
def block_now(*, info_request: InformationRequest, actor: User) -> RetentionRecord:
    """Once nobody needs the personal data any more; its day in the register stays what the law makes it."""
    request = locked(info_request)
    workflow.require_possible(request.block_now, actor, Action.BLOCKED.label)
    _check_nothing_waits(request)
    register_ended(request)
    record = RetentionRecord.objects.get(info_request=request)
    now = clock.now()
    if request.needs_filing:
        packing.write_package(request, {}, now)
    workflow.perform(request.block_now, action=Action.BLOCKED, actor=actor, at=now, due_on=record.block_on)
    record.blocked_at = now
    record.save(update_fields=["blocked_at"])
    return record


def _check_nothing_waits(request: InformationRequest) -> None:
    """What cannot be done any more once the seal is closed. Raises DomainError."""
    if open_letter(request):
        raise DomainError(_("The letter to the provider is not sent yet. Send it first, and record its date."))
    if open_correction(request) is not None:
        raise DomainError(_("Another date of the end is proposed. Decide on it first."))
    if selectors.is_being_made(request):
        raise DomainError(_("The end report is still being made. Try again in a minute."))
