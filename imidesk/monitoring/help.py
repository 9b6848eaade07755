"""What the help page says: the steps in order, the words, and the national contact point."""

from django.utils.translation import gettext_lazy as _

NIMIC_ADDRESS = "nimic-solvit@rvo.nl"  # AUT-06

STEPS = (
    (
        _("Register"),
        _("The IMI administrator copies number, module, requester and dates from IMI, or reads a file in."),
    ),
    (_("Take over the questions"), _("Tick the standard questions, or paste the requester's own words on a tab.")),
    (_("Choose a team"), _("The service activity suggests a team; one or several handlers may be named at once.")),
    (_("Task in Corsa"), _("Copy the memo, add the PDF without personal data and note the number of the task.")),
    (_("Take up"), _("A handler of the team takes the request up; from then on it is theirs.")),
    (
        _("Accept, forward or refuse"),
        _("Accept only what you are competent for and able to answer; forward what belongs elsewhere."),
    ),
    (_("Take over the provider"), _("After accepting you may copy what IMI says about the provider.")),
    (_("Answer the request"), _("Answer tab by tab, in as many sittings as you like; a standard answer saves typing.")),
    (
        _("Enter and send in IMI"),
        _("The desk shows the answers in IMI's order, to copy; then note when you sent them."),
    ),
    (_("Record the closing"), _("The requester closes the request in IMI; note the date on which that was done.")),
    (_("End report"), _("The desk makes two reports, with and without personal data.")),
    (
        _("File in Corsa and sign the task off"),
        _("File the reports in Corsa, note the case number and sign the task off."),
    ),
)

WORDS = (
    (_("requesting authority"), _("the authority in another country that asks")),
    (_("accept"), _("say to the requester that you are competent and able to answer")),
    (_("forward"), _("send the request on to the authority that is competent")),
    (_("refuse"), _("only when the request gives too little reason, or falls outside the directive")),
    (_("not answerable"), _("a question that you cannot or may not answer, with the standard answer that says why")),
    (_("waiting for the requester"), _("answered, but the requester has not closed the request in IMI yet")),
    (_("file in Corsa"), _("put the reports in the records system, where they are kept for ten years")),
    (_("blocked"), _("the personal data are still there, but nobody can see them")),
    (_("erased"), _("the personal data are gone for good; the dates remain")),
    (_("FICTIEF"), _("a request to practise with; it counts nowhere")),
)
