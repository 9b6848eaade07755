"""A request finds who handles it: suggested, asked for, returned, delayed, handed over (IN-03 to IN-11, IN-22)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from authorities.services import record_absence, remove_absence
from imidesk.core import clock
from requests_app import catalogue, guards
from requests_app.forms import steps as forms_of
from requests_app.forms import triage as forms
from requests_app.models.allocation import seen
from requests_app.permissions import grants_of
from requests_app.selectors import absences as absences_of
from requests_app.selectors import handing_over, suggesting
from requests_app.selectors import steps as selectors
from requests_app.services import assigning
from requests_app.views.pages import (
    Context,
    data_of,
    done,
    for_step,
    go_to,
    page,
    step_page,
    stop_if_waiting,
    stop_unless,
    user_of,
)
from requests_app.vocabulary import BEFORE_ACCEPTANCE, Action, Grant, State


@page
def assign(request: HttpRequest, reference: str) -> HttpResponse:
    """One page, one press: the proposal, a team, or one or several handlers (IN-03, IN-05, IN-07)."""
    info_request = for_step(request, reference, Action.ALLOCATED, Grant.ASSIGN)
    stop_if_waiting(info_request, Action.ALLOCATED)
    choices = suggesting.choices_for(info_request, clock.today())
    form = forms.AssignForm(data_of(request), choices=choices)

    def act() -> None:
        actor, note = user_of(request), form.cleaned_data["note"]
        team, handlers = form.chosen_team, form.chosen_handlers
        if form.cleaned_data["to"] == forms.TO_HANDLERS:
            team = None
        act_on: dict[str, Any] = {
            "info_request": info_request,
            "actor": actor,
            "note": note,
            "seen": form.cleaned_data["seen"],
        }
        if team and not handlers:
            assigning.choose_team(team=team, **act_on)
        else:
            assigning.allocate(handlers=handlers, team=team, **act_on)

    if request.method == "POST" and done(form, act):
        messages.success(request, _("Allocated. Now send the task in Corsa."))
        _warn_of_absence(request, form)
        return go_to("task", info_request)
    context: Context = {
        "area": selectors.area_of(info_request),
        "proposal": choices.proposal,
        "seen": seen(selectors.current_allocations(info_request)),
    }
    return step_page(request, info_request, "assign", context, form)


def _warn_of_absence(request: HttpRequest, form: forms.HandlersForm) -> None:
    """An absent handler may be chosen; whoever chooses one knows it (IN-05)."""
    chosen = {user.pk for user in form.chosen_handlers}
    for choice in form.handler_choices:
        if choice.user.pk in chosen and choice.absence:
            facts = {"person": choice.user, "absence": choice.absence}
            messages.warning(request, _("Note about %(person)s: %(absence)s") % facts)


@page
def task(request: HttpRequest, reference: str) -> HttpResponse:
    """The Corsa panel: tray, memo and file to take along, and the number that comes back (IN-09, IN-10)."""
    info_request = for_step(request, reference, Action.TASK_PLACED, Grant.PLACE_TASK)
    form = forms_of.TaskForm(data_of(request), info_request=info_request)
    if request.method == "POST" and done(
        form,
        lambda: assigning.place_task(info_request=info_request, actor=user_of(request), **form.cleaned_data),
    ):
        messages.success(request, _("The task in Corsa is recorded."))
        return redirect(info_request)
    context: Context = {
        "trays": selectors.trays_of(info_request),
        "memo": selectors.memo(info_request),
        "files": selectors.task_files(info_request),
    }
    return step_page(request, info_request, "task", context, form)


@page
def take_up(request: HttpRequest, reference: str) -> HttpResponse:
    """ "Ik neem dit in behandeling": by the chosen team, or where preference 4 is Nee by any handler (NOT-08)."""
    info_request = for_step(request, reference, Action.TAKEN_UP, Grant.TAKE_UP, Grant.ACCEPT)
    stop_if_waiting(info_request, Action.TAKEN_UP)
    user = user_of(request)
    others = [row.handler for row in selectors.current_allocations(info_request) if row.handler and row.handler != user]
    may_beside = Grant.TAKE_UP in grants_of(user, info_request)
    form = forms_of.NothingForm(data_of(request))
    beside = may_beside and "beside" in request.POST
    if request.method == "POST" and done(
        form, lambda: assigning.take_up(info_request=info_request, actor=user, beside=beside)
    ):
        messages.success(request, _("You have taken this request up. Read the questions and decide."))
        return redirect(info_request)
    context: Context = {
        "mandate": selectors.mandate_view(user, info_request, clock.today()),
        "others": others,
        "may_beside": may_beside,
    }
    return step_page(request, info_request, "take_up", context, form)


@page
def ask_allocation(request: HttpRequest, reference: str) -> HttpResponse:
    """ "Vraag om toewijzing aan mij" (IN-06, NOT-05)."""
    info_request = for_step(request, reference, Action.ALLOCATION_ASKED, Grant.ASK_ALLOCATION)
    stop_if_waiting(info_request, Action.ALLOCATION_ASKED)
    user = user_of(request)
    form = forms.WishForm(data_of(request))
    if request.method == "POST" and done(
        form, lambda: assigning.ask_allocation(info_request=info_request, actor=user, **form.cleaned_data)
    ):
        messages.success(request, _("You have asked for this request. The allocator decides; you get an e-mail."))
        return redirect(info_request)
    context: Context = {"mandate": selectors.mandate_view(user, info_request, clock.today())}
    return step_page(request, info_request, "ask_allocation", context, form)


@page
def give_back(request: HttpRequest, reference: str) -> HttpResponse:
    info_request = for_step(request, reference, Action.RETURNED, Grant.RETURN)
    stop_if_waiting(info_request, Action.RETURNED)
    form = forms_of.ReturnForm(
        data_of(request), reasons=catalogue.reasons("return"), initial={"reason": request.GET.get("reason")}
    )
    if request.method == "POST" and done(
        form, lambda: assigning.give_back(info_request=info_request, actor=user_of(request), **form.cleaned_data)
    ):
        messages.success(request, _("You have returned request %(reference)s.") % {"reference": info_request.reference})
        return redirect("requests_app:list")
    return step_page(request, info_request, "give_back", {}, form)


@page
def return_for_team(request: HttpRequest, reference: str) -> HttpResponse:
    """The team does not take it; the allocator records it when the task came back in Corsa (IN-22, REM-21)."""
    info_request = for_step(request, reference, Action.TEAM_RETURNED, Grant.RETURN_TEAM)
    stop_if_waiting(info_request, Action.TEAM_RETURNED)
    user = user_of(request)
    for_other = Grant.ASSIGN in grants_of(user, info_request)
    team = next((row.team for row in selectors.current_allocations(info_request) if not row.handler_id), None)
    form = forms.TeamReturnForm(data_of(request), reasons=catalogue.reasons("return"), for_other=for_other)

    def act() -> None:
        reason, words = form.cleaned_data["reason"], form.cleaned_data["words"]
        assigning.return_for_team(
            info_request=info_request, actor=user, reason=reason, returned_on=form.day, words=words
        )

    if request.method == "POST" and done(form, act):
        if for_other:
            messages.success(request, _("Recorded. Choose another team or a handler."))
            return go_to("assign", info_request)
        messages.success(request, _("Your team has returned request %(number)s.") % {"number": info_request.reference})
        return redirect("requests_app:list")
    return step_page(request, info_request, "return_for_team", {"team": team, "for_other": for_other}, form)


@page
def delay(request: HttpRequest, reference: str) -> HttpResponse:
    """Placing the task or answering takes longer: said in time, with a date (IN-22, ANS-11)."""
    info_request = for_step(request, reference, Action.DELAY_REPORTED, Grant.REPORT_DELAY)
    form = forms.DelayForm(
        data_of(request),
        reasons=catalogue.reasons("delay"),
        initial={"expected_on": info_request.delay_until},
    )
    if request.method == "POST" and done(
        form, lambda: assigning.report_delay(info_request=info_request, actor=user_of(request), **form.cleaned_data)
    ):
        messages.success(request, _("The delay is reported. The allocators get an e-mail."))
        if info_request.state == State.ACCEPTED:
            advice = (
                _("Tell the requester too: propose the other date in IMI, and record the agreed date here.")
                if guards.through_imi(info_request)
                else _("Tell the requester too: propose the other date, and record the agreed date here.")
            )
            messages.info(request, advice)
        return redirect(info_request)
    facts = {"is_accepted": info_request.state == State.ACCEPTED, "through_imi": guards.through_imi(info_request)}
    return step_page(request, info_request, "delay", facts, form)


@page
def reassign(request: HttpRequest, reference: str) -> HttpResponse:
    """Before acceptance that is allocating again; after it, the person moves with who accepts anew (IN-05)."""
    info_request = for_step(request, reference, Action.REALLOCATED, Grant.REASSIGN, Grant.ASSIGN)
    if info_request.state in BEFORE_ACCEPTANCE:
        return go_to("assign", info_request)
    stop_unless(info_request, Action.REALLOCATED, guards.was_accepted, guards.can_be_taken_over)
    choices = suggesting.choices_for(info_request, clock.today())
    having = [row.handler for row in selectors.current_allocations(info_request) if row.handler]
    form = forms.ReassignForm(data_of(request), choices=choices, having=having)
    if not guards.data_open(info_request):
        del form.fields["note"]  # nothing is added to what is blocked

    def act() -> None:
        assigning.reassign(
            info_request=info_request,
            actor=user_of(request),
            handlers=form.chosen_handlers,
            ended=form.chosen_ended,
            note=form.cleaned_data.get("note", ""),
        )

    if request.method == "POST" and done(form, act):
        messages.success(request, _("Handed over. Both get an e-mail; what was filled in stays."))
        _warn_of_absence(request, form)
        return redirect(info_request)
    return step_page(request, info_request, "reassign", {"area": selectors.area_of(info_request)}, form)


@page
def hand_over(request: HttpRequest) -> HttpResponse:
    """All open work of somebody: looked at first, then in one step, with what stayed and why (pitfalls 18, 24)."""
    actor, today = user_of(request), clock.today()
    givers, takers = handing_over.givers(actor, today), handing_over.takers(actor, today)
    asked = request.POST if request.method == "POST" else request.GET
    choice = forms.FromToForm(asked or None, givers=givers, takers=takers)
    context: Context = {"form": choice, "givers": givers, "gone": [giver for giver in givers if giver.is_gone]}
    if choice.is_bound and choice.is_valid():
        giver, taker = choice.chosen_giver, choice.chosen_taker
        lines = handing_over.lines(actor, giver, taker, today)
        work = forms.HandOverForm(data_of(request), lines=lines)
        context |= {"giver": giver, "taker": taker, "lines": lines, "work": work}
        context["staying"] = [line for line in lines if line.refusal]
        if request.method == "POST" and work.is_valid():
            context |= _handed_over(request, work, choice)
    status = 422 if any(getattr(context.get(name), "errors", None) for name in ("form", "work")) else 200
    return render(request, "requests_app/hand_over.html", context, status=status)


def _handed_over(request: HttpRequest, work: forms.HandOverForm, choice: forms.FromToForm) -> Context:
    chosen = [line.info_request for line in work.chosen]
    result = assigning.hand_over(
        info_requests=chosen, actor=user_of(request), giver=choice.chosen_giver, taker=choice.chosen_taker
    )
    facts = {"done": len(result.done), "total": len(chosen)}
    said = ngettext(
        "%(done)d of %(total)d request handed over.", "%(done)d of %(total)d requests handed over.", len(chosen)
    )
    return {"result": result, "said": said % facts}


@page
def absence(request: HttpRequest) -> HttpResponse:
    """Everybody enters his own absence and deputy; an allocator also those of others (IN-05)."""
    user = user_of(request)
    form = forms.AbsenceForm(data_of(request), people=absences_of.people_for(user))

    def act() -> None:
        record_absence(
            actor=user,
            user=form.chosen_absentee,
            first_day=form.cleaned_data["first_day"],
            last_day=form.cleaned_data["last_day"],
            deputy=form.chosen_deputy,
        )

    if request.method == "POST" and done(form, act):
        messages.success(request, _("The absence is recorded."))
        return redirect("requests_app:absence")
    hands_over = bool(handing_over.takers(user, clock.today()))
    context = {"form": form, "absences": absences_of.absences_for(user), "hands_over": hands_over}
    return render(request, "requests_app/absence.html", context, status=422 if form.errors else 200)


@require_POST
def end_absence(request: HttpRequest, absence: int) -> HttpResponse:
    remove_absence(actor=user_of(request), absence=absences_of.absence_of(user_of(request), absence))
    messages.success(request, _("The absence is removed."))
    return redirect("requests_app:absence")
