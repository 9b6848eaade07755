from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imidesk.core.forms import MomentField


class RequesterForm(forms.Form):
    """When the requesting authority did it."""

    moment = MomentField(
        label=_("When the requesting authority did it"),
        help_text=_("Leave this empty if it happens now."),
        required=False,
    )


class MailFilterForm(forms.Form):
    all_optional = True

    def __init__(self, *args: Any, addresses: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("everybody")), *((address, address) for address in addresses)]
        self.fields["to"] = forms.ChoiceField(label=_("Mails to"), required=False, choices=choices)
