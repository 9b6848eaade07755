"""What was typed and could not be saved goes back to the browser that sent it, and to nobody else (SP-14)."""

import re
from dataclasses import dataclass

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.http import HttpRequest

OWNER = "owner"
PACKED = "kept"
_OWNER_SALT = "imidesk.kept.owner"
_PACKED_SALT = "imidesk.kept"
_LONGEST_SECONDS = 12 * 60 * 60
_SECRETS = ("password", "enrolment_code")
_NOT_TYPED = {"csrfmiddlewaretoken", "next", OWNER, PACKED}
_CODE = re.compile(r"[a-z0-9_.:/-]*|([0-9a-f-]{36} ?)*")
_FOR_WORDS = re.compile(
    r"(\w+-\d+-)?(words|text|note|question|answer|motivation|new_tab|proposed_name|family_name|given_names|legal_name"
    r"|trade_name|street|postcode|town|phone|email|person_number|contested|corrected)(-[0-9a-f-]{36})?|\w+-\d+-value"
)
"""Names of fields that somebody types in, also in a set of forms (own-0-text) and per question (text-…)."""

User = AbstractBaseUser | AnonymousUser


@dataclass(frozen=True)
class Field:
    name: str
    value: str

    @property
    def is_text(self) -> bool:
        """Words, not a code, a number or a date; "geen" looks like a code, so the name of the field counts too."""
        return bool(_FOR_WORDS.fullmatch(self.name)) or not _CODE.fullmatch(self.value)


@dataclass(frozen=True)
class Kept:
    """The fields of a form, where they were sent to, and who opened that form when that is known."""

    path: str
    fields: list[Field]
    owner: int | None
    has_files: bool

    @property
    def texts(self) -> list[Field]:
        return [field for field in self.fields if field.is_text]

    @property
    def codes(self) -> list[Field]:
        return [field for field in self.fields if not field.is_text]

    def is_of(self, user: User) -> bool:
        """Not known is not his: then it is shown to the browser that sent it, and carried nowhere."""
        return self.owner is not None and self.owner == user.pk

    def packed(self) -> str:
        """To travel through the sign-in page and back."""
        facts = [self.path, [[field.name, field.value] for field in self.fields], self.owner, self.has_files]
        return signing.dumps(facts, salt=_PACKED_SALT, compress=True)


def owner_mark(user: User) -> str:
    """Stands in a form for text: who opened it."""
    return signing.Signer(salt=_OWNER_SALT).sign(str(user.pk))


def sent_with(request: HttpRequest, *, owner: int | None = None) -> Kept:
    fields = [
        Field(name, value)
        for name, values in request.POST.lists()
        if name not in _NOT_TYPED and not any(secret in name for secret in _SECRETS)
        for value in values
        if isinstance(value, str) and value.strip()
    ]
    return Kept(request.get_full_path(), fields, _marked(request) or owner, bool(request.FILES))


def carried_by(request: HttpRequest) -> Kept | None:
    """What a sign-in form brought along."""
    try:
        path, fields, owner, has_files = signing.loads(
            request.POST.get(PACKED, ""), salt=_PACKED_SALT, max_age=_LONGEST_SECONDS
        )
    except signing.BadSignature:
        return None
    return Kept(path, [Field(name, value) for name, value in fields], owner, has_files)


def _marked(request: HttpRequest) -> int | None:
    try:
        return int(signing.Signer(salt=_OWNER_SALT).unsign(request.POST.get(OWNER, "")))
    except signing.BadSignature:
        return None
