"""What comes after acceptance: a second handler, viewers, advice, further questions, a corrected end (design 3)."""

from typing import NoReturn

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from authorities.models import User
from imidesk.core import clock
from imidesk.core.errors import StepNotPossible
from imidesk.core.uploads import PDF_ONLY
from requests_app import catalogue, guards
from requests_app.forms import relations as forms_of
from requests_app.forms.answering import new_file
from requests_app.models import InformationRequest
from requests_app.permissions import grants_of, look
from requests_app.selectors import case, relations
from requests_app.selectors.frame import frame_for
from requests_app.selectors.requests import visible_request
from requests_app.selectors.steps import mandate_view
from requests_app.services import ending
from requests_app.services import relations as services
from requests_app.views.pages import Context, data_of, done, for_step, go_to, page, refuse_now, stop_unless, user_of
from requests_app.vocabulary import Action, Grant, Part, Purpose
from requests_app.workflow import state_in_words


def _page(
    request: HttpRequest, info_request: InformationRequest, name: str, form: forms.BaseForm | None, **context: object
) -> HttpResponse:
    frame = frame_for(user_of(request), info_request, "")
    full = {**context, "frame": frame, "info_request": info_request, "form": form}
    status = 422 if form is not None and form.errors else 200
    return render(request, f"requests_app/relations/{name}.html", full, status=status)


@page
def join(request: HttpRequest, reference: str) -> HttpResponse:
    """ "Ook aanvaarden": the other handler accepts for himself (IN-03, design idea 2)."""
    info_request = for_step(request, reference, Action.JOINED, Grant.CONFIRM)
    user = user_of(request)
    stop_unless(info_request, Action.JOINED, guards.was_accepted, guards.can_be_taken_over)
    if relations.is_recorded_for(info_request, user):
        return go_to("confirm_acceptance", info_request)
    form = forms_of.JoinForm(data_of(request), has_ended=info_request.has_ended)
    if request.method == "POST" and done(form, lambda: services.join(info_request=info_request, actor=user)):
        if not guards.data_open(info_request):
            messages.success(request, _("You have taken the filing over. Save the filing package in Corsa."))
            return redirect("archive:file", reference=info_request.reference)
        messages.success(
            request, _("You have accepted this request too. You may see the provider and the attachments.")
        )
        return redirect(info_request)
    questions: dict[str, object] = {}
    if guards.data_open(info_request):
        opened = look(user, info_request, Part.QUESTIONS, Purpose.JUDGE)
        questions = {
            "motivation": case.motivation(info_request, opened),
            "tabs": case.tabs(info_request, opened, with_answers=False),
        }
    return _page(
        request,
        info_request,
        "join",
        form,
        **questions,
        mandate=mandate_view(user, info_request, clock.today()),
        accepted_by=relations.accepted_by(info_request),
    )


@page
def add_viewer(request: HttpRequest, reference: str) -> HttpResponse:
    """A colleague reads along until a date (design 9)."""
    info_request = for_step(request, reference, Action.VIEWER_ADDED, Grant.ADD_VIEWER)
    form = forms_of.ViewerForm(
        data_of(request),
        reasons=catalogue.reasons("viewer"),
        people=relations.possible_viewers(info_request),
        latest=relations.latest_viewing_day(info_request, clock.today()),
    )

    def act() -> None:
        services.add_viewer(
            info_request=info_request,
            actor=user_of(request),
            user=form.chosen_person,
            reason=form.cleaned_data["reason"],
            words=form.cleaned_data["words"],
            until=form.cleaned_data["until"],
        )

    if request.method == "POST" and done(form, act):
        messages.success(request, _("%(person)s can now read along.") % {"person": form.chosen_person})
        return redirect(info_request)
    return _page(request, info_request, "add_viewer", form)


@require_POST
def remove_viewer(request: HttpRequest, reference: str, viewer: int) -> HttpResponse:
    info_request = for_step(request, reference, Action.VIEWER_REMOVED, Grant.ADD_VIEWER)
    if not relations.was_added(info_request, viewer):
        raise Http404
    form = forms.Form(data_of(request))
    if done(
        form,
        lambda: services.remove_viewer(info_request=info_request, actor=user_of(request), viewer=viewer),
    ):
        messages.success(request, _("This person does not read along any more."))
    else:
        messages.error(request, " ".join(str(fault) for fault in form.non_field_errors()))
    return redirect(info_request)


@page
def ask_advice(request: HttpRequest, reference: str) -> HttpResponse:
    """ "Advies vragen aan JZ": one page to ask, to wait and to answer (design 1)."""
    if request.method == "POST" and "answer" in request.POST:
        asked = visible_request(user_of(request), reference)
        if relations.open_advice(asked) is None:
            _refuse_advice(user_of(request), asked)  # a colleague was first; her words come back with the refusal
    info_request = for_step(request, reference, Action.ADVICE_ASKED, Grant.ASK_ADVICE, Grant.GIVE_ADVICE)
    grants = grants_of(user_of(request), info_request)
    if Grant.GIVE_ADVICE in grants:
        return _give_advice(request, info_request)
    user = user_of(request)
    form = forms_of.AdviceQuestionForm(data_of(request))
    if request.method == "POST" and done(
        form, lambda: services.ask_advice(info_request=info_request, actor=user, **form.cleaned_data)
    ):
        messages.success(request, _("Advice is asked. You get a mail when the lawyer has answered."))
        return redirect(info_request)
    return _advice_page(request, info_request, "ask_advice", form)


