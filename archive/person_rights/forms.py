from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from archive.forms import NamesForm
from archive.person_rights.vocabulary import Outcome, PaperKind, Right
from imidesk.core import uploads
from imidesk.core.forms import DateField, DateInput, LongText, personal
from requests_app.forms.answering import checked_file
from requests_app.writing import NewFile


class PersonRequestForm(NamesForm):
    """What a person asks; the names are sealed as soon as they arrive."""

    right = forms.ChoiceField(label=_("What does the person ask?"), choices=Right.choices)
    received_on = DateField(label=_("Received on"), help_text=_("The day on which the province received it."))
    birth_date = DateField(label=_("Date of birth"), required=False, widget=personal(DateInput()))
    person_number = forms.CharField(
        label=_("Number"),
        help_text=_("Of the chamber of commerce, a register or the tax office, as the person wrote it."),
        max_length=60,
        required=False,
        widget=personal(forms.TextInput()),
    )
    email = forms.EmailField(label=_("E-mail address"), required=False, widget=personal(forms.EmailInput()))
    words = LongText(
        label=_("What the person asks, in words"),
        max_length=5000,
        required=False,
        widget=personal(forms.Textarea(attrs={"rows": 5})),
    )
    references = forms.CharField(
        label=_("References of requests"),
        help_text=_("If the person names one. Our own reference, for example NB-2026-00042; several with a comma."),
        max_length=400,
        required=False,
    )

    field_order = ("right", "received_on", "given_names", "family_name", "legal_name")

    def clean_references(self) -> list[str]:
        return sorted({part.strip().upper() for part in self.cleaned_data["references"].split(",") if part.strip()})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        sought_by = ("family_name", "legal_name", "person_number", "email")
        if not any(cleaned.get(name) or name in self.errors for name in sought_by):
            self.add_error("family_name", _("Enter a family name, a company, a number or an e-mail address."))
        return cleaned

    def person(self) -> dict[str, Any]:
        """In the words of the intake format."""
        found: dict[str, Any] = {
            name: self.cleaned_data[name]
            for name in ("given_names", "family_name", "legal_name", "email")
            if self.cleaned_data[name]
        }
        if self.cleaned_data["birth_date"]:
            found["birth_date"] = self.cleaned_data["birth_date"].isoformat()
        if self.cleaned_data["person_number"]:
            found["numbers"] = [{"type": "other", "value": self.cleaned_data["person_number"]}]
        return found


class ReleaseForm(forms.Form):
    """Which search; the page offers one button for each."""

    search = forms.UUIDField()


class PaperForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Which paper?"), choices=[kind for kind in PaperKind.choices if kind[0] != PaperKind.DRAFT]
    )
    paper = forms.FileField(
        label=_("File"), help_text=_("PDF, JPEG, PNG, DOCX, ODT or TXT, at most 20 MB."), widget=forms.FileInput()
    )

    def clean_paper(self) -> NewFile:
        return checked_file(self.cleaned_data["paper"], allow=uploads.ALLOWED)


class AnswerForm(forms.Form):
    outcome = forms.ChoiceField(label=_("What was answered?"), choices=Outcome.choices)
    answered_on = DateField(label=_("Answered on"))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answered_on"].initial = today
