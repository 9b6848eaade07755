"""The filters above the list of requests. Their names stand in addresses that figures and mails link to."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from authorities.vocabulary import Module
from imidesk.core.forms import DateField
from requests_app.selectors.lists import LISTS, Filters, People
from requests_app.vocabulary import State

NO, YES = "no", "yes"
LARGEST_KEY = 2**63 - 1  # of a row in the database


class ListForm(forms.Form):
    all_optional = True

    q = forms.CharField(label=_("IMI number or reference"), max_length=40, required=False)
    lijst = forms.ChoiceField(label=_("List"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False)
    module = forms.ChoiceField(label=_("Module"), required=False)
    team = forms.TypedChoiceField(label=_("Team"), coerce=int, empty_value=None, required=False)
    handler = forms.TypedChoiceField(label=_("Handler"), coerce=int, empty_value=None, required=False)
    mine = forms.BooleanField(label=_("Only what is allocated to me"), required=False)

    # Only figures link with these; the page shows them as one sentence and keeps them.
    activity = forms.CharField(widget=forms.HiddenInput, max_length=80, required=False)
    reason = forms.CharField(widget=forms.HiddenInput, max_length=80, required=False)
    requester = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=LARGEST_KEY, required=False)
    organisation = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=LARGEST_KEY, required=False)
    received_from = DateField(widget=forms.HiddenInput, required=False)
    received_until = DateField(widget=forms.HiddenInput, required=False)
    fictitious = forms.ChoiceField(
        widget=forms.HiddenInput,
        choices=[(NO, _("without practice requests")), (YES, _("practice requests"))],
        required=False,
    )

    def __init__(self, *args: object, people: People, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._offer("lijst", [(name, work.label) for name, work in LISTS.items()])
        self._offer("state", [choice for choice in State.choices if choice[0] != State.DRAFT])
        self._offer("module", Module.choices)
        self._offer("team", self._with_given("team", people.teams, _("another team")))
        self._offer("handler", self._with_given("handler", people.handlers, _("another handler")))

    def _offer(self, name: str, choices: Iterable[tuple[object, object]]) -> None:
        self.fields[name].choices = [("", _("all")), *choices]  # type: ignore[attr-defined]

    def _with_given(self, name: str, choices: list[tuple[int, str]], label: object) -> list[tuple[object, object]]:
        """A figure may link to a team without handlers, or to who is no handler any more."""
        given = self.data.get(name, "")
        is_key = given.isdecimal() and len(given) <= len(str(LARGEST_KEY)) and int(given) <= LARGEST_KEY
        is_other = is_key and int(given) not in dict(choices)
        return [*choices, *([(int(given), label)] if is_other else [])]

    def filters(self) -> Filters:
        given = self.cleaned_data
        return Filters(
            list_name=given["lijst"],
            state=given["state"],
            module=given["module"],
            team=given["team"],
            handler=given["handler"],
            organisation=given["organisation"],
            activity=given["activity"],
            requester=given["requester"],
            reason=given["reason"],
            received_from=given["received_from"],
            received_until=given["received_until"],
            mine=given["mine"],
            fictitious={NO: False, YES: True}.get(given["fictitious"]),
            text=given["q"].strip(),
        )

    @property
    def from_figure(self) -> bool:
        """Filters that no field on the page shows."""
        return any(self.cleaned_data.get(field.name) for field in self.hidden_fields())
