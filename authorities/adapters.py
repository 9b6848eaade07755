from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from authorities import devices, second_step
from authorities.models import User
from imidesk.core import security_log, throttle
from imidesk.core.origin import origin_of


class TooManyTries(ValidationError):
    """This device waits; says nothing about the account (SP-28)."""

    def __init__(self, wait: timedelta) -> None:
        self.seconds = int(wait.total_seconds()) + 1
        minutes = -(-self.seconds // 60)
        text = _("Too many wrong tries from this device. Try again in %(wait)s.") % {
            "wait": ngettext("%(number)s minute", "%(number)s minutes", minutes) % {"number": minutes}
        }
        super().__init__(text, code="too_many")


class ClosedAccountAdapter(DefaultAccountAdapter):
    """Accounts are made by the authority; nobody signs himself up (SP-26). Comings and goings are kept (SP-12)."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": gettext_lazy(
            "User name, password or code is wrong. If you sign in with a second step, fill in its code too."
        )
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        """None: the code is asked with the password, so that no page tells a guesser that a password was right."""
        return []

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """One answer for an unknown name, a wrong password, a wrong code and a blocked account (SP-28).

        allauth would send a blocked account to a page of its own.
        """
        code = credentials.pop("code", "")
        named = _named(credentials)
        limits = devices.limits(request, str(credentials.get("username", "")), named)
        if wait := throttle.admit(limits):
            _note(request, "sign_in", named, result="too_many")
            raise TooManyTries(wait)
        user = super().authenticate(request, **credentials)
        if isinstance(user, User) and user.is_active and second_step.passes(user, code):
            throttle.take_back(limits)
            return user
        _note(request, "sign_in", named, result="refused")
        return None

    def confirm_password(self, request: HttpRequest, user: User, password: str) -> bool:
        """Asked again before something that weighs; as slow as signing in. Raises TooManyTries."""
        limits = devices.limits(request, user.username, user.pk)
        if wait := throttle.admit(limits):
            _note(request, "password_asked", user.pk, result="too_many", actor_id=user.pk)
            raise TooManyTries(wait)
        if user.check_password(password):
            throttle.take_back(limits)
            return True
        _note(request, "password_asked", user.pk, result="refused", actor_id=user.pk)
        return False

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        super().login(request, user)
        _note(request, "sign_in", user.pk, result="ok", actor_id=user.pk)

    def logout(self, request: HttpRequest) -> None:
        user_id = request.user.pk
        super().logout(request)
        if user_id is not None:
            _note(request, "sign_out", user_id, result="ok", actor_id=user_id)


def _named(credentials: dict[str, Any]) -> int | None:
    """Only the number of an account: what was typed as a name may be a password."""
    return User.objects.filter(username=credentials.get("username")).values_list("pk", flat=True).first()


def _note(request: HttpRequest, action: str, user_id: int | None, *, result: str, actor_id: int | None = None) -> None:
    security_log.note(
        action,
        object=f"user:{user_id or 'unknown'}",
        result=result,
        origin=origin_of(request),
        actor_id=actor_id,
    )
