from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from authorities.models import User
from imidesk.core import security_log


class ClosedAccountAdapter(DefaultAccountAdapter):
    """Accounts are made by the authority; nobody signs himself up (SP-26). Comings and goings are kept (SP-12)."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """A blocked account gets the same answer as a wrong password; allauth would send it to a page of its own."""
        try:
            user = super().authenticate(request, **credentials)
        except ValidationError:
            _note(request, "sign_in", _named(credentials), result="too_many")
            raise
        if user is not None and user.is_active:
            return user
        _note(request, "sign_in", _named(credentials), result="refused")
        return None

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
        origin=request.META.get("REMOTE_ADDR", ""),
        actor_id=actor_id,
    )
