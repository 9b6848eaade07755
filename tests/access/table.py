"""What each address asks of whoever comes: an address that is in no table fails a test (SP-26)."""

from authorities.vocabulary import Role
from imidesk.monitoring.documents import SEE_OPEN
from requests_app.vocabulary import DECIDERS, Grant

# Under a reference: one of these rights opens the page. Without any of them: 403, or 409 where the moment is wrong.
OF_A_REQUEST: dict[str, set[str]] = {
    "requests_app:detail": {SEE_OPEN},
    "requests_app:timeline": {Grant.READ_TIMELINE},
    "requests_app:files": {Grant.READ_QUESTIONS, Grant.READ_PERSON},
    "requests_app:download": {Grant.READ_PERSON},
    "requests_app:choose_questions": {Grant.CHOOSE_QUESTIONS},
    "requests_app:assign": {Grant.ASSIGN},
    "requests_app:task": {Grant.PLACE_TASK},
    "requests_app:take_up": {Grant.TAKE_UP, Grant.ACCEPT},
    "requests_app:ask_allocation": {Grant.ASK_ALLOCATION},
    "requests_app:give_back": {Grant.RETURN},
    "requests_app:return_for_team": {Grant.RETURN_TEAM},
    "requests_app:delay": {Grant.REPORT_DELAY},
    "requests_app:reassign": {Grant.REASSIGN, Grant.ASSIGN},
    # Who comes too late to accept first is sent on to accept as well.
    "requests_app:accept": {Grant.ACCEPT, Grant.CONFIRM},
    "requests_app:confirm_acceptance": {Grant.CONFIRM},
    "requests_app:forward": {Grant.FORWARD},
    "requests_app:refuse": {Grant.REFUSE},
    "requests_app:agree_date": {Grant.ANSWER},
    # With nothing prepared it leads back to the request.
    "requests_app:prepared": {SEE_OPEN},
    "requests_app:unprepare": {Grant.ACCEPT, Grant.FORWARD, Grant.REFUSE, Grant.ANSWER},
    "requests_app:join": {Grant.CONFIRM},
    "requests_app:add_viewer": {Grant.ADD_VIEWER},
    "requests_app:remove_viewer": {Grant.ADD_VIEWER},
    "requests_app:ask_advice": {Grant.ASK_ADVICE, Grant.GIVE_ADVICE},
    "requests_app:clarify": {Grant.RECORD_CLARIFICATION},
    "requests_app:correct_end": {Grant.CORRECT_END},
    "requests_app:close": {Grant.RECORD_END},
    "requests_app:withdraw": {Grant.RECORD_END},
    "requests_app:mark_error": {Grant.MARK_ERROR},
    "requests_app:imi_report": {Grant.CHOOSE_QUESTIONS},
    "requests_app:subject": {Grant.CHANGE_PERSON},
    "requests_app:tab": {Grant.READ_QUESTIONS, Grant.READ_PERSON},
    "requests_app:save_answer": {Grant.READ_PERSON},
    "requests_app:add_attachment": {Grant.ANSWER},
    "requests_app:remove_attachment": {Grant.ANSWER},
    "requests_app:send": {Grant.ANSWER},
    "requests_app:letter": {Grant.SEND_LETTER},
    "requests_app:tell_person": {Grant.SEND_LETTER},
    "requests_app:letter_print": {Grant.SEND_LETTER},
    "requests_app:enter_in_imi": {Grant.ANSWER},
    "requests_app:already_answered": {Grant.ANSWER},
    "archive:reports": {Grant.READ_TIMELINE},
    "archive:file": {Grant.FILE, Grant.HAND_OVER},
    "archive:block_now": {Grant.BLOCK_NOW},
    "archive:hold": {Grant.DECIDE},
    "archive:early_erasure": {Grant.DECIDE},
    "archive:ask_opening": {Grant.ASK_OPENING},
    # No right opens it by itself: only an opening of one's own that runs (tests of decisions).
    "archive:opened": set(),
    "archive:annotate": {Grant.ANNOTATE},
    "archive:sign_off": {Grant.SIGN_OFF},
    "monitoring:practice_requester": {SEE_OPEN},
}
# By role, at whatever authority; what it shows is asked of the one query again.
BY_ROLE: dict[str, set[str]] = {
    "requests_app:register": {Role.TOEWIJZER, Role.BEHANDELAAR},
    "requests_app:intake": {Role.TOEWIJZER, Role.BEHANDELAAR},
    "monitoring:overview": {Role.JURIST, Role.TOEZICHTHOUDER, Role.TOEWIJZER},
    "monitoring:heartbeat": {
        Role.TOEWIJZER,
        Role.LOKALE_GEGEVENSBEHEERDER,
        Role.BEHEERDER,
        Role.JURIST,
        Role.TOEZICHTHOUDER,
        Role.FG,
    },
    "archive:persons": {Role.JURIST, Role.FG},
    "archive:person": {Role.JURIST, Role.FG},
    "archive:person_new": {Role.JURIST},
    "archive:person_add_paper": {Role.JURIST},
    "archive:person_paper": {Role.JURIST},
    "archive:person_answer": {Role.JURIST},
    "archive:person_search": {Role.JURIST},
    "archive:person_release": {Role.JURIST, Role.LOKALE_GEGEVENSBEHEERDER},
    "archive:retention": {Role.JURIST, Role.TOEWIJZER, Role.FG},
    "archive:keys": {Role.BEHEERDER, Role.FG, Role.JURIST},
    "archive:proof": {Role.JURIST, Role.TOEWIJZER, Role.FG},
    "archive:rehearsal": {Role.JURIST, Role.TOEWIJZER, Role.FG},
    "archive:feed_link": {Role.JURIST, Role.TOEWIJZER, Role.FG},
    # Who proposed it, who decides, and the officer who reads; another's is not found.
    "archive:decision": {*DECIDERS, Role.FG, Role.BEHANDELAAR},
    "archive:decision_file": {*DECIDERS, Role.FG, Role.BEHANDELAAR},
}
# Every user's own, or the same for everybody who is signed in.
OF_EVERYBODY = {
    "requests_app:list",
    # Empty for who allocates nothing.
    "requests_app:hand_over",
    "requests_app:schema",
    "requests_app:absence",
    "requests_app:end_absence",
    "requests_app:saved_views",
    "requests_app:saved_view",
    "monitoring:start",
    "monitoring:help",
    "monitoring:practice_mail",
    "monitoring:practice_message",
    "account_logout",
    "second_step",
    "second_step_on",
    "second_step_codes",
    "second_step_off",
}
# Without signing in: what a monitor, a finder of a weakness or somebody at the door needs, and no word of a request.
WITHOUT_SIGN_IN = {
    "live",
    "ready",
    "security_text",
    "account_login",
    "enrol",
    "set_language",
    # Whether there still is a session: yes or no.
    "session",
    "monitoring:practice_people",
    # By its token, which a calendar program brings along; without one it is not there.
    "archive:feed",
}
# Where a page that many read takes only what fewer send: who reads along answers nothing.
SENT_TO: dict[str, set[str]] = {"requests_app:tab": {Grant.ANSWER}}


def rights_for(address: str, method: str) -> set[str]:
    return SENT_TO.get(address, OF_A_REQUEST[address]) if method == "POST" else OF_A_REQUEST[address]


EVERY_ADDRESS = {*OF_A_REQUEST, *BY_ROLE, *OF_EVERYBODY, *WITHOUT_SIGN_IN}
