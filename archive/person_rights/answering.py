"""The draft of an answer: what is held, and who saw it, when and for which purpose (DP-12, SEC-10). No value of it."""

from dataclasses import dataclass
from datetime import date

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from archive.pdf import to_pdf
from archive.person_rights.models import PersonHit, PersonSearch
from authorities.models import Membership
from imidesk.core.clock import AMSTERDAM
from requests_app.models import ReadRecord

LANGUAGE = "nl"
KINDS = {
    "kind": _("person or company"),
    "given_names": _("given names"),
    "family_name": _("family name"),
    "legal_name": _("name of the company"),
    "trade_name": _("trade name"),
    "birth_date": _("date of birth"),
    "numbers": _("numbers of registers"),
    "address": _("address"),
    "email": _("e-mail address"),
    "phone": _("telephone number"),
}


@dataclass(frozen=True)
class Seen:
    """By function, as the person has no right to the name of who works here."""

    day: date
    by: str
    part: str
    purpose: str


@dataclass(frozen=True)
class Held:
    hit: PersonHit
    kinds: tuple[str, ...]
    seen: tuple[Seen, ...]


def render(search: PersonSearch) -> bytes:
    with translation.override(LANGUAGE), timezone.override(AMSTERDAM):
        hits = search.hits.select_related("info_request__requester", "info_request__responder")
        context = {
            "row": search.person_request,
            "search": search,
            "held": [Held(hit, tuple(str(KINDS.get(kind, kind)) for kind in hit.fields), _seen(hit)) for hit in hits],
        }
        return to_pdf(render_to_string("archive/persons/answer.html", context))


def _seen(hit: PersonHit) -> tuple[Seen, ...]:
    """Each day once for the same function, part and purpose."""
    records = ReadRecord.objects.filter(request_uuid=hit.info_request.uuid).order_by("at", "pk")
    functions = _functions({record.user_id for record in records if record.user_id}, hit.info_request.home_id)
    found = {
        Seen(
            day=record.at.astimezone(AMSTERDAM).date(),
            by=functions.get(record.user_id, "") if record.user_id else str(_("the desk itself")),
            part=record.get_part_display(),
            purpose=record.get_purpose_display(),
        )
        for record in records
    }
    return tuple(sorted(found, key=lambda seen: (seen.day, seen.by, seen.part, seen.purpose)))


def _functions(users: set[int], home_id: int) -> dict[int, str]:
    found: dict[int, list[str]] = {}
    for membership in Membership.objects.filter(user__in=users, authority=home_id).order_by("role", "pk"):
        names = found.setdefault(membership.user_id, [])
        if membership.get_role_display() not in names:
            names.append(membership.get_role_display())
    return {user: ", ".join(names) for user, names in found.items()}
