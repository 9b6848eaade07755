"""The forms of answering: the provider, a tab of questions, attachments, sending and the short route."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import RegexValidator
from django.forms.formsets import BaseFormSet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from imidesk.core import clock, uploads
from imidesk.core.errors import DomainError
from imidesk.core.forms import DateField, DateInput, MomentField, SubmissionField, personal, sealed
from imidesk.core.sentences import sentence
from requests_app import catalogue, provider
from requests_app.answers import LONGEST_TEXT, YES_NO, AnswerContent, checked
from requests_app.selectors.case import QuestionView, TabView
from requests_app.vocabulary import AnswerStatus, QuestionKind
from requests_app.writing import NewFile

NUMBERS_AT_MOST = 20
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_one_line = RegexValidator(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", _("Enter this on one line."), inverse_match=True)
_email = RegexValidator(r"^[^@\s]+@[^@\s]+$", _("Enter an e-mail address, for example name@example.eu."))


class Files(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, each checked before anything is kept (SP-30)."""

    def __init__(self, *, allow: frozenset[str] = uploads.ALLOWED, **options: Any) -> None:
        self.allow = allow
        accept = ",".join(f".{extension}" for extension in sorted(allow))
        super().__init__(widget=Files(attrs={"accept": accept}), **options)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Gives a tuple of NewFile."""
        chosen = [file for file in data or () if file]
        if not chosen:
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return ()
        found, faults = [], []
        for file in chosen:
            try:
                found.append(new_file(file, allow=self.allow))
            except uploads.UploadRefused as refused:
                name = uploads.clean_name(file.name or "")
                faults.append(sentence(_("“%(name)s”: %(fault)s"), name=name, fault=refused.message))
        if faults:
            raise ValidationError([ValidationError(fault) for fault in faults])  # type: ignore[arg-type]
        return tuple(found)


def new_file(file: UploadedFile, *, allow: frozenset[str]) -> NewFile:
    content = file.read()
    found = uploads.check_upload(file.name or "", file.content_type or "", content, allow=allow)
    return NewFile(found.name, found.media_type, content)


def checked_file(file: UploadedFile, *, allow: frozenset[str]) -> NewFile:
    """As `new_file`, for the field of a form. Raises ValidationError."""
    try:
        return new_file(file, allow=allow)
    except uploads.UploadRefused as refused:
        raise ValidationError(str(refused.message)) from None


class TokensField(forms.CharField):
    """Names of saves, with spaces between them."""

    def clean(self, value: Any) -> Any:
        """Gives a frozenset of UUID; what is none is passed over."""
        return frozenset(UUID(token) for token in str(value or "").split() if _UUID.fullmatch(token))


def _line(label: Any, longest: int, *validators: RegexValidator, **attrs: str) -> forms.CharField:
    widget = personal(forms.TextInput(attrs={"dir": "auto", **attrs}))
    return forms.CharField(
        label=label, max_length=longest, required=False, widget=widget, validators=[_one_line, *validators]
    )


class SubjectForm(forms.Form):
    """ "Overnemen uit IMI": everything is optional (design 4). Any letters stay as they are."""

    all_optional = True

    kind = forms.ChoiceField(
        label=_("Kind of provider"), choices=provider.KINDS, required=False, widget=personal(forms.RadioSelect())
    )
    family_name = _line(_("Family name"), 200)
    given_names = _line(_("Given names"), 200)
    birth_date = DateField(label=_("Date of birth"), required=False, widget=personal(DateInput()))
    legal_name = _line(_("Official name of the company"), 200)
    trade_name = _line(_("Trade name"), 200)
    street = _line(_("Street and number"), 200)
    postcode = _line(_("Postcode"), 20)
    town = _line(_("Town"), 100)
    country = forms.ChoiceField(label=_("Country"), required=False, widget=personal(forms.Select()))
    email = _line(_("E-mail address"), 254, _email, inputmode="email")
    phone = _line(_("Telephone"), 50, inputmode="tel")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["country"].choices = [("", "–"), *provider.countries()]  # type: ignore[attr-defined]

    def clean_birth_date(self) -> date | None:
        born: date | None = self.cleaned_data["birth_date"]
        if born and born > clock.today():
            raise ValidationError(_("This date lies in the future."))
        return born

    @staticmethod
    def initial_of(subject: Mapping[str, Any]) -> dict[str, Any]:
        return {**subject, **subject.get("address", {})}

    def as_subject(self, numbers: Sequence[Mapping[str, str]]) -> dict[str, object]:
        """As it is sealed: only what is filled, dates as ISO text (services.receiving.subject_as_dict)."""
        given = dict(self.cleaned_data)
        address = {name: given.pop(name) for name in ("street", "postcode", "town", "country")}
        born = given.pop("birth_date")
        filled: dict[str, object] = {name: value for name, value in given.items() if value}
        if born:
            filled["birth_date"] = born.isoformat()
        if numbers:
            filled["numbers"] = [dict(number) for number in numbers]
        if any(address.values()):
            filled["address"] = {name: value for name, value in address.items() if value}
        if filled and "kind" not in filled:
            filled["kind"] = "natural" if {"family_name", "given_names", "birth_date"} & set(filled) else "legal"
        return filled


class NumberForm(forms.Form):
    all_optional = True

    type = forms.ChoiceField(
        label=_("Kind of number"),
        choices=[("", "–"), *provider.NUMBER_TYPES],
        required=False,
        widget=personal(forms.Select()),
    )
    value = _line(_("Number"), 60)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("value") and not cleaned.get("type") and "type" not in self.errors:
            self.add_error("type", _("Choose what kind of number this is."))
        return cleaned


class Numbers(BaseFormSet):
    def filled(self) -> list[dict[str, str]]:
        rows = [form.cleaned_data for form in self.forms]
        return [{"type": row["type"], "value": row["value"]} for row in rows if row.get("value")]


NumberFormSet = forms.formset_factory(
    NumberForm, formset=Numbers, extra=3, max_num=NUMBERS_AT_MOST, absolute_max=NUMBERS_AT_MOST + 5
)


@dataclass
class Row:
    """One question of a tab form, with its bound fields."""

    form: "TabForm"
    question: QuestionView
    saved_elsewhere: bool = False

    def _field(self, name: str) -> forms.BoundField | None:
        key = f"{name}-{self.question.uuid}"
        return self.form[key] if key in self.form.fields else None

    @property
    def value(self) -> forms.BoundField | None:
        return self._field("value")

    @property
    def standard(self) -> forms.BoundField | None:
        return self._field("standard")

    @property
    def text(self) -> forms.BoundField | None:
        return self._field("text")

    @property
    def files(self) -> forms.BoundField | None:
        return self._field("files")

    @property
    def typed(self) -> AnswerContent:
        return self.form.contents[self.question.uuid]

    @property
    def is_unsaved(self) -> bool:
        """The form came back, and holds another answer than is stored, or one that cannot be stored."""
        key = self.question.uuid
        if not self.form.is_bound:
            return False
        if key not in self.form.contents:
            return True
        return self.typed != self.question.answer and not self.form.is_untouched(key)

    @property
    def version(self) -> forms.BoundField | None:
        return self._field("version")

    @property
    def base(self) -> forms.BoundField | None:
        return self._field("base")

    @property
    def sent(self) -> forms.BoundField | None:
        return self._field("sent")

    @property
    def keep(self) -> forms.BoundField | None:
        return self._field("keep") if self.saved_elsewhere else None

    @property
    def is_suggested(self) -> bool:
        return not self.form.is_bound and suggestion_for(self.question, "en") is not None


class TabForm(forms.Form):
    """All questions of a tab, saved together with their attachments (ANS-02, ANS-08). Nothing is required.

    The page also saves each question by itself: `version` is what it stands on, `sent` names the saves that went out.
    """

    all_optional = True

    submission = SubmissionField()

    def __init__(self, tab: TabView, language: str, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.tab = tab
        self.language = language
        self.rows = [Row(self, question, f"keep-{question.uuid}" in self.data) for question in tab.questions]
        self.contents: dict[UUID, AnswerContent] = {}
        for question in tab.questions:
            self._add_fields(question)

    def _add_fields(self, question: QuestionView) -> None:
        key, place = question.uuid, question.place
        start = suggestion_for(question, self.language) or question.answer
        value = _value_field(question)
        if value is not None:
            value.label = gettext("Answer to %(place)s") % {"place": place}
            value.initial = start.value
            self.fields[f"value-{key}"] = value
        self.fields[f"standard-{key}"] = forms.ChoiceField(
            label=gettext("Standard answer to %(place)s") % {"place": place},
            choices=_standard_choices(question),
            initial=start.standard,
            required=False,
            widget=sealed(forms.Select()),
        )
        warning = self.tab.warning
        self.fields[f"text-{key}"] = forms.CharField(
            label=(
                gettext("Answer to %(place)s in own words")
                if question.kind == QuestionKind.TEXT
                else gettext("Explanation to %(place)s in own words")
            )
            % {"place": place},
            help_text=gettext("Note: %(warning)s") % {"warning": warning} if warning else "",
            initial=start.text,
            required=False,
            strip=False,
            widget=sealed(forms.Textarea(attrs={"rows": 5, "dir": "auto"})),
        )
        self.fields[f"files-{key}"] = FilesField(
            label=gettext("Add attachments to %(place)s") % {"place": place}, required=False
        )
        self.fields[f"version-{key}"] = forms.IntegerField(
            initial=question.version, min_value=0, required=False, widget=forms.HiddenInput()
        )
        self.fields[f"base-{key}"] = forms.CharField(
            initial=_digest(question.answer), required=False, widget=forms.HiddenInput()
        )
        self.fields[f"sent-{key}"] = TokensField(required=False, widget=forms.HiddenInput())
        self.fields[f"keep-{key}"] = forms.ChoiceField(
            label=gettext("Which answer to %(place)s do you want to keep?") % {"place": place},
            choices=[("mine", _("The answer that I typed")), ("saved", _("The answer that was saved elsewhere"))],
            initial="mine",
            required=False,
            widget=forms.RadioSelect(),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for question in self.tab.questions:
            key = question.uuid
            text = cleaned.get(f"text-{key}") or ""
            value = cleaned.get(f"value-{key}") or ""
            content = AnswerContent(
                value=value.isoformat() if isinstance(value, date) else value,
                standard=cleaned.get(f"standard-{key}") or "",
                text=text if text.strip() else "",
            )
            try:
                self.contents[key] = checked(question.kind, content, question.known)
            except DomainError as error:
                in_value = question.kind == QuestionKind.NUMBER and len(content.text) <= LONGEST_TEXT
                self.add_error(f"{'value' if in_value else 'text'}-{key}", str(error.message))
                continue
            if content.value and content.standard and catalogue.standard_answer(content.standard).excuses:
                self.add_error(
                    f"standard-{key}",
                    _("This standard answer says that you cannot answer. Choose this one, or an answer of your own."),
                )
        return cleaned

    def changed(self) -> dict[UUID, AnswerContent]:
        """Only what this person changed: a question that was not touched meets no conflict, and keeps its version."""
        return {
            question.uuid: self.contents[question.uuid]
            for question in self.tab.questions
            if self.contents[question.uuid] != question.answer
            and not self.is_untouched(question.uuid)
            and self.cleaned_data.get(f"keep-{question.uuid}") != "saved"
        }

    def is_untouched(self, key: UUID) -> bool:
        return bool(self.cleaned_data.get(f"base-{key}") == self.digest(key))

    def digest(self, key: UUID) -> str:
        """What the page stands on once this is saved."""
        return _digest(self.contents[key])

    def versions(self) -> dict[UUID, int]:
        return {
            question.uuid: self.cleaned_data.get(f"version-{question.uuid}") or 0 for question in self.tab.questions
        }

    def new_files(self) -> dict[UUID, tuple[NewFile, ...]]:
        found = {
            question.uuid: self.cleaned_data.get(f"files-{question.uuid}") or () for question in self.tab.questions
        }
        return {key: files for key, files in found.items() if files}

    def sent(self) -> dict[UUID, frozenset[UUID]]:
        return {
            question.uuid: self.cleaned_data.get(f"sent-{question.uuid}") or frozenset()
            for question in self.tab.questions
        }

    def show_saved(self, fresh: TabView) -> None:
        """What was saved elsewhere stands beside what was typed; saving again then decides (pitfall 23)."""
        versions, typed = self.versions(), self.changed()
        stored = {question.uuid: question for question in fresh.questions}
        data = cast(QueryDict, self.data).copy()
        for row in self.rows:
            key = row.question.uuid
            now = stored.get(key)
            if now is None or key not in typed or versions[key] == now.version or typed[key] == now.answer:
                continue
            row.question = now
            row.saved_elsewhere = True
            data[f"version-{key}"] = str(now.version)
            data[f"keep-{key}"] = "mine"
            self.add_error(
                f"text-{key}", _("This answer was changed elsewhere in the meantime. Choose which one stays.")
            )
        self.data = data


def _digest(content: AnswerContent) -> str:
    """Of an answer as the page showed it, so that what was not touched can be told from what was."""
    return hashlib.sha256(content.to_json().encode()).hexdigest()


def _value_field(question: QuestionView) -> forms.Field | None:
    none = ("", _("Not chosen"))
    if question.kind == QuestionKind.YES_NO:
        return forms.ChoiceField(choices=[*YES_NO, none], required=False, widget=forms.RadioSelect())
    if question.kind == QuestionKind.CHOICE and question.known:
        choices = [(choice.code, str(choice.text)) for choice in question.known.choices]
        return forms.ChoiceField(choices=[*choices, none], required=False, widget=forms.RadioSelect())
    if question.kind == QuestionKind.DATE:
        return DateField(required=False, widget=sealed(DateInput()))
    if question.kind == QuestionKind.NUMBER:
        widget = sealed(forms.TextInput(attrs={"inputmode": "decimal"}))
        return forms.CharField(required=False, max_length=30, widget=widget)
    return None


def _standard_choices(question: QuestionView) -> list[tuple[str, str | Promise]]:
    answers = catalogue.standard_answers_for(question.known)
    return [("", _("No standard answer")), *((answer.code, str(answer.text)) for answer in answers)]


def suggestion_for(question: QuestionView, language: str) -> AnswerContent | None:
    """For a question on criminal sanctions that nobody touched: the answer that names Dienst Justis (IN-16)."""
    if question.known is None or not question.known.is_criminal or question.version or question.status:
        return None
    for answer in catalogue.standard_answers_for(question.known):
        if answer.forward_to == "justis" and answer.suggested_text:
            return AnswerContent(standard=answer.code, text=answer.suggested_text.in_language(language))
    return None


class SaveForm(forms.Form):
    """Beside the question itself: the name of this one save."""

    token = forms.UUIDField()


class AttachmentForm(forms.Form):
    attachments = FilesField(
        label=_("Attachments"), help_text=_("PDF, JPEG, PNG, DOCX, ODT or TXT; at most 20 MB each.")
    )
    submission = SubmissionField()


class RemoveForm(forms.Form):
    """Why an attachment goes away again."""

    reason = forms.ChoiceField(label=_("Why do you remove it?"), widget=forms.RadioSelect())

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        reasons = [(reason.code, str(reason.text)) for reason in catalogue.reasons("remove_file")]
        self.fields["reason"].choices = reasons  # type: ignore[attr-defined]


class SendForm(forms.Form):
    """The two declarations; nothing of them is stored (ANS-23)."""

    needed = forms.BooleanField(
        label=_("This information is needed for the statutory tasks of my authority and of the requesting authority.")
    )
    within_powers = forms.BooleanField(
        label=_("My authority acts within its own powers, on matters that fall under the directive or regulation.")
    )


class DoneInImiForm(forms.Form):
    done_at = MomentField(
        label=_("Answer sent in IMI on"),
        help_text=_("The moment at which you sent the answer in IMI. Earlier is possible, later is not."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["done_at"].initial = clock.moment


class AlreadyAnsweredForm(DoneInImiForm):
    """The short route: when, IMI's PDF, and per question answered or not answerable (design idea 8)."""

    report = forms.FileField(
        label=_("PDF of IMI with the answers"),
        help_text=_("The full report that IMI makes. It stays as it is."),
        widget=forms.FileInput(attrs={"accept": ".pdf"}),
    )

    def __init__(self, tabs: Sequence[TabView], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.questions = [question for tab in tabs for question in tab.questions]
        for question in self.questions:
            self.fields[f"result-{question.uuid}"] = forms.ChoiceField(
                label=gettext("Result of %(place)s") % {"place": question.place},
                choices=[(AnswerStatus.ANSWERED, _("Answered")), (AnswerStatus.EXCUSED, _("Not answerable"))],
                initial=AnswerStatus.EXCUSED if question.status == AnswerStatus.EXCUSED else AnswerStatus.ANSWERED,
                widget=forms.RadioSelect(),
            )

    def clean_report(self) -> NewFile:
        return checked_file(self.cleaned_data["report"], allow=uploads.PDF_ONLY)

    def results(self) -> list[tuple[QuestionView, forms.BoundField]]:
        return [(question, self[f"result-{question.uuid}"]) for question in self.questions]

    def excused(self) -> frozenset[UUID]:
        return frozenset(
            question.uuid
            for question in self.questions
            if self.cleaned_data[f"result-{question.uuid}"] == AnswerStatus.EXCUSED
        )
