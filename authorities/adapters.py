from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedAccountAdapter(DefaultAccountAdapter):
    """Accounts are made by the authority; nobody signs himself up (SP-26)."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
