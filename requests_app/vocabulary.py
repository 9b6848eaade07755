"""Words and tables that the audit trail, the permissions and the glossary share."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from authorities.vocabulary import Role


class State(models.TextChoices):
    DRAFT = "draft", _("draft")
    RECEIVED = "received", _("received")
    ASSIGNED = "assigned", _("assigned")
    ACCEPTED = "accepted", _("accepted")
    ANSWERED = "answered", _("answered")
    CLOSED = "closed", _("closed")
    FORWARDED = "forwarded", _("forwarded")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")
    ENTERED_IN_ERROR = "entered_in_error", _("entered in error")


OPEN_STATES = (State.DRAFT, State.RECEIVED, State.ASSIGNED, State.ACCEPTED, State.ANSWERED)
BEFORE_ACCEPTANCE = (State.RECEIVED, State.ASSIGNED)
RUNNING = (*BEFORE_ACCEPTANCE, State.ACCEPTED)
END_STATES = (State.CLOSED, State.FORWARDED, State.REFUSED, State.WITHDRAWN, State.ENTERED_IN_ERROR)


class DataState(models.TextChoices):
    OPEN = "open", _("open")
    BLOCKED = "blocked", _("blocked")
    ERASED = "erased", _("erased")


class Channel(models.TextChoices):
    IMI = "imi", _("through IMI")
    DESK = "desk", _("at the desk")


class Procedure(models.TextChoices):
    INFORMATION_REQUEST = "information_request", _("information request")
    GOOD_REPUTE = "good_repute", _("good repute")
    SDG_EVIDENCE = "sdg_evidence", _("verification of evidence")


class QuestionKind(models.TextChoices):
    YES_NO = "yes_no", _("yes or no")
    CHOICE = "choice", _("choice")
    DATE = "date", _("date")
    NUMBER = "number", _("number")
    TEXT = "text", _("text")
    DOCUMENT = "document", _("document")


class AnswerStatus(models.TextChoices):
    NONE = "", _("not answered yet")
    ANSWERED = "answered", _("answered")
    EXCUSED = "excused", _("excused")


class Part(models.TextChoices):
    """What a look opens (design 4): the second column of the table of sealed data, or the third.

    Reasons of forwarding and refusing are of the third, and open to their writer too, who need not have accepted. The
    filing package is made at blocking, and opens afterwards for the hand-over alone (design 9). Papers of a decision on
    holding, erasing early or opening have a key of their own (SP-25).
    """

    QUESTIONS = "questions", _("questions and motivation")
    PERSON = "person", _("person and answers")
    REASONS = "reasons", _("reasons of forwarding and refusing")
    HAND_OVER = "hand_over", _("filing package")
    PAPERS = "papers", _("papers of a decision")


class Purpose(models.TextChoices):
    """Why somebody looked (SEC-10)."""

    JUDGE = "judge", _("to judge competence")
    ALLOCATE = "allocate", _("to allocate")
    ANSWER = "answer", _("to answer")
    SEND = "send", _("to send in IMI")
    FILE = "file", _("to file in Corsa")
    READ = "read", _("to read back")
    RIGHTS = "rights", _("to answer a request of the person")
    PROOF = "proof", _("as proof of the exchange, with consent")
    PUBLIC_INTEREST = "public_interest", _("for an overriding public interest")
    DECIDE = "decide", _("to decide with a second person")
    JOB = "job", _("automatic task")
    ERASE = "erase", _("to erase")


class TextKind(models.TextChoices):
    MOTIVATION = "motivation", _("motivation")
    MEMO = "memo", _("memo")
    ALLOCATION_NOTE = "allocation_note", _("note at allocation")
    RETURN_REASON = "return_reason", _("reason of returning")
    FORWARD_REASON = "forward_reason", _("reason of forwarding")
    REFUSE_REASON = "refuse_reason", _("reason of refusing")
    ERROR_REASON = "error_reason", _("reason of the wrong entry")
    CLOSING_NOTE = "closing_note", _("note at closing")
    WISH_NOTE = "wish_note", _("note with asking for the allocation")
    DELAY_REASON = "delay_reason", _("reason of the delay")
    VIEWER_REASON = "viewer_reason", _("reason of adding a viewer")
    CLARIFICATION = "clarification", _("what the requester asks further")
    CORRECTION_REASON = "correction_reason", _("reason of correcting the end")
    CASE_NAME = "case_name", _("name of the case in the filing package")


TEXT_PARTS = {
    TextKind.MOTIVATION: Part.QUESTIONS,
    TextKind.MEMO: Part.QUESTIONS,
    TextKind.ALLOCATION_NOTE: Part.QUESTIONS,
    TextKind.RETURN_REASON: Part.QUESTIONS,
    TextKind.FORWARD_REASON: Part.REASONS,
    TextKind.REFUSE_REASON: Part.REASONS,
    TextKind.ERROR_REASON: Part.PERSON,
    TextKind.CLOSING_NOTE: Part.PERSON,
    TextKind.WISH_NOTE: Part.QUESTIONS,
    TextKind.DELAY_REASON: Part.QUESTIONS,
    TextKind.VIEWER_REASON: Part.PERSON,
    TextKind.CLARIFICATION: Part.PERSON,
    TextKind.CORRECTION_REASON: Part.PERSON,
    TextKind.CASE_NAME: Part.HAND_OVER,
}


class FileKind(models.TextChoices):
    FROM_REQUESTER = "from_requester", _("attachment of the requester")
    ANSWER_ATTACHMENT = "answer_attachment", _("attachment of the answer")
    IMI_BEFORE = "imi_before", _("PDF of IMI from before acceptance")
    IMI_FULL = "imi_full", _("full PDF of IMI")
    REPORT_OPEN = "report_open", _("report without personal data")
    REPORT_FULL = "report_full", _("report with personal data")
    SENT_COPY = "sent_copy", _("provisional copy at sending")
    PACKAGE = "package", _("file of the filing package")


FILE_PARTS = {
    FileKind.FROM_REQUESTER: Part.PERSON,
    FileKind.ANSWER_ATTACHMENT: Part.PERSON,
    FileKind.IMI_BEFORE: Part.QUESTIONS,
    FileKind.IMI_FULL: Part.PERSON,
    FileKind.REPORT_OPEN: Part.QUESTIONS,
    FileKind.REPORT_FULL: Part.PERSON,
    FileKind.SENT_COPY: Part.PERSON,
    FileKind.PACKAGE: Part.HAND_OVER,
}


class DecisionKind(models.TextChoices):
    """What takes more than one person to decide about the data of an ended request."""

    HOLD = "hold", _("hold")
    EARLY_ERASURE = "early_erasure", _("early erasure")
    OPENING = "opening", _("opening of blocked data")


class DecisionFileKind(models.TextChoices):
    REQUEST = "request", _("request of the authority")
    CONSENT = "consent", _("consent of the data subject")
    DOCUMENT = "document", _("document of the ground")


class Action(models.TextChoices):
    """What the audit trail of a request can say; past tense (house style 5)."""

    RECEIVED = "request_received", _("Request registered")
    QUESTIONS_CHOSEN = "questions_chosen", _("Questions taken over")
    TEAM_CHOSEN = "team_chosen", _("Team chosen")
    ALLOCATED = "handler_allocated", _("Allocated to a handler")
    TAKEN_UP = "taken_up", _("Taken up by a handler of the team")
    RETURNED = "request_returned", _("Returned")
    ALLOCATION_ASKED = "allocation_asked", _("Asked for the allocation")
    TEAM_RETURNED = "team_returned", _("Returned by the team")
    REALLOCATED = "handler_replaced", _("Allocated to another handler")
    DELAY_REPORTED = "delay_reported", _("Delay reported")
    TASK_PLACED = "task_placed", _("Task sent in Corsa")
    ACCEPTED = "request_accepted", _("Request accepted")
    ACCEPTANCE_RECORDED = "acceptance_recorded", _("Acceptance in IMI recorded afterwards")
    ACCEPTANCE_CONFIRMED = "acceptance_confirmed", _("Acceptance confirmed by the handler")
    JOINED = "handler_joined", _("Accepted by a second handler")
    VIEWER_ADDED = "viewer_added", _("Viewer added")
    VIEWER_REMOVED = "viewer_removed", _("Viewer removed")
    ADVICE_ASKED = "advice_asked", _("Advice asked of the lawyer")
    ADVICE_GIVEN = "advice_given", _("Advice given by the lawyer")
    DATE_AGREED = "date_agreed", _("Answer date agreed")
    SUBJECT_COMPLETED = "subject_completed", _("Provider taken over from IMI")
    ANSWERS_SAVED = "answers_saved", _("Answers saved")
    FILE_ADDED = "file_added", _("File added")
    FILE_REMOVED = "file_removed", _("File removed")
    PREPARED = "step_prepared", _("Prepared, still to be done in IMI")
    PREPARATION_WITHDRAWN = "preparation_withdrawn", _("Back to editing")
    ANSWERED = "request_answered", _("Answer sent")
    ANSWER_RECORDED = "answer_recorded", _("Answer in IMI recorded afterwards")
    CLARIFICATION_ASKED = "clarification_asked", _("Requester asked further")
    CLOSED = "request_closed", _("Closed by the requester")
    FORWARDED = "request_forwarded", _("Forwarded")
    REFUSED = "request_refused", _("Refused")
    WITHDRAWN = "request_withdrawn", _("Withdrawn by the requester")
    ENTERED_IN_ERROR = "entered_in_error", _("Entered in error")
    END_CORRECTION_PROPOSED = "end_correction_proposed", _("Correction of the end proposed")
    END_CORRECTED = "end_corrected", _("Date of the end corrected")
    END_CORRECTION_DECLINED = "end_correction_declined", _("Correction of the end declined")
    END_CORRECTION_LAPSED = "end_correction_lapsed", _("Correction of the end lapsed")
    LETTER_SAVED = "letter_saved", _("Letter to the provider saved")
    LETTER_SENT = "letter_sent", _("Letter to the provider sent")
    PERSON_TOLD = "person_told", _("Data subject told")
    PERSON_NOT_TOLD = "person_not_told", _("Data subject not told, with the reason")
    REPORT_MADE = "report_made", _("Report made")
    FULL_REPORT_TAKEN = "full_report_taken", _("Full report written to a file")
    FILED = "request_filed", _("Filed in Corsa")
    TASK_SIGNED_OFF = "task_signed_off", _("Task in Corsa signed off")
    DECISION_PROPOSED = "decision_proposed", _("Hold or early erasure proposed")
    OPENING_ASKED = "opening_asked", _("Opening of blocked data asked")
    DECISION_APPROVED = "decision_approved", _("Approved by one more person")
    DECISION_DECLINED = "decision_declined", _("Proposal declined")
    DECISION_ENDED = "decision_ended", _("Decision ended")
    OPENING_BEGUN = "opening_begun", _("Blocked data opened")
    ANNOTATED = "data_annotated", _("Blocked data annotated")
    BLOCKED = "request_blocked", _("Personal data blocked")
    ERASED = "request_erased", _("Personal data erased")


END_ACTIONS = (Action.CLOSED, Action.FORWARDED, Action.REFUSED, Action.WITHDRAWN, Action.ENTERED_IN_ERROR)

_STATES = {"from": "code", "to": "code"}
_LATE = {**_STATES, "late": "flag"}

# What each event may say besides who and when (SP-10): codes, dates, numbers and ids, never content.
EVENT_DETAILS: dict[str, dict[str, str]] = {
    Action.RECEIVED: {**_LATE, "channel": "code", "module": "code", "procedure": "code", "source": "code"},
    Action.QUESTIONS_CHOSEN: {**_STATES, "questions": "number"},
    Action.TEAM_CHOSEN: {**_STATES, "team": "id", "ended": "ids"},
    Action.ALLOCATED: {**_LATE, "handlers": "ids", "ended": "ids", "team": "id"},
    Action.TAKEN_UP: {**_STATES, "handlers": "ids"},
    Action.RETURNED: {**_STATES, "reason": "code", "handlers": "ids"},
    Action.ALLOCATION_ASKED: {**_STATES, "handlers": "ids"},
    Action.TEAM_RETURNED: {**_STATES, "reason": "code", "team": "id", "returned_on": "date"},
    Action.REALLOCATED: {**_STATES, "handlers": "ids", "ended": "ids"},
    Action.DELAY_REPORTED: {**_STATES, "reason": "code", "expected_on": "date"},
    Action.TASK_PLACED: {**_STATES, "sent_on": "date"},
    Action.ACCEPTED: {**_LATE, "mandate": "id", "agreed_on": "date", "proposed_on": "date"},
    Action.ACCEPTANCE_RECORDED: {**_LATE, "handlers": "ids", "mandate": "id", "agreed_on": "date"},
    Action.ACCEPTANCE_CONFIRMED: {**_STATES, "mandate": "id"},
    Action.JOINED: {**_STATES, "mandate": "id"},
    Action.VIEWER_ADDED: {**_STATES, "reason": "code", "user": "id", "until": "date"},
    Action.VIEWER_REMOVED: {**_STATES, "user": "id"},
    Action.ADVICE_ASKED: {**_STATES, "advice": "id"},
    Action.ADVICE_GIVEN: {**_STATES, "advice": "id"},
    Action.DATE_AGREED: {**_STATES, "agreed_on": "date"},
    Action.SUBJECT_COMPLETED: {**_STATES, "source": "code"},
    Action.ANSWERS_SAVED: {**_STATES, "tab": "code", "answered": "number", "excused": "number"},
    Action.FILE_ADDED: {**_STATES, "kind": "code", "file": "id"},
    Action.FILE_REMOVED: {**_STATES, "kind": "code", "file": "id", "reason": "code"},
    Action.PREPARED: {**_STATES, "step": "code"},
    Action.PREPARATION_WITHDRAWN: {**_STATES, "step": "code"},
    Action.ANSWERED: {**_LATE, "mandate": "id", "answered": "number", "excused": "number", "in_imi_only": "flag"},
    Action.ANSWER_RECORDED: {**_LATE, "handlers": "ids", "mandate": "id"},
    Action.CLARIFICATION_ASKED: {**_LATE, "reply_by": "date"},
    Action.CLOSED: {**_LATE, "source": "code"},
    Action.FORWARDED: {**_LATE, "reason": "code", "authority": "id", "mandate": "id"},
    Action.REFUSED: {**_LATE, "reason": "code", "mandate": "id"},
    Action.WITHDRAWN: {**_LATE, "reason": "code"},
    Action.ENTERED_IN_ERROR: {**_STATES, "reason": "code"},
    Action.END_CORRECTION_PROPOSED: {**_STATES, "ended_on": "date"},
    Action.END_CORRECTED: {**_STATES, "ended_on": "date", "was": "date", "proposed_by": "id"},
    Action.END_CORRECTION_DECLINED: {**_STATES, "proposed_by": "id"},
    Action.END_CORRECTION_LAPSED: {**_STATES, "proposed_by": "id"},
    Action.LETTER_SAVED: {**_STATES},
    Action.LETTER_SENT: {**_STATES, "sent_on": "date"},
    Action.PERSON_TOLD: {**_STATES, "sent_on": "date"},
    Action.PERSON_NOT_TOLD: {**_STATES, "reason": "code"},
    Action.REPORT_MADE: {**_STATES, "variant": "code", "kind": "code", "file": "id"},
    Action.FULL_REPORT_TAKEN: {**_STATES},
    Action.FILED: {**_STATES, "files": "number"},
    Action.TASK_SIGNED_OFF: {**_STATES, "signed_off_on": "date"},
    Action.DECISION_PROPOSED: {**_STATES, "decision": "id", "kind": "code", "reason": "code", "until": "date"},
    Action.OPENING_ASKED: {**_STATES, "decision": "id", "kind": "code", "reason": "code", "mandate": "id"},
    Action.DECISION_APPROVED: {**_STATES, "decision": "id", "kind": "code", "final": "flag", "people": "ids"},
    Action.DECISION_DECLINED: {**_STATES, "decision": "id", "kind": "code", "people": "ids"},
    Action.DECISION_ENDED: {**_STATES, "decision": "id", "kind": "code", "people": "ids"},
    Action.OPENING_BEGUN: {**_STATES, "decision": "id", "kind": "code", "reason": "code", "mandate": "id"},
    Action.ANNOTATED: {**_STATES, "annotation": "id"},
    Action.BLOCKED: {**_STATES, "due_on": "date"},
    Action.ERASED: {**_STATES, "due_on": "date", "filed": "flag"},
}


ON_DATA = (Action.BLOCKED, Action.ERASED)
"""Acts that change the state of the data, not that of the request."""


class Grant(models.TextChoices):
    """What somebody may do to one request. Names double as guardian's permission codenames."""

    READ_TIMELINE = "read_timeline", _("read the timeline")
    READ_QUESTIONS = "read_questions", _("read questions and motivation")
    READ_PERSON = "read_person", _("read person and answers")
    CHANGE_PERSON = "change_person", _("take over and change the provider and the files")
    CHOOSE_QUESTIONS = "choose_questions", _("take over questions")
    ASSIGN = "assign", _("assign")
    TAKE_UP = "take_up", _("take up")
    PLACE_TASK = "place_task", _("send the task in Corsa")
    REGISTER_LATE = "register_late", _("record what was done in IMI before")
    RETURN = "return", _("return")
    ASK_ALLOCATION = "ask_allocation", _("ask for the allocation")
    RETURN_TEAM = "return_team", _("return for the team")
    REASSIGN = "reassign", _("allocate to another handler after acceptance")
    REPORT_DELAY = "report_delay", _("report a delay")
    ACCEPT = "accept", _("accept")
    CONFIRM = "confirm", _("accept for yourself after another did, or confirm what was recorded")
    FORWARD = "forward", _("forward")
    REFUSE = "refuse", _("refuse")
    ANSWER = "answer", _("answer")
    ADD_VIEWER = "add_viewer", _("add and remove a viewer")
    ASK_ADVICE = "ask_advice", _("ask the lawyer for advice")
    GIVE_ADVICE = "give_advice", _("give advice")
    RECORD_CLARIFICATION = "record_clarification", _("record that the requester asks further")
    RECORD_END = "record_end", _("record closing and withdrawing")
    CORRECT_END = "correct_end", _("correct the date of the end, with a second person")
    SEND_LETTER = "send_letter", _("write letters to the provider")
    MARK_ERROR = "mark_error", _("mark as entered in error")
    FILE = "file", _("file in Corsa")
    SIGN_OFF = "sign_off", _("sign the task off")
    BLOCK_NOW = "block_now", _("block the personal data now")
    HAND_OVER = "hand_over", _("file in Corsa after blocking")
    DECIDE = "decide", _("propose or decide on a hold, an early erasure or an opening, with a second person")
    ASK_OPENING = "ask_opening", _("ask for blocked data and look at them")
    ANNOTATE = "annotate", _("annotate blocked data")


