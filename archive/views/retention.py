"""What is kept and erased: the register, the rehearsal, the feed, the proofs and the old keys (design 5)."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from archive import feed, outlook, proofs, selectors, services
from archive import keys as old_keys
from archive import retention as periods
from archive.forms import RehearsalForm
from imidesk.core import clock
from imidesk.core.errors import DomainError
from requests_app.views.pages import user_of


@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    """What is blocked and erased, done and soon: references and dates, never a person (DP-03, DP-05, ARC-08)."""
    if not selectors.may_read_retention(user_of(request)):
        raise PermissionDenied
    user, today = user_of(request), clock.today()
    context = {
        "page": selectors.retention_page(user, today),
        "soon": outlook.soon(user, today),
        "decisions": outlook.decisions(user),
        "last_run": outlook.last_run(),
        "periods": periods,
        "sees_keys": old_keys.may_record(user),
        "form": RehearsalForm(),
    }
    return render(request, "archive/retention.html", context)


@require_safe
def rehearsal(request: HttpRequest) -> HttpResponse:
    """As if it were another day: what would be blocked and erased. It changes nothing (design 5)."""
    if not selectors.may_read_retention(user_of(request)):
        raise PermissionDenied
    form = RehearsalForm(request.GET or None)
    day = form.cleaned_data["day"] if form.is_valid() else None
    context = {"form": form, "day": day, "forecast": outlook.rehearsal(user_of(request), day) if day else None}
    return render(request, "archive/rehearsal.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def feed_link(request: HttpRequest) -> HttpResponse:
    """The address of somebody's own calendar feed, shown once (SP-17)."""
    user = user_of(request)
    if not selectors.may_read_retention(user):
        raise PermissionDenied
    address = ""
    if request.method == "POST":
        if request.POST.get("act") == "end":
            services.end_feed(user=user)
            messages.success(request, _("The calendar feed is ended."))
            return redirect("archive:feed_link")
        token = services.renew_feed(user=user)
        address = f"{settings.IMIDESK_BASE_URL}{reverse('archive:feed')}?{urlencode({'sleutel': token})}"
    return render(request, "archive/feed.html", {"feed": outlook.feed_of(user), "address": address})


@require_safe
@login_not_required
def feed_file(request: HttpRequest) -> HttpResponse:
    """For a calendar program, which cannot sign in: the token says whose it is (SP-17)."""
    user = outlook.user_of_feed(request.GET.get("sleutel", ""))
    if user is None:
        raise Http404
    with translation.override(user.language):
        content = feed.calendar(_("IMI desk: keeping and erasing"), outlook.entries(user, clock.today()))
    return HttpResponse(content, content_type=feed.MEDIA_TYPE, headers={"Cache-Control": "no-store, private"})


@require_safe
def proof(request: HttpRequest) -> HttpResponse:
    """ "Show me that it is gone": what was sought, where, how much was read, and from when it is final (SP-22).

    What this user may not find in the register, what does not exist and what was never sought are one answer (SP-29).
    """
    if not selectors.may_read_retention(user_of(request)):
        raise PermissionDenied
    reference = request.GET.get("verzoek", "").strip().upper()
    page = proofs.page_for(user_of(request), reference) if reference else None
    context = {"page": page, "reference": reference, "missing": bool(reference) and page is None}
    return render(request, "archive/proof.html", context, status=404 if context["missing"] else 200)


@require_http_methods(["GET", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """Old keys, and recording by two persons that one is destroyed (SP-05)."""
    if not old_keys.may_record(user_of(request)):
        raise PermissionDenied
    fault = ""
    if request.method == "POST":
        try:
            done = services.record_destruction(actor=user_of(request), key_id=request.POST.get("key", ""))
        except DomainError as error:
            fault = str(error)
        else:
            messages.success(
                request,
                _("The key is destroyed.") if done else _("Recorded. A second person has to confirm it."),
            )
            return redirect("archive:keys")
    context = {"keys": old_keys.listed(), "fault": fault, "refused": bool(fault), "user_id": user_of(request).pk}
    return render(request, "archive/keys.html", context, status=422 if fault else 200)
