"""Writing to the provider after information on good repute was given, and recording when it went (ANS-17)."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from authorities.models import User
from imidesk.core import clock, vault
from imidesk.core.errors import DomainError
from requests_app import catalogue, workflow
from requests_app.deadlines import local_day
from requests_app.models import InformationRequest, ProviderLetter
from requests_app.selectors.letters import open_letter, version_of
from requests_app.vocabulary import Action
from requests_app.writing import check_day_not_future, locked


@transaction.atomic(durable=True)
def save_letter(*, info_request: InformationRequest, actor: User, language: str, text: str, base: str) -> None:
    """In as many sittings as it takes; nothing leaves the desk. `base` is the version it was written on.

    Raises DomainError, also when another handler saved the letter meanwhile: no text is lost unseen (SP-14).
    """
    request = locked(info_request)
    letter = _letter_to_write(request, actor, base)
    _write(letter, language, text)
    workflow.perform(request.write_letter, action=Action.LETTER_SAVED, actor=actor, at=clock.now())


@transaction.atomic(durable=True)
def send_letter(
    *, info_request: InformationRequest, actor: User, language: str, text: str, base: str, sent_on: date
) -> None:
    """Sent outside the desk; recording the date ends the task. Raises DomainError, as `save_letter`."""
    request = locked(info_request)
    letter = _letter_to_write(request, actor, base)
    if not text.strip():
        raise DomainError(_("The letter has no text yet."))
    left = [gap for gap in catalogue.provider_letter().gaps() if gap in text]
    if left:
        raise DomainError(_("Fill this in first: %(gap)s") % {"gap": left[0]})
    check_day_not_future(sent_on, field="sent_on")
    if request.answered_at and sent_on < local_day(request.answered_at):
        raise DomainError(_("The letter is sent after the answer. Check the date."), field="sent_on")
    _write(letter, language, text)
    letter.sent_on, letter.sent_by = sent_on, actor
    letter.save(update_fields=["sent_on", "sent_by"])
    workflow.perform(request.send_letter, action=Action.LETTER_SENT, actor=actor, at=clock.now(), sent_on=sent_on)


@transaction.atomic(durable=True)
def tell_person(*, info_request: InformationRequest, actor: User, sent_on: date | None, reason: str) -> None:
    """The day of the letter under AVG article 14, or the reason of article 14(5) why there is none (DP-10).

    Raises DomainError for a day in the future or before acceptance.
    """
    request = locked(info_request)
    workflow.require_possible(request.tell_person, actor, Action.PERSON_TOLD.label)
    now = clock.now()
    if sent_on is None:
        why = catalogue.reason(reason).code
        workflow.perform(request.tell_person, action=Action.PERSON_NOT_TOLD, actor=actor, at=now, reason=why)
        return
    check_day_not_future(sent_on, field="sent_on")
    if request.accepted_at and sent_on < local_day(request.accepted_at):
        raise DomainError(_("The letter is sent after the acceptance. Check the date."), field="sent_on")
    workflow.perform(request.tell_person, action=Action.PERSON_TOLD, actor=actor, at=now, sent_on=sent_on)


def _letter_to_write(request: InformationRequest, actor: User, base: str) -> ProviderLetter:
    workflow.require_possible(request.send_letter, actor, Action.LETTER_SENT.label)
    letter = open_letter(request)
    if letter is None:
        raise DomainError(_("No letter to the provider is due for this request."))
    if version_of(letter) != base:
        raise DomainError(
            _("Somebody else saved this letter meanwhile. Their text stands above yours; save again to keep yours.")
        )
    letter.info_request = request
    return letter


def _write(letter: ProviderLetter, language: str, text: str) -> None:
    vault.seal(letter, "text", text.strip().replace("\r\n", "\n"))
    letter.language = language
    letter.save(update_fields=["text", "language"])
