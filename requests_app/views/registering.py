"""From arrival to the questions: the registration form, the intake file and its schema, taking questions over."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@login_required
def register(request: HttpRequest) -> HttpResponse:
    return render(request, "requests_app/register.html")


@login_required
def intake_file(request: HttpRequest) -> HttpResponse:
    return render(request, "requests_app/intake.html")


@login_required
def schema(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse()


@login_required
def choose_questions(request: HttpRequest, reference: str) -> HttpResponse:
    return render(request, "requests_app/choose_questions.html")
