"""The shape of what is filled in at a step; what the step allows is the services' business."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundWidget
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from authorities.models import Authority, Team, User
from imidesk.core import clock
from imidesk.core.forms import DateField, MomentField, sealed
from requests_app.catalogue import Reason
from requests_app.models import InformationRequest
from requests_app.selectors.steps import ForwardTarget, HandlerChoice, TeamChoice
from requests_app.vocabulary import Channel

LONGEST_WORDS = 5000
TO_TEAM = "team"
TO_HANDLERS = "handlers"
TICK_TO_ACCEPT = gettext_lazy("Tick this. Without it you cannot accept.")


def _words(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=LONGEST_WORDS,
        widget=sealed(forms.Textarea(attrs={"rows": 4})),
    )


class HandlerTicks(forms.CheckboxSelectMultiple):
    """Who cannot be chosen stays on the page, with the reason beside the name."""

    unable: frozenset[str] = frozenset()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if str(value) in self.unable:
            option["attrs"]["disabled"] = True
        return option


class AssignForm(forms.Form):
    """A team, or one or several handlers; the button that is pressed says which (IN-03)."""

    to = forms.ChoiceField(
        choices=[(TO_TEAM, gettext_lazy("To the team")), (TO_HANDLERS, gettext_lazy("To the handlers"))],
        widget=forms.HiddenInput,
    )
    team = forms.ChoiceField(label=gettext_lazy("Team"), required=False, widget=forms.RadioSelect)
    handlers = forms.MultipleChoiceField(label=gettext_lazy("Handlers"), required=False, widget=HandlerTicks)
    note = _words(
        gettext_lazy("Note for the team or the handlers"),
        gettext_lazy("Only the allocators and those who get the request can read it. Name nobody from the request."),
    )

    def __init__(
        self, *args: Any, teams: Sequence[TeamChoice], handlers: Sequence[HandlerChoice], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.team_choices = teams
        self.handler_choices = handlers
        team, handler = self.fields["team"], self.fields["handlers"]
        team.choices = [(str(choice.team.pk), str(choice.team)) for choice in teams]  # type: ignore[attr-defined]
        handler.choices = [(str(choice.user.pk), str(choice.user)) for choice in handlers]  # type: ignore[attr-defined]
        handler.widget.unable = frozenset(str(choice.user.pk) for choice in handlers if not choice.is_able)
        first = next((c for c in teams if c.is_current), None) or next((c for c in teams if c.is_suggested), None)
        if first:
            self.initial.setdefault("team", str(first.team.pk))

    def team_options(self) -> Iterator[tuple[BoundWidget, TeamChoice]]:
        return zip(self["team"], self.team_choices, strict=True)

    def handler_options(self) -> Iterator[tuple[BoundWidget, HandlerChoice]]:
        return zip(self["handlers"], self.handler_choices, strict=True)

    @property
    def chosen_team(self) -> Team:
        return next(choice.team for choice in self.team_choices if str(choice.team.pk) == self.cleaned_data["team"])

    @property
    def chosen_handlers(self) -> list[User]:
        chosen = self.cleaned_data["handlers"]
        return [choice.user for choice in self.handler_choices if str(choice.user.pk) in chosen]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("to") == TO_TEAM:
            if not cleaned.get("team") and "team" not in self.errors:
                self.add_error("team", _("Choose a team."))
            if cleaned.get("handlers"):
                self.add_error(
                    "handlers",
                    _("You chose a team and ticked handlers. Take the ticks away, or allocate to the handlers."),
                )
        elif cleaned.get("to") == TO_HANDLERS and not cleaned.get("handlers") and "handlers" not in self.errors:
            self.add_error("handlers", _("Tick at least one handler."))
        return cleaned


class TaskForm(forms.Form):
    task_number = forms.CharField(
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
    words = _words(gettext_lazy("Explanation"))

    def __init__(self, *args: Any, reasons: Sequence[Reason], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reasons = reasons
        self.fields["reason"].choices = [(reason.code, str(reason.text)) for reason in reasons]  # type: ignore[attr-defined]
        self.fields["words"].required = all(reason.needs_text for reason in reasons)

    def reason_options(self) -> Iterator[tuple[BoundWidget, Reason]]:
        return zip(self["reason"], self.reasons, strict=True)


class ReturnForm(ReasonForm):
    words = _words(
        gettext_lazy("Explanation"),
        gettext_lazy("The allocators can read this. Name nobody from the request."),
    )


class ErrorForm(ReasonForm):
    words = _words(gettext_lazy("Explanation"), gettext_lazy("Name nobody from the request."))


class ActForm(forms.Form):
    """A step that on channel imi is done in IMI: there it asks when, or waits for later (design idea 8)."""

    done_at = MomentField(
        label=gettext_lazy("Done in IMI on"),
        initial=clock.now,
        help_text=gettext_lazy("When you did this in IMI. Earlier is allowed, later than now is not."),
    )

    def __init__(self, *args: Any, info_request: InformationRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_later = info_request.channel == Channel.IMI and "later" in self.data
        if info_request.channel != Channel.IMI:
            del self.fields["done_at"]
        elif self.is_later:
            self.fields["done_at"].required = False


class AcceptForm(ActForm):
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
        if cleaned.get("date_choice") != "other":
            cleaned["proposed_on"] = None
        elif not cleaned.get("proposed_on") and "proposed_on" not in self.errors:
            self.add_error("proposed_on", _("Enter the date you propose."))
        return cleaned


class RefuseForm(ActForm, ReasonForm):
    words = _words(
        gettext_lazy("Explanation"),
        gettext_lazy("Say what is missing or why it is out of scope. You and the handler who accepted can read it."),
    )
    field_order = ["reason", "words", "done_at"]


class ForwardForm(ActForm, ReasonForm):
    to = forms.ChoiceField(
        label=gettext_lazy("Forward to"),
        error_messages={"required": gettext_lazy("Choose the authority that gets the request.")},
    )
    words = _words(
        gettext_lazy("Explanation"),
        gettext_lazy("You can read this back, and so can the handler who accepted. Nobody else."),
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
        initial=clock.now,
        help_text=gettext_lazy("When you did this in IMI. Earlier is allowed, later than now is not."),
    )


class AgreeDateForm(forms.Form):
    agreed_on = DateField(label=gettext_lazy("Agreed answer date"))


class CloseForm(forms.Form):
    closed_at = MomentField(
        label=gettext_lazy("Closed by the requester on"),
        initial=clock.now,
        help_text=gettext_lazy("The moment that IMI shows, not the moment that you record it here."),
    )
    note = _words(gettext_lazy("Note"), gettext_lazy("Only the handler who accepted can read it back."))


class WithdrawForm(forms.Form):
    withdrawn_at = MomentField(
        label=gettext_lazy("Withdrawn by the requester on"),
        initial=clock.now,
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
