"""The list of requests, with its filters in the address, and the filters that somebody keeps."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from imidesk.core.errors import DomainError
from requests_app.forms.lists import ListForm, ViewForm
from requests_app.models import SavedView
from requests_app.models.access import Access
from requests_app.selectors import lists, saved_views
from requests_app.services import saved_views as services
from requests_app.views.requests import SignedInRequest

SHOWN = "shown"


@dataclass(frozen=True)
class Entry:
    """A list, or a saved view, above the list."""

    label: str | Promise
    url: str
    current: bool
    number: str = ""


@require_safe
def request_list(request: SignedInRequest) -> HttpResponse:
    """The same condition as the page, the file and the mail of each request (SP-29)."""
    people = lists.people(request.user)
    form = ListForm(request.GET, people=people)
    query = ListForm.address(request.GET.urlencode())
    views = list(saved_views.saved_views(request.user))
    context: dict[str, object] = {
        "form": form,
        "may_register": people.may_register,
        "saved": [Entry(view.name, list_url(view.query), view.query == query) for view in views],
        "query": query,
    }
    if not form.is_valid():
        return render(request, "requests_app/list.html", context, status=422)
    filters = form.filters()
    page = lists.page(people.access, filters, saved_views.cursor_in(request.GET))
    numbers = lists.counts(people.access, _to_count(people.access, filters, page))
    context |= {
        "rows": lists.rows(page.rows),
        "newer": _beside(query, page.newer),
        "older": _beside(query, page.older),
        "number": len(page.rows) if page.is_all else numbers.get(SHOWN),
        "shown_number": lists.in_figures(numbers[SHOWN]) if SHOWN in numbers else "",
        "here": ListForm.address(request.GET.urlencode(), saved_views.AFTER, saved_views.BEFORE),
        "entries": _entries(query, filters, numbers),
        "work": lists.LISTS.get(filters.list_name),
        "is_filtered": bool(query),
    }
    return render(request, "requests_app/list.html", context)


def list_url(query: str) -> str:
    address = reverse("requests_app:list")
    return f"{address}?{query}" if query else address


def _beside(query: str, cursor: lists.Cursor | None) -> str:
    if cursor is None:
        return ""
    place = "&".join(f"{name}={value}" for name, value in saved_views.written(cursor).items())
    return list_url(f"{query}&{place}" if query else place)


def _to_count(access: Access, filters: lists.Filters, page: lists.Page) -> dict[str, lists.Filters]:
    """The lists above, and what is shown where that is work and more than a page: history is never counted."""
    wanted = {name: lists.Filters(list_name=name) for name in lists.above(access)}
    if filters.is_work and not page.is_all:
        wanted[SHOWN] = filters
    return wanted


def _entries(query: str, filters: lists.Filters, numbers: dict[str, int]) -> list[Entry]:
    found = [Entry(_("All requests"), list_url(""), not query)]
    for name, number in numbers.items():
        if name != SHOWN and (number or name == filters.list_name):
            address = f"lijst={name}"
            found.append(Entry(lists.LISTS[name].label, list_url(address), query == address, lists.in_figures(number)))
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def views(request: SignedInRequest) -> HttpResponse:
    """Save the filters in the address under a name; below it what is saved already."""
    given = ListForm.address(request.GET.urlencode())
    form = ViewForm(request.POST or None, initial={"query": given})
    if request.method == "POST" and form.is_valid():
        name, query = form.cleaned_data["name"], form.cleaned_data["query"]
        try:
            services.save_view(user=request.user, name=name, query=query)
        except DomainError as error:
            form.add_error("name", str(error.message))
        else:
            messages.success(request, _("The view is saved."))
            return redirect(list_url(query))
    saved = [(view, list_url(view.query)) for view in saved_views.saved_views(request.user)]
    context = {"form": form, "saved": saved, "back": list_url(str(form["query"].value() or given))}
    return render(request, "requests_app/saved_views.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def view(request: SignedInRequest, pk: int) -> HttpResponse:
    """Another name for a saved view, or away with it."""
    saved = saved_views.saved_view(request.user, pk)
    if request.POST.get("act") == "delete":
        services.delete_view(view=saved)
        messages.success(request, _("The view is deleted."))
        return redirect("requests_app:saved_views")
    form = ViewForm(request.POST or None, initial={"name": saved.name})
    if request.method == "POST" and form.is_valid() and _renamed(saved, form):
        messages.success(request, _("The view has a new name."))
        return redirect("requests_app:saved_views")
    return render(
        request, "requests_app/saved_view.html", {"form": form, "saved": saved}, status=422 if form.errors else 200
    )


def _renamed(saved: SavedView, form: ViewForm) -> bool:
    try:
        services.rename_view(view=saved, name=form.cleaned_data["name"])
    except DomainError as error:
        form.add_error("name", str(error.message))
        return False
    return True
