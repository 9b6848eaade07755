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

from authorities.models import User
from imidesk.monitoring import help as help_texts
from imidesk.monitoring import selectors
from imidesk.monitoring.overview import overview_for
from imidesk.monitoring.start import sections_for


class SignedInRequest(HttpRequest):
    user: User


@dataclass(frozen=True)
class Figure:
    label: str
    value: int
    tone: str = ""


@dataclass(frozen=True)
class Contact:
    function: str | Promise
    person: User


@require_safe
def start(request: SignedInRequest) -> HttpResponse:
    place = selectors.place_of(request)
    machine = selectors.machine() if place.is_alarmed else None
    sections = sections_for(request.user, place)
    context = {
        "place": place,
        "sections": sections,
        "has_work": any(section.lines for section in sections),
        "contacts": contacts_of(place),
        "machine": machine,
    }
    return render(request, "monitoring/start.html", context)


@require_safe
def overview(request: SignedInRequest) -> HttpResponse:
    if not selectors.place_of(request).sees_overview:
        raise PermissionDenied
    return render(request, "monitoring/overview.html", {"overview": overview_for(request.user)})


@require_safe
def heartbeat(request: SignedInRequest) -> HttpResponse:
    if not selectors.place_of(request).sees_heartbeat:
        raise PermissionDenied
    machine = selectors.machine()
    trial = selectors.is_trial_setup()
    context = {
        "machine": machine,
        "figures": _figures(machine),
        "trial": trial,
        "set_up": _("trial set-up") if trial else _("for daily work"),
        "database": selectors.database_name(),
        "queue": "Redis" if settings.REDIS_URL else _("files"),
    }
    return render(request, "monitoring/heartbeat.html", context)


@require_safe
def help_page(request: SignedInRequest) -> HttpResponse:
    """AUT-06, REM-05."""
    context = {
        "contacts": contacts_of(selectors.place_of(request)),
        "nimic": help_texts.NIMIC_ADDRESS,
        "steps": help_texts.STEPS,
        "words": help_texts.WORDS,
        "schemas": [
            (_("Schema of the intake file"), reverse("requests_app:schema", args=["imidesk.intake.1"])),
            (_("Schema of the supplement"), reverse("requests_app:schema", args=["imidesk.supplement.1"])),
        ],
    }
    return render(request, "monitoring/help.html", context)


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