@dataclass(frozen=True)
class Rule:
    """One row of the table of rights: in which states, by which role of the module, by which allocation."""

    states: tuple[str, ...]
    roles: tuple[str, ...] = ()
    allocated: bool = False  # a personal allocation that is not accepted yet
    accepted: bool = False  # a personal allocation with accepted_at
    without_allocation: tuple[str, ...] = ()  # roles, where preference 4 is Nee (NOT-08, C14)
    team: bool = False  # behandelaar of the team that was chosen
    viewer: bool = False  # added to this request by a handler, until a date
    advice: tuple[str, ...] = ()  # roles, while they are asked for advice on this request
    data: tuple[str, ...] = (DataState.OPEN,)  # in which states of the data


_ALL = tuple(state for state in State.values if state != State.DRAFT)
_BEFORE = tuple(BEFORE_ACCEPTANCE)
_ENDS = tuple(END_STATES)
DECIDERS = (Role.JURIST, Role.TOEWIJZER, Role.TOEZICHTHOUDER)
"""The lawyer, and who may be the second person beside her (DP-06)."""
_ANY_DATA = tuple(DataState)
# A request that ended after acceptance is still to be filed, if need be by another handler.
_AFTER_ACCEPTANCE = (State.ACCEPTED, State.ANSWERED, State.CLOSED, State.FORWARDED, State.WITHDRAWN)

