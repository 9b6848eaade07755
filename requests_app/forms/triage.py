"""What an allocator fills in: who gets a request, who loses it, whose work goes to whom, and who is absent."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from django import forms
from django.forms.boundfield import BoundWidget
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from authorities.models import Team, User
from imidesk.core import clock
from imidesk.core.forms import DateField
from requests_app.forms.steps import ReasonForm, words_field
from requests_app.selectors.absences import People
from requests_app.selectors.handing_over import Giver, Line
from requests_app.selectors.suggesting import Choices, HandlerChoice, TeamChoice

TO_TEAM = "team"
TO_HANDLERS = "handlers"
TO_PROPOSAL = "proposal"
NOTE = gettext_lazy("Note for the team or the handlers")
NOTE_HELP = gettext_lazy("Only the allocators and those who get the request can read it. Name nobody from the request.")


class HandlerTicks(forms.CheckboxSelectMultiple):
    """Who cannot be chosen stays on the page, with the reason beside the name."""

    unable: frozenset[str] = frozenset()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if str(value) in self.unable:
            option["attrs"]["disabled"] = True
        return option


class HandlersForm(forms.Form):
    """One or several handlers, each with why, or why not."""

    handlers = forms.MultipleChoiceField(label=gettext_lazy("Handlers"), required=False, widget=HandlerTicks)

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.handler_choices = self._offered(choices.handlers)
        field = self.fields["handlers"]
        field.choices = [(str(choice.user.pk), str(choice.user)) for choice in self.handler_choices]  # type: ignore[attr-defined]
        field.widget.unable = frozenset(str(choice.user.pk) for choice in self.handler_choices if not choice.is_able)

    def _offered(self, handlers: list[HandlerChoice]) -> list[HandlerChoice]:
        return handlers

    def handler_options(self) -> Iterator[tuple[BoundWidget, HandlerChoice]]:
        return zip(self["handlers"], self.handler_choices, strict=True)

    @property
    def chosen_handlers(self) -> list[User]:
        chosen = self.cleaned_data["handlers"]
        return [choice.user for choice in self.handler_choices if str(choice.user.pk) in chosen]


class AssignForm(HandlersForm):
    """A team, one or several handlers, or what the desk proposes; the button that is pressed says which (IN-03)."""

    to = forms.ChoiceField(
        choices=[
            (TO_TEAM, gettext_lazy("To the team")),
            (TO_HANDLERS, gettext_lazy("To the handlers")),
            (TO_PROPOSAL, gettext_lazy("To the proposal")),
        ],
        widget=forms.HiddenInput,
    )
    team = forms.ChoiceField(label=gettext_lazy("Team"), required=False, widget=forms.RadioSelect)
    proposed_team = forms.ChoiceField(required=False, widget=forms.HiddenInput)
    proposed_handler = forms.ChoiceField(required=False, widget=forms.HiddenInput)
    note = words_field(NOTE, NOTE_HELP)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, choices=choices, **kwargs)
        self.team_choices = choices.teams
        self.proposal = choices.proposal
        teams = [(str(choice.team.pk), str(choice.team)) for choice in choices.teams]
        for name, offered in (
            ("team", teams),
            ("proposed_team", [("", ""), *teams]),
            ("proposed_handler", [("", ""), *self.fields["handlers"].choices]),  # type: ignore[attr-defined]
        ):
            self.fields[name].choices = offered  # type: ignore[attr-defined]
        current = next((choice for choice in choices.teams if choice.is_current), None)
        first = current or next((choice for choice in choices.teams if choice.is_suggested), None)
        if first:
            self.initial.setdefault("team", str(first.team.pk))

    def team_options(self) -> Iterator[tuple[BoundWidget, TeamChoice]]:
        return zip(self["team"], self.team_choices, strict=True)

    @property
    def chosen_team(self) -> Team | None:
        """The team of the button that was pressed: chosen, or as it stood in the proposal."""
        name = "proposed_team" if self.cleaned_data["to"] == TO_PROPOSAL else "team"
        wanted = self.cleaned_data[name]
        return next((choice.team for choice in self.team_choices if str(choice.team.pk) == wanted), None)

    @property
    def chosen_handlers(self) -> list[User]:
        if self.cleaned_data["to"] == TO_PROPOSAL:
            wanted = self.cleaned_data["proposed_handler"]
            return [choice.user for choice in self.handler_choices if str(choice.user.pk) == wanted]
        return super().chosen_handlers

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
        elif cleaned.get("to") == TO_PROPOSAL:
            self._check_proposal(cleaned)
        return cleaned

    def _check_proposal(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("handlers"):
            self.add_error("handlers", _("You ticked handlers. Take the ticks away, or allocate to those handlers."))
        elif not (cleaned.get("proposed_team") or cleaned.get("proposed_handler")):
            self.add_error(None, _("There is no proposal. Choose a team or a handler."))


class WishForm(forms.Form):
    note = words_field(
        gettext_lazy("Note for the allocator"),
        gettext_lazy("Why it fits you. Only the allocators can read it. Name nobody from the request."),
    )


class TeamReturnForm(ReasonForm):
    """By the team itself today; the allocator records when the task came back in Corsa."""

    returned_on = DateField(
        label=gettext_lazy("Returned on"), help_text=gettext_lazy("The day the task came back in Corsa.")
    )
    words = words_field(
        gettext_lazy("Explanation"),
        gettext_lazy("The allocators can read this. Name nobody from the request."),
    )
    field_order = ["reason", "returned_on", "words"]

    def __init__(self, *args: Any, for_other: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("returned_on", clock.today())
        if not for_other:
            del self.fields["returned_on"]

    @property
    def day(self) -> date:
        day: date = self.cleaned_data.get("returned_on") or clock.today()
        return day


class DelayForm(ReasonForm):
    expected_on = DateField(
        label=gettext_lazy("Expected answer date"),
        help_text=gettext_lazy("When you now expect to answer. An estimate is better than no date."),
    )
    words = words_field(
        gettext_lazy("Explanation"),
        gettext_lazy("The allocators and the handlers of this request can read this. Name nobody from the request."),
    )
    field_order = ["reason", "expected_on", "words"]


class ReassignForm(HandlersForm):
    """Who gets it, and who no longer has it; at least one stays or comes (pitfall 18)."""

    ended = forms.MultipleChoiceField(
        label=gettext_lazy("Who no longer has it"), required=False, widget=forms.CheckboxSelectMultiple
    )
    note = words_field(
        gettext_lazy("Note for the new handler"),
        gettext_lazy("Only the allocators and those who have the request can read it. Name nobody from the request."),
    )
    field_order = ["handlers", "ended", "note"]

    def __init__(self, *args: Any, choices: Choices, having: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, choices=choices, **kwargs)
        self.having = having
        self.fields["handlers"].label = _("Who gets the request")
        self.fields["ended"].choices = [(str(user.pk), str(user)) for user in having]  # type: ignore[attr-defined]
        if len(having) == 1:
            self.initial.setdefault("ended", [str(having[0].pk)])

    def _offered(self, handlers: list[HandlerChoice]) -> list[HandlerChoice]:
        return [choice for choice in handlers if not choice.is_current]

    @property
    def chosen_ended(self) -> list[User]:
        return [user for user in self.having if str(user.pk) in self.cleaned_data["ended"]]


class FromToForm(forms.Form):
    """Whose open work, and to whom; in the address, so that it can be looked at before anything happens."""

    giver = forms.ChoiceField(label=gettext_lazy("Whose work"))
    taker = forms.ChoiceField(label=gettext_lazy("To whom"))

    def __init__(self, *args: Any, givers: Sequence[Giver], takers: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.givers = {str(giver.user.pk): giver.user for giver in givers}
        self.takers = {str(user.pk): user for user in takers}
        self.fields["giver"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose a person")),
            *((str(giver.user.pk), str(giver)) for giver in givers),
        ]
        self.fields["taker"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose a person")),
            *((pk, str(user)) for pk, user in self.takers.items()),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("giver") and cleaned.get("giver") == cleaned.get("taker"):
            self.add_error("taker", _("Choose somebody else to hand the work to."))
        return cleaned

    @property
    def chosen_giver(self) -> User:
        return self.givers[self.cleaned_data["giver"]]

    @property
    def chosen_taker(self) -> User:
        return self.takers[self.cleaned_data["taker"]]


class HandOverForm(forms.Form):
    """Which of the requests go; those that cannot are named beside it."""

    requests = forms.MultipleChoiceField(
        label=gettext_lazy("Requests to hand over"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Tick at least one request.")},
    )

    def __init__(self, *args: Any, lines: Iterable[Line], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [line for line in lines if not line.refusal]
        choices = [(line.info_request.reference, line.info_request.reference) for line in self.lines]
        self.fields["requests"].choices = choices  # type: ignore[attr-defined]
        self.initial.setdefault("requests", [reference for reference, _label in choices])

    def options(self) -> Iterator[tuple[BoundWidget, Line]]:
        return zip(self["requests"], self.lines, strict=True)

    @property
    def chosen(self) -> list[Line]:
        return [line for line in self.lines if line.info_request.reference in self.cleaned_data["requests"]]


class AbsenceForm(forms.Form):
    """Everybody for himself, an allocator also for others (IN-05)."""

    user = forms.ChoiceField(label=gettext_lazy("Who is absent"))
    first_day = DateField(label=gettext_lazy("First day"))
    last_day = DateField(label=gettext_lazy("Last day"), help_text=gettext_lazy("This day is still part of it."))
    deputy = forms.ChoiceField(
        label=gettext_lazy("Deputy"),
        required=False,
        help_text=gettext_lazy("Somebody with the same role. The deputy gets the mail, and sees no more than before."),
    )

    def __init__(self, *args: Any, people: People, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = people
        self.fields["user"].choices = [(str(user.pk), str(user)) for user in people.absentees]  # type: ignore[attr-defined]
        if len(people.absentees) == 1:
            self.fields["user"].widget = forms.HiddenInput()
        self.initial.setdefault("user", str(people.absentees[0].pk))
        self.fields["deputy"].choices = [  # type: ignore[attr-defined]
            ("", _("Nobody: the allocator gets the mail")),
            *((str(user.pk), str(user)) for user in people.deputies),
        ]

    @property
    def chosen_absentee(self) -> User:
        return next(user for user in self.people.absentees if str(user.pk) == self.cleaned_data["user"])

    @property
    def chosen_deputy(self) -> User | None:
        return next((user for user in self.people.deputies if str(user.pk) == self.cleaned_data["deputy"]), None)
