from typing import Any

from allauth.account.views import LoginView
from django.http import HttpResponse

from imidesk.core.views import signed_in_again


class SignIn(LoginView):
    """What was typed when the session had gone comes along, and is given back to who typed it (SP-14)."""

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        return signed_in_again(self.request) or response
