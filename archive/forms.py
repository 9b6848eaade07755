"""Shape of what is typed when a case is filed; whether it may be is decided by the services."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imidesk.core.forms import DateField, personal


class ImiReportForm(forms.Form):
    report = forms.FileField(
        label=_("Full PDF of IMI"),
        help_text=_("Save it in IMI with personal data. It is kept unchanged."),
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,application/pdf"}),
    )


class ProviderNameForm(forms.Form):
    given_names = forms.CharField(
        label=_("Given names"), max_length=200, required=False, widget=personal(forms.TextInput())
    )
    family_name = forms.CharField(
        label=_("Family name"), max_length=200, required=False, widget=personal(forms.TextInput())
    )
    legal_name = forms.CharField(
        label=_("Name of the company"), max_length=200, required=False, widget=personal(forms.TextInput())
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not (cleaned.get("family_name") or cleaned.get("legal_name")):
            raise forms.ValidationError(_("Enter a family name or the name of a company."))
        return cleaned


class CaseForm(forms.Form):
    case_number = forms.CharField(
        label=_("Case number of Corsa"), max_length=40, help_text=_("Corsa shows it when the case is made.")
    )
    signed_off_on = DateField(
        label=_("Task in Corsa signed off on"),
        required=False,
        help_text=_("Leave this empty if you sign the task off later."),
    )


class SignOffForm(forms.Form):
    signed_off_on = DateField(label=_("Task in Corsa signed off on"))
