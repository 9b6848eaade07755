"""The letter that tells the provider which information on good repute was given (ANS-17)."""

import hashlib

from babel import Locale
from django.db.models import QuerySet
from django.utils import translation

from authorities.models import User
from imidesk.core import vault
from imidesk.core.templatetags.desk import dutch_date
from requests_app import catalogue
from requests_app.deadlines import HERE, local_day
from requests_app.models import InformationRequest, ProviderLetter
from requests_app.selectors import case
from requests_app.selectors.requests import open_one
from requests_app.vocabulary import Procedure


def letter_of(info_request: InformationRequest) -> ProviderLetter | None:
    """The one that is still to be sent, otherwise the last; a later answer may make another one due."""
    if info_request.procedure != Procedure.GOOD_REPUTE:
        return None
    return open_letter(info_request) or _letters(info_request).last()


def open_letter(info_request: InformationRequest) -> ProviderLetter | None:
    """The one that is still to be sent."""
    if info_request.procedure != Procedure.GOOD_REPUTE:
        return None
    found = open_one(info_request, "open_letter", _letters(info_request).filter(sent_on__isnull=True).first)
    if found is not None:
        found.info_request = info_request
    return found


def _letters(info_request: InformationRequest) -> QuerySet[ProviderLetter]:
    return ProviderLetter.objects.filter(info_request=info_request).select_related("info_request", "sent_by")


def letter_text(letter: ProviderLetter, look: vault.Look) -> str:
    """As it was saved; empty when nobody has written it yet."""
    return vault.open_text(look, letter, "text")


def version_of(letter: ProviderLetter) -> str:
    """Another one with each save: of the sealed bytes, so that it tells nothing of the text."""
    return hashlib.sha256(bytes(letter.text or b"")).hexdigest()


def prefilled(info_request: InformationRequest, look: vault.Look, handler: User, language: str) -> str:
    """The words of the letter, with the provider as far as he is known; what was given is the handler's to say."""
    letter = catalogue.provider_letter()
    known = case.subject(info_request, look)
    with translation.override(language):
        day = dutch_date(local_day(info_request.answered_at)) if info_request.answered_at else ""
    return letter.text.in_language(language) % {
        "provider": _addressee(known, language) or letter.provider.in_language(language),
        "given": letter.given.in_language(language),
        "requester": info_request.requester,
        "authority": info_request.home,
        "contact": info_request.home.email,
        "reference": info_request.reference,
        "day": day,
        "handler": handler,
    }


def prefilled_for_person(info_request: InformationRequest, look: vault.Look, handler: User, language: str) -> str:
    """The words of the letter under AVG article 14 (DP-10)."""
    letter = catalogue.person_letter()
    known = case.subject(info_request, look)
    with translation.override(language):
        day = dutch_date(local_day(info_request.received_at))
    return letter.text.in_language(language) % {
        "provider": _addressee(known, language) or letter.provider.in_language(language),
        "requester": info_request.requester,
        "authority": info_request.home,
        "contact": info_request.home.email,
        "reference": info_request.reference,
        "day": day,
        "handler": handler,
    }


def _addressee(known: dict[str, object], language: str) -> str:
    """Name and address in the lines of an envelope; without a name there is nobody to write to."""
    name = case.subject_name(known)
    found = known.get("address")
    address = found if isinstance(found, dict) else {}
    place = " ".join(filter(None, [address.get("postcode"), address.get("town")]))
    code = str(address.get("country") or HERE)
    country = "" if code == HERE else Locale(language).territories.get(code, code)
    return "\n".join(filter(None, [name, address.get("street"), place, country])) if name else ""
