"""The steps of a request, a page each (issue steps 3 to 6 and 10)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from authorities.models import User
from imidesk.core import clock
from imidesk.core.errors import StepNotPossible
from imidesk.core.uploads import PDF_ONLY
from requests_app import catalogue, guards
from requests_app.forms import steps as forms_of
from requests_app.forms.answering import new_file
from requests_app.models import InformationRequest, Preparation
from requests_app.permissions import grants_of, look, look_as_writer
from requests_app.selectors import case, relations
from requests_app.selectors import steps as selectors
from requests_app.selectors.requests import opened_request, visible_request
from requests_app.services import answering, ending, receiving
from requests_app.views.pages import (
    Context,
    data_of,
    done,
    for_step,
    go_to,
    page,
    refuse_now,
    step_page,
    stop_unless,
    user_of,
)
from requests_app.vocabulary import (
    Action,
    Grant,
    Part,
    PreparedStep,
    Purpose,
    State,
)


@page
def accept(request: HttpRequest, reference: str) -> HttpResponse:
    """Competent and able, with the questions and the motivation in sight (IN-12, ANS-01, ANS-04)."""
    try:
        info_request = for_step(request, reference, Action.ACCEPTED, Grant.ACCEPT)
    except StepNotPossible:
        if _another_accepted(request, reference):
            return redirect("requests_app:join", reference)
        raise
    if info_request.prepared_step:
        return go_to("prepared", info_request)
    user = user_of(request)
    asked = date_format(info_request.asked_on, "j F Y") if info_request.asked_on else ""
    form = forms_of.AcceptForm(
        data_of(request), info_request=info_request, asked=asked, initial=_of_last_acceptance(request, info_request)
    )

    def act() -> None:
        proposed_on = form.cleaned_data["proposed_on"]
        if form.is_later:
            answering.prepare_acceptance(info_request=info_request, actor=user, proposed_on=proposed_on)
        else:
            done_at = form.cleaned_data.get("done_at")
            answering.accept_request(info_request=info_request, actor=user, done_at=done_at, proposed_on=proposed_on)

    try:
        is_done = request.method == "POST" and done(form, act)
    except StepNotPossible:
        if _another_accepted(request, reference):
            return redirect("requests_app:join", reference)
        raise
    if is_done:
        if form.is_later:
            return _prepared_page(request, info_request)
        messages.success(request, _("You have accepted this request. You may see the provider and the attachments."))
        return redirect(info_request)
    opened = look(user, info_request, Part.QUESTIONS, Purpose.JUDGE)
    context: Context = {
        "motivation": case.motivation(info_request, opened),
        "tabs": case.tabs(info_request, opened, with_answers=False),
        "mandate": selectors.mandate_view(user, info_request, clock.today()),
        "criminal": selectors.criminal_questions(info_request),
        "may_accept": guards.may_accept(info_request),
        "may_refuse": guards.may_refuse(info_request),
    }
    return step_page(request, info_request, "accept", context, form)


def _another_accepted(request: HttpRequest, reference: str) -> bool:
    """The other handler was first, a second ago or long before; this one accepts for himself (design idea 2)."""
    info_request, grants = opened_request(user_of(request), reference)
    if guards.was_accepted(info_request) and Grant.CONFIRM in grants:
        messages.info(request, _("Another handler has accepted this request. Accept it for yourself too."))
        return True
    return False


@page
def confirm_acceptance(request: HttpRequest, reference: str) -> HttpResponse:
    """The handler named at late registration says so himself (IMI-04)."""
    info_request = for_step(request, reference, Action.ACCEPTANCE_CONFIRMED, Grant.CONFIRM)
    if not relations.is_recorded_for(info_request, user_of(request)):
        return go_to("join", info_request)
    form = forms_of.NothingForm(data_of(request))
    if request.method == "POST" and done(
        form, lambda: answering.confirm_acceptance(info_request=info_request, actor=user_of(request))
    ):
        messages.success(request, _("You have confirmed the acceptance. You may see the provider and the attachments."))
        return redirect(info_request)
    mandate = selectors.mandate_view(user_of(request), info_request, clock.today())
    return step_page(request, info_request, "confirm_acceptance", {"mandate": mandate}, form)


@page
def forward(request: HttpRequest, reference: str) -> HttpResponse:
    """Not competent, criminal sanctions, or a ground of refusal put to the coordinator (IN-14, IN-15, IN-17)."""
    info_request = for_step(request, reference, Action.FORWARDED, Grant.FORWARD)
    if info_request.prepared_step:
        return go_to("prepared", info_request)
    user = user_of(request)
    criminal = selectors.criminal_questions(info_request)
    form = forms_of.ForwardForm(
        data_of(request),
        info_request=info_request,
        reasons=selectors.forward_reasons(info_request),
        targets=selectors.forward_targets(info_request),
        initial=_forward_initial(request, info_request, criminal),
    )

    def act() -> None:
        to, reason, words = form.chosen_authority, form.cleaned_data["reason"], form.cleaned_data["words"]
        if form.is_later:
            ending.prepare_forward(info_request=info_request, actor=user, to=to, reason=reason, words=words)
        else:
            done_at = form.cleaned_data.get("done_at")
            ending.forward_request(
                info_request=info_request, actor=user, to=to, reason=reason, words=words, done_at=done_at
            )

    if request.method == "POST" and done(form, act):
        if form.is_later:
            return _prepared_page(request, info_request)
        messages.success(
            request, _("The request is forwarded to %(authority)s.") % {"authority": form.chosen_authority}
        )
        return redirect(info_request)
    context: Context = {
        "criminal": criminal,
        "mandate": selectors.mandate_view(user, info_request, clock.today()),
        "may_refuse": guards.may_refuse(info_request),
        "to_coordinator": request.GET.get("to") == selectors.NIMIC and not guards.may_refuse(info_request),
        "is_accepted": info_request.state == State.ACCEPTED,
    }
    return step_page(request, info_request, "forward", context, form)


@page
def refuse(request: HttpRequest, reference: str) -> HttpResponse:
    """On two grounds only, and only where the authority may (IN-13, AUT-29)."""
    info_request = for_step(request, reference, Action.REFUSED, Grant.REFUSE)
    if info_request.prepared_step:
        return go_to("prepared", info_request)
    user = user_of(request)
    form = forms_of.RefuseForm(
        data_of(request),
        info_request=info_request,
        reasons=catalogue.reasons("refuse"),
        initial=_of_last_end(request, info_request, PreparedStep.REFUSE),
    )

    def act() -> None:
        reason, words = form.cleaned_data["reason"], form.cleaned_data["words"]
        if form.is_later:
            ending.prepare_refusal(info_request=info_request, actor=user, reason=reason, words=words)
        else:
            done_at = form.cleaned_data.get("done_at")
            ending.refuse_request(info_request=info_request, actor=user, reason=reason, words=words, done_at=done_at)

    if request.method == "POST" and done(form, act):
        if form.is_later:
            return _prepared_page(request, info_request)
        messages.success(request, _("The request is refused."))
        return redirect(info_request)
    context: Context = {
        "mandate": selectors.mandate_view(user, info_request, clock.today()),
        "may_refuse": guards.may_refuse(info_request),
    }
    return step_page(request, info_request, "refuse", context, form)


@page
def agree_date(request: HttpRequest, reference: str) -> HttpResponse:
    """The requester agreed with the date that was proposed (ANS-04)."""
    info_request = for_step(request, reference, Action.DATE_AGREED, Grant.ANSWER)
    form = forms_of.AgreeDateForm(data_of(request), initial={"agreed_on": info_request.proposed_on})
    if request.method == "POST" and done(
        form, lambda: answering.agree_date(info_request=info_request, actor=user_of(request), **form.cleaned_data)
    ):
        messages.success(request, _("The agreed answer date is recorded."))
        return redirect(info_request)
    return step_page(request, info_request, "agree_date", {}, form)


GRANT_OF_PREPARED = {
    PreparedStep.ACCEPT: (Action.ACCEPTED, Grant.ACCEPT),
    PreparedStep.FORWARD: (Action.FORWARDED, Grant.FORWARD),
    PreparedStep.REFUSE: (Action.REFUSED, Grant.REFUSE),
}


@page
def prepared(request: HttpRequest, reference: str) -> HttpResponse:
    """What waits under "Nog te doen in IMI", and the moment it was done there (design idea 8, IMI-01)."""
    info_request = visible_request(user_of(request), reference)
    step = PreparedStep(info_request.prepared_step)
    if step == PreparedStep.ANSWER:
        return go_to("enter_in_imi", info_request)
    waiting = selectors.preparation_of(info_request)
    if waiting is None:
        return redirect(info_request)
    info_request = for_step(request, reference, *GRANT_OF_PREPARED[step])
    form = forms_of.DoneInImiForm(data_of(request))
    finish = answering.finish_prepared_acceptance if step == PreparedStep.ACCEPT else ending.finish_prepared_end
    if request.method == "POST" and done(
        form, lambda: finish(info_request=info_request, actor=user_of(request), **form.cleaned_data)
    ):
        messages.success(request, _("Recorded as done in IMI."))
        return redirect(info_request)
    context: Context = {
        "waiting": waiting,
        "reason": catalogue.reason(waiting.reason) if waiting.reason else None,
        "words": _words_of(user_of(request), waiting, Purpose.SEND),
        "is_own": waiting.made_by_id == user_of(request).pk,
    }
    return step_page(request, info_request, "prepared", context, form)


def _words_of(user: User, row: Preparation, purpose: Purpose) -> str:
    """For the writer and for the handler who accepted; to others they stay sealed (design 4)."""
    if not row.words:
        return ""
    if row.made_by_id == user.pk:
        return selectors.prepared_words(row, look_as_writer(user, row, purpose))
    if Grant.READ_PERSON in grants_of(user, row.info_request):
        return selectors.prepared_words(row, look(user, row.info_request, Part.REASONS, purpose))
    return ""


def _prepared_page(request: HttpRequest, info_request: InformationRequest) -> HttpResponse:
    messages.success(request, _("This now waits under “To do in IMI”. Do it in IMI and then record when."))
    return go_to("prepared", info_request)


BACK = "terug"  # in the address of the form that "Terug naar bewerken" opens again


@require_POST
def unprepare(request: HttpRequest, reference: str) -> HttpResponse:
    """ "Terug naar bewerken": what was filled in stands in the form again (design 9)."""
    info_request = visible_request(user_of(request), reference)
    step = info_request.prepared_step
    answering.withdraw_preparation(info_request=info_request, actor=user_of(request))
    messages.success(request, _("Nothing waits in IMI any more. You can change it and go on."))
    if step == PreparedStep.ANSWER:
        return redirect(info_request)
    return go_to(step, info_request, f"?{BACK}=1")


def _last(request: HttpRequest, info_request: InformationRequest, step: PreparedStep) -> Preparation | None:
    if BACK not in request.GET:
        return None
    return selectors.last_preparation(info_request, step, user_of(request))


def _of_last_acceptance(request: HttpRequest, info_request: InformationRequest) -> Context:
    last = _last(request, info_request, PreparedStep.ACCEPT)
    if last is None or last.proposed_on is None:
        return {}
    return {"date_choice": "other", "proposed_on": last.proposed_on}


def _of_last_end(request: HttpRequest, info_request: InformationRequest, step: PreparedStep) -> Context:
    last = _last(request, info_request, step)
    if last is None:
        return {}
    words = _words_of(user_of(request), last, Purpose.SEND) if request.method == "GET" else ""
    return {"reason": last.reason, "to": last.forward_to_id, "words": words}


def _forward_initial(
    request: HttpRequest, info_request: InformationRequest, criminal: selectors.CriminalQuestions
) -> Context:
    last = _of_last_end(request, info_request, PreparedStep.FORWARD)
    if last:
        return last
    wanted = request.GET.get("to", "")
    if not wanted and criminal.is_all:
        wanted = selectors.JUSTIS
    if wanted not in catalogue.FORWARD_TARGETS:
        return {}
    target = selectors.forward_target(wanted, info_request.home.country)
    reason = "forward.criminal_sanctions" if wanted == selectors.JUSTIS and criminal.is_all else ""
    return {"to": target.pk if target else "", "reason": reason}


@page
def close(request: HttpRequest, reference: str) -> HttpResponse:
    """The requester closes; the desk records when (design 3)."""
    info_request = for_step(request, reference, Action.CLOSED, Grant.RECORD_END)
    if info_request.state != State.ANSWERED:
        refuse_now(info_request, Action.CLOSED)
    form = forms_of.CloseForm(data_of(request), through_imi=guards.through_imi(info_request))
    if request.method == "POST" and done(
        form, lambda: ending.close_request(info_request=info_request, actor=user_of(request), **form.cleaned_data)
    ):
        messages.success(request, _("The closing is recorded. The end reports are being made."))
        return redirect(info_request)
    return step_page(request, info_request, "close", {}, form)


@page
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """The requester withdrew it (IMI-03)."""
    info_request = for_step(request, reference, Action.WITHDRAWN, Grant.RECORD_END)
    form = forms_of.WithdrawForm(
        data_of(request), reasons=catalogue.reasons("withdrawn"), through_imi=guards.through_imi(info_request)
    )
    if request.method == "POST" and done(
        form, lambda: ending.withdraw_request(info_request=info_request, actor=user_of(request), **form.cleaned_data)
    ):
        messages.success(request, _("The withdrawal is recorded."))
        return redirect(info_request)
    return step_page(request, info_request, "withdraw", {}, form)


@page
def mark_error(request: HttpRequest, reference: str) -> HttpResponse:
    """Ends it at once; its IMI number is free again (design 3)."""
    info_request = for_step(request, reference, Action.ENTERED_IN_ERROR, Grant.MARK_ERROR)
    form = forms_of.ErrorForm(data_of(request), reasons=catalogue.reasons("entered_in_error"))
    if request.method == "POST" and done(
        form,
        lambda: ending.mark_entered_in_error(info_request=info_request, actor=user_of(request), **form.cleaned_data),
    ):
        messages.success(request, _("The request is marked as entered in error."))
        return redirect(info_request)
    return step_page(request, info_request, "mark_error", {}, form)


@page
def imi_report(request: HttpRequest, reference: str) -> HttpResponse:
    """IMI's own PDF from before acceptance, for the task in Corsa (IN-09)."""
    info_request = for_step(request, reference, Action.FILE_ADDED, Grant.CHOOSE_QUESTIONS)
    stop_unless(info_request, Action.FILE_ADDED, guards.through_imi)
    form = forms_of.ImiReportForm(data_of(request), request.FILES or None)

    def act() -> None:
        file = new_file(form.cleaned_data["file"], allow=PDF_ONLY)
        receiving.add_imi_report(info_request=info_request, actor=user_of(request), file=file)

    if request.method == "POST" and done(form, act):
        messages.success(request, _("The PDF of IMI is stored."))
        if Grant.PLACE_TASK in grants_of(user_of(request), info_request):
            return go_to("task", info_request)
        return redirect(info_request)
    return step_page(request, info_request, "imi_report", {}, form)
