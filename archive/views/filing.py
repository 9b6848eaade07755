"""Reports of a request, filing them, signing the task off, and blocking at once what is filed (ARC-01 to ARC-08)."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from archive import retention as periods
from archive import selectors, services
from archive.forms import CaseForm, ImiReportForm, ProviderNameForm, SignOffForm
from archive.models import ReportKind
from authorities.models import User
from imidesk.core import clock
from requests_app import guards
from requests_app.models import InformationRequest
from requests_app.permissions import grants_of, look
from requests_app.selectors import case
from requests_app.selectors.frame import frame_for
from requests_app.selectors.requests import request_for, visible_request
from requests_app.services.answering import complete_subject
from requests_app.views.pages import check_step, done, for_step, stop_unless, user_of
from requests_app.vocabulary import Action, DataState, FileKind, Grant, Part, Purpose

Act = Callable[[User, InformationRequest, forms.Form], str]


@require_safe
def reports(request: HttpRequest, reference: str) -> HttpResponse:
    info_request = request_for(user_of(request), reference, Grant.READ_TIMELINE)
    frame = frame_for(user_of(request), info_request, "reports")
    context = {
        "frame": frame,
        "info_request": info_request,
        "rows": selectors.report_rows(info_request, frame.grants),
        "being_made": info_request.data_state == DataState.OPEN and selectors.is_being_made(info_request),
    }
    return render(request, "archive/reports.html", context)


@require_http_methods(["GET", "POST"])
def file(request: HttpRequest, reference: str) -> HttpResponse:
    """ "Opslaan in Corsa", in Corsa's order (ARC-01 to ARC-05); after blocking from the filing package."""
    info_request = visible_request(user_of(request), reference)
    if Grant.HAND_OVER in grants_of(user_of(request), info_request):
        return _file_package(request, info_request)
    check_step(request, info_request, Action.FILED, Grant.FILE)
    found = {
        "imi": ImiReportForm(prefix="imi"),
        "provider": ProviderNameForm(prefix="provider"),
        "case": CaseForm(prefix="case"),
    }
    if request.method != "POST":
        return _file_page(request, info_request, found)
    act = request.POST.get("act", "")
    if act not in found:
        raise BadRequest("unknown part of the page")
    form = found[act] = type(found[act])(request.POST, request.FILES, prefix=act)
    told = _take(form, _ACTS[act], user_of(request), info_request)
    if told is None:
        return _file_page(request, info_request, found, refused=form)
    messages.success(request, told)
    return redirect("archive:file", reference=info_request.reference)


@require_http_methods(["GET", "POST"])
def sign_off(request: HttpRequest, reference: str) -> HttpResponse:
    info_request = for_step(request, reference, Action.TASK_SIGNED_OFF, Grant.SIGN_OFF)
    form = SignOffForm(request.POST or None, initial={"signed_off_on": clock.today()})
    if request.method == "POST":
        told = _take(form, _sign_off, user_of(request), info_request)
        if told is not None:
            messages.success(request, told)
            return redirect(info_request)
    context = {"frame": frame_for(user_of(request), info_request, ""), "info_request": info_request, "form": form}
    return render(request, "archive/sign_off.html", context, status=422 if form.errors else 200)


def _file_package(request: HttpRequest, info_request: InformationRequest) -> HttpResponse:
    """By hand, by the handler who accepted; each opening of the page and each download is a read record (design 9)."""
    form = CaseForm(request.POST or None, prefix="case")
    if request.method == "POST":
        told = _take(form, _hand_over, user_of(request), info_request)
        if told is not None:
            messages.success(request, told)
            return redirect("archive:file", reference=info_request.reference)
    opened = None
    if info_request.needs_filing:
        seen = look(user_of(request), info_request, Part.HAND_OVER, Purpose.FILE)
        opened = selectors.package(info_request, seen)
    context = {
        "frame": frame_for(user_of(request), info_request, ""),
        "info_request": info_request,
        "form": form,
        "package": opened,
        "case_type": periods.CASE_TYPE,
        "dates": selectors.dates_of(info_request),
    }
    return render(request, "archive/package.html", context, status=422 if form.errors else 200)


