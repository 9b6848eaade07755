"""What every page of a step does: find the request, refuse what is not possible, show the form with what was typed."""

from collections.abc import Callable
from typing import NoReturn, cast

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from authorities.models import User
from imidesk.core.errors import DomainError, StepNotPossible
from imidesk.core.uploads import UploadRefused
from requests_app import guards
from requests_app.models import InformationRequest
from requests_app.permissions import grants_of
from requests_app.selectors import relations
from requests_app.selectors.frame import frame_for
from requests_app.selectors.requests import opened_request
from requests_app.vocabulary import RULES, Action, Grant
from requests_app.workflow import Guard, refusal

page = require_http_methods(["GET", "POST"])
Context = dict[str, object]


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def for_step(request: HttpRequest, reference: str, action: Action, *grants: Grant) -> InformationRequest:
    """The request, when this user may take the step now. Raises Http404, StepNotPossible (409) or PermissionDenied."""
    info_request, held = opened_request(user_of(request), reference, to_show=request.method != "POST")
    _check(info_request, held, action, *grants)
    return info_request


def for_own_step(request: HttpRequest, reference: str, action: Action, grant: Grant) -> InformationRequest:
    """As `for_step`, but only who accepted the request himself hears that the moment is wrong; others meet 403."""
    user = user_of(request)
    info_request, held = opened_request(user, reference)
    if grant not in held and not relations.has_accepted(user, info_request):
        raise PermissionDenied
    _check(info_request, held, action, grant)
    return info_request


def check_step(request: HttpRequest, info_request: InformationRequest, action: Action, *grants: Grant) -> None:
    """For a page that has looked the request up already: not possible now is 409, not this user's 403 (SP-29)."""
    _check(info_request, grants_of(user_of(request), info_request), action, *grants)


def _check(info_request: InformationRequest, held: frozenset[Grant], action: Action, *grants: Grant) -> None:
    if held.isdisjoint(grants):
        rules = [RULES[grant] for grant in grants]
        if not any(info_request.state in rule.states and info_request.data_state in rule.data for rule in rules):
            refuse_now(info_request, action)
        raise PermissionDenied


def stop_if_waiting(info_request: InformationRequest, action: Action) -> None:
    """What is prepared and still to be done in IMI is frozen (design 9)."""
    stop_unless(info_request, action, guards.not_prepared)


def stop_unless(info_request: InformationRequest, action: Action, *conditions: Guard) -> None:
    """Refuses in the words of the first condition that does not hold."""
    for condition in conditions:
        if not condition(info_request):
            raise refusal(info_request, action.label, condition)


def refuse_now(info_request: InformationRequest, action: Action) -> NoReturn:
    raise refusal(info_request, action.label)


def step_page(
    request: HttpRequest, info_request: InformationRequest, name: str, context: Context, form: forms.BaseForm
) -> HttpResponse:
    frame = frame_for(user_of(request), info_request, "")
    full = {**context, "frame": frame, "info_request": info_request, "form": form}
    status = 422 if form.errors else 200
    return render(request, f"requests_app/steps/{name}.html", full, status=status)


def done(form: forms.BaseForm, act: Callable[[], object]) -> bool:
    """Valid and done; what the desk refuses stands in the form, with everything that was typed."""
    if not form.is_valid():
        return False
    try:
        act()
    except StepNotPossible:
        raise
    except DomainError as error:
        form.add_error(_field_of(error, form), str(error.message))
        return False
    return True


def _field_of(error: DomainError, form: forms.BaseForm) -> str | None:
    """Beside what it is about, also where one file was chosen and the desk does not take it."""
    files = [name for name, field in form.fields.items() if isinstance(field, forms.FileField)]
    if isinstance(error, UploadRefused) and len(files) == 1:
        return files[0]
    return error.field if error.field in form.fields else None


def data_of(request: HttpRequest) -> Context | None:
    return request.POST if request.method == "POST" else None  # type: ignore[return-value]


def go_to(name: str, info_request: InformationRequest, query: str = "") -> HttpResponseRedirect:
    return redirect(reverse(f"requests_app:{name}", args=[info_request.reference]) + query)
