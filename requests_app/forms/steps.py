"""The shape of what is filled in at a step; what the step allows is the services' business."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundWidget
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from authorities.models import Authority
from imidesk.core import clock
from imidesk.core.errors import DomainError
from imidesk.core.forms import DateField, LongText, MomentField, sealed
from requests_app.catalogue import Reason
from requests_app.models import InformationRequest
from requests_app.selectors.steps import ForwardTarget
from requests_app.vocabulary import Channel
from requests_app.writing import checked_records_number

LONGEST_WORDS = 5000
TICK_TO_ACCEPT = gettext_lazy("Tick this. Without it you cannot accept.")


def words_field(label: Any, help_text: Any = "", *, required: bool = False) -> LongText:
    return LongText(
        label=label,
        help_text=help_text,
        required=required,
        max_length=LONGEST_WORDS,
        widget=sealed(forms.Textarea(attrs={"rows": 4})),
    )


class RecordsNumberField(forms.CharField):
    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return checked_records_number(text)
        except DomainError as error:
            raise forms.ValidationError(str(error.message)) from None


class TaskForm(forms.Form):
    task_number = RecordsNumberField(
        label=gettext_lazy("Task number in Corsa"),
        max_length=40,
        help_text=gettext_lazy("The number that Corsa gives the task. No names."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    sent_on = DateField(label=gettext_lazy("Task sent on"))

    def __init__(self, *args: Any, info_request: InformationRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("task_number", info_request.task_number)
        self.initial.setdefault("sent_on", info_request.task_sent_on or clock.today())


class ReasonForm(forms.Form):
    """A reason by code, and words that are sealed."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose a reason from the list.")},
    )
    words = words_field(gettext_lazy("Explanation"))

    def __init__(self, *args: Any, reasons: Sequence[Reason], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reasons = reasons
        self.fields["reason"].choices = [(reason.code, str(reason.text)) for reason in reasons]  # type: ignore[attr-defined]
        if "words" in self.fields:
            self.fields["words"].required = all(reason.needs_text for reason in reasons)

    def clean(self) -> dict[str, Any]:
        """What a reason asks for is said together with everything else, not after it."""
        cleaned = super().clean() or {}
        chosen = next((reason for reason in self.reasons if reason.code == cleaned.get("reason")), None)
        if chosen and chosen.needs_text and cleaned.get("words") == "" and "words" not in self.errors:
            self.add_error("words", _("Explain this reason in a few words."))
        return cleaned

    def reason_options(self) -> Iterator[tuple[BoundWidget, Reason]]:
        return zip(self["reason"], self.reasons, strict=True)


class ReturnForm(ReasonForm):
    words = words_field(
        gettext_lazy("Explanation"),
        gettext_lazy("The allocators can read this. Name nobody from the request."),
    )


class ErrorForm(ReasonForm):
    words = words_field(gettext_lazy("Explanation"), gettext_lazy("Name nobody from the request."))


class ActForm(forms.Form):
    """A step that on channel imi is done in IMI: there it asks when, or waits for later (design idea 8)."""

    done_at = MomentField(
        label=gettext_lazy("Done in IMI on"),
        initial=clock.moment,
        help_text=gettext_lazy("When you did this in IMI. Earlier is allowed, later than now is not."),
    )

    def __init__(self, *args: Any, info_request: InformationRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_later = info_request.channel == Channel.IMI and "later" in self.data
        if info_request.channel != Channel.IMI:
            del self.fields["done_at"]
        elif self.is_later:
            self.fields["done_at"].required = False


class TicksForm(forms.Form):
    """Competent and able, said by each handler for himself (IN-12)."""

    competent = forms.BooleanField(
        label=gettext_lazy("We are competent for this request"),
        help_text=gettext_lazy("The questions are about a task of this authority."),
        error_messages={"required": TICK_TO_ACCEPT},
    )
    able = forms.BooleanField(
        label=gettext_lazy("We are able to answer"),
        help_text=gettext_lazy("We have the information, or can get it. Who accepts is responsible for the answer."),
        error_messages={"required": TICK_TO_ACCEPT},
    )


class AcceptForm(TicksForm, ActForm):
    date_choice = forms.ChoiceField(label=gettext_lazy("Answer date"), widget=forms.RadioSelect, initial="asked")
    proposed_on = DateField(
        label=gettext_lazy("Other answer date"),
        required=False,
        help_text=gettext_lazy("Only when you propose another date. It counts once the requester has agreed."),
    )
    field_order = ["competent", "able", "date_choice", "proposed_on", "done_at"]

    def __init__(self, *args: Any, info_request: InformationRequest, asked: str, **kwargs: Any) -> None:
        super().__init__(*args, info_request=info_request, **kwargs)
        taken_over = _("Take over the date asked: %(day)s") % {"day": asked} if asked else _("No date: none was asked")
        self.fields["date_choice"].choices = [  # type: ignore[attr-defined]
            ("asked", taken_over),
            ("other", _("Propose another date")),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        choice, proposed = cleaned.get("date_choice"), cleaned.get("proposed_on")
        if choice == "asked" and proposed:
            self.add_error("proposed_on", _("Choose to propose another date, or empty this date."))
        elif choice == "other" and not proposed and "proposed_on" not in self.errors:
            self.add_error("proposed_on", _("Enter the date you propose."))
        return cleaned


class RefuseForm(ActForm, ReasonForm):
    words = words_field(
        gettext_lazy("Explanation"),
        gettext_lazy(
            "Say what is missing or why it is out of scope. You can read it, and so can the handler who accepted and"
            " whoever that handler lets read along."
        ),
    )
    field_order = ["reason", "words", "done_at"]


class ForwardForm(ActForm, ReasonForm):
    to = forms.ChoiceField(
        label=gettext_lazy("Forward to"),
        error_messages={"required": gettext_lazy("Choose the authority that gets the request.")},
    )
    words = words_field(
        gettext_lazy("Explanation"),
        gettext_lazy(
            "You can read this back, and so can the handler who accepted and whoever that handler lets read along."
        ),
    )
    field_order = ["reason", "to", "words", "done_at"]

    def __init__(self, *args: Any, targets: Sequence[ForwardTarget], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.targets = {str(target.authority.pk): target.authority for target in targets}
        groups: dict[str, list[tuple[str, str]]] = {}
        for target in targets:
            groups.setdefault(target.group, []).append((str(target.authority.pk), str(target.authority)))
        self.fields["to"].choices = [("", _("Choose an authority")), *groups.items()]  # type: ignore[attr-defined]

    @property
    def chosen_authority(self) -> Authority:
        return self.targets[self.cleaned_data["to"]]


class DoneInImiForm(forms.Form):
    done_at = MomentField(
        label=gettext_lazy("Done in IMI on"),
        initial=clock.moment,
        help_text=gettext_lazy("When you did this in IMI. Earlier is allowed, later than now is not."),
    )


class AgreeDateForm(forms.Form):
    agreed_on = DateField(label=gettext_lazy("Agreed answer date"))


class OfRequesterForm(forms.Form):
    """What the requester did; where a request does not run in IMI, nothing there shows when (design 9)."""

    moment = ""

    def __init__(self, *args: Any, through_imi: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        if not through_imi:
            self.fields[self.moment].help_text = _("The moment that it happened, not that you record it here.")


class CloseForm(OfRequesterForm):
    moment = "closed_at"

    closed_at = MomentField(
        label=gettext_lazy("Closed by the requester on"),
        initial=clock.moment,
        help_text=gettext_lazy("The moment that IMI shows, not the moment that you record it here."),
    )
    note = words_field(gettext_lazy("Note"), gettext_lazy("Only the handler who accepted can read it back."))


class WithdrawForm(OfRequesterForm, ReasonForm):
    moment = "withdrawn_at"

    # The requester's reason is a code; what it says in its own words stays in IMI.
    words = None  # type: ignore[assignment]
    withdrawn_at = MomentField(
        label=gettext_lazy("Withdrawn by the requester on"),
        initial=clock.moment,
        help_text=gettext_lazy("The moment that IMI shows, not the moment that you record it here."),
    )


class ImiReportForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("PDF of IMI"),
        help_text=gettext_lazy("As IMI made it before acceptance, so without personal data. One PDF of at most 20 MB."),
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
    )


class NothingForm(forms.Form):
    """A step that is one button: the form only carries what stands in its way."""
