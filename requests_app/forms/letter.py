from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imidesk.core.bilingual import LANGUAGES
from imidesk.core.forms import DateField, DateInput, personal, sealed
from requests_app.answers import LONGEST_TEXT

SAVE = "save"
SEND = "send"


class LetterForm(forms.Form):
    """Saved in between without a date; the button that is pressed says whether it was sent."""

    all_optional = True

    act = forms.ChoiceField(
        choices=[(SAVE, SAVE), (SEND, SEND)], initial=SAVE, required=False, widget=forms.HiddenInput
    )
    language = forms.ChoiceField(choices=[(code, code) for code in LANGUAGES], widget=forms.HiddenInput)
    base = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Text of the letter"),
        help_text=_("Fill in what stands between square brackets. Say only what you told the requester."),
        max_length=LONGEST_TEXT,
        strip=False,
        widget=personal(forms.Textarea(attrs={"rows": 24})),
    )
    sent_on = DateField(
        label=_("Letter sent on"),
        help_text=_("Only when the letter has gone out by post or mail. Not before the day of the answer."),
        required=False,
        widget=sealed(DateInput()),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("act") == SEND and not cleaned.get("sent_on") and "sent_on" not in self.errors:
            self.add_error("sent_on", _("Enter the day on which the letter was sent."))
        return cleaned
