"""The frame round every page of one request: what it is, who has it, and what this user may do now (design 8)."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from authorities.models import User
from requests_app import guards
from requests_app.models import (
    AdviceRequest,
    EndCorrection,
    InformationRequest,
    Preparation,
    ProviderLetter,
    Viewer,
)
from requests_app.selectors import case, relations, waiting
from requests_app.selectors.dates import Why, why_accept_by, why_answer_by
from requests_app.selectors.letters import open_letter
from requests_app.selectors.steps import current_allocations, preparation_of
from requests_app.vocabulary import BEFORE_ACCEPTANCE, RUNNING, Action, DataState, Grant, PreparedStep, State


@dataclass(frozen=True)
class Stage:
    label: str
    done: bool
    current: bool


@dataclass(frozen=True)
class FrameTab:
    label: str
    url: str
    current: bool
    note: str = ""


@dataclass(frozen=True)
class StepLink:
    """A step this user may take: a page, or a button that posts."""

    name: str
    label: str
    url: str
    post: bool = False
    primary: bool = False
    danger: bool = False


@dataclass(frozen=True)
class Hidden:
    """What this user does not see, and the rule that says so."""

    label: str
    rule: str
    question: str
    why: str


@dataclass(frozen=True)
class Frame:
    info_request: InformationRequest
    grants: frozenset[Grant]
    current: str
    state_label: str
    state_code: str
    data_label: str
    stages: list[Stage]
    tabs: list[FrameTab]
    team: str
    handlers: list[str]
    mine: bool
    accept_by: date | None
    answer_by: date | None
    preparation: Preparation | None
    prepared_url: str
    next_step: str
    wishes: list[waiting.Wish] = field(default_factory=list)
    delay: waiting.Delay | None = None
    steps: list[StepLink] = field(default_factory=list)
    hidden: list[Hidden] = field(default_factory=list)
    viewer: Viewer | None = None

    @property
    def why_accept_by(self) -> Why:
        return why_accept_by(self.info_request)

    @property
    def why_answer_by(self) -> Why | None:
        return why_answer_by(self.info_request)

    @property
    def on_tab(self) -> bool:
        return self.current.startswith("tab-")

    @property
    def first_steps(self) -> list[StepLink]:
        return [step for step in self.steps if step.primary]

    @property
    def other_steps(self) -> list[StepLink]:
        return [step for step in self.steps if not step.primary]


def frame_for(user: User, info_request: InformationRequest, current: str) -> Frame:
    """`current` is "overview", "tab-A" (…), "files", "timeline", "reports", or "" on the page of a step."""
    grants = InformationRequest.objects.grants(user, info_request.pk)
    allocations = current_allocations(info_request)
    facts = _Facts(
        info_request=info_request,
        grants=grants,
        progress=case.tab_progress(info_request),
        has_handler=any(allocation.handler_id for allocation in allocations),
        has_team=any(allocation.handler_id is None for allocation in allocations),
        mine=any(allocation.handler_id == user.pk for allocation in allocations),
        wishes=waiting.wishes(user, info_request),
        letter=open_letter(info_request) if Grant.SEND_LETTER in grants else None,
        recorded=Grant.CONFIRM in grants and relations.is_recorded_for(info_request, user),
        viewer=relations.viewing(user, info_request) if _reads_only(grants) else None,
        advice=relations.open_advice(info_request) if grants & {Grant.ASK_ADVICE, Grant.GIVE_ADVICE} else None,
        correction=relations.open_correction(info_request) if Grant.CORRECT_END in grants else None,
        user_id=user.pk,
    )
    preparation = None
    if info_request.prepared_step:
        preparation = preparation_of(info_request)
    return Frame(
        info_request=info_request,
        grants=grants,
        current=current,
        state_label=info_request.get_state_display(),
        state_code=info_request.state,
        data_label="" if facts.is_open else info_request.get_data_state_display(),
        stages=_stages(info_request),
        tabs=_tabs(facts, current),
        team=next((str(a.team) for a in allocations if a.team and not a.handler_id), ""),
        handlers=[str(allocation.handler) for allocation in allocations if allocation.handler],
        mine=facts.mine,
        accept_by=info_request.accept_by if info_request.state in BEFORE_ACCEPTANCE else None,
        answer_by=info_request.answer_due_on if info_request.state in RUNNING else None,
        preparation=preparation,
        prepared_url=_prepared_url(info_request) if facts.works_on_preparation else "",
        next_step=_next_step(facts),
        wishes=[wish for wish in facts.wishes if wish.is_own or facts.may(Grant.ASSIGN)],
        delay=waiting.delay(info_request),
        steps=_steps(facts),
        hidden=_hidden(facts),
        viewer=facts.viewer,
    )


def _reads_only(grants: frozenset[Grant]) -> bool:
    return Grant.READ_PERSON in grants and Grant.CHANGE_PERSON not in grants


@dataclass(frozen=True)
class _Facts:
    info_request: InformationRequest
    grants: frozenset[Grant]
    progress: list[case.TabProgress]
    has_handler: bool
    mine: bool
    has_team: bool = False
    wishes: list[waiting.Wish] = field(default_factory=list)
    letter: ProviderLetter | None = None
    recorded: bool = False
    viewer: Viewer | None = None
    advice: AdviceRequest | None = None
    correction: EndCorrection | None = None
    user_id: int = 0

    def may(self, *grants: Grant) -> bool:
        return not self.grants.isdisjoint(grants)

    @property
    def is_open(self) -> bool:
        return self.info_request.data_state == DataState.OPEN

    @property
    def is_free(self) -> bool:
        return guards.not_prepared(self.info_request)

    @property
    def works_on_preparation(self) -> bool:
        deciding = (Grant.ACCEPT, Grant.FORWARD, Grant.REFUSE, Grant.ANSWER)
        return not self.is_free and self.may(*deciding)

    @property
    def total(self) -> int:
        return sum(tab.total for tab in self.progress)

    @property
    def unanswered(self) -> int:
        return sum(tab.total - tab.done for tab in self.progress)

    @property
    def first_open_tab(self) -> str:
        return next((tab.letter for tab in self.progress if tab.done < tab.total), "")

    @property
    def may_accept(self) -> bool:
        return self.is_to_decide and self.is_free and self.total > 0 and guards.may_accept(self.info_request)

    @property
    def is_to_decide(self) -> bool:
        """Where preference 4 is Nee every handler may, until one of them has it (NOT-08)."""
        return self.may(Grant.ACCEPT) and (self.mine or not self.has_handler)

    @property
    def may_claim(self) -> bool:
        return self.is_to_decide and not self.mine and self.info_request.state == State.RECEIVED and self.is_free

    @property
    def may_ask(self) -> bool:
        """Who may take it up himself need not ask; where preference 4 is Nee nobody allocates (IN-06)."""
        asks = self.may(Grant.ASK_ALLOCATION) and not self.may(Grant.TAKE_UP, Grant.ACCEPT) and not self.mine
        return asks and self.is_free and not any(wish.is_own for wish in self.wishes)

    @property
    def to_confirm(self) -> bool:
        """Somebody recorded that this handler accepted in IMI; he says so himself (IMI-04)."""
        return self.may(Grant.CONFIRM) and self.recorded

    @property
    def to_join(self) -> bool:
        """Another handler accepted; this one has not yet (design idea 2)."""
        return self.may(Grant.CONFIRM) and not self.recorded and self.can_be_taken_over

    @cached_property
    def can_be_taken_over(self) -> bool:
        return guards.was_accepted(self.info_request) and guards.can_be_taken_over(self.info_request)

    @property
    def decides(self) -> bool:
        return self.correction is not None and self.correction.proposed_by_id != self.user_id

    @property
    def asked_further(self) -> bool:
        return self.info_request.state == State.ACCEPTED and self.info_request.clarified_at is not None

    @property
    def task_to_sign_off(self) -> bool:
        request = self.info_request
        return self.may(Grant.SIGN_OFF) and bool(request.task_number) and request.task_signed_off_on is None

    @property
    def to_file(self) -> bool:
        open_or_package = Grant.FILE if self.is_open else Grant.HAND_OVER
        return self.may(open_or_package) and guards.not_filed(self.info_request)

    @property
    def to_tell(self) -> bool:
        """The letter of AVG article 14; nobody is told about an invented person (DP-10)."""
        request = self.info_request
        return self.may(Grant.SEND_LETTER) and request.is_person_to_tell and not request.fictitious

    @property
    def to_block(self) -> bool:
        return self.may(Grant.BLOCK_NOW) and guards.done_with(self.info_request)

    def url(self, name: str, *args: str) -> str:
        return reverse(name if ":" in name else f"requests_app:{name}", args=[self.info_request.reference, *args])


def _stages(info_request: InformationRequest) -> list[Stage]:
    """The road of a request; one that ended before shows the end it reached instead of what it will not reach."""
    reached = [
        (State.RECEIVED, True),
        (State.ASSIGNED, info_request.state != State.RECEIVED),
        (State.ACCEPTED, info_request.accepted_at is not None),
        (State.ANSWERED, info_request.answered_at is not None and info_request.state != State.ACCEPTED),
        (State.CLOSED, info_request.state == State.CLOSED),
    ]
    if info_request.has_ended and info_request.state != State.CLOSED:
        reached = [(state, done) for state, done in reached if done and state != State.ASSIGNED]
        reached.append((State(info_request.state), True))
    return [
        Stage(str(state.label), done=done and state != info_request.state, current=state == info_request.state)
        for state, done in reached
    ]


def _tabs(facts: _Facts, current: str) -> list[FrameTab]:
    found = [FrameTab(_("Overview"), facts.url("detail"), current == "overview")]
    if facts.may(Grant.READ_QUESTIONS):
        found += [
            FrameTab(
                tab.letter,
                facts.url("tab", tab.letter),
                current == f"tab-{tab.letter}",
                f"{tab.done}/{tab.total}" if facts.info_request.accepted_at else f"{tab.total}",
            )
            for tab in facts.progress
        ]
    if facts.may(Grant.READ_QUESTIONS, Grant.READ_PERSON):
        found.append(FrameTab(_("Files"), facts.url("files"), current == "files"))
    if facts.may(Grant.READ_TIMELINE):
        found.append(FrameTab(_("Timeline"), facts.url("timeline"), current == "timeline"))
        found.append(FrameTab(_("Reports"), facts.url("archive:reports"), current == "reports"))
    return found


def _prepared_url(info_request: InformationRequest) -> str:
    name = "enter_in_imi" if info_request.prepared_step == PreparedStep.ANSWER else "prepared"
    return reverse(f"requests_app:{name}", args=[info_request.reference])


def _next_step(facts: _Facts) -> str:
    """What comes now, in words for this user."""
    request = facts.info_request
    if request.data_state == DataState.ERASED:
        return _("The personal data are erased. The dates remain.")
    if request.data_state == DataState.BLOCKED:
        if facts.to_file and request.needs_filing:
            return _("Save the reports in Corsa: the filing package waits for you. All else is blocked.")
        return _("The personal data are blocked. The dates remain.")
    if request.prepared_step:
        return _next_prepared(facts)
    if facts.may(Grant.GIVE_ADVICE):
        return _("A handler asks for your advice. Read the questions and answer.")
    if request.has_ended:
        return _next_after_end(facts)
    return {
        State.RECEIVED: _next_received,
        State.ASSIGNED: _next_assigned,
        State.ACCEPTED: _next_accepted,
        State.ANSWERED: _next_answered,
    }[State(request.state)](facts)


def _next_prepared(facts: _Facts) -> str:
    if not facts.works_on_preparation:
        return _("Wait until the handler has done this in IMI.")
    if facts.info_request.prepared_step == PreparedStep.ANSWER:
        return _("Enter the answer into IMI and record that it was sent.")
    return _("Do this in IMI and record when you did it.")


def _next_received(facts: _Facts) -> str:
    if facts.is_to_decide:
        return _next_deciding(facts)
    if facts.may(Grant.ASSIGN):
        if facts.wishes:
            people = ", ".join(wish.person for wish in facts.wishes)
            return _("%(people)s asks for this request. Choose a handler.") % {"people": people}
        return _("Choose a team or a handler.")
    if facts.may_ask:
        return _("Wait until the allocator chooses, or ask for the request yourself.")
    return _("Wait until the allocator chooses a team or a handler.")


def _next_assigned(facts: _Facts) -> str:
    if facts.is_to_decide:
        return _next_deciding(facts)
    if facts.may(Grant.TAKE_UP) and not facts.has_handler:
        return _("Your team has this request. Take it up.")
    if facts.may(Grant.PLACE_TASK) and not facts.info_request.task_number:
        return _("Send the task in Corsa.")
    if not facts.has_handler:
        return _("Wait until a handler of the team takes this up.")
    return _("Wait until the handler accepts, forwards or refuses.")


def _next_deciding(facts: _Facts) -> str:
    if not facts.total:
        return _("Take the questions over from IMI.")
    if not guards.may_accept(facts.info_request):
        return _("Read the questions and put the request to the IMI coordinator.")
    return _("Read the questions and decide.")


def _next_confirming(facts: _Facts) -> str:
    if facts.to_confirm:
        return _("Confirm that you accepted this request in IMI.")
    if facts.to_join and not facts.is_open:
        return _("Take the filing over. Then you can save the filing package in Corsa.")
    return _("Accept this request for yourself too. Then you see the provider.") if facts.to_join else ""


def _next_accepted(facts: _Facts) -> str:
    if confirming := _next_confirming(facts):
        return confirming
    if not facts.may(Grant.ANSWER):
        return _("Wait until the handler sends the answer.")
    if not facts.total:
        return _("Take the questions over from IMI.")
    if facts.unanswered:
        return ngettext(
            "Answer the questions: %(count)d still open.",
            "Answer the questions: %(count)d still open.",
            facts.unanswered,
        ) % {"count": facts.unanswered}
    if facts.asked_further:
        return _("The requester asks further. Change or add to the answers and send them again.")
    return _("Every question has an answer. Send the answer.")


def _next_answered(facts: _Facts) -> str:
    if confirming := _next_confirming(facts):
        return confirming
    if facts.letter:
        return _next_letter(facts.letter)
    return _("Wait until the requester closes the request, and record that here.")


def _next_letter(letter: ProviderLetter) -> str:
    day = date_format(letter.due_on, "j F Y")
    return _("Send the letter to the provider, on %(day)s at the latest.") % {"day": day}


def _next_after_end(facts: _Facts) -> str:
    if confirming := _next_confirming(facts):
        return confirming
    if facts.decides:
        return _("Another end date was proposed. Decide on it.")
    if facts.letter:
        return _next_letter(facts.letter)
    if facts.to_file:
        return _("Save the reports in Corsa.")
    if not facts.is_open and facts.may(Grant.REASSIGN) and facts.can_be_taken_over:
        return _("Who accepted this is not there. Choose another handler, who saves the filing package in Corsa.")
    if facts.info_request.filed_at is None and facts.info_request.accepted_at:
        return _("Wait until the handler saves the reports in Corsa.")
    if facts.task_to_sign_off:
        return _("Sign the task off in Corsa.")
    if facts.to_tell and facts.info_request.tell_by:
        day = date_format(facts.info_request.tell_by, "j F Y")
        return _("Tell the data subject or say why not, on %(day)s at the latest (AVG).") % {"day": day}
    return _("Nothing. This request is finished.")


def _steps(facts: _Facts) -> list[StepLink]:
    found = [
        *_steps_in_imi(facts),
        *_steps_of_handler(facts),
        *_steps_of_allocator(facts),
        *_steps_of_relations(facts),
        *_steps_after(facts),
    ]
    first = next((step.name for step in found if step.primary), "")
    return [StepLink(step.name, step.label, step.url, step.post, step.name == first, step.danger) for step in found]


def _steps_in_imi(facts: _Facts) -> list[StepLink]:
    if not facts.works_on_preparation:
        return []
    label = (
        _("Enter the answer in IMI")
        if facts.info_request.prepared_step == PreparedStep.ANSWER
        else _("Record what was done in IMI")
    )
    return [
        StepLink("prepared", label, _prepared_url(facts.info_request), primary=True),
        StepLink("unprepare", _("Back to editing"), facts.url("unprepare"), post=True),
    ]


def _steps_of_handler(facts: _Facts) -> list[StepLink]:
    request = facts.info_request
    found = []
    if facts.may(Grant.TAKE_UP) and facts.is_free and not facts.mine:
        is_first = not facts.has_handler
        found.append(StepLink("take_up", _("I take this up"), facts.url("take_up"), post=True, primary=is_first))
    if facts.may_claim:
        found.append(StepLink("take_up", _("I take this up"), facts.url("take_up"), post=True))
    if facts.may_ask:
        found.append(StepLink("ask_allocation", _("Ask for the allocation to me"), facts.url("ask_allocation")))
    if facts.to_confirm:
        found.append(
            StepLink("confirm_acceptance", _("Confirm the acceptance"), facts.url("confirm_acceptance"), primary=True)
        )
    if facts.to_join:
        found.append(StepLink("join", _("Accept too"), facts.url("join"), primary=True))
    if facts.may_accept:
        found.append(StepLink("accept", _("Accept the request"), facts.url("accept"), primary=True))
    if facts.may(Grant.CHOOSE_QUESTIONS) and facts.is_free:
        is_first = not facts.total and facts.may(Grant.ACCEPT, Grant.ANSWER)
        label = _("Take questions over")
        found.append(StepLink("choose_questions", label, facts.url("choose_questions"), primary=is_first))
    if facts.may(Grant.ANSWER) and facts.is_free:
        found += _steps_of_answering(facts)
    if facts.may(Grant.FORWARD) and facts.is_free:
        found.append(StepLink("forward", _("Forward the request"), facts.url("forward")))
    if facts.may(Grant.REFUSE) and facts.is_free:
        found.append(
            StepLink("refuse", _("Refuse the request"), facts.url("refuse"))
            if guards.may_refuse(request)
            else StepLink("to_coordinator", _("Put to the IMI coordinator"), facts.url("forward") + "?to=nimic")
        )
    if facts.may(Grant.RETURN) and facts.is_free:
        found.append(StepLink("give_back", _("Return the request"), facts.url("give_back")))
    if facts.may(Grant.RETURN_TEAM) and facts.is_free and facts.has_team and not facts.has_handler:
        found.append(StepLink("return_for_team", _("Return for the team"), facts.url("return_for_team")))
    if facts.may(Grant.REPORT_DELAY):
        found.append(StepLink("delay", _("Report a delay"), facts.url("delay")))
    return found


def _steps_of_answering(facts: _Facts) -> list[StepLink]:
    request = facts.info_request
    found = []
    if facts.first_open_tab:
        url = facts.url("tab", facts.first_open_tab)
        found.append(StepLink("answer", _("Answer questions"), url, primary=True))
    elif facts.total:
        found.append(StepLink("send", _("Send the answer"), facts.url("send"), primary=True))
        if facts.asked_further:
            found.append(StepLink("answer", _("Change the answers"), facts.url("tab", facts.progress[0].letter)))
    found.append(StepLink("subject", _("Take the provider over from IMI"), facts.url("subject")))
    if (request.proposed_on and request.agreed_on is None) or request.delay_until:
        found.append(StepLink("agree_date", _("Record the agreed date"), facts.url("agree_date")))
    if guards.through_imi(request):
        found.append(StepLink("already_answered", _("I answered in IMI already"), facts.url("already_answered")))
    return found


def _steps_of_allocator(facts: _Facts) -> list[StepLink]:
    request = facts.info_request
    found = []
    if facts.may(Grant.ASSIGN) and facts.is_free:
        is_new = request.state == State.RECEIVED
        label = _("Choose a team or handler") if is_new else _("Allocate again")
        found.append(StepLink("assign", label, facts.url("assign"), primary=is_new))
    if facts.may(Grant.REASSIGN) and facts.can_be_taken_over:
        label = _("Hand over to another handler")
        found.append(StepLink("reassign", label, facts.url("reassign"), primary=not facts.is_open))
    if facts.may(Grant.PLACE_TASK):
        is_due = request.state != State.RECEIVED and not request.task_number
        label = _("Send the task in Corsa") if not request.task_number else _("Show the task in Corsa")
        found.append(StepLink("task", label, facts.url("task"), primary=is_due))
    if facts.may(Grant.CHOOSE_QUESTIONS) and guards.through_imi(request):
        found.append(StepLink("imi_report", _("Add the PDF of IMI"), facts.url("imi_report")))
    return found


def _steps_of_relations(facts: _Facts) -> list[StepLink]:
    found = []
    if facts.decides:
        found.append(StepLink("correct_end", _("Decide on the end date"), facts.url("correct_end"), primary=True))
    elif facts.may(Grant.CORRECT_END):
        label = _("Show the proposed end date") if facts.correction else _("Correct the end date")
        found.append(StepLink("correct_end", label, facts.url("correct_end")))
    if facts.may(Grant.GIVE_ADVICE):
        found.append(StepLink("ask_advice", _("Give advice"), facts.url("ask_advice"), primary=True))
    elif facts.may(Grant.ASK_ADVICE):
        label = _("Show the question to the lawyer") if facts.advice else _("Ask the lawyer for advice")
        found.append(StepLink("ask_advice", label, facts.url("ask_advice")))
    if facts.may(Grant.ADD_VIEWER):
        found.append(StepLink("add_viewer", _("Let somebody read along"), facts.url("add_viewer")))
    if facts.may(Grant.RECORD_CLARIFICATION):
        found.append(StepLink("clarify", _("Record that the requester asks further"), facts.url("clarify")))
    return found


def _steps_after(facts: _Facts) -> list[StepLink]:
    request = facts.info_request
    found = []
    if facts.letter:
        found.append(StepLink("letter", _("Write the letter to the provider"), facts.url("letter"), primary=True))
    if facts.to_file:
        found.append(StepLink("file", _("Save the reports in Corsa"), facts.url("archive:file"), primary=True))
    if facts.task_to_sign_off:
        url = facts.url("archive:sign_off")
        is_due = request.filed_at is not None or request.accepted_at is None
        found.append(StepLink("sign_off", _("Sign the task off"), url, primary=is_due))
    if facts.may(Grant.SEND_LETTER):
        label = _("Tell the data subject (AVG)") if request.is_person_to_tell else _("Telling the data subject (AVG)")
        is_due = facts.to_tell and request.has_ended
        found.append(StepLink("tell_person", label, facts.url("tell_person"), primary=is_due))
    if facts.to_block:
        found.append(StepLink("block_now", _("Block now"), facts.url("archive:block_now")))
    if facts.may(Grant.ASK_OPENING):
        found.append(StepLink("ask_opening", _("Open blocked data"), facts.url("archive:ask_opening")))
    if facts.may(Grant.DECIDE):
        found.append(StepLink("hold", _("Put erasing off"), facts.url("archive:hold")))
        found.append(StepLink("early_erasure", _("Erase early"), facts.url("archive:early_erasure")))
    if facts.may(Grant.ANNOTATE):
        found.append(StepLink("annotate", _("Annotate the blocked data"), facts.url("archive:annotate")))
    if facts.may(Grant.RECORD_END):
        if request.state == State.ANSWERED:
            found.append(StepLink("close", _("Record the closing"), facts.url("close"), primary=True))
        found.append(StepLink("withdraw", _("Record the withdrawal"), facts.url("withdraw")))
    if facts.may(Grant.MARK_ERROR):
        found.append(StepLink("mark_error", _("Mark as entered in error"), facts.url("mark_error"), danger=True))
    return found


def _hidden(facts: _Facts) -> list[Hidden]:
    """Each with its rule, so that a closed part never looks like a fault (design idea 1)."""
    request = facts.info_request
    question = _("Why do I not see this?") if request.has_ended else _("Why do I not see this yet?")
    if not facts.is_open:
        article = _(
            "Regulation (EU) 1024/2012, article 14: at the latest six months after the end nobody reads the personal"
            " data any more; three years after the end they are erased."
        )
        return [Hidden(_("Provider, questions and answers"), _closed_since(request), question, article)]
    found = []
    if not facts.may(Grant.READ_QUESTIONS, Grant.READ_PERSON):
        why = _(
            "A role opens the list. The questions open to the allocator and to the handler to whom the request is"
            " allocated (IN-03, IN-08)."
        )
        rule = _("only for the allocator and for who has the request")
        found.append(Hidden(_("Questions and motivation"), rule, question, why))
    if not facts.may(Grant.READ_PERSON):
        why = _(
            "Before acceptance nobody sees who the request is about (IN-08). After acceptance only the handler who"
            " accepted it himself does, and whom that handler lets read along (IN-12)."
        )
        if facts.advice and facts.may(Grant.GIVE_ADVICE):
            why = f"{why} {_rule_of_adviser(request)}"
        found.append(Hidden(_("Provider, attachments and answers"), _rule_of_person(request), question, why))
    return found


def _rule_of_adviser(request: InformationRequest) -> str:
    people = relations.accepted_by(request)
    if not people:
        return _("Nobody has accepted yet, so nobody can let you read along.")
    return _("Do you have to know for your advice? Then ask %(people)s to let you read along.") % {
        "people": ", ".join(people)
    }


def _rule_of_person(request: InformationRequest) -> str:
    if request.accepted_at is not None:
        return _("only for the handler who accepted")
    return _("never visible: nobody accepted this request") if request.has_ended else _("visible after accepting")


def _closed_since(request: InformationRequest) -> str:
    """ "Geblokkeerd op 22 oktober 2026": the day comes from the trail, which stays."""
    is_erased = request.data_state == DataState.ERASED
    action = Action.ERASED if is_erased else Action.BLOCKED
    event = next((event for event in reversed(relations.events_told(request)) if event.action == action), None)
    if event is None:
        return str(request.get_data_state_display())
    facts = {"day": date_format(localtime(event.at), "j F Y")}
    return _("erased on %(day)s") % facts if is_erased else _("blocked on %(day)s") % facts
