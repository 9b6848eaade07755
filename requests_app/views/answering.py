"""Answering: the provider, the tabs, the attachments and sending (issue steps 7 to 9)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from authorities.models import User
from imidesk.core import clock
from imidesk.core.errors import DomainError, StepNotPossible
from imidesk.core.templatetags.desk import dutch_time
from requests_app import catalogue, permissions, workflow
from requests_app.forms.answering import (
    AlreadyAnsweredForm,
    AttachmentForm,
    DoneInImiForm,
    NumberFormSet,
    RemoveForm,
    SaveForm,
    SendForm,
    SubjectForm,
    TabForm,
)
from requests_app.models import InformationRequest
from requests_app.selectors import case, relations
from requests_app.selectors.answering import OpenQuestion, bare_tab, open_questions
from requests_app.selectors.case import TabView
from requests_app.selectors.frame import frame_for
from requests_app.selectors.requests import request_for
from requests_app.services import answering
from requests_app.views.pages import for_own_step, user_of
from requests_app.vocabulary import Action, Channel, FileKind, Grant, Part, PreparedStep, Purpose, State

page = require_http_methods(["GET", "HEAD", "POST"])


def _render(
    request: HttpRequest, info_request: InformationRequest, template: str, current: str = "", **context: Any
) -> HttpResponse:
    """A form with errors is answered with 422, or with the `status` given."""
    status = context.pop("status", None) or (422 if getattr(context.get("form"), "errors", None) else 200)
    frame = frame_for(user_of(request), info_request, current)
    context |= {"frame": frame, "info_request": info_request}
    return render(request, f"requests_app/answering/{template}.html", context, status=status)


@page
def subject(request: HttpRequest, reference: str) -> HttpResponse:
    """ "Dienstverlener overnemen uit IMI": all of it optional until filing."""
    user = user_of(request)
    info_request = request_for(user, reference, Grant.CHANGE_PERSON)
    data = request.POST or None
    answers = info_request.state == State.ACCEPTED
    look = permissions.look(user, info_request, Part.PERSON, Purpose.ANSWER if answers else Purpose.FILE)
    known = case.subject(info_request, look)
    form = SubjectForm(data, initial=SubjectForm.initial_of(known))
    numbers = NumberFormSet(data, initial=None if data else known.get("numbers", []), prefix="numbers")
    if request.method == "POST" and form.is_valid() & numbers.is_valid():
        given = form.as_subject(numbers.filled())  # type: ignore[attr-defined]
        try:
            if not (given or known):
                raise DomainError(_("Nothing is filled in yet. Fill in at least one field, or go back."))
            answering.complete_subject(info_request=info_request, actor=user, subject=given)
        except DomainError as error:
            form.add_error(None, str(error.message))
        else:
            messages.success(request, _("The provider is saved."))
            return redirect("requests_app:detail", reference)
    refused = form.is_bound and not (form.is_valid() and numbers.is_valid())
    status = 422 if refused else None
    return _render(request, info_request, "subject", form=form, numbers=numbers, refused=refused, status=status)


@dataclass(frozen=True)
class _Neighbours:
    """Where to go from a tab: the tabs beside it, and the questions that wait for an answer."""

    before: TabView | None
    after: TabView | None
    open: list[OpenQuestion]


def _neighbours(info_request: InformationRequest, tabs: list[TabView], letter: str) -> _Neighbours:
    at = next(index for index, tab in enumerate(tabs) if tab.letter == letter)
    before = tabs[at - 1] if at else None
    after = tabs[at + 1] if at + 1 < len(tabs) else None
    return _Neighbours(before, after, open_questions(info_request))


def _tab_of(tabs: list[TabView], letter: str) -> TabView:
    for tab in tabs:
        if tab.letter == letter:
            return tab
    raise Http404


@page
def tab(request: HttpRequest, reference: str, letter: str) -> HttpResponse:
    """Before acceptance the questions; for the handler who accepted the form; afterwards the answers (ANS-01)."""
    if request.method == "POST":
        return _save_tab(request, reference, letter)
    user = user_of(request)
    info_request = request_for(user, reference, Grant.READ_PERSON, Grant.READ_QUESTIONS)
    grants = permissions.grants_of(user, info_request)
    personal = Grant.READ_PERSON in grants
    editing = Grant.ANSWER in grants and info_request.prepared_step == PreparedStep.NONE
    part = Part.PERSON if personal else Part.QUESTIONS
    look = permissions.look(user, info_request, part, _purpose(info_request, grants, editing=editing))
    tabs = case.tabs(info_request, look, with_answers=personal)
    shown = _tab_of(tabs, letter)
    form = TabForm(shown, _language(info_request)) if editing else None
    further = relations.asked_further(info_request, look) if personal else []
    return _render_tab(request, info_request, tabs, shown, form, personal=personal, further=further)


def _purpose(info_request: InformationRequest, grants: frozenset[Grant], *, editing: bool) -> Purpose:
    if editing:
        return Purpose.ANSWER
    if info_request.accepted_at is None:
        return Purpose.ALLOCATE if Grant.ASSIGN in grants else Purpose.JUDGE
    return Purpose.READ


def _language(info_request: InformationRequest) -> str:
    """Of a suggested text: one that the requester reads (ANS-07, IN-16)."""
    return catalogue.language_for(info_request.language)


def _render_tab(
    request: HttpRequest,
    info_request: InformationRequest,
    tabs: list[TabView],
    shown: TabView,
    form: TabForm | None,
    *,
    personal: bool,
    further: list[case.TextView],
    status: int | None = None,
) -> HttpResponse:
    return _render(
        request,
        info_request,
        "tab",
        f"tab-{shown.letter}",
        form=form,
        tab=shown,
        personal=personal,
        done=sum(each.done for each in tabs),
        total=sum(each.total for each in tabs),
        neighbours=_neighbours(info_request, tabs, shown.letter),
        asked_further=further,
        files_lost=form is not None and form.is_bound and bool(request.FILES),
        status=status,
    )


def _save_tab(request: HttpRequest, reference: str, letter: str) -> HttpResponse:
    """Whole or not at all. What was typed comes back whatever stands in the way, also when it was sent meanwhile."""
    user = user_of(request)
    info_request = request_for(user, reference, Grant.READ_PERSON)
    look = permissions.look(user, info_request, Part.PERSON, Purpose.ANSWER)
    tabs = case.tabs(info_request, look, with_answers=True)
    shown = _tab_of(tabs, letter)
    form = TabForm(shown, _language(info_request), request.POST, request.FILES)
    status = 422
    if _files_dropped(request):
        form.add_error(None, _("The files are too large together. Add them in parts of at most 60 MB."))
    if form.is_valid():
        try:
            saved_at = _save(info_request, user, form)
        except answering.AnswersChanged:
            form.show_saved(_tab_of(case.tabs(info_request, look, with_answers=True), letter))
        except DomainError as error:
            form.add_error(None, str(error.message))
            status = 409 if isinstance(error, StepNotPossible) else 422
        else:
            messages.success(request, _("Saved at %(time)s.") % {"time": dutch_time(saved_at)})
            return redirect("requests_app:tab", reference, letter)
    further = relations.asked_further(info_request, look)
    return _render_tab(request, info_request, tabs, shown, form, personal=True, further=further, status=status)


def _save(info_request: InformationRequest, user: User, form: TabForm) -> datetime:
    return answering.save_tab(
        info_request=info_request,
        actor=user,
        tab=form.tab.letter,
        contents=form.changed(),
        versions=form.versions(),
        sent=form.sent(),
        files=form.new_files(),
        submission=form.cleaned_data["submission"],
    )


@require_POST
def save_answer(request: HttpRequest, reference: str, letter: str, question: UUID) -> HttpResponse:
    """One answer, sent by the page itself; the reply is the parts of the page that follow from it (ANS-02, SP-14)."""
    user = user_of(request)
    info_request = request_for(user, reference, Grant.READ_PERSON)
    tab = bare_tab(info_request, letter, question)
    named = SaveForm(request.POST)
    if tab is None or not named.is_valid():
        raise Http404
    form = TabForm(tab, _language(info_request), request.POST)
    if not form.is_valid():
        faults = [str(fault) for field in form.errors.values() for fault in field]
        return _parts(request, info_request, tab, fault=" ".join(faults), status=422)
    if form.is_untouched(question):
        return _parts(request, info_request, tab, form=form, version=form.versions()[question])
    try:
        saved = answering.save_answer(
            info_request=info_request,
            actor=user,
            tab=letter,
            question=question,
            content=form.contents[question],
            version=form.versions()[question],
            token=named.cleaned_data["token"],
            sent=form.sent()[question],
        )
    except answering.AnswersChanged:
        return _both_answers(request, info_request, letter, question)
    except DomainError as error:
        outcome = "frozen" if isinstance(error, StepNotPossible) else "fault"
        status = 409 if outcome == "frozen" else 422
        return _parts(request, info_request, tab, outcome=outcome, fault=str(error.message), status=status)
    return _parts(request, info_request, tab, form=form, version=saved.version)


def _both_answers(request: HttpRequest, info_request: InformationRequest, letter: str, question: UUID) -> HttpResponse:
    """What was saved elsewhere beside what was typed; no conflict when they are the same."""
    look = permissions.look(user_of(request), info_request, Part.PERSON, Purpose.ANSWER)
    tab = _tab_of(case.tabs(info_request, look, with_answers=True), letter)
    asked = tuple(each for each in tab.questions if each.uuid == question)
    form = TabForm(replace(tab, questions=asked), _language(info_request), request.POST)
    form.is_valid()
    form.show_saved(tab)
    row = form.rows[0]
    if not row.saved_elsewhere:
        return _parts(request, info_request, form.tab, form=form, version=asked[0].version)
    return _parts(request, info_request, form.tab, outcome="conflict", row=row, version=asked[0].version, status=409)


def _parts(
    request: HttpRequest, info_request: InformationRequest, tab: TabView, *, status: int = 200, **facts: Any
) -> HttpResponse:
    """What of a tab changes with an answer, each part with its id; the page puts them in their places."""
    form = facts.get("form")
    question = tab.questions[0]
    fresh = bare_tab(info_request, tab.letter)
    assert fresh is not None  # noqa: S101 - the question was on it a moment ago
    now = next(each for each in fresh.questions if each.uuid == question.uuid)
    shown = replace(now, answer=form.contents[question.uuid] if form else question.answer, files=question.files)
    progress = case.tab_progress(info_request)
    context = {
        "outcome": "saved" if form else "fault",
        "question": shown,
        "questions": fresh.questions,
        "base": form.digest(question.uuid) if form else "",
        "letter": tab.letter,
        "done": sum(each.done for each in progress),
        "total": sum(each.total for each in progress),
        "tab": fresh,
        "open": open_questions(info_request),
        "frame": frame_for(user_of(request), info_request, f"tab-{tab.letter}"),
        "info_request": info_request,
    }
    return render(request, "requests_app/answering/parts.html", context | facts, status=status)


def _files_dropped(request: HttpRequest) -> bool:
    """Django takes no file at all from a body that is larger than may stay in memory (SP-15)."""
    return int(request.META.get("CONTENT_LENGTH") or 0) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE


@page
def add_attachment(request: HttpRequest, reference: str, letter: str, question: UUID) -> HttpResponse:
    """An attachment belongs to a question (ANS-08). A page that uploads by itself gets the parts that change."""
    user = user_of(request)
    info_request = request_for(user, reference, Grant.ANSWER)
    look = permissions.look(user, info_request, Part.PERSON, Purpose.ANSWER)
    shown = _tab_of(case.tabs(info_request, look, with_answers=True), letter)
    asked = next((each for each in shown.questions if each.uuid == question), None)
    if asked is None:
        raise Http404
    form = AttachmentForm()
    if request.method == "POST":
        form = AttachmentForm(request.POST, request.FILES)
        if _files_dropped(request):
            form.add_error(None, _("The files are too large together. Add them in parts of at most 60 MB."))
        if form.is_valid():
            try:
                answering.add_attachments(
                    info_request=info_request,
                    actor=user,
                    question=question,
                    files=form.cleaned_data["attachments"],
                    submission=form.cleaned_data["submission"],
                )
            except DomainError as error:
                form.add_error(None, str(error.message))
            else:
                count = len(form.cleaned_data["attachments"])
                added = ngettext("One attachment is added.", "%(count)d attachments are added.", count)
                if _is_htmx(request):
                    return _files_added(request, info_request, shown, question, added % {"count": count})
                messages.success(request, added % {"count": count})
                return redirect(_question_url(reference, asked.tab, asked.number))
        if _is_htmx(request):
            context = {"question": asked, "faults": [fault for field in form.errors.values() for fault in field]}
            return render(request, "requests_app/answering/upload_faults.html", context, status=422)
    return _render(request, info_request, "add_attachment", f"tab-{letter}", form=form, question=asked)


def _is_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def _files_added(
    request: HttpRequest, info_request: InformationRequest, tab: TabView, question: UUID, said: str
) -> HttpResponse:
    look = permissions.look(user_of(request), info_request, Part.PERSON, Purpose.ANSWER)
    fresh = _tab_of(case.tabs(info_request, look, with_answers=True), tab.letter)
    asked = tuple(each for each in fresh.questions if each.uuid == question)
    return _parts(request, info_request, replace(fresh, questions=asked), outcome="added", said=said)


def _question_url(reference: str, letter: str, number: int) -> str:
    return reverse("requests_app:tab", args=[reference, letter]) + f"#question-{letter}-{number}"


@page
def remove_attachment(request: HttpRequest, reference: str, file: UUID) -> HttpResponse:
    user = user_of(request)
    info_request = request_for(user, reference, Grant.ANSWER)
    look = permissions.look(user, info_request, Part.PERSON, Purpose.ANSWER)
    questions = [each for tab in case.tabs(info_request, look, with_answers=True) for each in tab.questions]
    found = next(
        (
            (asked, added)
            for asked in questions
            for added in asked.files
            if added.uuid == file and added.kind == FileKind.ANSWER_ATTACHMENT
        ),
        None,
    )
    if found is None:
        raise Http404
    asked, added = found
    form = RemoveForm(request.POST) if request.method == "POST" else RemoveForm()
    if request.method == "POST" and form.is_valid():
        answering.remove_attachment(info_request=info_request, actor=user, file=file, **form.cleaned_data)
        messages.success(request, _("The attachment is removed."))
        return redirect(_question_url(reference, asked.tab, asked.number))
    return _render(
        request, info_request, "remove_attachment", f"tab-{asked.tab}", form=form, question=asked, file=added
    )


@page
def send(request: HttpRequest, reference: str) -> HttpResponse:
    """What will be sent, the two declarations, and the mandate (ANS-23). Nothing of them is stored."""
    user = user_of(request)
    info_request = for_own_step(request, reference, Action.ANSWERED, Grant.ANSWER)
    if info_request.prepared_step:
        return redirect(_prepared_page(info_request), reference)
    form = SendForm(request.POST) if request.method == "POST" else SendForm()
    if request.method == "POST" and form.is_valid():
        through_imi = info_request.channel == Channel.IMI
        try:
            if through_imi:
                answering.prepare_answer(info_request=info_request, actor=user)
            else:
                answering.send_answer(info_request=info_request, actor=user)
        except StepNotPossible:
            raise
        except DomainError as error:
            form.add_error(None, str(error.message))
        else:
            if through_imi:
                messages.success(request, _("The answer is ready. Enter it into IMI now, or later."))
                return redirect("requests_app:enter_in_imi", reference)
            messages.success(request, _("The answer is sent."))
            return redirect("requests_app:detail", reference)
    look = permissions.look(user, info_request, Part.PERSON, Purpose.SEND)
    return _render(
        request,
        info_request,
        "send",
        form=form,
        tabs=case.tabs(info_request, look, with_answers=True),
        missing=open_questions(info_request),
        no_mandate=_no_mandate(info_request, user),
    )


def _prepared_page(info_request: InformationRequest) -> str:
    name = "enter_in_imi" if info_request.prepared_step == PreparedStep.ANSWER else "prepared"
    return f"requests_app:{name}"


def _no_mandate(info_request: InformationRequest, user: User) -> str:
    """Whom to ask, or nothing when this user has a mandate today."""
    try:
        workflow.require_mandate(info_request, user, clock.now())
    except workflow.NoMandate as error:
        return str(error.message)
    return ""


@page
def enter_in_imi(request: HttpRequest, reference: str) -> HttpResponse:
    """ "Invullen in IMI", in IMI's order; the ticks only help to remember (design idea 8)."""
    user = user_of(request)
    info_request = for_own_step(request, reference, Action.ANSWERED, Grant.ANSWER)
    if info_request.prepared_step != PreparedStep.ANSWER:
        return redirect("requests_app:send", reference)
    form = DoneInImiForm(request.POST) if request.method == "POST" else DoneInImiForm()
    if request.method == "POST" and form.is_valid():
        try:
            answering.send_answer(info_request=info_request, actor=user, done_at=form.cleaned_data["done_at"])
        except StepNotPossible:
            raise
        except DomainError as error:
            form.add_error("done_at", str(error.message))
        else:
            messages.success(request, _("The answer is recorded as sent in IMI."))
            return redirect("requests_app:detail", reference)
    look = permissions.look(user, info_request, Part.PERSON, Purpose.SEND)
    tabs = case.tabs(info_request, look, with_answers=True)
    return _render(request, info_request, "enter_in_imi", form=form, tabs=tabs)


