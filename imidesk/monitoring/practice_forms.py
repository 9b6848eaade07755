from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imidesk.core import clock
from imidesk.core.forms import DateField, LongText, MomentField, sealed


class RequesterForm(forms.Form):
    """When the requesting authority did it."""

    moment = MomentField(
        label=_("When the requesting authority did it"),
        help_text=_("Leave this empty if it happens now."),
        required=False,
    )


def _in_a_week() -> object:
    return clock.today() + timedelta(days=7)


class FurtherForm(RequesterForm):
    """What the requesting authority asks after the answer (IMI-02)."""

    words = LongText(
        label=_("What the requester asks"),
        help_text=_("Invent something; name nobody who exists."),
        required=False,
        max_length=5000,
        widget=sealed(forms.Textarea(attrs={"rows": 4})),
    )
    reply_by = DateField(label=_("New answer date"), initial=_in_a_week)
    field_order = ["words", "reply_by", "moment"]


class MailFilterForm(forms.Form):
    all_optional = True

    def __init__(self, *args: Any, addresses: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("everybody")), *((address, address) for address in addresses)]
        self.fields["to"] = forms.ChoiceField(label=_("Mails to"), required=False, choices=choices)
