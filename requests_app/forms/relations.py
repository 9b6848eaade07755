"""The shape of what is filled in at a relation after acceptance; what it allows is the services' business."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from authorities.models import User
from imidesk.core import clock
from imidesk.core.forms import DateField, MomentField
from imidesk.core.templatetags.desk import dutch_date
from requests_app.forms.steps import OfRequesterForm, ReasonForm, TicksForm, words_field


class JoinForm(TicksForm):
    """After the end there is nothing left to be competent for or able to do (IN-12)."""

    def __init__(self, *args: Any, has_ended: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if has_ended:
            self.fields.clear()


class ViewerForm(ReasonForm):
    person = forms.ChoiceField(
        label=gettext_lazy("Colleague"),
        help_text=gettext_lazy("Everybody of your authority with an account, also the lawyer."),
        error_messages={"required": gettext_lazy("Choose a colleague.")},
    )
    until = DateField(label=gettext_lazy("Until and including"))
    words = words_field(
        gettext_lazy("Explanation"),
        gettext_lazy("Only who sees the provider can read this."),
    )
    field_order = ["person", "reason", "words", "until"]

    def __init__(self, *args: Any, people: Sequence[User], latest: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(person.pk): person for person in people}
        self.fields["person"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose a colleague")),
            *((pk, str(person)) for pk, person in self.people.items()),
        ]
        self.fields["until"].help_text = _("Until %(day)s at the latest. After that day it ends by itself.") % {
            "day": dutch_date(latest)
        }

    @property
    def chosen_person(self) -> User:
        return self.people[self.cleaned_data["person"]]


class AdviceQuestionForm(forms.Form):
    question = words_field(
        gettext_lazy("Your question to the lawyer"),
        gettext_lazy("Name nobody: the lawyer sees the questions of the requester, not who the request is about."),
        required=True,
    )


class AdviceForm(forms.Form):
    answer = words_field(
        gettext_lazy("Your advice"),
        gettext_lazy("The handlers read it, and the allocators. Name nobody."),
        required=True,
    )


class ClarificationForm(OfRequesterForm):
    moment = "asked_at"

    asked_at = MomentField(
        label=gettext_lazy("Asked in IMI on"),
        initial=clock.moment,
        help_text=gettext_lazy("The moment that IMI shows, not the moment that you record it here."),
    )
    reply_by = DateField(
        label=gettext_lazy("New answer date"),
        help_text=gettext_lazy("The date by which the requester asks for the answer, as IMI shows it."),
    )
    words = words_field(
        gettext_lazy("What the requester asks"),
        gettext_lazy("Take it over from IMI. Only who sees the provider can read it."),
        required=True,
    )

    def __init__(self, *args: Any, through_imi: bool = True, **options: Any) -> None:
        super().__init__(*args, through_imi=through_imi, **options)
        if not through_imi:
            self.fields["asked_at"].label = _("Asked on")
            self.fields["reply_by"].help_text = _("The date by which the requester asks for the answer.")
            self.fields["words"].help_text = _("Only who sees the provider can read it.")


class EndForm(forms.Form):
    ended_at = MomentField(
        label=gettext_lazy("The request ended on"),
        help_text=gettext_lazy("The moment that IMI shows."),
    )
    evidence = forms.FileField(
        label=gettext_lazy("PDF of IMI that shows it"),
        help_text=gettext_lazy("The full report of IMI, unchanged. One PDF of at most 20 MB."),
        error_messages={"required": gettext_lazy("Add the PDF of IMI: without it the date cannot be corrected.")},
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
    )
    words = words_field(
        gettext_lazy("Why the date is not right"),
        gettext_lazy("Only who sees the provider can read this. Name nobody."),
        required=True,
    )

    def __init__(self, *args: Any, through_imi: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        if not through_imi:
            del self.fields["evidence"]
            self.fields["ended_at"].help_text = _("The moment at which the requester closed or withdrew it.")
            self.fields["words"].help_text = _(
                "Say where it shows, for example in which letter in Corsa. Only who sees the provider can read this."
                " Name nobody."
            )


class DecisionForm(forms.Form):
    """On the proposal that stood on the page, and on no other."""

    proposal = forms.IntegerField(widget=forms.HiddenInput)
    decision = forms.ChoiceField(choices=[("approve", ""), ("decline", "")], widget=forms.HiddenInput)