# After blocking only where nobody who accepted is there any more to file it (guards.can_be_taken_over).
_TO_FILE = (DataState.OPEN, DataState.BLOCKED)

# Who may do what, in which state (design ideas 1 and 6). docs/permissions.md prints it. The timeline is open data, and
# a task in Corsa may still have to be signed off, so these two survive blocking and erasing.
RULES: dict[Grant, Rule] = {
    Grant.READ_TIMELINE: Rule(
        _ALL,
        roles=(Role.TOEWIJZER, Role.BEHANDELAAR, Role.TOEZICHTHOUDER, Role.JURIST),
        allocated=True,
        accepted=True,
        viewer=True,
        data=_ANY_DATA,
    ),
    Grant.READ_QUESTIONS: Rule(
        _ALL,
        roles=(Role.TOEWIJZER,),
        allocated=True,
        accepted=True,
        without_allocation=(Role.BEHANDELAAR,),
        viewer=True,
        advice=(Role.JURIST,),
    ),
    Grant.READ_PERSON: Rule(_ALL, accepted=True, viewer=True),
    Grant.CHANGE_PERSON: Rule(_ALL, accepted=True),
    Grant.CHOOSE_QUESTIONS: Rule(
        RUNNING, roles=(Role.TOEWIJZER,), allocated=True, accepted=True, without_allocation=(Role.BEHANDELAAR,)
    ),
    Grant.ASSIGN: Rule(_BEFORE, roles=(Role.TOEWIJZER,)),
    Grant.TAKE_UP: Rule((State.ASSIGNED,), team=True),
    Grant.PLACE_TASK: Rule((*_BEFORE, State.ACCEPTED, State.ANSWERED), roles=(Role.TOEWIJZER,)),
    Grant.REGISTER_LATE: Rule((*_BEFORE, State.ACCEPTED), roles=(Role.TOEWIJZER, Role.BEHANDELAAR)),
    Grant.RETURN: Rule((State.ASSIGNED,), allocated=True),
    Grant.ACCEPT: Rule(_BEFORE, allocated=True, without_allocation=(Role.BEHANDELAAR,)),
    Grant.ASK_ALLOCATION: Rule(_BEFORE, roles=(Role.BEHANDELAAR,)),
    Grant.RETURN_TEAM: Rule((State.ASSIGNED,), roles=(Role.TOEWIJZER,), team=True),
    Grant.REASSIGN: Rule(_AFTER_ACCEPTANCE, roles=(Role.TOEWIJZER,), data=_TO_FILE),
    Grant.REPORT_DELAY: Rule(RUNNING, roles=(Role.TOEWIJZER,), allocated=True, accepted=True, team=True),
    Grant.CONFIRM: Rule(_AFTER_ACCEPTANCE, allocated=True, data=_TO_FILE),
    Grant.FORWARD: Rule(RUNNING, allocated=True, accepted=True, without_allocation=(Role.BEHANDELAAR,)),
    Grant.REFUSE: Rule(_BEFORE, allocated=True, without_allocation=(Role.BEHANDELAAR,)),
    Grant.ANSWER: Rule((State.ACCEPTED,), accepted=True),
    Grant.ADD_VIEWER: Rule(_AFTER_ACCEPTANCE, accepted=True),
    Grant.ASK_ADVICE: Rule((*RUNNING, State.ANSWERED), allocated=True, accepted=True),
    Grant.GIVE_ADVICE: Rule((*RUNNING, State.ANSWERED), advice=(Role.JURIST,)),
    Grant.RECORD_CLARIFICATION: Rule((State.ANSWERED,), roles=(Role.TOEWIJZER,), accepted=True),
    Grant.CORRECT_END: Rule(_ENDS, roles=(Role.TOEWIJZER,), accepted=True),
    Grant.SEND_LETTER: Rule((State.ACCEPTED, State.ANSWERED, *_ENDS), accepted=True),
    Grant.RECORD_END: Rule((*RUNNING, State.ANSWERED), roles=(Role.TOEWIJZER,), accepted=True),
    Grant.MARK_ERROR: Rule((*RUNNING, State.ANSWERED), roles=(Role.TOEWIJZER,)),
    Grant.FILE: Rule(_ENDS, accepted=True),
    Grant.SIGN_OFF: Rule(_ENDS, roles=(Role.TOEWIJZER,), allocated=True, accepted=True, data=_ANY_DATA),
    Grant.BLOCK_NOW: Rule(_ENDS, roles=(Role.TOEWIJZER,), accepted=True),
    Grant.HAND_OVER: Rule(_ENDS, accepted=True, data=(DataState.BLOCKED,)),
    Grant.DECIDE: Rule(_ENDS, roles=DECIDERS, data=(DataState.OPEN, DataState.BLOCKED)),
    Grant.ASK_OPENING: Rule(_ENDS, roles=(Role.BEHANDELAAR,), data=(DataState.BLOCKED,)),
    Grant.ANNOTATE: Rule(_ENDS, roles=(Role.JURIST,), data=(DataState.BLOCKED,)),
}

