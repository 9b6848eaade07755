from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imidesk.core.bilingual import LANGUAGES
from imidesk.core.forms import DateField, DateInput, LongText, personal, sealed
from requests_app.answers import LONGEST_TEXT
from requests_app.forms.steps import ReasonForm

SAVE = "save"
SEND = "send"


class TellForm(ReasonForm):
    """The day of the letter, or the reason why none is sent: one of the two."""

    all_optional = True
    words = None  # type: ignore[assignment]

    sent_on = DateField(
        label=_("Letter sent on"),
        help_text=_("Only when the letter has gone out by post or mail."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False
        self.fields["reason"].label = _("Or: why no letter is sent")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "sent_on" in self.errors or "reason" in self.errors:
            return cleaned
        if cleaned.get("sent_on") and cleaned.get("reason"):
            self.add_error(
                "reason", _("Fill in one of the two: the day of the letter, or the reason why there is none.")
            )
        elif not cleaned.get("sent_on") and not cleaned.get("reason"):
            self.add_error("sent_on", _("Enter the day on which the letter was sent, or choose why no letter is sent."))
        return cleaned


class LetterForm(forms.Form):
    """Saved in between without a date; the button that is pressed says whether it was sent."""

    all_optional = True

    act = forms.ChoiceField(
        choices=[(SAVE, SAVE), (SEND, SEND)], initial=SAVE, required=False, widget=forms.HiddenInput
    )
    language = forms.ChoiceField(choices=[(code, code) for code in LANGUAGES], widget=forms.HiddenInput)
    base = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    text = LongText(
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
