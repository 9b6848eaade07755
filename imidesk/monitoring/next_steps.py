"""What one line of Start says: what is to be done, until when, by whom, and the page where it is done (design 5)."""

from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from archive.retention import unfiled_until
from imidesk.core.templatetags.desk import dutch_date
from imidesk.monitoring.selectors import Place
from requests_app import guards
from requests_app.models import InformationRequest
from requests_app.selectors.first_lines import Work
from requests_app.vocabulary import BEFORE_ACCEPTANCE, DataState, PreparedStep, State


@dataclass(frozen=True)
class Step:
    task: str
    url: str
    due_label: str = ""
    due_on: date | None = None


def step_of(work: Work, name: str, place: Place) -> Step:
    """By the list it stands in, and otherwise by its state."""
    request = work.info_request
    task, page = _by_list(work, name) or _by_state(work, place)
    url = page if page.startswith("/") else _page(request, *page.split())
    if name == "brief_te_versturen":
        return Step(task, url, _("Send by"), request.letter_due_on)
    if name == "wissen_14":
        record = getattr(request, "retention_record", None)
        return Step(task, url, _("Personal data erased on"), record.erase_on if record else None)
    if name == "betrokkene_inlichten":
        return Step(task, url, _("Tell by"), request.tell_by)
    if name == "vertraging" and request.delay_until:
        return Step(task, url, _("Expected on"), request.delay_until)
    return Step(task, url, *_due(request))


def _page(request: InformationRequest, page: str, *args: str) -> str:
    return reverse(page if ":" in page else f"requests_app:{page}", args=[request.reference, *args])


def _due(request: InformationRequest) -> tuple[str, date | None]:
    if request.has_ended:
        return _due_after_end(request)
    if request.state == State.ANSWERED:
        return "", None
    if request.state in BEFORE_ACCEPTANCE:
        return _("Accept by"), request.accept_by
    return _("Answer by"), request.answer_due_on


def _due_after_end(request: InformationRequest) -> tuple[str, date | None]:
    """Until blocking its day; then how long the filing package lives; what happened already is no deadline."""
    record = getattr(request, "retention_record", None)
    if record is None:
        return "", None
    if request.data_state == DataState.OPEN:
        return _("Personal data blocked on"), record.block_on
    if _can_be_filed(request):
        facts = {"day": dutch_date(record.blocked_at)}
        return _("Blocked on %(day)s; saving is possible until") % facts, unfiled_until(record.erase_on)
    return "", None


def _can_be_filed(request: InformationRequest) -> bool:
    """After blocking from the package, which only what needs filing has; after erasure there is nothing left."""
    if request.data_state == DataState.OPEN:
        return request.accepted_at is not None and request.filed_at is None
    return request.data_state == DataState.BLOCKED and request.needs_filing


def _by_list(work: Work, name: str) -> tuple[str, str] | None:
    request = work.info_request
    if name in ("niet_opgepakt", "toe_te_wijzen", "geen_behandelaar"):
        if request.state == State.RECEIVED:
            return _("Choose a team or a handler"), "assign"
        return _("Ask the team, or choose a handler"), "assign"
    if name == "vraagt_toewijzing":
        task = _("%(person)s asks for this request: allocate it") % {"person": request.wished_by}
        return task, "assign"
    if name == "behandelaar_weg":
        return _("Hand over the work of %(who)s") % {"who": work.who}, reverse("requests_app:hand_over")
    simple = {
        "oppakken": (_("Take it up"), "take_up"),
        "ook_aanvaarden": (
            _("Take the filing over") if work.info_request.has_ended else _("Accept it yourself as well"),
            "join",
        ),
        "brief_te_versturen": (_("Send the letter to the provider"), "letter"),
        "betrokkene_inlichten": (_("Tell the data subject, or say why not"), "tell_person"),
        "advies_ontvangen": (_("Read the advice of the lawyer"), "ask_advice"),
        "advies_gevraagd": (_("Read the questions and give your advice"), "ask_advice"),
        "taak_niet_geplaatst": (_("Send the task in Corsa"), "task"),
        "te_corrigeren": (_("Decide on the date of the end"), "correct_end"),
        "te_beslissen": (_("Agree or decline, with a second person"), "detail"),
        "blokkeren_14": (_("Check the date of the end"), "detail"),
        "wissen_14": (_("Check the date of the end"), "detail"),
        "vertraging": (_("Look whether help is needed"), "detail"),
        "ik_lees_mee": (_("Read along"), "detail"),
    }
    return simple.get(name)


def _by_state(work: Work, place: Place) -> tuple[str, str]:
    request = work.info_request
    if request.has_ended:
        return _after_end(work, place)
    if request.state == State.ANSWERED:
        if work.has_accepted or place.allocates(request):
            return _closing(request), "close"
        return _("Wait until the requester closes it"), "detail"
    if request.prepared_step:
        return _prepared(work)
    if request.state == State.ACCEPTED:
        return _to_answer(work)
    return _before_acceptance(work, place)


def _closing(request: InformationRequest) -> str:
    if guards.through_imi(request):
        return _("The requester closes it in IMI; then record the date")
    return _("The requester closes it; then record the date")


def _after_end(work: Work, place: Place) -> tuple[str, str]:
    """Filing is for the handler who accepted; others see whom to wait for (design 3)."""
    request = work.info_request
    if _can_be_filed(request):
        if work.has_accepted:
            return _("Save the reports in Corsa"), "archive:file"
        if work.who:
            return _("Wait until %(who)s saves the reports in Corsa") % {"who": work.who}, "detail"
        return _("Choose a handler who saves the reports in Corsa"), "detail"
    if work.is_mine or place.allocates(request):
        return _("Sign the task off in Corsa"), "archive:sign_off"
    return _("Wait until the task is signed off in Corsa"), "detail"


def _prepared(work: Work) -> tuple[str, str]:
    request = work.info_request
    step = PreparedStep(request.prepared_step)
    if not work.is_mine:
        facts = {"who": work.who, "step": step.label}
        return _("Wait until %(who)s does this in IMI: %(step)s") % facts, "detail"
    page = "enter_in_imi" if step == PreparedStep.ANSWER else "prepared"
    return _("Do in IMI: %(step)s") % {"step": step.label}, page


def _to_answer(work: Work) -> tuple[str, str]:
    if not work.is_mine:
        return _("Wait until %(who)s sends the answer") % {"who": work.who}, "detail"
    if not work.has_accepted:
        return _("Accept it yourself as well"), "join"
    if not work.progress:
        return _("Take the questions over from IMI"), "choose_questions"
    if work.first_open_tab:
        return _("Answer the questions"), f"tab {work.first_open_tab}"
    return _("Send the answer"), "send"


def _before_acceptance(work: Work, place: Place) -> tuple[str, str]:
    request = work.info_request
    if work.is_mine:
        if not work.progress:
            return _("Take the questions over from IMI"), "choose_questions"
        return _("Read the questions and decide"), "accept"
    if request.state == State.RECEIVED:
        if place.allocates(request):
            return _("Choose a team or a handler"), "assign"
        return _("Wait until the allocator chooses a team or a handler"), "detail"
    return _("Wait until %(who)s accepts, forwards or refuses") % {"who": work.who}, "detail"
