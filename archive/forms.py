"""Shape of what is typed when a case is filed; whether it may be is decided by the services."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from authorities.models import User
from imidesk.core import uploads
from imidesk.core.forms import DateField, personal
from imidesk.core.templatetags.desk import dutch_date
from requests_app.forms.answering import checked_file
from requests_app.forms.steps import ReasonForm, RecordsNumberField, words_field
from requests_app.writing import NewFile


class ImiReportForm(forms.Form):
    report = forms.FileField(
        label=_("Full PDF of IMI"),
        help_text=_("Save it in IMI with personal data. It is kept unchanged."),
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,application/pdf"}),
    )


class NamesForm(forms.Form):
    given_names = forms.CharField(
        label=_("Given names"), max_length=200, required=False, widget=personal(forms.TextInput())
    )
    family_name = forms.CharField(
        label=_("Family name"), max_length=200, required=False, widget=personal(forms.TextInput())
    )
    legal_name = forms.CharField(
        label=_("Name of the company"), max_length=200, required=False, widget=personal(forms.TextInput())
    )


class ProviderNameForm(NamesForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        names = ("family_name", "legal_name")
        if not any(cleaned.get(name) or name in self.errors for name in names):
            raise forms.ValidationError(_("Enter a family name or the name of a company."))
        return cleaned


class CaseForm(forms.Form):
    case_number = RecordsNumberField(
        label=_("Case number of Corsa"), max_length=40, help_text=_("Corsa shows it when the case is made. No names.")
    )
    signed_off_on = DateField(
        label=_("Task in Corsa signed off on"),
        required=False,
        help_text=_("Leave this empty if you sign the task off later."),
    )


class RehearsalForm(forms.Form):
    day = DateField(label=_("Act as if it were this day"))


class SignOffForm(forms.Form):
    signed_off_on = DateField(label=_("Task in Corsa signed off on"))


def _pdf(label: Any, help_text: Any = "") -> forms.FileField:
    return forms.FileField(
        label=label,
        help_text=help_text,
        error_messages={"required": _("Add this document: without it nobody can decide.")},
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
    )


class HoldForm(ReasonForm):
    owner = forms.ChoiceField(
        label=_("Who answers for it"), help_text=_("This person gets a mail two weeks before the hold ends.")
    )
    until = DateField(label=_("Until and including"))
    words = words_field(_("Explanation"), _("Only who decides on it and the data protection officer can read this."))
    field_order = ("reason", "words", "until", "owner")

    def __init__(self, *args: Any, people: Sequence[User], latest: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(person.pk): person for person in people}
        self.fields["owner"].choices = [(pk, str(person)) for pk, person in self.people.items()]  # type: ignore[attr-defined]
        self.fields["until"].help_text = _now("Until %(day)s at the latest. After that day it ends by itself.") % {
            "day": dutch_date(latest)
        }

    @property
    def chosen_owner(self) -> User:
        return self.people[self.cleaned_data["owner"]]


class EarlyErasureForm(forms.Form):
    request_file = _pdf(_("Request of the competent authority (PDF)"), _("An express request, in this case."))
    consent = _pdf(_("Consent of the data subject (PDF)"))
    words = words_field(_("Explanation"), _("Only who decides on it and the data protection officer can read this."))

    def clean_request_file(self) -> NewFile:
        return checked_file(self.cleaned_data["request_file"], allow=uploads.PDF_ONLY)

    def clean_consent(self) -> NewFile:
        return checked_file(self.cleaned_data["consent"], allow=uploads.PDF_ONLY)


class OpeningForm(ReasonForm):
    words = words_field(
        _("Why you have to see these data"),
        _("The lawyer and the second person decide by this. Say what you need and what for."),
    )
    document = _pdf(_("Document that shows the ground (PDF)"), _("The consent, or what shows the public interest."))
    field_order = ("reason", "words", "document")

    def clean_document(self) -> NewFile:
        return checked_file(self.cleaned_data["document"], allow=uploads.PDF_ONLY)


class AnnotationForm(forms.Form):
    contested = words_field(
        _("What is contested"), _("Which data are said to be wrong or unlawful, and by whom."), required=True
    )
    corrected = words_field(_("What is right"), _("The accurate, corrected information."), required=True)