def _refuse_advice(user: User, info_request: InformationRequest) -> NoReturn:
    """That it was given, only to who reads the timeline; advice that an end closed, the end tells."""
    given = Grant.READ_TIMELINE in grants_of(user, info_request) and relations.was_advised(info_request)
    if given and not info_request.has_ended:
        raise StepNotPossible(
            _("The advice has been given already."),
            step=Action.ADVICE_GIVEN.label,
            state=state_in_words(info_request),
        )
    refuse_now(info_request, Action.ADVICE_GIVEN)


def _give_advice(request: HttpRequest, info_request: InformationRequest) -> HttpResponse:
    user = user_of(request)
    form = forms_of.AdviceForm(data_of(request))
    if request.method == "POST" and done(
        form, lambda: services.give_advice(info_request=info_request, actor=user, **form.cleaned_data)
    ):
        messages.success(request, _("Your advice is sent to the handlers. You do not see the questions any more."))
        return redirect(info_request)
    return _advice_page(request, info_request, "give_advice", form)


def _advice_page(request: HttpRequest, info_request: InformationRequest, name: str, form: forms.Form) -> HttpResponse:
    seen = look(user_of(request), info_request, Part.QUESTIONS, Purpose.JUDGE)
    given = relations.advice(info_request, seen)
    context: Context = {
        "waiting": next((one for one in given if one.answered_at is None), None),
        "advice": given,
        "motivation": case.motivation(info_request, seen),
        "tabs": case.tabs(info_request, seen, with_answers=False),
        "accepted_by": relations.accepted_by(info_request),
    }
    return _page(request, info_request, name, form, **context)


@page
def clarify(request: HttpRequest, reference: str) -> HttpResponse:
    """The requester asks further after the answer (IMI-02)."""
    info_request = for_step(request, reference, Action.CLARIFICATION_ASKED, Grant.RECORD_CLARIFICATION)
    user = user_of(request)
    form = forms_of.ClarificationForm(data_of(request), through_imi=guards.through_imi(info_request))
    if request.method == "POST" and done(
        form, lambda: services.clarify(info_request=info_request, actor=user, **form.cleaned_data)
    ):
        messages.success(request, _("The further question is recorded. The answers can be changed again."))
        return redirect(info_request)
    return _page(request, info_request, "clarify", form)


@page
def correct_end(request: HttpRequest, reference: str) -> HttpResponse:
    """Somebody proposes another date of the end, somebody else decides (design 3)."""
    info_request = for_step(request, reference, Action.END_CORRECTION_PROPOSED, Grant.CORRECT_END)
    proposal = relations.open_correction(info_request)
    if proposal is not None or "decision" in request.POST:
        return _decide_end(request, info_request)
    user = user_of(request)
    through_imi = guards.through_imi(info_request)
    known = {"ended_at": info_request.ended_at}
    form = forms_of.EndForm(data_of(request), request.FILES or None, initial=known, through_imi=through_imi)

    def act() -> None:
        evidence = form.cleaned_data.get("evidence")
        ending.propose_end(
            info_request=info_request,
            actor=user,
            ended_at=form.cleaned_data["ended_at"],
            evidence=new_file(evidence, allow=PDF_ONLY) if evidence else None,
            words=form.cleaned_data["words"],
        )

    if request.method == "POST" and done(form, act):
        messages.success(request, _("The other end date is proposed. A second person decides on it."))
        return redirect(info_request)
    return _page(request, info_request, "propose_end", form, source=relations.source_of_end(info_request))


def _decide_end(request: HttpRequest, info_request: InformationRequest) -> HttpResponse:
    user = user_of(request)
    form = forms_of.DecisionForm(data_of(request))
    if request.method == "POST" and not form.is_valid():
        raise BadRequest("no decision")
    approved = form.is_bound and form.cleaned_data["decision"] == "approve"

    def act() -> None:
        proposal = form.cleaned_data["proposal"]
        ending.decide_end(info_request=info_request, actor=user, proposal=proposal, approved=approved)

    if request.method == "POST" and done(form, act):
        messages.success(request, _decided(info_request, approved=approved))
        return redirect(info_request)
    proposal = relations.open_correction(info_request)
    words = ""
    if Grant.READ_PERSON in grants_of(user, info_request) and proposal is not None:
        words = relations.correction_words(info_request, look(user, info_request, Part.PERSON, Purpose.READ))
    return _page(
        request,
        info_request,
        "decide_end",
        form,
        proposal=proposal,
        is_own=proposal is not None and proposal.proposed_by_id == user.pk,
        words=words,
        through_imi=guards.through_imi(info_request),
        source=relations.source_of_end(info_request),
    )


def _decided(info_request: InformationRequest, *, approved: bool) -> str:
    if not approved:
        return _("The proposal is declined. The end date stays as it was.")
    if info_request.filed_at is not None:
        return _("The end date is corrected. New end reports are being made: save those in Corsa as well.")
    return _("The end date is corrected. New end reports are being made.")