@page
def already_answered(request: HttpRequest, reference: str) -> HttpResponse:
    """The short route: "Ik heb al in IMI geantwoord" (design idea 8)."""
    user = user_of(request)
    info_request = for_own_step(request, reference, Action.ANSWERED, Grant.ANSWER)
    if info_request.channel != Channel.IMI:
        raise DomainError(_("This request does not run in IMI."))
    look = permissions.look(user, info_request, Part.PERSON, Purpose.SEND)
    tabs = case.tabs(info_request, look, with_answers=True)
    form = AlreadyAnsweredForm(tabs)
    if request.method == "POST":
        form = AlreadyAnsweredForm(tabs, request.POST, request.FILES)
        if _files_dropped(request):
            form.add_error("report", _("This file is too large."))
        if form.is_valid():
            try:
                answering.record_answer_in_imi(
                    info_request=info_request,
                    actor=user,
                    done_at=form.cleaned_data["done_at"],
                    report=form.cleaned_data["report"],
                    excused=form.excused(),
                )
            except StepNotPossible:
                raise
            except DomainError as error:
                form.add_error(None, str(error.message))
            else:
                messages.success(request, _("The answer in IMI is recorded."))
                return redirect("requests_app:detail", reference)
    return _render(request, info_request, "already_answered", form=form, no_mandate=_no_mandate(info_request, user))