def _hand_over(user: User, info_request: InformationRequest, form: forms.Form) -> str:
    services.file_package(info_request=info_request, actor=user, **form.cleaned_data)
    return _("The case number is recorded. The filing package is gone from the desk.")


@require_http_methods(["GET", "POST"])
def block_now(request: HttpRequest, reference: str) -> HttpResponse:
    """ "Nu blokkeren", once nobody needs the personal data any more (design 3)."""
    info_request = for_step(request, reference, Action.BLOCKED, Grant.BLOCK_NOW)
    stop_unless(info_request, Action.BLOCKED, guards.done_with)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        told = _take(form, _block_now, user_of(request), info_request)
        if told is not None:
            messages.success(request, told)
            return redirect(info_request)
    context = {
        "frame": frame_for(user_of(request), info_request, ""),
        "info_request": info_request,
        "form": form,
        "dates": selectors.dates_of(info_request),
    }
    return render(request, "archive/block_now.html", context, status=422 if form.errors else 200)


def _block_now(user: User, info_request: InformationRequest, form: forms.Form) -> str:
    services.block_now(info_request=info_request, actor=user)
    return _("The personal data are blocked. Nobody reads them any more; the dates remain.")


def _take(form: forms.Form, act: Act, user: User, info_request: InformationRequest) -> str | None:
    """The message of what was done; None where the page comes back with what has to be corrected."""
    said: list[str] = []
    return said[0] if done(form, lambda: said.append(act(user, info_request, form))) else None


def _add_imi_report(user: User, info_request: InformationRequest, form: forms.Form) -> str:
    upload = form.cleaned_data["report"]
    services.add_imi_report(
        info_request=info_request,
        actor=user,
        name=upload.name,
        declared_type=upload.content_type or "",
        content=upload.read(),
    )
    return _("The PDF of IMI was added.")


def _name_provider(user: User, info_request: InformationRequest, form: forms.Form) -> str:
    present = case.subject(info_request, look(user, info_request, Part.PERSON, Purpose.FILE))
    complete_subject(info_request=info_request, actor=user, subject={**present, **form.cleaned_data})
    return _("The name of the provider was saved.")


def _file(user: User, info_request: InformationRequest, form: forms.Form) -> str:
    services.file_request(info_request=info_request, actor=user, **form.cleaned_data)
    return _("The case number is recorded. Below stands the case in Corsa.")


def _sign_off(user: User, info_request: InformationRequest, form: forms.Form) -> str:
    services.sign_off_task(info_request=info_request, actor=user, **form.cleaned_data)
    return _("The task in Corsa is signed off.")


_ACTS: dict[str, Act] = {"imi": _add_imi_report, "provider": _name_provider, "case": _file}


def _file_page(
    request: HttpRequest,
    info_request: InformationRequest,
    found: dict[str, forms.Form],
    refused: forms.Form | None = None,
) -> HttpResponse:
    user = user_of(request)
    name = case.subject_name(case.subject(info_request, look(user, info_request, Part.PERSON, Purpose.FILE)))
    frame = frame_for(user, info_request, "")
    rows = selectors.report_rows(info_request, frame.grants)
    imi_report = selectors.latest_row(rows, FileKind.IMI_FULL)
    full_report = selectors.latest_row(rows, FileKind.REPORT_FULL, ReportKind.END_FULL)
    context = {
        "frame": frame,
        "info_request": info_request,
        "forms": found,
        "form": refused,
        "provider_name": name,
        "case_type": periods.CASE_TYPE,
        "case_name": selectors.case_name(info_request, name) if name else "",
        "dates": selectors.dates_of(info_request),
        "full_report": full_report,
        "open_report": selectors.latest_row(rows, FileKind.REPORT_OPEN, ReportKind.END_OPEN),
        "imi_report": imi_report,
        "imi_report_missing": imi_report is None and selectors.imi_report_required(info_request),
        "record": selectors.record_of(info_request),
    }
    return render(request, "archive/file.html", context, status=422 if refused else 200)
