"""The form of registering, the upload of an intake file, and questions in own words."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from authorities.models import User
from imidesk.core import clock, uploads
from imidesk.core.errors import DomainError
from imidesk.core.forms import DateField, LongText, MomentField, SubmissionField, sealed
from requests_app.deadlines import local_day
from requests_app.forms.answering import checked_file
from requests_app.forms.open_text import OpenTextMixin
from requests_app.intake import MAX_REPLY_DAYS
from requests_app.selectors.registering import Choices, countries, languages
from requests_app.services.receiving import LateActs, NewRequest, check_imi_number
from requests_app.vocabulary import Channel, Procedure, QuestionKind
from requests_app.writing import NewFile, NewQuestion, check_not_future

FICTITIOUS = "fictitious"
NEW_TAB = "new"
CHANNELS = [
    (Channel.IMI, _("Through IMI")),
    (Channel.DESK, _("At the desk, not in IMI")),
    (FICTITIOUS, _("Practice request (FICTIEF), not in IMI")),
]
# From accepted on, each act with the moments it needs (IMI-04).
LATE_MOMENTS = {
    "": (),
    "accepted": ("accepted_at",),
    "answered": ("accepted_at", "answered_at"),
    "closed": ("accepted_at", "answered_at", "closed_at"),
}
LATE = [
    ("", _("No, nothing")),
    ("accepted", _("Yes, it was accepted")),
    ("answered", _("Yes, it was accepted and answered")),
    ("closed", _("Yes, it was accepted, answered and closed by the requester")),
]


def clean_pdf(upload: UploadedFile | None) -> NewFile | None:
    """IMI's PDF, checked as every stranger's file is (SP-30). Raises ValidationError."""
    return None if upload is None else checked_file(upload, allow=uploads.PDF_ONLY)


class RegisterForm(OpenTextMixin, forms.Form):
    """Six fields suffice, the rest is below; none is for personal data (IN-08, MSG-09)."""

    FIRST = ("imi_number", "module", "requester", "service_activity", "received_at", "reply_days")
    REST = (
        "channel",
        "activity_not_listed",
        "proposed_name",
        "proposed_country",
        "asked_on",
        "legal_basis",
        "language",
        "motivation",
        "imi_report",
    )
    AFTERWARDS = ("late", "late_handler", "accepted_at", "answered_at", "closed_at")
    open_text = ("proposed_name",)
    use_required_attribute = False

    submission = SubmissionField()
    imi_number = forms.CharField(
        label=_("IMI number"),
        max_length=20,
        help_text=_("As it stands in IMI, for example 123456. Empty only when the request does not run in IMI."),
        error_messages={"required": _("Fill in the IMI number, or choose below that the request does not run in IMI.")},
    )
    module = forms.ChoiceField(label=_("Module and kind of request"))
    requester = forms.ChoiceField(
        label=_("Requesting authority"),
        help_text=_("Not in the list? Name it below."),
        error_messages={"required": _("Choose the requesting authority, or name it below.")},
    )
    service_activity = forms.ChoiceField(
        label=_("Service activity"),
        help_text=_("From this the team is told. Not in the list? Tick that below. Not needed for SDG."),
        error_messages={"required": _("Choose a service activity, or tick below that it is not listed.")},
    )
    received_at = MomentField(
        label=_("Received on"),
        help_text=_("Through IMI: when it came in there. The days to accept and to answer are counted from this day."),
    )
    reply_days = forms.IntegerField(
        label=_("Calendar days asked for the answer"),
        min_value=1,
        max_value=MAX_REPLY_DAYS,
        help_text=_("As the requester asked in IMI. Did he ask for a date? Fill that in below."),
        error_messages={"required": _("Fill in how many calendar days were asked, or the date below.")},
    )

    channel = forms.ChoiceField(
        label=_("How the request came in"),
        choices=CHANNELS,
        initial=Channel.IMI,
        required=False,
        widget=forms.RadioSelect,
    )
    activity_not_listed = forms.BooleanField(label=_("The service activity is not in the list"), required=False)
    proposed_name = forms.CharField(
        label=_("Name of a requesting authority that is not in the list"),
        max_length=200,
        required=False,
        help_text=_("The local data administrator checks it. Not the name of a person."),
    )
    proposed_country = forms.ChoiceField(label=_("Country of that authority"), required=False)
    open_text_checked = forms.BooleanField(
        label=_("I checked it: this is not the name, number or address of a person"), required=False
    )
    asked_on = DateField(label=_("Answer asked by this date, instead of days"), required=False)
    keywords = forms.MultipleChoiceField(label=_("Keywords"), required=False, widget=forms.CheckboxSelectMultiple)
    legal_basis = forms.ChoiceField(label=_("Legal basis"), required=False)
    language = forms.ChoiceField(label=_("Language of the request"), required=False)
    motivation = LongText(
        label=_("Motivation of the requester"),
        max_length=20_000,
        required=False,
        widget=sealed(forms.Textarea(attrs={"rows": 6})),
        help_text=_("Sealed. Only the allocator and the handlers who have the request read it."),
    )
    imi_report = forms.FileField(
        label=_("PDF of IMI from before acceptance"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".pdf"}),
        help_text=_("The report without personal data. PDF, at most 20 MB. It stays as it is."),
    )

    late = forms.ChoiceField(
        label=_("Was anything done in IMI already?"), choices=LATE, required=False, widget=forms.RadioSelect
    )
    late_handler = forms.ChoiceField(
        label=_("Who did this"),
        required=False,
        help_text=_("The provider opens for this handler only, once he confirms the acceptance himself."),
    )
    accepted_at = MomentField(label=_("Accepted in IMI on"), required=False)
    answered_at = MomentField(label=_("Answer sent in IMI on"), required=False)
    closed_at = MomentField(label=_("Closed by the requester on"), required=False)

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = choices
        self._offer("module", _places(choices), _("Choose a module"))
        self._offer("requester", _authorities(choices), _("Choose an authority"))
        self._offer("service_activity", _named(choices.activities), _("Choose a service activity"))
        self._offer("proposed_country", countries(), _("Choose a country"))
        self._offer("legal_basis", [(code, basis.text) for code, basis in choices.legal_bases.items()], _("Not known"))
        self._offer("language", languages(), _("Not known"))
        self._offer("late_handler", _named(choices.handlers), _("Choose a handler"))
        self.fields["keywords"].choices = _named(choices.keywords)  # type: ignore[attr-defined]
        place = choices.places.get(self.data.get("module", ""))
        replaced = {
            "imi_number": self.data.get("channel") in (Channel.DESK, FICTITIOUS),
            "requester": bool(self.data.get("proposed_name")),
            "service_activity": "activity_not_listed" in self.data
            or (place is not None and place.procedure == Procedure.SDG_EVIDENCE),
            "reply_days": bool(self.data.get("asked_on")),
        }
        for name, elsewhere in replaced.items():
            self.fields[name].required = not elsewhere

    def _offer(self, name: str, options: list[Any], empty: Any) -> None:
        self.fields[name].choices = [("", empty), *options]  # type: ignore[attr-defined]

    def clean_imi_number(self) -> str:
        number = "".join(str(self.cleaned_data["imi_number"]).split())
        try:
            check_imi_number(number)
        except DomainError as error:
            raise forms.ValidationError(str(error.message)) from None
        return number

    def clean_channel(self) -> str:
        return str(self.cleaned_data["channel"] or Channel.IMI)

    def clean_imi_report(self) -> NewFile | None:
        return clean_pdf(self.cleaned_data["imi_report"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._check_channel(cleaned)
        self._check_requester(cleaned)
        self._check_activity(cleaned)
        self._check_days(cleaned)
        self._check_moments(cleaned)
        self._check_late(cleaned)
        self.warn_of_personal_data(cleaned)
        return cleaned

    def _check_channel(self, cleaned: Mapping[str, Any]) -> None:
        """A wrong choice here would leave a real request out of the figures and end its number for the real one."""
        if cleaned.get("imi_number") and cleaned.get("channel") != Channel.IMI:
            self.add_error(
                "imi_number",
                _("A request outside IMI has no IMI number. Empty the number, or choose that it came through IMI."),
            )

    def _check_requester(self, cleaned: Mapping[str, Any]) -> None:
        if cleaned.get("requester") and cleaned.get("proposed_name"):
            self.add_error("proposed_name", _("Choose an authority from the list or name one here, not both."))
        if cleaned.get("proposed_name") and not cleaned.get("proposed_country"):
            self.add_error("proposed_country", _("Choose the country of this authority."))

    def _check_activity(self, cleaned: Mapping[str, Any]) -> None:
        if cleaned.get("service_activity") and cleaned.get("activity_not_listed"):
            self.add_error("activity_not_listed", _("Choose a service activity or tick this, not both."))

    def _check_days(self, cleaned: Mapping[str, Any]) -> None:
        asked_on, received_at = cleaned.get("asked_on"), cleaned.get("received_at")
        if asked_on and cleaned.get("reply_days"):
            self.add_error("asked_on", _("Fill in the days or the date, not both."))
        elif asked_on and received_at and not 1 <= (asked_on - local_day(received_at)).days <= MAX_REPLY_DAYS:
            self.add_error("asked_on", _("This date must come after the day of receipt, and within a year."))

    def _check_moments(self, cleaned: Mapping[str, Any]) -> None:
        now = clock.now()
        for name in ("received_at", *LATE_MOMENTS["closed"]):
            if moment := cleaned.get(name):
                try:
                    check_not_future(moment, now, field=name)
                except DomainError as error:
                    self.add_error(name, str(error.message))

    def _check_late(self, cleaned: Mapping[str, Any]) -> None:
        if "late" not in cleaned:
            return
        needed = LATE_MOMENTS[cleaned["late"]]
        for name in ("accepted_at", "answered_at", "closed_at"):
            if name in needed and name in cleaned and not cleaned[name]:
                self.add_error(name, _("Fill in when this was done in IMI."))
            elif name not in needed and cleaned.get(name):
                self.add_error("late", _("You filled in a moment. Say here what was done, or empty that moment."))
        if needed and not cleaned.get("late_handler"):
            self.add_error("late_handler", _("Choose who did this in IMI."))

    def new_request(self) -> NewRequest:
        """The checked values in the terms of the service."""
        cleaned, choices = self.cleaned_data, self.choices
        place = choices.places[cleaned["module"]]
        fictitious = cleaned["channel"] == FICTITIOUS
        return NewRequest(
            home=place.home,
            module=place.module,
            procedure=place.procedure,
            requester=choices.authorities.get(cleaned["requester"]),
            proposed_requester=(cleaned["proposed_name"], cleaned["proposed_country"])
            if cleaned["proposed_name"]
            else None,
            received_at=cleaned["received_at"],
            imi_number=cleaned["imi_number"],
            channel=Channel.DESK if fictitious else cleaned["channel"],
            fictitious=fictitious,
            language=cleaned["language"],
            service_activity=choices.activities.get(cleaned["service_activity"]),
            activity_not_listed=cleaned["activity_not_listed"],
            keywords=tuple(choices.keywords[code] for code in cleaned["keywords"]),
            legal_basis=cleaned["legal_basis"],
            reply_days=cleaned["reply_days"],
            asked_on=cleaned["asked_on"],
            motivation=cleaned["motivation"],
            imi_report=cleaned["imi_report"],
            late=self._late_acts(choices.handlers),
            submission=cleaned["submission"],
        )

    def _late_acts(self, handlers: Mapping[str, User]) -> LateActs | None:
        cleaned = self.cleaned_data
        if not cleaned["late"]:
            return None
        return LateActs(
            handler=handlers[cleaned["late_handler"]],
            accepted_at=cleaned["accepted_at"],
            answered_at=cleaned["answered_at"],
            closed_at=cleaned["closed_at"],
        )


class IntakeForm(forms.Form):
    file = forms.FileField(
        label=_("Intake file or supplement"),
        widget=forms.FileInput(attrs={"accept": ".json"}),
        help_text=_("JSON, at most 60 MB. All of the file is taken in, or nothing."),
        error_messages={"required": _("Choose a file of at most 60 MB.")},
        allow_empty_file=True,
    )


class StandardQuestionsForm(forms.Form):
    """The questions of the set that are not there yet, by code."""

    codes = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, codes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["codes"].choices = [(code, code) for code in codes]  # type: ignore[attr-defined]

    def questions(self) -> tuple[NewQuestion, ...]:
        return tuple(NewQuestion(code=code) for code in self.cleaned_data["codes"])


class OwnQuestionForm(forms.Form):
    """A question in the requester's own words; sealed. A choice between fixed answers exists in the catalogue only."""

    text = LongText(
        label=_("Question"), max_length=5_000, required=False, widget=sealed(forms.Textarea(attrs={"rows": 3}))
    )
    kind = forms.ChoiceField(
        label=_("Kind of answer"),
        choices=[(kind, kind.label) for kind in QuestionKind if kind != QuestionKind.CHOICE],
        initial=QuestionKind.TEXT,
        required=False,
    )
    tab = forms.ChoiceField(label=_("On tab"), required=False)
    new_tab = forms.CharField(
        label=_("Name of the new tab"), max_length=100, required=False, widget=sealed(forms.TextInput())
    )

    def __init__(self, *args: Any, tabs: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tab"].choices = [*tabs, (NEW_TAB, _("a new tab"))]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("tab") == NEW_TAB and not cleaned.get("new_tab") and cleaned.get("text"):
            self.add_error("new_tab", _("Name the new tab."))
        if cleaned.get("new_tab") and not cleaned.get("text"):
            self.add_error("text", _("Write the question, or empty the name of the tab."))
        return cleaned

    def question(self) -> NewQuestion | None:
        cleaned = self.cleaned_data
        if not cleaned.get("text"):
            return None
        tab = cleaned["new_tab"] if cleaned["tab"] == NEW_TAB else cleaned["tab"]
        return NewQuestion(tab=tab, text=cleaned["text"], kind=cleaned["kind"] or QuestionKind.TEXT)


def _places(choices: Choices) -> list[Any]:
    """In groups by authority where there is more than one."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for key, place in choices.places.items():
        label = f"{place.module.label}: {place.procedure.label}"
        groups.setdefault(place.home.name, []).append((key, label))
    return list(groups.items()) if len(groups) > 1 else [row for rows in groups.values() for row in rows]


def _authorities(choices: Choices) -> list[Any]:
    """In groups by country, the Netherlands last: most requests come from abroad."""
    groups: dict[tuple[bool, str], list[tuple[str, str]]] = {}
    for key, authority in choices.authorities.items():
        groups.setdefault((authority.country == "NL", authority.country_name), []).append((key, authority.name))
    return [(name, rows) for (_is_dutch, name), rows in sorted(groups.items())]


def _named(rows: Mapping[str, object]) -> list[tuple[str, str]]:
    return [(key, str(row)) for key, row in rows.items()]
