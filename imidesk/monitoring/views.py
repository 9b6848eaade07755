"""Pages above all apps: Start, the overview of the lawyer, automatic tasks and help."""

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from archive.selectors import alarms
from authorities.models import User
from authorities.vocabulary import Role
from imidesk.core import clock
from imidesk.monitoring import help as help_texts
from imidesk.monitoring import page_help, selectors
from imidesk.monitoring.overview import overview_for
from imidesk.monitoring.overview_form import PeriodForm
from imidesk.monitoring.start import groups_for


class SignedInRequest(HttpRequest):
    user: User


@dataclass(frozen=True)
class Figure:
    label: str
    value: int
    tone: str = ""


@dataclass(frozen=True)
class Door:
    label: str
    url: str
    text: str


@dataclass(frozen=True)
class Contact:
    function: str | Promise
    person: User


@require_safe
def start(request: SignedInRequest) -> HttpResponse:
    place = selectors.place_of(request)
    machine = selectors.machine() if place.sees_heartbeat else None
    groups = groups_for(request.user, place)
    context = {
        "place": place,
        "groups": groups,
        "sections": [section for group in groups for section in group.sections],
        "has_work": any(group.lines or group.tasks for group in groups),
        "doors": doors_of(place),
        "contacts": contacts_of(place),
        "machine": machine,
    }
    return render(request, "monitoring/start.html", context)


@require_safe
def overview(request: SignedInRequest) -> HttpResponse:
    if not selectors.place_of(request).sees_overview:
        raise PermissionDenied
    today = clock.today()
    form = PeriodForm(request.GET, today=today)
    if form.is_bound and not form.is_valid():
        return render(request, "monitoring/overview.html", {"form": form}, status=422)
    period = form.period()
    context = {"form": form, "period": period, "overview": overview_for(request.user, today, period)}
    return render(request, "monitoring/overview.html", context)


@require_safe
def heartbeat(request: SignedInRequest) -> HttpResponse:
    place = selectors.place_of(request)
    if not place.sees_heartbeat:
        raise PermissionDenied
    machine = selectors.machine()
    trial = selectors.is_trial_setup()
    context = {
        "machine": machine,
        "figures": _figures(machine),
        "alarms": alarms(),
        "sees_keys": place.sees_keys,
        "names_people": place.has({Role.JURIST, Role.FG}),
        "trial": trial,
        "set_up": _("trial set-up") if trial else _("for daily work"),
        "database": selectors.database_name(),
        "queue": "Redis" if settings.REDIS_URL else _("files"),
    }
    return render(request, "monitoring/heartbeat.html", context)


@require_safe
def help_page(request: SignedInRequest) -> HttpResponse:
    """AUT-06, REM-05."""
    place = selectors.place_of(request)
    context = {
        "contacts": contacts_of(place),
        "readers": page_help.by_reader(place.roles),
        "nimic": help_texts.NIMIC_ADDRESS,
        "steps": help_texts.STEPS,
        "words": help_texts.WORDS,
        "schemas": [
            (_("Schema of the intake file"), reverse("requests_app:schema", args=["imidesk.intake.1"])),
            (_("Schema of the supplement"), reverse("requests_app:schema", args=["imidesk.supplement.1"])),
        ],
    }
    return render(request, "monitoring/help.html", context)


def doors_of(place: selectors.Place) -> list[Door]:
    """What somebody without requests to handle comes for."""
    doors = [
        (place.sees_overview, "monitoring:overview", _("Overview"), _("Figures, without persons.")),
        (
            place.sees_retention,
            "archive:retention",
            _("Retention"),
            _("What is blocked and erased when, and the proofs of it."),
        ),
        (
            place.sees_retention,
            "archive:proof",
            _("Proof of erasure"),
            _("Type the reference of a request, and show that its data are gone."),
        ),
        (
            place.sees_persons,
            "archive:persons",
            _("Requests of persons"),
            _("What was asked and by which day an answer is due, without names."),
        ),
        (
            place.sees_heartbeat,
            "monitoring:heartbeat",
            _("Automatic tasks"),
            _("Whether mail, reminders, blocking and erasing run on time."),
        ),
        (
            place.sees_keys,
            "archive:keys",
            _("Old keys"),
            _("Record with a second person that an old key is destroyed."),
        ),
        (True, "monitoring:help", _("Help"), _("What each step is, and whom to ask.")),
    ]
    return [Door(label, reverse(name), text) for shown, name, label, text in doors if shown]


def contacts_of(place: selectors.Place) -> list[Contact]:
    home = place.home
    if home is None:
        return []
    named = ((_("First contact"), home.first_contact), (_("Back-up"), home.backup_contact))
    return [Contact(function, person) for function, person in named if person is not None]


def _figures(machine: selectors.Machine) -> list[Figure]:
    def parked(number: int) -> str:
        return "late" if number else ""

    messages, jobs = machine.messages, machine.jobs
    return [
        Figure(_("messages to be sent"), messages.get("pending", 0)),
        Figure(_("messages sent"), messages.get("sent", 0)),
        Figure(_("messages parked"), messages.get("parked", 0), parked(messages.get("parked", 0))),
        Figure(_("work to be done"), jobs.get("open", 0)),
        Figure(_("work done"), jobs.get("done", 0)),
        Figure(_("work parked"), jobs.get("parked", 0), parked(jobs.get("parked", 0))),
    ]
