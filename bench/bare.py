"""What a page costs at the least: the desk's middleware, fifty rows by a key, and a Django template."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from requests_app.models import InformationRequest

ROWS = 50


def bare(request: HttpRequest) -> HttpResponse:
    rows = InformationRequest.objects.select_related("requester", "service_activity").order_by("-pk")[:ROWS]
    return HttpResponse(render_to_string("bench/bare.html", {"rows": rows}))
