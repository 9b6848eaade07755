"""From arrival to the questions: the registration form, the intake file and its schema, taking questions over."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import formset_factory
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from authorities.models import User
from imidesk.core import clock
from imidesk.core.errors import DomainError
from requests_app.forms.registering import IntakeForm, OwnQuestionForm, RegisterForm, StandardQuestionsForm
from requests_app.guards import has_questions
from requests_app.intake import MAX_BYTES, Fault
from requests_app.models import InformationRequest
from requests_app.permissions import grants_of, look
from requests_app.selectors import registering as selectors
from requests_app.selectors.frame import frame_for
from requests_app.selectors.requests import request_for
from requests_app.services import receiving
from requests_app.vocabulary import BEFORE_ACCEPTANCE, Grant, Part, Purpose

OWN_ROWS = 3
TAKEN_IN = "taken_in"  # references of the file that was just taken in, until they are shown


class SignedInRequest(HttpRequest):
    user: User


@require_http_methods(["GET", "POST"])
def register(request: SignedInRequest) -> HttpResponse:
    """Issue step 1 (IN-01, IN-08, IMI-04, MSG-09 to MSG-11)."""
    choices = selectors.choices_for(request.user)
    if not choices.places:
        raise PermissionDenied
    if request.method != "POST":
        initial = {"received_at": clock.now(), "module": next(iter(choices.places)) if len(choices.places) == 1 else ""}
        return _registration(request, RegisterForm(choices=choices, initial=initial))
    form = RegisterForm(request.POST, request.FILES, choices=choices)
    if not form.is_valid():
        return _registration(request, form, _known_number(form))
    try:
        info_request = receiving.register_request(actor=request.user, new=form.new_request())
    except receiving.RegisteredAlready as twice:
        return _to_questions(request.user, twice.info_request)
    except receiving.KnownNumber as known:
        form.add_error("imi_number", str(known.message))
        return _registration(request, form, known.reference)
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error.message))
        return _registration(request, form)
    reference = info_request.reference
    messages.success(request, _("The request is registered as %(reference)s.") % {"reference": reference})
    return _to_questions(request.user, info_request)


def _known_number(form: RegisterForm) -> str:
    """The request that has this IMI number already, told beside the other faults."""
    place = form.choices.places.get(form.cleaned_data.get("module", ""))
    reference = place and receiving.known_reference(place.home, form.cleaned_data.get("imi_number", ""))
    if not reference:
        return ""
    form.add_error("imi_number", str(receiving.KnownNumber(reference).message))
    return reference


def _registration(request: SignedInRequest, form: RegisterForm, known: str = "") -> HttpResponse:
    context = {
        "form": form,
        "first": [form[name] for name in form.FIRST],
        "rest": [form[name] for name in form.REST],
        "afterwards": [form[name] for name in form.AFTERWARDS],
        "known": known,
        "known_request": next(iter(selectors.visible_of(request.user, [known])), None),
        "open_rest": bool({*form.REST, "keywords"}.intersection(form.errors)),
        "open_afterwards": bool(set(form.AFTERWARDS).intersection(form.errors)),
    }
    return render(request, "requests_app/register.html", context, status=422 if form.errors else 200)


def _to_questions(user: User, info_request: InformationRequest) -> HttpResponse:
    """What has no questions yet gets them now, when this user may do that."""
    if Grant.CHOOSE_QUESTIONS in grants_of(user, info_request) and not has_questions(info_request):
        return redirect("requests_app:choose_questions", info_request.reference)
    return redirect(info_request)


@require_http_methods(["GET", "POST"])
def intake_file(request: SignedInRequest) -> HttpResponse:
    """All of a file or nothing; every fault with path and rule, never the value (SP-31)."""
    if not selectors.may_register_anywhere(request.user):
        raise PermissionDenied
    if request.method != "POST":
        taken = selectors.visible_of(request.user, request.session.pop(TAKEN_IN, []))
        return render(request, "requests_app/intake.html", {"form": IntakeForm(), "taken": taken})
    form = IntakeForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "requests_app/intake.html", {"form": form}, status=422)
    try:
        taken = receiving.take_in(
            actor=request.user, data=form.cleaned_data["file"].read(MAX_BYTES + 1), source="upload"
        )
    except receiving.FaultyFile as faulty:
        return _faulty(request, faulty.faults)
    except receiving.KnownNumber as known:
        faults = [Fault("/requests/0/imi_number", "IN-01.known-number", known.message)]
        return _faulty(request, faults, known.reference)
    except DomainError as error:
        return _faulty(request, [Fault("", "desk", error.message)])
    request.session[TAKEN_IN] = [info_request.reference for info_request in taken]
    count = len(taken)
    text = ngettext("%(count)d request taken in.", "%(count)d requests taken in.", count) % {"count": count}
    messages.success(request, text)
    return redirect("requests_app:intake")


def _faulty(request: SignedInRequest, faults: list[Fault], known: str = "") -> HttpResponse:
    known_request = next(iter(selectors.visible_of(request.user, [known])), None)
    context = {"form": IntakeForm(), "refused": True, "faults": faults, "known_request": known_request}
    return render(request, "requests_app/intake.html", context, status=422)


@require_safe
def schema(request: HttpRequest, name: str) -> HttpResponse:
    """The published formats and their worked examples, as they stand in docs/intake."""
    if name not in selectors.published():
        raise Http404
    media_type, text = selectors.published()[name]
    return HttpResponse(text, content_type=media_type)


@require_http_methods(["GET", "POST"])
def choose_questions(request: SignedInRequest, reference: str) -> HttpResponse:
    """Issue step 2: standard questions of the set ticked, or own text on a tab."""
    info_request = request_for(request.user, reference, Grant.CHOOSE_QUESTIONS)
    purpose = Purpose.ALLOCATE if info_request.state in BEFORE_ACCEPTANCE else Purpose.ANSWER
    tabs = selectors.question_tabs(info_request, look(request.user, info_request, Part.QUESTIONS, purpose))
    data = request.POST if request.method == "POST" else None
    standard = StandardQuestionsForm(data, codes=[row.code for tab in tabs for row in tab.rows if not row.present])
    own = formset_factory(OwnQuestionForm, extra=OWN_ROWS, max_num=OWN_ROWS)(
        data, prefix="own", form_kwargs={"tabs": [(tab.letter, tab.label) for tab in tabs]}
    )
    if data is not None and standard.is_valid() and own.is_valid():
        written = [form.question() for form in own.forms]
        questions = standard.questions() + tuple(question for question in written if question)
        try:
            count = receiving.choose_questions(info_request=info_request, actor=request.user, questions=questions)
        except DomainError as error:
            standard.add_error(None, str(error.message))
        else:
            text = ngettext("%(count)d question taken over.", "%(count)d questions taken over.", count)
            messages.success(request, text % {"count": count})
            return redirect(info_request)
    context = {
        "frame": frame_for(request.user, info_request, ""),
        "tabs": tabs,
        "refused": data is not None,
        "standard": standard,
        "ticked": set(data.getlist("codes")) if data is not None else set(),
        "own": own,
        "open_own": own.is_bound and any(form.has_changed() for form in own.forms),
    }
    return render(request, "requests_app/choose_questions.html", context, status=422 if data is not None else 200)
