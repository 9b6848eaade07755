from authorities.models.activity import Keyword, ServiceActivity
from authorities.models.authority import Authority, Registration, Team
from authorities.models.enrolment import Enrolment
from authorities.models.mandate import Mandate
from authorities.models.user import Absence, Membership, User

__all__ = [
    "Absence",
    "Authority",
    "Enrolment",
    "Keyword",
    "Mandate",
    "Membership",
    "Registration",
    "ServiceActivity",
    "Team",
    "User",
]
