from typing import Any

from allauth.account.views import LoginView
from django.http import HttpResponse

from authorities import devices
from authorities.adapters import TooManyTries
from imidesk.core.views import signed_in_again


class SignIn(LoginView):
    """What was typed when the session had gone comes along, and is given back to who typed it (SP-14)."""

    def form_valid(self, form: Any) -> HttpResponse:
        arrived: HttpResponse = super().form_valid(form)
        response = signed_in_again(self.request) or arrived
        devices.remember(self.request, response, form.user)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        for fault in form.errors.as_data().get("__all__", []):
            if isinstance(fault, TooManyTries):
                response.status_code = 429
                response["Retry-After"] = str(fault.seconds)
        return response
