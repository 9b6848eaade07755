"""The draft of an answer: what is held, and who saw it, when and for which purpose (DP-12, SEC-10). No value of it."""

from dataclasses import dataclass
from datetime import date

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from archive.pdf import to_pdf
from archive.person_rights.models import PersonHit, PersonSearch
from archive.person_rights.vocabulary import Found, Right
from authorities.models import Membership
from authorities.vocabulary import Role
from imidesk.core.clock import AMSTERDAM
from requests_app.models import InformationRequest, ReadRecord
from requests_app.vocabulary import DataState, Purpose

LANGUAGE = "nl"
ASKED: dict[str, str | Promise] = {
    Right.ACCESS: _("You ask which data we hold about you."),
    Right.CORRECTION: _("You ask us to correct your data."),
    Right.DELETION: _("You ask us to erase your data."),
}
WHY_FOUND: dict[str, str | Promise] = {
    Found.PROVIDER: _("The questions are about you."),
    Found.TEXT: _("Your name, number or e-mail address stands in a text of this request."),
}
KINDS = {
    "kind": _("whether you are a person or a company"),
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
# Of several roles the first that stands here; of any other it counts that somebody of the authority looked.
FUNCTIONS: dict[str, str | Promise] = {
    Role.BEHANDELAAR: _("an employee who handles requests"),
    Role.TOEWIJZER: _("an employee who allocates requests"),
    Role.JURIST: _("a lawyer"),
}
EMPLOYEE = _("an employee")
MACHINE = _("our computer system, by itself")
PURPOSES: dict[str, str | Promise] = {
    Purpose.JUDGE: _("to see whether we are competent to answer"),
    Purpose.ALLOCATE: _("to choose who handles the request"),
    Purpose.ANSWER: _("to answer the request"),
    Purpose.SEND: _("to send the answer"),
    Purpose.FILE: _("to put the request in the archive"),
    Purpose.READ: _("to read the request back"),
    Purpose.RIGHTS: _("to answer your letter"),
    Purpose.PROOF: _("as proof of the exchange, with your consent"),
    Purpose.PUBLIC_INTEREST: _("for an overriding public interest"),
    Purpose.DECIDE: _("to decide on your data with a second person"),
    Purpose.JOB: _("to make the report of the request"),
    Purpose.ERASE: _("to erase your data"),
}


@dataclass(frozen=True, order=True)
class Seen:
    """By function, as the person has no right to the name of who works here."""

    day: date
    by: str
    purpose: str


@dataclass(frozen=True)
class Held:
    info_request: InformationRequest
    why: str | Promise
    kinds: tuple[str, ...]
    seen: tuple[Seen, ...]

    @property
    def is_blocked(self) -> bool:
        return self.info_request.data_state == DataState.BLOCKED


def render(search: PersonSearch) -> bytes:
    with translation.override(LANGUAGE), timezone.override(AMSTERDAM):
        hits = search.hits.select_related("info_request__requester", "info_request__responder")
        still_held = hits.exclude(info_request__data_state=DataState.ERASED)
        context = {
            "row": search.person_request,
            "search": search,
            "asked": ASKED[search.person_request.right],
            "held": [_held(hit) for hit in still_held],
        }
        return to_pdf(render_to_string("archive/persons/answer.html", context))


def _held(hit: PersonHit) -> Held:
    kinds = tuple(str(words) for kind, words in KINDS.items() if kind in hit.fields)
    return Held(hit.info_request, WHY_FOUND[hit.found], kinds, _seen(hit))


def _seen(hit: PersonHit) -> tuple[Seen, ...]:
    """Each day once for the same function and purpose."""
    records = list(ReadRecord.objects.filter(request_uuid=hit.info_request.uuid))
    functions = _functions({record.user_id for record in records if record.user_id}, hit.info_request.home_id)
    found = {
        Seen(
            day=record.at.astimezone(AMSTERDAM).date(),
            by=str(functions[record.user_id] if record.user_id else MACHINE),
            purpose=str(PURPOSES[record.purpose]),
        )
        for record in records
    }
    return tuple(sorted(found))


def _functions(users: set[int], home_id: int) -> dict[int, str | Promise]:
    held: dict[int, set[str]] = {user: set() for user in users}
    for user, role in Membership.objects.filter(user__in=users, authority=home_id).values_list("user", "role"):
        held[user].add(role)
    return {
        user: next((words for role, words in FUNCTIONS.items() if role in roles), EMPLOYEE)
        for user, roles in held.items()
    }
