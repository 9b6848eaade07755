"""What to do on each page, in a few sentences with the rule behind them: shown beside the page and on the help page."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from authorities.vocabulary import Role


class Reader(models.TextChoices):
    """For whom the help page lists a page."""

    EVERYBODY = "everybody", _("For everybody")
    ALLOCATOR = "allocator", _("For the IMI administrator")
    HANDLER = "handler", _("For the handler")
    LAWYER = "lawyer", _("For the lawyer and the supervisor")
    REGISTER = "register", _("For the lawyer and the data protection officer")
    TECHNICAL = "technical", _("For the technical administrator")


READERS_OF = {
    Role.TOEWIJZER: {Reader.ALLOCATOR},
    Role.BEHANDELAAR: {Reader.HANDLER},
    Role.JURIST: {Reader.LAWYER, Reader.REGISTER},
    Role.TOEZICHTHOUDER: {Reader.LAWYER},
    Role.FG: {Reader.REGISTER},
    Role.BEHEERDER: {Reader.TECHNICAL},
}

A, H, L, R, T = Reader.ALLOCATOR, Reader.HANDLER, Reader.LAWYER, Reader.REGISTER, Reader.TECHNICAL
ALL = Reader.EVERYBODY

PROTECTION = _("Regulation (EU) 1024/2012, article 14")
IN_TIME = _("Regulation (EU) 1024/2012, article 7")
ASSISTANCE = _("Services Directive 2006/123/EC, article 28")
INSTRUCTION = _("Work instruction of the province")


@dataclass(frozen=True)
class PageHelp:
    title: str | Promise
    readers: tuple[Reader, ...]
    sentences: tuple[str | Promise, ...]
    source: str | Promise = ""


PAGES: dict[str, PageHelp] = {
    "requests_app:detail": PageHelp(
        _("Overview of a request"),
        (ALL,),
        (
            _("Here you see where the request stands, who has it and until when."),
            _("“Next step” says what comes now. Is it your turn, then there is a button."),
            _("Can you not see a part yet? Beside it you read why."),
        ),
    ),
    "second_step": PageHelp(
        _("Second step of signing in"),
        (ALL,),
        (
            _("You may sign in with a code of an app on your telephone beside your password."),
            _("The recovery codes help when you do not have the telephone with you. You see them once."),
            _(
                "Did you lose telephone and codes? Then the technical administrator takes the second step away, after"
                " he has made sure that it is you."
            ),
        ),
    ),
    "requests_app:timeline": PageHelp(
        _("Timeline"),
        (ALL,),
        (
            _("Here you read who did what, and when. Nobody can change these lines."),
            _("No line says what the request is about or whom it concerns."),
        ),
    ),
    "requests_app:files": PageHelp(
        _("Files"),
        (A, H),
        (
            _("Here are all files of the request: of the requester, of the answer and the PDF of IMI."),
            _("You add a file to an answer on the tab of its question."),
        ),
    ),
    "archive:reports": PageHelp(
        _("Reports"),
        (ALL,),
        (
            _("The desk makes the reports by itself: when a team is chosen, when the answer is sent and at the end."),
            _("A report with personal data opens only to the handler who accepted the request."),
        ),
        INSTRUCTION,
    ),
    "requests_app:list": PageHelp(
        _("List of requests"),
        (ALL,),
        (
            _("Search by reference or IMI number, or choose a filter. No personal data stand in the list."),
            _("Open a request by its reference."),
        ),
    ),
    "requests_app:saved_views": PageHelp(
        _("Saved views"),
        (ALL,),
        (_("Keep the filters of a list under a name of your own. Only you see it. Name no person in it."),),
    ),
    "requests_app:register": PageHelp(
        _("Register a request"),
        (A, H),
        (
            _("Copy six fields from IMI. You do not copy the name of the provider: the handler does, after accepting."),
            _("Was something done in IMI already? Fill that in under “Registering afterwards”."),
            _("Do you only want to practise? Choose FICTIEF under “More about this request”."),
        ),
        INSTRUCTION,
    ),
    "requests_app:intake": PageHelp(
        _("Take in a file"),
        (A,),
        (
            _("A file holds one or several requests. All of it is read in, or nothing."),
            _("Is something wrong in the file? Then you read where and what to do, never what stands there."),
        ),
    ),
    "requests_app:choose_questions": PageHelp(
        _("Take questions over"),
        (A, H),
        (
            _("Tick the standard questions that stand in IMI. Does a question not stand there? Paste its text."),
            _("Copy no names: before accepting nobody may see whom the request is about."),
        ),
        INSTRUCTION,
    ),
    "requests_app:assign": PageHelp(
        _("Choose a team or handler"),
        (A,),
        (
            _("The suggested team stands on top, with the reason. You may choose another one."),
            _("A team sees the request in its list; one of its handlers takes it up."),
            _("Handlers whom you tick may read the questions at once. They get a mail without content."),
            _("The deadlines do not change."),
        ),
        INSTRUCTION,
    ),
    "requests_app:task": PageHelp(
        _("Send the task in Corsa"),
        (A,),
        (
            _("Copy the tray and the memo to Corsa and add the report without personal data."),
            _("Come back afterwards and write down the number of the task."),
        ),
        INSTRUCTION,
    ),
    "requests_app:imi_report": PageHelp(
        _("Add the PDF of IMI"),
        (A, H),
        (
            _("Make the report in IMI and add it here. The desk stores it unchanged."),
            _("Before accepting: choose in IMI the report without personal data."),
        ),
        INSTRUCTION,
    ),
    "requests_app:accept": PageHelp(
        _("Accept the request"),
        (H,),
        (
            _("Read the questions. Is your authority competent, and can you answer? Then accept within seven days."),
            _("By accepting your authority becomes responsible for the whole answer."),
            _("After that you see the provider and the files. Nobody else does."),
            _("First do it in IMI, then record it here. Or choose “I will do this in IMI later”."),
        ),
        ASSISTANCE,
    ),
    "requests_app:confirm_acceptance": PageHelp(
        _("Confirm the acceptance"),
        (H,),
        (
            _("Somebody else wrote down that you accepted this request in IMI. Confirm it only when that is right."),
            _("After that you see the provider."),
        ),
    ),
    "requests_app:forward": PageHelp(
        _("Forward the request"),
        (H,),
        (
            _("Not competent? Forward the request as soon as possible to the authority that is."),
            _("Do you not know which one? Choose the IMI coordinator (NIMIC)."),
            _("Only questions on criminal sanctions? Those go to Dienst Justis."),
        ),
        ASSISTANCE,
    ),
    "requests_app:refuse": PageHelp(
        _("Refuse the request"),
        (H,),
        (
            _("Refusing is possible on two grounds: too little reason given, or outside the directive."),
            _("Too little time or no interest is no ground."),
        ),
        ASSISTANCE,
    ),
    "requests_app:give_back": PageHelp(
        _("Return the request"),
        (H,),
        (
            _("Is this request not for you? Return it to the IMI administrator, with a reason."),
            _("The deadlines go on. So return it soon."),
        ),
    ),
    "requests_app:agree_date": PageHelp(
        _("Record the agreed date"),
        (H,),
        (
            _("Did the requester agree with the date that you proposed? Record it here."),
            _("From then on that date counts, also for reminders."),
        ),
        IN_TIME,
    ),
    "requests_app:subject": PageHelp(
        _("Take the provider over from IMI"),
        (H,),
        (
            _("Copy what you need from IMI. Everything is optional; only filing in Corsa asks for the name."),
            _("These data are sealed. Besides you only a viewer whom you added sees them, until they are blocked."),
        ),
        PROTECTION,
    ),
    "requests_app:tab": PageHelp(
        _("Answer questions"),
        (H,),
        (
            _("Answer question by question. You may stop and go on another day."),
            _("Does a standard answer fit? Choose it: the requester reads it in his own language."),
            _("Write short sentences, without opinions about the provider."),
            _("May or can you not answer a question? Choose the standard answer that says why."),
        ),
        IN_TIME,
    ),
    "requests_app:add_attachment": PageHelp(
        _("Add a file to an answer"),
        (H,),
        (_("Choose the file that belongs to this question: PDF, DOCX or a picture. Give only what was asked."),),
    ),
    "requests_app:remove_attachment": PageHelp(
        _("Remove a file"),
        (H,),
        (_("You can remove a file as long as the answer was not sent. Say why."),),
    ),
    "requests_app:send": PageHelp(
        _("Send the answer"),
        (H,),
        (
            _("Look the answers through once more. Is one missing? Then you read which."),
            _("With two ticks you declare that the answer is needed and within your powers."),
            _("On a request through IMI you then enter the answers into IMI; the desk shows them in the right order."),
        ),
        ASSISTANCE,
    ),
    "requests_app:enter_in_imi": PageHelp(
        _("Enter the answer in IMI"),
        (H,),
        (
            _("Open IMI in another window. Copy the answers one by one; the ticks help you to remember."),
            _("Send the answer in IMI, and then record here when you did."),
        ),
        INSTRUCTION,
    ),
    "requests_app:already_answered": PageHelp(
        _("I answered in IMI already"),
        (H,),
        (_("Did you answer in IMI without the desk? Write down when, add the PDF of IMI and tick what you answered."),),
    ),
    "requests_app:prepared": PageHelp(
        _("Record what was done in IMI"),
        (H,),
        (
            _("This step is prepared. It counts when you have done it in IMI and say here when."),
            _("Do you want to change something? Choose “Back to editing”."),
        ),
    ),
    "requests_app:close": PageHelp(
        _("Record the closing"),
        (A, H),
        (
            _("The requester closes the request. Does it run in IMI? Then look up there when, and fill that in."),
            _("From that moment the periods of blocking and erasing run."),
        ),
        PROTECTION,
    ),
    "requests_app:withdraw": PageHelp(
        _("Record the withdrawal"),
        (A, H),
        (_("Only when the requester withdrew the request. You then need not answer any more."),),
    ),
    "requests_app:mark_error": PageHelp(
        _("Mark as entered in error"),
        (A,),
        (_("Only when this request should not have been in the desk, for instance twice. It ends at once."),),
    ),
    "requests_app:ask_allocation": PageHelp(
        _("Ask for the allocation to me"),
        (H,),
        (
            _("Does a request belong with you, and does nobody have it yet? Ask the IMI administrator for it."),
            _("You see the questions once the request is allocated to you."),
        ),
        INSTRUCTION,
    ),
    "requests_app:return_for_team": PageHelp(
        _("Return for the team"),
        (A,),
        (
            _("Did the team let you know that the request does not belong there? Write down here when and why."),
            _("After that you choose another team or handler. The deadlines go on."),
        ),
        INSTRUCTION,
    ),
    "requests_app:delay": PageHelp(
        _("Report a delay"),
        (A, H),
        (
            _("Does it take longer than agreed? Say so in time: choose the reason and when you expect to be ready."),
            _("Do not forget the requester: propose a new date in IMI."),
        ),
        ASSISTANCE,
    ),
    "requests_app:reassign": PageHelp(
        _("Hand over to another handler"),
        (A,),
        (
            _("Is the handler ill or gone? Choose somebody else. Both get a mail."),
            _("The new handler sees the provider after accepting too. What was saved stays."),
        ),
        INSTRUCTION,
    ),
    "requests_app:hand_over": PageHelp(
        _("Hand over all open work of somebody"),
        (A,),
        (_("Does somebody leave, or is somebody away for long? Here all open requests go to others in one step."),),
        INSTRUCTION,
    ),
    "requests_app:absence": PageHelp(
        _("Absence"),
        (ALL,),
        (
            _("Write down when you are away and who replaces you. Your deputy gets the mail in those days."),
            _("Your deputy does not see the provider: the IMI administrator has to allocate the request first."),
        ),
    ),
    "requests_app:join": PageHelp(
        _("Accept too"),
        (H,),
        (
            _("A colleague accepted this request, and it is allocated to you too."),
            _("Only when you accept for yourself as well do you see the provider and can you answer along."),
        ),
        PROTECTION,
    ),
    "requests_app:add_viewer": PageHelp(
        _("Let somebody read along"),
        (H,),
        (
            _("Must a colleague see everything, the provider too? Add that colleague, with a reason and a last day."),
            _("A viewer reads and cannot change anything. You can end it at any time."),
        ),
        PROTECTION,
    ),
    "requests_app:ask_advice": PageHelp(
        _("Advice of the lawyer"),
        (H, L),
        (
            _("A handler asks a question here; the lawyer answers here. Both stay with the request."),
            _("Write no names in it. The lawyer sees the questions, but the provider only if you let her read along."),
        ),
    ),
    "requests_app:clarify": PageHelp(
        _("Record that the requester asks further"),
        (A, H),
        (
            _("Did the requester ask something more after your answer? Record it here, with the new date."),
            _("The request is then “accepted” again, and the answers can be changed."),
        ),
    ),
    "requests_app:correct_end": PageHelp(
        _("Correct the end date"),
        (A, H),
        (
            _("Is the day of the closing wrong? One person proposes another day, a second one decides."),
            _("The report of IMI is the evidence. On this day depends when the personal data are erased."),
        ),
        PROTECTION,
    ),
    "requests_app:letter": PageHelp(
        _("Letter to the provider"),
        (H,),
        (
            _("You gave information about the good repute of a provider. You tell the provider so in a letter."),
            _("The text stands ready in Dutch or English. Complete it, print it and send it by your own post."),
            _("Then fill in when it was sent. Only after that can you save the reports in Corsa."),
        ),
        _("Services Directive 2006/123/EC, article 33"),
    ),
    "requests_app:tell_person": PageHelp(
        _("Tell the data subject"),
        (H,),
        (
            _("Who the request is about learns within a month what you do with his data."),
            _("Copy the text, complete what stands between square brackets, and send it by your own post or mail."),
            _("Fill in when you sent it. Do you not have to write? Then choose the reason."),
        ),
        _("GDPR (AVG), article 14; Regulation (EU) 1024/2012, article 18(1)"),
    ),
    "archive:file": PageHelp(
        _("Save in Corsa"),
        (H,),
        (
            _("Make the case in Corsa with the name and the type that stand here, and put the reports in it."),
            _("Then write down the number of the case."),
            _("Do it before the personal data are blocked. After that you can only save the filing package."),
        ),
        INSTRUCTION,
    ),
    "archive:sign_off": PageHelp(
        _("Sign the task off"),
        (A, H),
        (_("Sign the task off in Corsa and write down the day here. Then everything is done."),),
        INSTRUCTION,
    ),
    "archive:block_now": PageHelp(
        _("Block now"),
        (A, H),
        (
            _("Is the case in Corsa, or did the requester withdraw? Then nobody needs the personal data any more."),
            _("Blocking closes them for everybody. Erasing follows three years after the end, by itself."),
        ),
        PROTECTION,
    ),
    "archive:persons": PageHelp(
        _("Requests of persons"),
        (L,),
        (
            _("Here stands who asked the province about his own data, until when an answer is due, and what it was."),
            _("Names are sealed. The data protection officer sees that there is a request, not of whom."),
        ),
        _("Regulation (EU) 1024/2012, articles 18 and 19; AVG, article 12"),
    ),
    "archive:person_new": PageHelp(
        _("Register a request of a person"),
        (L,),
        (
            _("Somebody asks what the province holds about him, or wants it corrected or erased. Record that here."),
            _("The day of receipt decides until when an answer is due. What you write about the person is sealed."),
        ),
        _("Regulation (EU) 1024/2012, article 19; AVG, articles 12 and 15 to 17"),
    ),
    "archive:person": PageHelp(
        _("Request of a person"),
        (L,),
        (
            _("Put the letters of the person in the file, and ask for a search. A second person releases it."),
            _("The desk then makes a draft of the answer. Complete it, send it yourself, and record the day."),
            _("Three years after the answer the file is erased; the number, the days and the outcome stay."),
        ),
        _("Regulation (EU) 1024/2012, article 19; AVG, articles 12 and 15 to 17"),
    ),
    "archive:person_release": PageHelp(
        _("Release a search"),
        (A, L),
        (
            _(
                "The name does not stand here. Let the colleague show you the letter of the person before you release"
                " the search."
            ),
        ),
    ),
    "archive:hold": PageHelp(
        _("Put erasing off"),
        (A, L),
        (
            _("Is there a reason to keep the data longer? Propose a hold, with a date and who answers for it."),
            _("Somebody else agrees or declines. On its date the hold ends by itself."),
        ),
        PROTECTION,
    ),
    "archive:early_erasure": PageHelp(
        _("Erase early"),
        (A, L),
        (
            _("Only when the competent authority asks for it and the data subject consents, both on paper."),
            _("Somebody else agrees or declines. The night after that the data are gone for good."),
        ),
        PROTECTION,
    ),
    "archive:ask_opening": PageHelp(
        _("Open blocked data"),
        (H,),
        (
            _("Ask for it with the ground, a document and your reason. The lawyer and a second person decide."),
            _("If they agree you look once, for half an hour, on screen only."),
        ),
        PROTECTION,
    ),
    "archive:opened": PageHelp(
        _("Blocked data"),
        (H,),
        (_("You see the blocked data until the time that stands on top. Then the page closes by itself."),),
        PROTECTION,
    ),
    "archive:annotate": PageHelp(
        _("Annotate the blocked data"),
        (L,),
        (_("Record what is contested and what is right. The blocked data stay as they are."),),
        _("Regulation (EU) 1024/2012, article 19"),
    ),
    "archive:decision": PageHelp(
        _("Decision on the data"),
        (A, L, H),
        (
            _("Here you read what was proposed and why. Did somebody else propose it? Then you agree or decline."),
            _("Two people who depend on each other do not decide together."),
        ),
        PROTECTION,
    ),
    "archive:retention": PageHelp(
        _("Retention"),
        (A, R),
        (
            _("Here you see which personal data are blocked or erased soon, and what was not saved in Corsa yet."),
            _("Blocking and erasing happen by themselves, at night."),
            _("Two weeks before, check the date of the end: it can still be corrected, or erasing put off."),
        ),
        PROTECTION,
    ),
    "archive:keys": PageHelp(
        _("Old keys"),
        (R, T),
        (
            _("First destroy the copy in escrow, then record it here. The desk removes its own file."),
            _("A second person confirms it. One of the two is a technical administrator."),
        ),
        PROTECTION,
    ),
    "archive:proof": PageHelp(
        _("Proof of erasure"),
        (A, R),
        (
            _("Here you see that the data of one request are gone: what was sought, where, and that it was not found."),
            _("The page holds no personal data. Print it for who asks."),
        ),
        PROTECTION,
    ),
    "archive:rehearsal": PageHelp(
        _("As if it were another day"),
        (A, L),
        (_("Choose a day. You see what the desk would block and erase by then. Nothing is changed."),),
    ),
    "archive:feed_link": PageHelp(
        _("Dates in your calendar"),
        (A, L),
        (_("Whoever has the address sees the references and the days. It ends when your account ends."),),
    ),
    "monitoring:heartbeat": PageHelp(
        _("Automatic tasks"),
        (A, L, R, T),
        (
            _("Here you see whether mail, reports, blocking and erasing run on time. No request is named."),
            _("Is something red? The technical administrator mends it. Meanwhile nothing is lost."),
        ),
    ),
    "monitoring:overview": PageHelp(
        _("Figures"),
        (A, L),
        (
            _("Every figure opens the list that it counts. No person stands in them."),
            _("Under ten requests you see counts, because a percentage of a few says little."),
        ),
    ),
    "monitoring:practice_requester": PageHelp(
        _("Play the requesting authority"),
        (ALL,),
        (_("On a practice desk nobody is on the other side. Here you do what the requester would do in IMI."),),
    ),
}


def readers_of(roles: Iterable[str]) -> set[Reader]:
    return {Reader.EVERYBODY}.union(*(READERS_OF.get(Role(role), set()) for role in roles))


def by_reader(roles: Iterable[str]) -> list[tuple[Reader, bool, list[PageHelp]]]:
    """Each reader with his pages, and whether somebody with these roles is one."""
    own = readers_of(roles)
    return [(reader, reader in own, [page for page in PAGES.values() if reader in page.readers]) for reader in Reader]
