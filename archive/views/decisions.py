"""Pages of what takes more than one person: holds, early erasure, opening blocked data; and annotating them (DP-06)."""

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from archive import report, retention, selectors, services, snapshot
from archive.forms import AnnotationForm, EarlyErasureForm, HoldForm, OpeningForm
from authorities.models import User
from imidesk.core import clock
from imidesk.core.errors import DomainError
from imidesk.core.views import attachment_response
from requests_app import catalogue, recipients
from requests_app.models import DataDecision, InformationRequest
from requests_app.permissions import grants_of, look_at_papers, look_while_open
from requests_app.selectors import decisions
from requests_app.selectors.frame import frame_for
from requests_app.selectors.requests import request_for
from requests_app.views.pages import Context, data_of, done, for_step, page, user_of
from requests_app.vocabulary import Action, DecisionFileKind, DecisionKind, Grant, Purpose


def _page(
    request: HttpRequest, info_request: InformationRequest, name: str, form: forms.BaseForm, **context: object
) -> HttpResponse:
    frame = frame_for(user_of(request), info_request, "")
    full = {**context, "frame": frame, "info_request": info_request, "form": form}
    return render(request, f"archive/decisions/{name}.html", full, status=422 if form.errors else 200)


def _lack_of(request: HttpRequest, lack: str) -> str:
    """What no form can mend: the page says it instead of the form, so that nobody fills it in for nothing."""
    if lack and request.method == "POST":
        raise DomainError(lack)
    return lack


def _made(request: HttpRequest, form: forms.BaseForm, act: Callable[[], DataDecision]) -> HttpResponse | None:
    """To the page of what was just proposed; None where the form comes back."""
    rows: list[DataDecision] = []
    if request.method != "POST" or not done(form, lambda: rows.append(act())):
        return None
    messages.success(request, _("It is proposed. Who has to decide gets a mail."))
    return redirect("archive:decision", decision=rows[0].pk)


@page
def hold(request: HttpRequest, reference: str) -> HttpResponse:
    """Erasing waits until a date (design 3)."""
    info_request = for_step(request, reference, Action.DECISION_PROPOSED, Grant.DECIDE)
    user = user_of(request)
    lack = _lack_of(request, selectors.why_no_hold(info_request, clock.today()))
    people = list(dict.fromkeys([user, *recipients.deciders(info_request)]))
    form = HoldForm(
        data_of(request),
        reasons=catalogue.reasons("hold"),
        people=people,
        latest=retention.longest_hold(clock.today()),
    )

    def act() -> DataDecision:
        return services.propose_hold(
            info_request=info_request,
            actor=user,
            ground=form.cleaned_data["reason"],
            words=form.cleaned_data["words"],
            until=form.cleaned_data["until"],
            owner=form.chosen_owner,
        )

    made = _made(request, form, act)
    return made or _page(request, info_request, "hold", form, lack=lack, dates=selectors.dates_of(info_request))


@page
def early_erasure(request: HttpRequest, reference: str) -> HttpResponse:
    info_request = for_step(request, reference, Action.DECISION_PROPOSED, Grant.DECIDE)
    lack = _lack_of(request, selectors.why_not_early(info_request, clock.today()))
    form = EarlyErasureForm(data_of(request), request.FILES or None)

    def act() -> DataDecision:
        return services.propose_early_erasure(
            info_request=info_request,
            actor=user_of(request),
            words=form.cleaned_data["words"],
            request_file=form.cleaned_data["request_file"],
            consent=form.cleaned_data["consent"],
        )

    made = _made(request, form, act)
    return made or _page(
        request, info_request, "early_erasure", form, lack=lack, dates=selectors.dates_of(info_request)
    )


@page
def ask_opening(request: HttpRequest, reference: str) -> HttpResponse:
    """By who would look; without two people to decide the page says so, and whom to ask (DP-06)."""
    info_request = for_step(request, reference, Action.OPENING_ASKED, Grant.ASK_OPENING)
    user = user_of(request)
    form = OpeningForm(data_of(request), request.FILES or None, reasons=catalogue.reasons("opening"))

    def act() -> DataDecision:
        return services.ask_opening(
            info_request=info_request,
            actor=user,
            ground=form.cleaned_data["reason"],
            words=form.cleaned_data["words"],
            document=form.cleaned_data["document"],
        )

    made = _made(request, form, act)
    return made or _page(request, info_request, "ask_opening", form, lack=decisions.who_lacks(info_request, user))