# Acts for which the person needs a mandate on the day of the act (USR-34).
MANDATED = frozenset(
    {
        Action.ACCEPTED,
        Action.ACCEPTANCE_CONFIRMED,
        Action.JOINED,
        Action.FORWARDED,
        Action.REFUSED,
        Action.ANSWERED,
        Action.OPENING_ASKED,
        Action.OPENING_BEGUN,
    }
)


class PreparedStep(models.TextChoices):
    """Steps that can be prepared here and done in IMI later (design idea 8)."""

    NONE = "", _("nothing")
    ACCEPT = "accept", _("accept")
    FORWARD = "forward", _("forward")
    REFUSE = "refuse", _("refuse")
    ANSWER = "answer", _("send the answer")


class ReminderKind(models.TextChoices):
    ACCEPT_DAY_2 = "accept_day_2", _("day 2 of the acceptance period")
    ACCEPT_DAY_4 = "accept_day_4", _("day 4 of the acceptance period")
    ACCEPT_DAY_6 = "accept_day_6", _("day 6 of the acceptance period")
    ANSWER_WEEK_BEFORE = "answer_week_before", _("five working days before the answer date")
    ANSWER_DAY_BEFORE = "answer_day_before", _("the day before the answer date")
    ANSWER_DAY = "answer_day", _("the answer date")
    ANSWER_LATE = "answer_late", _("after the answer date")
    CLOSING_WAITS = "closing_waits", _("a month without closing by the requester")
    CLOSING_ESCALATES = "closing_escalates", _("two months without closing by the requester")
    DO_IN_IMI = "do_in_imi", _("prepared and not yet done in IMI")
    FILE_REPORTS = "file_reports", _("ended and not yet filed")
    BLOCKED_SOON = "blocked_soon", _("two weeks before blocking")
    HOLD_ENDS = "hold_ends", _("two weeks before a hold ends")
    SEND_LETTER = "send_letter", _("the letter to the provider")


