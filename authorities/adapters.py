from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest


class ClosedAccountAdapter(DefaultAccountAdapter):
    """Accounts are made by the authority; nobody signs himself up (SP-26)."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """A blocked account gets the same answer as a wrong password; allauth would send it to a page of its own."""
        user = super().authenticate(request, **credentials)
        return user if user is None or user.is_active else None
