"""The filters above the list of requests. Their names stand in addresses that figures and mails link to."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from authorities.vocabulary import Module
from imidesk.core.forms import DateField
from requests_app.forms.open_text import OpenTextMixin
from requests_app.selectors.lists import LISTS, Filters, People
from requests_app.selectors.saved_views import LONGEST_ADDRESS, own_address
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
    excused = forms.CharField(widget=forms.HiddenInput, max_length=80, required=False)
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
        given = self.data.get("lijst")
        offered = [(name, work.label) for name, work in LISTS.items() if work.offered or name == given]
        self._offer("lijst", offered)
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
            excused=given["excused"],
            received_from=given["received_from"],
            received_until=given["received_until"],
            mine=given["mine"],
            fictitious={NO: False, YES: True}.get(given["fictitious"]),
            text=given["q"].strip(),
        )

    @classmethod
    def address(cls, query: str, *more: str) -> str:
        """Of an address only the filters of the list, and what else is named."""
        return own_address(query, frozenset([*cls.base_fields, *more]))

    @property
    def from_figure(self) -> bool:
        """Filters that no field on the page shows."""
        return any(self.cleaned_data.get(field.name) for field in self.hidden_fields())


class ViewForm(OpenTextMixin, forms.Form):
    """The name of a saved view: open text, that nobody but its maker reads."""

    open_text = ("name",)

    name = forms.CharField(label=_("Name of the view"), max_length=60)
    query = forms.CharField(widget=forms.HiddenInput, max_length=LONGEST_ADDRESS, required=False)
    open_text_checked = forms.BooleanField(
        label=_("I checked it: this is not the name, number or address of a person"), required=False
    )

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if not name.isprintable():
            raise forms.ValidationError(_("This name has signs that nobody sees. Type it again."))
        return name

    def clean_query(self) -> str:
        return ListForm.address(self.cleaned_data["query"])

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        self.warn_of_personal_data(cleaned)
        return cleaned