@page
def annotate(request: HttpRequest, reference: str) -> HttpResponse:
    """Blocked data are contested: that fact, and what is right (DP-13). Who writes it does not read the data."""
    info_request = for_step(request, reference, Action.ANNOTATED, Grant.ANNOTATE)
    form = AnnotationForm(data_of(request))
    if request.method == "POST" and done(
        form, lambda: services.annotate(info_request=info_request, actor=user_of(request), **form.cleaned_data)
    ):
        messages.success(request, _("The annotation is sealed with the blocked data. Those data did not change."))
        return redirect(info_request)
    return _page(request, info_request, "annotate", form, annotations=decisions.annotations(info_request))


@require_safe
def opened(request: HttpRequest, reference: str) -> HttpResponse:
    """On screen only, for who asked, while the half hour runs; each time it is opened is recorded (DP-06, DP-07)."""
    info_request = request_for(user_of(request), reference, Grant.ASK_OPENING)
    seen, closes_at = look_while_open(user_of(request), info_request)
    context = {
        "frame": frame_for(user_of(request), info_request, ""),
        "info_request": info_request,
        "closes_at": closes_at,
        "annotations": decisions.annotations(info_request, seen),
        **report.context_of(snapshot.opened(info_request, seen)),
    }
    answer = render(request, "archive/decisions/opened.html", context)
    left = (closes_at - clock.moment()).total_seconds()
    answer.headers["Refresh"] = f"{max(1, int(left) + 1)}; url={info_request.get_absolute_url()}"
    return answer


@page
def decision(request: HttpRequest, decision: UUID) -> HttpResponse:
    """What was proposed, by whom, why, and who agreed; here it is decided, lifted and begun."""
    user = user_of(request)
    row = decisions.decision_for(user, decision)
    rights = grants_of(user, row.info_request)
    form = forms.Form(data_of(request))
    if request.method == "POST":
        act = _ACTS.get(request.POST.get("act", ""))
        if act is None:
            raise BadRequest("unknown act")
        if done(form, lambda: act(row, user)):
            if request.POST["act"] == "begin":
                return redirect("archive:opened", reference=row.info_request.reference)
            messages.success(request, _("Your decision is recorded."))
            return redirect("archive:decision", decision=row.pk)
        row = decisions.decision_for(user, decision)
    context: Context = {
        "decision": row,
        "form": form,
        "ground": catalogue.reason(row.ground).text if row.ground else _("express request and consent, both on paper"),
        "visible": decisions.sees_request(user, row),
        "papers": decisions.papers(row, look_at_papers(user, row, Purpose.DECIDE)) if not row.papers_gone_at else None,
        "file_kinds": DecisionFileKind,
        "decides": Grant.DECIDE in rights and row.decided_at is None,
        "is_own": row.proposed_by_id == user.pk,
        "erase_on": selectors.erasure_awaited(row),
        "agreed": user in row.approvals,
        "needs_lawyer": decisions.needs_lawyer(row),
        "may_lift": Grant.DECIDE in rights and selectors.is_holding(row, clock.today()),
        "may_begin": Grant.ASK_OPENING in rights and row.proposed_by_id == user.pk and _is_ready(row),
        "runs": decisions.is_running(row, user),
        "minutes": retention.OPENING_MINUTES,
        "days": retention.OPENING_START_DAYS,
    }
    return render(request, "archive/decisions/decision.html", context, status=422 if form.errors else 200)


@require_safe
def paper(request: HttpRequest, decision: UUID, file: UUID) -> HttpResponse:
    row = decisions.decision_for(user_of(request), decision)
    found = decisions.paper_for(user_of(request), row, file)
    view, content = decisions.paper_content(found, look_at_papers(user_of(request), row, Purpose.DECIDE))
    return attachment_response(content, name=view.name, media_type=view.media_type)


def _is_ready(row: DataDecision) -> bool:
    return row.kind == DecisionKind.OPENING and bool(row.approved) and row.began_at is None and row.ended_at is None


Act = Callable[[DataDecision, User], object]
_ACTS: dict[str, Act] = {
    "approve": lambda row, user: services.approve(decision=row, actor=user),
    "decline": lambda row, user: services.decline(decision=row, actor=user),
    "lift": lambda row, user: services.lift_hold(decision=row, actor=user),
    "begin": lambda row, user: services.begin_opening(decision=row, actor=user),
}
