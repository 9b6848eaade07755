from collections.abc import Callable
from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from authorities.models import User


class EnrolForm(forms.Form):
    """What an invited person brings, and the password of his own choice (USR-01)."""

    username = forms.CharField(
        label=_("User name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "username"})
    )
    enrolment_code = forms.CharField(
        label=_("Enrolment code"),
        help_text=_("Four groups of four letters and digits. It works once, for seven days."),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Your new password"),
        help_text=_("At least 12 characters. Three or four words that only you put together work well."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password_again = forms.CharField(
        label=_("The same password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(username=self.cleaned_data.get("username", "")))
        return password

    def clean(self) -> None:
        first, again = self.cleaned_data.get("password"), self.cleaned_data.get("password_again")
        if first and again and first != again:
            self.add_error("password_again", ValidationError(_("The two passwords are not the same. Type them again.")))


class PasswordForm(forms.Form):
    """The password once more, before something that weighs; `confirm` says whether it is the right one."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, confirm: Callable[[str], bool], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._confirm = confirm

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self._confirm(password):
            raise ValidationError(_("This is not your password."))
        return password


class SecondStepForm(PasswordForm):
    code = forms.CharField(
        label=_("Code of the app"),
        help_text=_("Six digits, which the app changes every half minute."),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    field_order = ["code", "password"]


class SignInForm(LoginForm):
    """Password and code on one page: a page for the code alone would tell that the password was right (SP-28)."""

    code = forms.CharField(
        label=_("Code of your second step"),
        help_text=_("Only if you set one up: the code of the app, or one of your recovery codes."),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["login", "password", "code"])

    def user_credentials(self) -> dict[str, str]:
        return {**super().user_credentials(), "code": self.cleaned_data.get("code", "")}
