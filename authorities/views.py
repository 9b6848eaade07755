from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from authorities import accounts
from authorities.forms import EnrolForm
from imidesk.core import security_log


@sensitive_post_parameters()
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """An invited person chooses a password. Whatever is wrong gets the same answer (SP-28)."""
    form = EnrolForm(request.POST) if request.method == "POST" else EnrolForm()
    if request.method == "POST" and form.is_valid():
        user = accounts.enrol(
            username=form.cleaned_data["username"].strip(),
            code=form.cleaned_data["code"],
            password=form.cleaned_data["password"],
        )
        security_log.note(
            "enrolment",
            object=f"user:{user.pk if user else 'unknown'}",
            result="ok" if user else "refused",
            origin=request.META.get("REMOTE_ADDR", ""),
            actor_id=user.pk if user else None,
        )
        if user is not None:
            messages.success(request, _("Your password is set. Sign in with it now."))
            return redirect("account_login")
        form.add_error(
            None,
            _("User name and code do not belong together, or the code has ended. Ask for a new one."),
        )
    return render(request, "account/enrol.html", {"form": form}, status=422 if form.errors else 200)
