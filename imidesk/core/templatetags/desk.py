"""What every page template uses: dates in words, deadlines, badges, copy buttons, rows of facts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms, template
from django.template.context import Context
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from imidesk.core import clock, kept

register = template.Library()

SOON_DAYS = 3
_SELECTED = " selected"


def _local(value: date | datetime) -> date | datetime:
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value


def _day(value: date | datetime) -> date:
    local = _local(value)
    return local.date() if isinstance(local, datetime) else local


@register.filter
def dutch_date(value: date | datetime | None) -> str:
    """21 november 2026."""
    return date_format(_local(value), "j F Y") if value else ""


@register.filter
def dutch_weekday(value: date | datetime | None) -> str:
    """zaterdag 21 november 2026."""
    return date_format(_local(value), "l j F Y") if value else ""


@register.filter
def dutch_time(value: datetime | None) -> str:
    """14.32 uur."""
    if value is None:
        return ""
    clock_time = date_format(_local(value), pgettext("time format", "H:i"))
    return pgettext("time of day", "%(time)s") % {"time": clock_time}


@register.filter
def dutch_moment(value: datetime | None) -> str:
    """21 november 2026, 14.32 uur."""
    return f"{dutch_date(value)}, {dutch_time(value)}" if value else ""


@register.filter
def errors_in_words(field: forms.BoundField) -> list[str]:
    """Django says the same of every empty field; the label says what to fill in or to choose."""
    tick = isinstance(field.field, forms.BooleanField)
    missing = _("Tick this.") if tick else _missing(field)
    return [missing if _is_missing(error) else error for error in map(str, field.errors)]


@register.filter
def errors_with_label(field: forms.BoundField) -> list[str]:
    """For a summary, away from the field itself."""
    said = map(str, field.errors)
    return [_missing(field) if _is_missing(error) else f"{field.label}: {error}" for error in said]


def _is_missing(error: str) -> bool:
    return error == forms.Field.default_error_messages["required"]


def _missing(field: forms.BoundField) -> str:
    sentence = _("Fill in “%(label)s”.")
    if isinstance(field.field, forms.BooleanField):
        sentence = _("Tick this: %(label)s")
    elif isinstance(field.field, forms.FileField):
        sentence = _("Choose a file at “%(label)s”.")
    elif isinstance(field.field, forms.ChoiceField):
        sentence = _("Choose “%(label)s”.")
    return sentence % {"label": field.label}


@register.inclusion_tag("core/partials/error_summary.html")
def error_summary(form: forms.BaseForm, others: Iterable[forms.BaseForm]) -> dict[str, object]:
    """One for all forms of a page."""
    return {"faulty": [each for each in (form, *others) if each.errors]}


@dataclass(frozen=True)
class Deadline:
    day: date
    words: str
    tone: str


def _today(context: Context) -> date:
    desk: Mapping[str, Any] = context.get("desk") or {}
    now = desk.get("now") or clock.now
    return _day(now() if callable(now) else now)


def deadline_of(value: date | datetime, today: date) -> Deadline:
    day = _day(value)
    days = (day - today).days
    if days < 0:
        words = ngettext("%(days)d day late", "%(days)d days late", -days) % {"days": -days}
        return Deadline(day, words, "late")
    if days == 0:
        return Deadline(day, _("today"), "soon")
    words = ngettext("in %(days)d day", "in %(days)d days", days) % {"days": days}
    return Deadline(day, words, "soon" if days <= SOON_DAYS else "ahead")


@register.simple_tag(takes_context=True)
def deadline(context: Context, value: date | datetime | None, label: str = "") -> SafeString:
    """21 november 2026, over 3 dagen. Late and soon say so in words; the colour only repeats it."""
    if value is None:
        return format_html('<span class="desk-nothing" title="{}">–</span>', _("no date"))
    found = deadline_of(value, _today(context))
    return format_html(
        '<span class="desk-deadline desk-deadline--{}">{}<time datetime="{}">{}</time>'
        ' <span class="desk-deadline__words">{}</span></span>',
        found.tone,
        f"{label}: " if label else "",
        found.day.isoformat(),
        dutch_date(found.day),
        found.words,
    )


@register.simple_tag
def status_badge(label: str, code: str = "neutral") -> SafeString:
    """The label carries the meaning; the code (a state or a tone) chooses the colour in badges.css."""
    return format_html('<span class="nl-data-badge desk-badge desk-badge--{}">{}</span>', code, label)


@register.inclusion_tag("core/partials/copy_field.html")
def copy_button(name: str, value: object, label: str, multiline: bool = False) -> dict[str, object]:
    """A value to take along to another system: a read-only field, and with JavaScript a button that copies it."""
    return {"name": name, "value": "" if value is None else str(value), "label": label, "multiline": multiline}


@register.inclusion_tag("core/partials/fact.html")
def fact(label: str, value: object, personal: bool = False) -> dict[str, object]:
    """One row inside <dl class="desk-facts">; `personal` puts the mark (!) beside the label (DP-08)."""
    return {"label": label, "value": value, "personal": personal}


@register.simple_block_tag
def table_region(content: SafeString, label: str) -> SafeString:
    """Round a table: scrolls sideways on a narrow screen, also with the keyboard."""
    return format_html('<div class="desk-table" role="region" tabindex="0" aria-label="{}">{}</div>', label, content)


@register.simple_tag(takes_context=True)
def owner_mark(context: Context) -> SafeString:
    """In a form for text: who opened it, so that nobody else gets back what he typed (SP-14)."""
    return format_html('<input type="hidden" name="{}" value="{}">', kept.OWNER, kept.owner_mark(context["user"]))


@register.simple_tag
def select_options(groups: Iterable[tuple[str | None, list[dict[str, Any]], int]]) -> SafeString:
    """The options of a list to choose from: there are a hundred on a page, too many for a template of their own."""
    return format_html_join("", "{}", ((_options_of(name, options),) for name, options, _index in groups))


def _options_of(group: str | None, options: list[dict[str, Any]]) -> SafeString:
    rows = ((str(one["value"]), _SELECTED if one["selected"] else "", one["label"]) for one in options)
    found = format_html_join("", '\n  <option value="{}"{}>{}</option>', rows)
    return format_html('\n  <optgroup label="{}">{}\n  </optgroup>', group, found) if group else found


@register.filter
def is_personal(field: forms.BoundField) -> bool:
    return "data-personal" in field.field.widget.attrs


@register.filter
def anchor(field: forms.BoundField) -> str:
    """The id that a link of the error summary goes to: of a group of options, the first one."""
    grouped = isinstance(field.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple | forms.MultiWidget)
    return f"{field.auto_id}_0" if grouped and field.auto_id else field.auto_id


@register.simple_tag
def has_optional(form: forms.BaseForm) -> bool:
    """Whether the line that explains "optional" is needed: some fields are, some are not."""
    visible = [field for field in form.visible_fields() if not isinstance(field.field.widget, forms.CheckboxInput)]
    return any(field.field.required for field in visible) and any(not field.field.required for field in visible)
