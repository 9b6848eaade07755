"""How forms look: the renderer with the desk's own templates, and the inputs for dates, moments and sealed text."""

from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import django.forms
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.renderers import DjangoTemplates
from django.template.backends.django import DjangoTemplates as Backend
from django.utils.formats import number_format
from django.utils.functional import cached_property, lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from imidesk.core.ids import uuid7
from imidesk.core.sentences import sentence

_grouped = lazy(number_format, str)
WidgetT = TypeVar("WidgetT", bound=forms.Widget)


class DeskFormRenderer(DjangoTemplates):
    """Looks in templates/ first, then in Django's own, so that `{{ form }}` comes out accessible."""

    form_template_name = "django/forms/desk.html"

    @cached_property
    def engine(self) -> Backend:
        own = Path(django.forms.__file__).parent / "templates"
        return Backend(
            {"NAME": "deskforms", "DIRS": [settings.BASE_DIR / "templates", own], "APP_DIRS": False, "OPTIONS": {}}
        )


class DateInput(forms.DateInput):
    """The browser's own date picker: works with the keyboard, speaks the reader's language, sends ISO 8601."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    """Date and time to the minute, in the time zone of the desk."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class YearsValidator:
    """What lies outside no calendar, time zone or database can count with, and is a slip of the keyboard."""

    def __init__(self, first: int, last: int) -> None:
        self.first, self.last = first, last

    def __call__(self, value: date) -> None:
        if not self.first <= value.year <= self.last:
            raise ValidationError(
                _("Enter a year from %(first)s to %(last)s."), params={"first": self.first, "last": self.last}
            )


class DateField(forms.DateField):
    widget = DateInput
    default_validators = [YearsValidator(1800, 2099)]


class MomentField(forms.DateTimeField):
    widget = MomentInput
    default_validators = [YearsValidator(2000, 2099)]


class LongText(forms.CharField):
    """Its limit stands beside it, and what is longer is refused in words: a browser cuts at `maxlength` in silence."""

    widget = forms.Textarea

    def __init__(self, *, max_length: int, help_text: Any = "", **options: Any) -> None:
        limit = sentence(_("At most %(limit)s characters."), limit=_grouped(max_length, force_grouping=True))
        help_text = format_lazy("{} {}", help_text, limit) if help_text else limit
        super().__init__(max_length=max_length, help_text=help_text, **options)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}


class SubmissionField(forms.UUIDField):
    """Names one showing of a form, so that what is sent twice is done once, also without JavaScript (pitfall 23)."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, initial=uuid7)

    def clean(self, value: object) -> object:
        try:
            return super().clean(value)
        except ValidationError:
            return None


def sealed(widget: WidgetT) -> WidgetT:
    """What is sealed in the database is not kept, checked or translated by the browser either (SP-14)."""
    widget.attrs |= {"autocomplete": "off", "spellcheck": "false", "translate": "no"}
    return widget


def personal(widget: WidgetT) -> WidgetT:
    """A sealed field that holds personal data: its label gets the mark (!) (DP-08)."""
    widget.attrs |= {"data-personal": "true"}
    return sealed(widget)