class MailTemplate(models.TextChoices):
    NEW_REQUEST = "new_request", _("new request")
    POOL_NOTICE = "pool_notice", _("new request in the area")
    JURIST_NOTICE = "jurist_notice", _("new request, for the lawyer")
    ALLOCATED = "allocated", _("request allocated")
    TEAM_CHOSEN = "team_chosen", _("request for the team")
    RETURNED = "returned", _("request returned")
    ACCEPTED = "accepted", _("request accepted")
    ANSWERED = "answered", _("answer sent")
    CLOSED = "closed", _("request closed, to file")
    ENDED = "ended", _("request ended")
    ALLOCATION_ASKED = "allocation_asked", _("a handler asks for the request")
    NO_LONGER_YOURS = "no_longer_yours", _("request goes to another handler")
    DELAY_REPORTED = "delay_reported", _("delay reported")
    VIEWER_ADDED = "viewer_added", _("added as a viewer")
    ADVICE_ASKED = "advice_asked", _("advice asked")
    ADVICE_GIVEN = "advice_given", _("advice given")
    CLARIFICATION_ASKED = "clarification_asked", _("the requester asks further")
    CORRECTION_PROPOSED = "correction_proposed", _("correction of the end, to decide")
    END_CORRECTED = "end_corrected", _("date of the end corrected")
    REMINDER_ACCEPT = "reminder_accept", _("reminder to accept")
    REMINDER_ANSWER = "reminder_answer", _("reminder to answer")
    REMINDER_LATE = "reminder_late", _("answer late")
    REMINDER_CLOSING = "reminder_closing", _("waiting for the requester")
    REMINDER_IMI = "reminder_imi", _("still to be done in IMI")
    REMINDER_FILE = "reminder_file", _("reminder to file")
    REMINDER_BLOCK = "reminder_block", _("personal data blocked soon")
    REMINDER_HOLD = "reminder_hold", _("hold ends soon")
    DECISION_ASKED = "decision_asked", _("decision on the data of a request asked")
    DECISION_TAKEN = "decision_taken", _("decision on the data of a request")
    REMINDER_LETTER = "reminder_letter", _("reminder of the letter")


def name_of_look(purpose: str) -> str:
    """What a processing record calls a look."""
    return f"look_{purpose}"


# The acts that processing records tell of, each with its part of docs/privacy/verwerkingsregister.md (SP-18).
PROCESSING: dict[str, str] = {
    name_of_look(Purpose.JUDGE): "beantwoorden",
    name_of_look(Purpose.ALLOCATE): "beantwoorden",
    name_of_look(Purpose.ANSWER): "beantwoorden",
    name_of_look(Purpose.SEND): "beantwoorden",
    name_of_look(Purpose.READ): "beantwoorden",
    name_of_look(Purpose.JOB): "beantwoorden",
    name_of_look(Purpose.FILE): "archiveren",
    name_of_look(Purpose.RIGHTS): "rechten",
    name_of_look(Purpose.PROOF): "openen",
    name_of_look(Purpose.PUBLIC_INTEREST): "openen",
    name_of_look(Purpose.DECIDE): "openen",
    name_of_look(Purpose.ERASE): "bewaren",
    Action.BLOCKED: "bewaren",
    Action.ERASED: "bewaren",
}
