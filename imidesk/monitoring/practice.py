"""Pages that only a practice desk has: people, mail, and the part of the requesting authority (design 8, SP-38)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_fsm import can_proceed

from imidesk.core import security_log, stamp
from imidesk.core.errors import DomainError
from imidesk.core.origin import origin_of
from imidesk.core.views import signed_in_again
from imidesk.monitoring import practice_mail, practice_people
from imidesk.monitoring.practice_forms import FurtherForm, MailFilterForm, RequesterForm
from requests_app.models import InformationRequest
from requests_app.selectors.frame import frame_for
from requests_app.selectors.requests import visible_request
from requests_app.services import practising

MAILS_PER_PAGE = 25
ASK = "ask_further"
BACKEND = "authorities.backends.DeskBackend"

View = Callable[..., HttpResponse]


def practice_only(view: View) -> View:
    """404 on every other database."""

    @wraps(view)
    def only_there(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not stamp.is_practice():
            raise Http404
        return view(request, *args, **kwargs)

    return only_there


@login_not_required
@require_http_methods(["GET", "POST"])
@practice_only
def people(request: HttpRequest) -> HttpResponse:
    """One press signs in as that person; who was signed in before is signed out, with his session."""
    if request.method == "GET":
        return render(request, "monitoring/practice_people.html", {"next_url": _safe(request, request.GET.get("next"))})
    person = practice_people.account_of(request.POST.get("person", ""))
    if person is None:
        raise Http404
    login(request, person, backend=BACKEND)
    origin = origin_of(request)
    security_log.note("signed_in_practice", object=f"user:{person.pk}", result="ok", origin=origin, actor_id=person.pk)
    to_start = redirect(_safe(request, request.POST.get("next")) or resolve_url(settings.LOGIN_REDIRECT_URL))
    return signed_in_again(request) or to_start


@require_safe
@practice_only
def mail(request: HttpRequest) -> HttpResponse:
    found = practice_mail.mails()
    form = MailFilterForm(request.GET or None, addresses=sorted({mail.to for mail in found}))
    to = form.cleaned_data["to"] if form.is_valid() else ""
    paginator = Paginator([mail for mail in found if not to or mail.to == to], MAILS_PER_PAGE)
    page_obj = paginator.get_page(request.GET.get("page"))
    return render(request, "monitoring/practice_mail.html", {"form": form, "page_obj": page_obj})


@require_safe
@practice_only
def message(request: HttpRequest, message: str) -> HttpResponse:
    found = practice_mail.mail_with(message)
    if found is None:
        raise Http404
    return render(request, "monitoring/practice_message.html", {"mail": found})


@require_http_methods(["GET", "POST"])
@practice_only
def requester(request: HttpRequest, reference: str) -> HttpResponse:
    """ "Speel de verzoekende autoriteit", for everybody who sees the request."""
    info_request = visible_request(request.user, reference)  # type: ignore[arg-type]
    act = request.POST.get("act", "")
    ends = RequesterForm(request.POST if request.method == "POST" and act != ASK else None)
    further = FurtherForm(request.POST if act == ASK else None, prefix=ASK)
    form = further if act == ASK else ends
    if request.method == "POST" and form.is_valid():
        try:
            _play(info_request, act, form)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The requesting authority has done this."))
            return redirect(info_request)
    context = {
        "frame": frame_for(request.user, info_request, ""),  # type: ignore[arg-type]
        "form": ends,
        "further": further,
        "refused": bool(form.errors),
        "may_ask_further": can_proceed(info_request.requester_asks_further),
        "may_close": can_proceed(info_request.requester_closes),
        "may_withdraw": can_proceed(info_request.requester_withdraws),
    }
    return render(request, "monitoring/practice_requester.html", context, status=422 if form.errors else 200)


def _play(info_request: InformationRequest, act: str, form: RequesterForm) -> None:
    moment = form.cleaned_data["moment"]
    if act == ASK:
        practising.requester_asks_further(
            info_request=info_request,
            asked_at=moment,
            reply_by=form.cleaned_data["reply_by"],
            words=form.cleaned_data["words"],
        )
    elif act == "close":
        practising.requester_closes(info_request=info_request, closed_at=moment)
    elif act == "withdraw":
        practising.requester_withdraws(info_request=info_request, withdrawn_at=moment)
    else:
        raise DomainError(_("Choose what the requesting authority does."))


def _safe(request: HttpRequest, url: str | None) -> str:
    """Only an address of this desk."""
    allowed = url and url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return url if url and allowed else ""
