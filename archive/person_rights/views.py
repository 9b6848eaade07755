"""The register of persons' requests: kept by the lawyer, read by the data protection officer (DP-10 to DP-14)."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from archive.person_rights import access, permissions, selectors, services
from archive.person_rights.forms import AnswerForm, PaperForm, PersonRequestForm, ReleaseForm
from archive.person_rights.models import PersonRequest
from archive.person_rights.vocabulary import Outcome, PaperKind, Right
from imidesk.core import clock
from imidesk.core.views import attachment_response
from requests_app.views.pages import done, user_of


@require_safe
def register(request: HttpRequest) -> HttpResponse:
    if not access.may(user_of(request), *access.READERS):
        raise PermissionDenied
    context = {
        "rows": selectors.register(user_of(request), clock.today()),
        "keeps": access.may(user_of(request), *access.KEEPERS),
    }
    return render(request, "archive/persons/register.html", context)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    homes = selectors.homes_of(user_of(request))
    if not homes:
        raise PermissionDenied
    form = PersonRequestForm(request.POST or None, initial={"received_on": clock.today()})
    made: list[PersonRequest] = []

    def act() -> None:
        row = services.register_person_request(
            actor=user_of(request),
            home=homes[0],
            right=Right(form.cleaned_data["right"]),
            received_on=form.cleaned_data["received_on"],
            person=form.person(),
            words=form.cleaned_data["words"],
            references=form.cleaned_data["references"],
        )
        made.append(row)

    if request.method == "POST" and done(form, act):
        messages.success(request, _("The request was registered as %(number)s.") % {"number": made[0].number})
        return redirect("archive:person", number=made[0].number)
    return render(request, "archive/persons/new.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
def detail(request: HttpRequest, number: str) -> HttpResponse:
    return _show(request, _found(request, number))


@require_POST
def add_paper(request: HttpRequest, number: str) -> HttpResponse:
    row = _kept(request, number)
    form = PaperForm(request.POST, request.FILES, prefix="paper")
    if not form.is_valid():
        return _show(request, row, paper_form=form)
    paper = form.cleaned_data["paper"]
    services.add_paper(
        person_request=row,
        actor=user_of(request),
        kind=PaperKind(form.cleaned_data["kind"]),
        name=paper.name,
        media_type=paper.media_type,
        content=paper.content,
    )
    messages.success(request, _("The paper was added."))
    return redirect("archive:person", number=number)


@require_safe
def paper_file(request: HttpRequest, number: str, paper: UUID) -> HttpResponse:
    row = _kept(request, number)
    found = selectors.paper_of(row, paper)
    if found is None:
        raise Http404
    view, content = selectors.paper_content(found, permissions.look_at(user_of(request), row))
    return attachment_response(content, name=view.name, media_type=view.media_type)


@require_POST
def answer(request: HttpRequest, number: str) -> HttpResponse:
    row = _kept(request, number)
    form = AnswerForm(request.POST, today=clock.today(), prefix="answer")

    def act() -> None:
        services.answer_person_request(
            person_request=row,
            actor=user_of(request),
            outcome=Outcome(form.cleaned_data["outcome"]),
            answered_on=form.cleaned_data["answered_on"],
        )

    if done(form, act):
        messages.success(request, _("The answer was recorded."))
        return redirect("archive:person", number=number)
    return _show(request, row, answer_form=form)


@require_POST
def search(request: HttpRequest, number: str) -> HttpResponse:
    services.ask_search(person_request=_kept(request, number), actor=user_of(request))
    messages.success(request, _("The search waits for a second person, who releases it."))
    return redirect("archive:person", number=number)


@require_http_methods(["GET", "POST"])
def release(request: HttpRequest) -> HttpResponse:
    """Searches that wait for a second person; says who asks and why, never about whom."""
    if not access.may(user_of(request), *access.RELEASERS):
        raise PermissionDenied
    waiting = selectors.waiting_searches(user_of(request))
    if request.method == "POST":
        form = ReleaseForm(request.POST)
        asked = selectors.search_of_another(user_of(request), form.cleaned_data["search"]) if form.is_valid() else None
        if asked is None:
            raise Http404
        services.release_search(uuid=asked.uuid, actor=user_of(request))
        messages.success(request, _("The search was released. It starts within a minute."))
        return redirect("archive:person_release")
    return render(request, "archive/persons/release.html", {"waiting": waiting})


def _found(request: HttpRequest, number: str) -> PersonRequest:
    """Unseen is 404 (SP-29); no role at all is 403, as for every page of the register."""
    if not access.may(user_of(request), *access.READERS):
        raise PermissionDenied
    row = selectors.readable_request(user_of(request), number)
    if row is None:
        raise Http404
    return row


def _kept(request: HttpRequest, number: str) -> PersonRequest:
    if not access.may(user_of(request), *access.KEEPERS):
        raise PermissionDenied
    return _found(request, number)


def _show(
    request: HttpRequest,
    row: PersonRequest,
    *,
    paper_form: forms.Form | None = None,
    answer_form: forms.Form | None = None,
) -> HttpResponse:
    keeps = access.may(user_of(request), *access.KEEPERS)
    context: dict[str, Any] = {
        "row": row,
        "keeps": keeps,
        "named": selectors.named_requests(row),
        "search": selectors.latest_search(row),
        "today": clock.today(),
    }
    if keeps and row.erased_at is None:
        look = permissions.look_at(user_of(request), row)
        person, words = selectors.opened(row, look)
        context |= {
            "person": person,
            "words": words,
            "papers": selectors.papers(row, look),
            "paper_form": paper_form or PaperForm(prefix="paper"),
            "answer_form": answer_form or AnswerForm(today=clock.today(), prefix="answer"),
        }
    context["form"] = paper_form or answer_form
    return render(request, "archive/persons/detail.html", context, status=422 if context["form"] else 200)
