"""The list of requests, with its filters in the address."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from requests_app.forms.lists import ListForm
from requests_app.selectors import lists
from requests_app.views.requests import SignedInRequest

PAGE_SIZE = 25


@require_safe
def request_list(request: SignedInRequest) -> HttpResponse:
    """The same queryset as the page, the file and the mail of each request (SP-29)."""
    people = lists.people(request.user)
    form = ListForm(request.GET, people=people)
    if not form.is_valid():
        return render(request, "requests_app/list.html", {"form": form}, status=422)
    filters = form.filters()
    page = Paginator(lists.find(request.user, filters), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page_obj": page,
        "rows": [lists.row(info_request) for info_request in page],
        "work": lists.LISTS.get(filters.list_name),
        "is_filtered": bool(request.GET),
        "may_register": people.may_register,
    }
    return render(request, "requests_app/list.html", context)
