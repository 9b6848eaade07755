"""A code of an app beside the password, for who wants it (TOTP). Seeds and recovery codes are sealed (SP-04)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, validate_totp_code
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.cache import cache
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from authorities.models import User
from imidesk.core import audit, clock, vault
from imidesk.core.errors import DomainError

EVENTS: dict[str, dict[str, str]] = {
    "second_step_on": {},
    "second_step_off": {},
    "second_step_reset": {},
    "recovery_codes_renewed": {},
}

CODE_FITS_SECONDS = 3 * 30
"""The code of now, of the half minute before and of the one after (MFA_TOTP_TOLERANCE)."""

_whose: ContextVar[User] = ContextVar("whose_second_step")


class SealingAdapter(DefaultMFAAdapter):
    """Seals what allauth would store in plain text, with a key per user; without a user it stores nothing."""

    def encrypt(self, text: str) -> str:
        return vault.seal_credential(_whose.get().uuid, text)

    def decrypt(self, encrypted_text: str) -> str:
        return vault.open_credential(_whose.get().uuid, encrypted_text)

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()


def is_on(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


def passes(user: User, code: str) -> bool:
    """Whether this code lets in who typed the right password; each code counts once. No second step lets in."""
    steps = list(Authenticator.objects.filter(user=user).order_by("-type"))
    if not steps:
        return True
    with _of(user):
        step = next((step for step in steps if step.wrap().validate_code(code)), None)
    if step is None or not _first_time(user, code):
        return False
    step.record_usage()
    return True


@transaction.atomic(durable=True)
def propose_seed(*, user: User) -> str:
    """Sealed too, as it is kept until it is taken into use."""
    return vault.seal_credential(_locked(user).uuid, generate_totp_secret())


def proposed_seed(user: User, sealed: str) -> str:
    return vault.open_credential(user.uuid, sealed)


def picture(user: User, seed: str) -> str:
    """The seed as SVG, for the camera of a telephone."""
    adapter = SealingAdapter()
    return str(adapter.build_totp_svg(adapter.build_totp_url(user, seed)))


def switch_on(*, user: User, seed: str, code: str) -> list[str] | None:
    """The recovery codes, which are shown once; None where the code is not of this seed."""
    if not validate_totp_code(seed, code) or not _first_time(user, code):
        return None
    with transaction.atomic(durable=True), _of(_locked(user)) as owner:
        if is_on(owner):
            raise DomainError(_("You sign in with a second step already."))
        TOTP.activate(owner, seed)
        codes = _new_recovery_codes(owner)
        _changed(owner, "second_step_on", actor=owner)
    return codes


def renew_recovery_codes(*, user: User) -> list[str]:
    """The old ones stop working. Raises DomainError."""
    with transaction.atomic(durable=True), _of(_locked(user)) as owner:
        if not is_on(owner):
            raise DomainError(_("You do not sign in with a second step."))
        codes = _new_recovery_codes(owner)
        _changed(owner, "recovery_codes_renewed", actor=owner)
    return codes


def recovery_codes_left(user: User) -> int:
    row = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    if row is None:
        return 0
    with _of(user):
        return len(row.wrap().get_unused_codes())


@transaction.atomic(durable=True)
def switch_off(*, user: User) -> None:
    owner = _locked(user)
    if not is_on(owner):
        raise DomainError(_("You do not sign in with a second step."))
    forget(owner)
    _changed(owner, "second_step_off", actor=owner)


@transaction.atomic(durable=True)
def reset(*, username: str) -> User:
    """For who lost the device and the recovery codes; the administrator has made sure who it is. Raises DomainError."""
    user = User.objects.select_for_update().filter(username=username).first()
    if user is None or not is_on(user):
        raise DomainError(_("There is no account with this user name that signs in with a second step."))
    forget(user)
    _changed(user, "second_step_reset", actor=None)
    return user


def _first_time(user: User, code: str) -> bool:
    """allauth forgets a used code sooner than it stops fitting."""
    digest = salted_hmac("authorities.second_step", f"{user.pk}:{code}").hexdigest()
    return bool(cache.add(f"second_step:{digest}", 1, timeout=CODE_FITS_SECONDS))


def _locked(user: User) -> User:
    return User.objects.select_for_update().get(pk=user.pk)


def _new_recovery_codes(owner: User) -> list[str]:
    Authenticator.objects.filter(user=owner, type=Authenticator.Type.RECOVERY_CODES).delete()
    return [str(code) for code in RecoveryCodes.activate(owner).get_unused_codes()]


def forget(owner: User) -> None:
    """Seed and recovery codes, with their key; the caller ends the sessions."""
    Authenticator.objects.filter(user=owner).delete()
    vault.destroy_key(owner.uuid)


def _changed(owner: User, action: str, *, actor: User | None) -> None:
    """Sessions of before end (SP-27); the caller keeps the one in which it was done."""
    owner.end_sessions()
    audit.record("user", owner.uuid, action, actor=actor, at=clock.now(), details={})


@contextmanager
def _of(user: User) -> Iterator[User]:
    token = _whose.set(user)
    try:
        yield user
    finally:
        _whose.reset(token)
