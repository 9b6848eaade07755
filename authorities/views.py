from base64 import b64encode
from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from authorities import accounts, devices, second_step
from authorities.adapters import TooManyTries
from authorities.forms import EnrolForm, PasswordForm, SecondStepForm
from authorities.models import User
from imidesk.core import security_log, throttle
from imidesk.core.origin import origin_of

_SEED = "second_step_seed"


@sensitive_post_parameters()
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """An invited person chooses a password. Whatever is wrong gets the same answer (SP-28)."""
    form = EnrolForm(request.POST) if request.method == "POST" else EnrolForm()
    if request.method == "POST" and form.is_valid():
        username = form.cleaned_data["username"].strip()
        limits = devices.limits(request, username, None)
        if wait := throttle.admit(limits):
            form.add_error(None, TooManyTries(wait))
            return render(request, "account/enrol.html", {"form": form}, status=429)
        user = accounts.enrol(
            username=username,
            code=form.cleaned_data["enrolment_code"],
            password=form.cleaned_data["password"],
        )
        security_log.note(
            "enrolment",
            object=f"user:{user.pk if user else 'unknown'}",
            result="ok" if user else "refused",
            origin=origin_of(request),
            actor_id=user.pk if user else None,
        )
        if user is not None:
            throttle.take_back(limits)
            messages.success(request, _("Your password is set. Sign in with it now."))
            return redirect("account_login")
        form.add_error(
            None,
            _("User name and code do not belong together, or the code has ended. Ask for a new one."),
        )
    return render(request, "account/enrol.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
def second_step_page(request: HttpRequest) -> HttpResponse:
    """Whether this user signs in with a second step, and what he can change about it."""
    return _show_second_step(request)


@sensitive_post_parameters()
@require_POST
def second_step_on(request: HttpRequest) -> HttpResponse:
    """Without a code it shows the seed; with the right one and the password it is taken into use."""
    user = _user(request)
    if "code" not in request.POST or _SEED not in request.session:
        request.session[_SEED] = second_step.propose_seed(user=user)
        form = SecondStepForm(confirm=_confirm(request))
        return _show_seed(request, form)
    form = SecondStepForm(request.POST, confirm=_confirm(request))
    if not form.is_valid():
        return _show_seed(request, form)
    seed = second_step.proposed_seed(user, request.session[_SEED])
    codes = second_step.switch_on(user=user, seed=seed, code=form.cleaned_data["code"])
    if codes is None:
        form.add_error("code", _("This code does not fit. Is the clock of your telephone right? Type the next one."))
        return _show_seed(request, form)
    del request.session[_SEED]
    return _show_codes(request, codes, "second_step_on")


@sensitive_post_parameters()
@require_POST
def second_step_codes(request: HttpRequest) -> HttpResponse:
    form = PasswordForm(request.POST, confirm=_confirm(request), prefix="codes")
    if not form.is_valid():
        return _show_second_step(request, codes_form=form)
    return _show_codes(request, second_step.renew_recovery_codes(user=_user(request)), "recovery_codes_renewed")


@sensitive_post_parameters()
@require_POST
def second_step_off(request: HttpRequest) -> HttpResponse:
    form = PasswordForm(request.POST, confirm=_confirm(request), prefix="off")
    if not form.is_valid():
        return _show_second_step(request, off_form=form)
    second_step.switch_off(user=_user(request))
    _stay_signed_in(request, "second_step_off")
    messages.success(request, _("You sign in with your password alone from now on."))
    return redirect("second_step")


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _confirm(request: HttpRequest) -> Callable[[str], bool]:
    return lambda password: get_adapter().confirm_password(request, _user(request), password)


def _stay_signed_in(request: HttpRequest, action: str) -> None:
    """Every other session of this user ends; this one goes on under a new key (SP-27)."""
    user = accounts.fresh(_user(request))
    update_session_auth_hash(request, user)
    security_log.note(action, object=f"user:{user.pk}", result="ok", origin=origin_of(request), actor_id=user.pk)


def _show_second_step(
    request: HttpRequest, *, codes_form: PasswordForm | None = None, off_form: PasswordForm | None = None
) -> HttpResponse:
    user = _user(request)
    confirm = _confirm(request)
    context = {
        "is_on": second_step.is_on(user),
        "codes_left": second_step.recovery_codes_left(user),
        "codes_form": codes_form or PasswordForm(confirm=confirm, prefix="codes"),
        "off_form": off_form or PasswordForm(confirm=confirm, prefix="off"),
    }
    return render(request, "account/second_step.html", context, status=422 if codes_form or off_form else 200)


def _show_seed(request: HttpRequest, form: SecondStepForm) -> HttpResponse:
    user = _user(request)
    seed = second_step.proposed_seed(user, request.session[_SEED])
    context = {
        "form": form,
        "picture": b64encode(second_step.picture(user, seed).encode()).decode(),
        "groups": [seed[start : start + 4] for start in range(0, len(seed), 4)],
    }
    return render(request, "account/second_step_on.html", context, status=422 if form.errors else 200)


def _show_codes(request: HttpRequest, codes: list[str], action: str) -> HttpResponse:
    _stay_signed_in(request, action)
    return render(request, "account/recovery_codes.html", {"codes": codes})
