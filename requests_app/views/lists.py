"""The list of requests, with filters in the address."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def request_list(request: HttpRequest) -> HttpResponse:
    return render(request, "base.html")
