"""How dates, deadlines, fields and forms look on every page."""

from datetime import UTC, date, datetime

import pytest
from django import forms
from django.template import Context, Template
from django.utils import translation

from imidesk.core.forms import DateField, LongText, MomentField, personal, sealed
from imidesk.core.templatetags import desk

TODAY = date(2026, 11, 21)


class Example(forms.Form):
    number = forms.CharField(label="Number", help_text="As in IMI")
    received_on = DateField(label="Received on")
    done_at = MomentField(label="Done at")
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    competent = forms.BooleanField(label="Competent")
    name = forms.CharField(label="Name", required=False, widget=personal(forms.TextInput()))
    motivation = forms.CharField(label="Motivation", required=False, widget=sealed(forms.Textarea()))
    step = forms.CharField(widget=forms.HiddenInput)


def rendered(source: str, **context: object) -> str:
    return Template("{% load desk %}" + source).render(Context(context))


class Filled(forms.Form):
    words = LongText(label="Words", max_length=5_000, required=False)
    day = DateField(label="Day", required=False)
    moment = MomentField(label="Moment", required=False)
    days = forms.IntegerField(label="Days", min_value=1, required=False)
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A")], required=False)
    paper = forms.FileField(label="Paper")
    sure = forms.BooleanField(label="I am sure.")


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("words", "x" * 20_000, "Words: Dit is te lang: er passen hoogstens 5000 tekens, en nu zijn het er 20000."),
        ("day", "31-02-2026", "Day: Vul een datum in, bijvoorbeeld 21-11-2026."),
        ("moment", "gisteren", "Moment: Vul een datum en een tijd in, bijvoorbeeld 21-11-2026 14:30."),
        ("days", "veel", "Days: Vul een heel getal in, bijvoorbeeld 14."),
        ("days", "0", "Days: Vul 1 of een hoger getal in."),
        ("kind", "z", "Kind: Kies iets dat in de lijst staat."),
        ("paper", "", "Kies een bestand bij “Paper”."),
        ("sure", "", "Vink dit aan: I am sure."),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_the_desk(name, typed, said):
    with translation.override("nl"):
        form = Filled({name: typed}, {})
        assert desk.errors_with_label(form[name]) == [said]
        assert typed in str(form[name]) or name == "kind"


def test_a_long_text_says_its_limit_and_the_browser_does_not_cut_it():
    with translation.override("nl"):
        field = Filled()["words"]
        assert "Hoogstens 5.000 tekens." in field.help_text
        assert "maxlength" not in str(field)


def test_a_moment_is_told_in_the_time_of_the_desk():
    with translation.override("en"):
        assert desk.dutch_moment(datetime(2026, 11, 21, 13, 32, tzinfo=UTC)) == "21 November 2026, 14:32"


def test_a_date_is_told_in_the_language_of_the_reader():
    with translation.override("nl"):
        assert desk.dutch_date(TODAY) == "21 november 2026"


@pytest.mark.parametrize(
    ("day", "words", "tone"),
    [
        (date(2026, 11, 18), "3 days late", "late"),
        (date(2026, 11, 20), "1 day late", "late"),
        (TODAY, "today", "soon"),
        (date(2026, 11, 22), "in 1 day", "soon"),
        (date(2026, 12, 1), "in 10 days", "ahead"),
    ],
)
def test_a_deadline_says_in_words_how_far_off_it_is(day, words, tone):
    with translation.override("en"):
        deadline = desk.deadline_of(day, TODAY)

    assert (deadline.words, deadline.tone) == (words, tone)


def test_the_deadline_counts_from_the_day_on_the_desk_just_after_midnight():
    late_on_friday_in_utc = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)

    with translation.override("en"):
        html = rendered("{% deadline day %}", day=TODAY, desk={"now": lambda: late_on_friday_in_utc})

    assert "today" in html


def test_every_error_stands_beside_its_field_and_in_the_summary():
    with translation.override("en"):
        html = str(Example({"done_at": "never"}))

    assert '<a href="#id_number">Fill in “Number”.</a>' in html
    assert '<a href="#id_kind_0">Choose “Kind”.</a>' in html
    assert 'aria-describedby="id_number_helptext id_number_error"' in html
    assert html.count('role="alert"') == 1


def test_a_moment_survives_the_round_through_the_form():
    form = Example({"done_at": "2026-11-21T14:32"})
    form.is_valid()

    assert form.cleaned_data["done_at"] == datetime(2026, 11, 21, 13, 32, tzinfo=UTC)
    assert 'value="2026-11-21T14:32"' in str(form["done_at"])


def test_sealed_fields_are_not_kept_checked_or_translated_by_the_browser():
    """SP-14; the mark (!) is DP-08."""
    form = Example()

    for field in ("name", "motivation"):
        assert 'autocomplete="off" spellcheck="false" translate="no"' in str(form[field])
    assert "(!)" in form["name"].as_field_group() and "persoonsgegevens" in form["name"].as_field_group()
    assert "(!)" not in form["motivation"].as_field_group()


def test_text_of_users_is_never_markup():
    """SP-33."""
    html = rendered('{% fact "Name" value personal=True %}{% copy_button "name" value "Name" %}', value="<b>x</b>")

    assert "<b>x" not in html
    assert html.count("&lt;b&gt;x&lt;/b&gt;") == 2
    assert "hx-disable" in html
