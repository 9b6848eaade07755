"""Who can be signed in with one press on a practice desk."""

from dataclasses import dataclass

from django.utils.functional import Promise

from authorities.models import User
from authorities.vocabulary import UserStatus
from imidesk.core import stamp
from imidesk.monitoring.practice_desk.ground import PEOPLE


@dataclass(frozen=True)
class PracticePerson:
    username: str
    name: str
    role: str | Promise
    what_to_try: str | Promise


def people() -> list[PracticePerson]:
    """Those of the practice desk, in its order; nobody on another database."""
    if not stamp.is_practice():
        return []
    names = {user.username: user.get_full_name() for user in _users()}
    return [
        PracticePerson(person.username, names[person.username], person.role, person.what_to_try)
        for person in PEOPLE
        if person.username in names
    ]


def account_of(username: str) -> User | None:
    """Only of a person on the list: an account that somebody made himself has its own password."""
    return next((user for user in _users() if user.username == username), None) if stamp.is_practice() else None


def _users() -> list[User]:
    known = [person.username for person in PEOPLE]
    return list(User.objects.filter(username__in=known, status=UserStatus.ACTIVE))
