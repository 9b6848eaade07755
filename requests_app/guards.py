"""Conditions and permissions of steps. What must be true at one moment; what must always be true is a constraint."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from requests_app.vocabulary import OPEN_STATES, Channel, DataState, Grant, PreparedStep

if TYPE_CHECKING:
    from authorities.models import User
    from requests_app.models import InformationRequest


def holds(grant: Grant) -> Callable[["InformationRequest", "User | None"], bool]:
    """Permission of a step. Asks the query that also fills the lists, so the two cannot differ."""

    def check(info_request: "InformationRequest", user: "User | None") -> bool:
        if user is None:
            return False
        return type(info_request).objects.allowed(user, grant).filter(pk=info_request.pk).exists()

    return check


def holds_any(*grants: Grant) -> Callable[["InformationRequest", "User | None"], bool]:
    checks = [holds(grant) for grant in grants]

    def check(info_request: "InformationRequest", user: "User | None") -> bool:
        return any(holds_one(info_request, user) for holds_one in checks)

    return check


def desk_only(info_request: "InformationRequest", user: "User | None") -> bool:
    """Only the desk itself; a step without any permission would be open to every user."""
    return user is None


def registered_by(info_request: "InformationRequest", user: "User | None") -> bool:
    """Registering is checked against the authority, before there is a request (services.receiving)."""
    return info_request.registrar_allowed


def data_open(info_request: "InformationRequest") -> bool:
    return info_request.data_state == DataState.OPEN


def not_prepared(info_request: "InformationRequest") -> bool:
    """What is prepared and still to be done in IMI is frozen (design 9)."""
    return info_request.prepared_step == ""


def free_for(step: PreparedStep) -> Callable[["InformationRequest"], bool]:
    """Nothing is prepared, or this very step is: what is prepared is frozen for every other."""

    def check(info_request: "InformationRequest") -> bool:
        return info_request.prepared_step in (PreparedStep.NONE, step)

    return check


def prepared(info_request: "InformationRequest") -> bool:
    return info_request.prepared_step != ""


def has_questions(info_request: "InformationRequest") -> bool:
    return info_request.questions.exists()


def has_ended(info_request: "InformationRequest") -> bool:
    return info_request.state not in OPEN_STATES and info_request.ended_at is not None


def through_imi(info_request: "InformationRequest") -> bool:
    return info_request.channel == Channel.IMI


def may_accept(info_request: "InformationRequest") -> bool:
    """Preference 3 (AUT-30)."""
    return info_request.registration.may_accept


def may_refuse(info_request: "InformationRequest") -> bool:
    """Preference 2 (AUT-29); with Nee the way is to put it to the coordinator."""
    return info_request.registration.may_refuse


def not_filed(info_request: "InformationRequest") -> bool:
    return info_request.filed_at is None
