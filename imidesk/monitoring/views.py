"""Pages above all apps: Start, the overview of the lawyer, automatic tasks and help."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    return render(request, "monitoring/start.html")


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    return render(request, "monitoring/overview.html")


@require_safe
def heartbeat(request: HttpRequest) -> HttpResponse:
    return render(request, "monitoring/heartbeat.html")


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "monitoring/help.html")
