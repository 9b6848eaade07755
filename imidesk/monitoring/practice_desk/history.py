"""Forty, or another number of, ended and filed requests over two years, so that there are figures (practice desk)."""

from datetime import date, time, timedelta
from functools import partial
from typing import Any

from authorities.vocabulary import Module
from imidesk.core import clock
from imidesk.monitoring.practice_desk import filing
from imidesk.monitoring.practice_desk.cases import Case, data
from imidesk.monitoring.practice_desk.ground import ABROAD, JUSTIS, LIMBURG, OMWB, TEAMS, Ground
from imidesk.monitoring.practice_desk.story import Event, close, forward
from imidesk.monitoring.practice_desk.timeline import at
from requests_app.services import ending
from requests_app.vocabulary import Procedure

DAYS = 690
MOST_RECENT = 25
_ROUND = 40
_LATE = {3, 13, 23, 33}
_FORWARDED = {2: (LIMBURG, "forward.not_competent_after_acceptance"), 11: (JUSTIS, "forward.partly_criminal_sanctions")}
_REFUSED = {5}
_LANGUAGES = {"DE": "de", "AT": "de", "BE": "nl", "FR": "fr"}


def events(ground: Ground, today: date, number: int) -> list[Event]:
    found: list[Event] = []
    for index in range(number):
        ended = today - timedelta(days=MOST_RECENT + index * DAYS // max(number, 1))
        found += _one(ground, index, ended)
    return found


def _one(ground: Ground, index: int, ended: date) -> list[Event]:
    place = index % _ROUND
    content = _content(index, refused=place in _REFUSED)
    handler = "behandelaar2" if content["activity"] in TEAMS[OMWB] else "behandelaar1"
    case = Case(ground, content, ground.people[handler])
    received = ended - timedelta(days=30)
    received_at = at(received, time(8, 30))
    plan = [Event(at(received, time(9, 0)), lambda: case.receive(received_at))]

    def later(days: int, hour: time, act: Any) -> None:
        plan.append(Event(at(received + timedelta(days=days), hour), act))

    if place in _REFUSED:
        later(2, time(10, 0), partial(_refuse, case))
        return plan
    later(0, time(9, 20), case.choose_team)
    later(1, time(9, 0), case.take_up)
    later(2 + index % 4, time(11, 0), case.accept)
    if place in _FORWARDED:
        to, reason = _FORWARDED[place]
        later(8, time(14, 0), partial(forward, case, to, reason, "Zie de motivering."))
        later(12, time(10, 0), partial(filing.file_in_corsa, case))
        return plan
    answered = 20 if place in _LATE else 9 + index % 5
    later(answered - 1, time(15, 0), case.answer)
    later(answered, time(10, 30), case.send)
    closed_at = at(ended, time(9, 45))
    later(30, time(13, 0), lambda: close(case, closed_at))
    later(33, time(10, 0), partial(filing.file_in_corsa, case))
    return plan


def _refuse(case: Case) -> None:
    ending.refuse_request(
        info_request=case.row,
        actor=case.handler,
        reason="refuse.outside_scope",
        words="Het verzoek gaat niet over een document dat onder de verordening valt.",
        done_at=clock.now(),
    )


def _content(index: int, *, refused: bool) -> dict[str, Any]:
    source = data()["history"]
    requester = list(ABROAD)[index * 5 % len(ABROAD)]
    company = f"{source['companies'][index % len(source['companies'])]} {index + 1} B.V."
    content = {
        "imi_number": str(799100 + index * 37),
        "requester": requester,
        "activity": source["activities"][index % len(source["activities"])],
        "legal_basis": "services_directive_29_1",
        "questions": source["questions"],
    }
    if refused:
        content |= {
            "module": Module.SDG_EVIDENCE,
            "procedure": Procedure.SDG_EVIDENCE,
            "activity": None,
            "keywords": ["document_verification"],
            "legal_basis": "sdg_15",
            "questions": source["evidence_questions"],
        }
    language = _LANGUAGES.get(ABROAD[requester][0], "en")
    return {
        **content,
        "language": language,
        "motivation": source["motivations"][language],
        "days": 14,
        "subject": {
            "kind": "legal",
            "legal_name": company,
            "numbers": [{"type": "company_register", "value": str(99991000 + index)}],
            "address": {
                "street": f"{source['streets'][index % 5]} {index + 3}",
                "postcode": "5290 AA",
                "town": source["towns"][index * 3 % 5],
                "country": "NL",
            },
            "email": f"bedrijf{index + 1}@bedrijven.example",
        },
    }
