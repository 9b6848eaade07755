"""Conditions and permissions of steps. What must be true at one moment; what must always be true is a constraint."""

from typing import TYPE_CHECKING

from imidesk.core import stamp
from requests_app.vocabulary import OPEN_STATES, Channel, DataState, Grant, PreparedStep, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from authorities.models import User
    from requests_app.models import InformationRequest


class HoldsOne:
    """Permission of a step. Asks the query that also fills the lists, so the two cannot differ."""

    def __init__(self, *grants: Grant) -> None:
        self.grants = grants

    def __call__(self, info_request: "InformationRequest", user: "User | None") -> bool:
        if user is None:
            return False
        requests = type(info_request).objects
        return any(requests.holds(user, grant, info_request.pk) for grant in self.grants)


def holds(grant: Grant) -> HoldsOne:
    return HoldsOne(grant)


def holds_any(*grants: Grant) -> HoldsOne:
    return HoldsOne(*grants)


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


class FreeFor:
    """Nothing is prepared, or this very step is: what is prepared is frozen for every other."""

    def __init__(self, step: PreparedStep) -> None:
        self.step = step

    def __call__(self, info_request: "InformationRequest") -> bool:
        return info_request.prepared_step in (PreparedStep.NONE, self.step)


def free_for(step: PreparedStep) -> FreeFor:
    return FreeFor(step)


def is_about_preparation(guard: "Callable[[InformationRequest], bool]") -> bool:
    """Whether it is what waits for IMI that stops a step."""
    return guard is not_prepared or isinstance(guard, FreeFor)


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


def was_accepted(info_request: "InformationRequest") -> bool:
    return info_request.accepted_at is not None


def can_be_taken_over(info_request: "InformationRequest") -> bool:
    """By another handler; after blocking only to file, and when nobody is there who could (ARC-08, pitfall 18)."""
    return data_open(info_request) or type(info_request).objects.filter(pk=info_request.pk).without_filer().exists()


def data_blocked(info_request: "InformationRequest") -> bool:
    return info_request.data_state == DataState.BLOCKED


def not_erased(info_request: "InformationRequest") -> bool:
    return info_request.data_state != DataState.ERASED


def done_with(info_request: "InformationRequest") -> bool:
    """Filed, never to be filed, or withdrawn by the requester: nobody needs the data any more (design 3, 9)."""
    return info_request.state == State.WITHDRAWN or not info_request.needs_filing


def not_filed(info_request: "InformationRequest") -> bool:
    return info_request.filed_at is None


def on_practice_desk(info_request: "InformationRequest") -> bool:
    """The stamp of the database says practice; there the desk plays the requesting authority (design 8)."""
    return stamp.is_practice()


# What these ask, the state of the request or of its data says.
TOLD_BY_STATE = (data_open, data_blocked, not_erased, has_ended, can_be_taken_over)
