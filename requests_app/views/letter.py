"""The letter to the provider: written, printed, and recorded as sent (ANS-17)."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from authorities.models import User
from imidesk.core.bilingual import LANGUAGES
from imidesk.core.errors import DomainError
from requests_app import catalogue
from requests_app.forms.letter import SEND, LetterForm, TellForm
from requests_app.models import InformationRequest, ProviderLetter
from requests_app.permissions import look
from requests_app.selectors import letters as selectors
from requests_app.selectors.frame import frame_for
from requests_app.selectors.requests import request_for
from requests_app.services import letters
from requests_app.views.pages import data_of, done, for_step, page, step_page, user_of
from requests_app.vocabulary import Action, Grant, Part, Purpose


def _letter(request: HttpRequest, reference: str) -> tuple[InformationRequest, ProviderLetter]:
    info_request = request_for(user_of(request), reference, Grant.SEND_LETTER)
    found = selectors.letter_of(info_request)
    if found is None:
        raise Http404
    return info_request, found


@require_http_methods(["GET", "HEAD", "POST"])
def letter(request: HttpRequest, reference: str) -> HttpResponse:
    """Another language starts the text anew on the page; what was saved stays until it is saved again."""
    user = user_of(request)
    info_request, row = _letter(request, reference)
    if request.method == "POST":
        form = LetterForm(request.POST)
        if done(form, lambda: _act(form, info_request, user)):
            sent = form.cleaned_data["act"] == SEND
            messages.success(request, _("The letter is recorded as sent.") if sent else _("The letter is saved."))
            return redirect("requests_app:letter", reference)
        return _given_back(request, info_request, form)
    seen = look(user, info_request, Part.PERSON, Purpose.SEND)
    saved = selectors.letter_text(row, seen)
    if row.sent_on is not None:
        return _page(request, info_request, row, saved=saved)
    wanted = request.GET.get("language")
    language = wanted if wanted in LANGUAGES else row.language
    anew = not saved or language != row.language
    text = selectors.prefilled(info_request, seen, user, language) if anew else saved
    form = LetterForm(initial={"language": language, "text": text, "base": selectors.version_of(row)})
    return _page(request, info_request, row, form=form, saved=saved, language=language)


def _given_back(request: HttpRequest, info_request: InformationRequest, form: LetterForm) -> HttpResponse:
    """With what was typed; what another handler saved meanwhile stands beside it, and may then be replaced."""
    _found, row = _letter(request, info_request.reference)
    base = selectors.version_of(row)
    theirs = ""
    if form["base"].value() != base:
        seen = look(user_of(request), info_request, Part.PERSON, Purpose.SEND)
        theirs = selectors.letter_text(row, seen)
        typed = request.POST.copy()
        typed["base"] = base
        form.data = typed
    return _page(request, info_request, row, form=form, theirs=theirs, saved=theirs, status=422)


def _page(
    request: HttpRequest, info_request: InformationRequest, row: ProviderLetter, status: int = 200, **context: object
) -> HttpResponse:
    frame = frame_for(user_of(request), info_request, "")
    context |= {"frame": frame, "info_request": info_request, "letter": row}
    return render(request, "requests_app/letter.html", context, status=status)


def _act(form: LetterForm, info_request: InformationRequest, user: User) -> None:
    given = form.cleaned_data
    words = {"language": given["language"], "text": given["text"], "base": given["base"]}
    if given["act"] == SEND:
        letters.send_letter(info_request=info_request, actor=user, sent_on=given["sent_on"], **words)
    else:
        letters.save_letter(info_request=info_request, actor=user, **words)


@require_safe
def letter_print(request: HttpRequest, reference: str) -> HttpResponse:
    """The saved text alone, for paper."""
    info_request, row = _letter(request, reference)
    seen = look(user_of(request), info_request, Part.PERSON, Purpose.SEND)
    text = selectors.letter_text(row, seen)
    if not text:
        raise DomainError(_("The letter has no text yet."))
    return render(
        request, "requests_app/letter_print.html", {"info_request": info_request, "letter": row, "text": text}
    )


@page
def tell_person(request: HttpRequest, reference: str) -> HttpResponse:
    """AVG article 14: the text to send, and whether it was sent (DP-10)."""
    user = user_of(request)
    info_request = for_step(request, reference, Action.PERSON_TOLD, Grant.SEND_LETTER)
    initial = {"sent_on": info_request.told_on, "reason": info_request.not_told_reason}
    form = TellForm(data_of(request), reasons=catalogue.reasons("not_told"), initial=initial)
    if request.method == "POST" and done(
        form, lambda: letters.tell_person(info_request=info_request, actor=user, **form.cleaned_data)
    ):
        messages.success(request, _("What you did about telling the data subject is recorded."))
        return redirect(info_request)
    wanted = request.GET.get("language")
    language = wanted if wanted in LANGUAGES else "nl"
    seen = look(user, info_request, Part.PERSON, Purpose.SEND)
    text = selectors.prefilled_for_person(info_request, seen, user, language)
    return step_page(request, info_request, "tell_person", {"text": text, "language": language}, form)
