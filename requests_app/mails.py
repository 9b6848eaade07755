"""The text of a mail: number, module, deadline and link, and nothing of the case (NOT-10)."""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from authorities.models import Authority, User
from imidesk.core import clock
from imidesk.core.models import OutgoingMessage
from imidesk.core.outbox import RenderedMail
from requests_app import reminders
from requests_app.models import InformationRequest
from requests_app.vocabulary import BEFORE_ACCEPTANCE, MailTemplate, State


def render(message: OutgoingMessage) -> RenderedMail | None:
    """In the recipient's language; None where the recipient may no longer know of the request."""
    info_request = InformationRequest.objects.select_related("home__first_contact").filter(uuid=message.subject).first()
    if info_request is None:
        return None
    user = message.user
    if user is None:
        return _render(message, info_request, info_request.home.email, "nl", None)
    if not InformationRequest.objects.visible(user).filter(pk=info_request.pk).exists():
        return None
    return _render(message, info_request, user.email, user.language, user)


def _render(
    message: OutgoingMessage, info_request: InformationRequest, to: str, language: str, user: User | None
) -> RenderedMail:
    template = MailTemplate(message.template)
    with override(language):
        context = {
            "template": template,
            "number": info_request.imi_number or info_request.reference,
            "reference": info_request.reference,
            "module": info_request.get_module_display(),
            "fictitious": info_request.fictitious,
            "deadline": _deadline(info_request, template),
            "also": [MailTemplate(code).label for code in str(message.facts.get("also", "")).split("+") if code],
            "is_late": bool(info_request.answer_due_on and info_request.answer_due_on < clock.today()),
            "for_absent": bool(message.facts.get("deputy")),
            "link": f"{settings.IMIDESK_BASE_URL}{info_request.get_absolute_url()}",
            "authority": info_request.home,
            "contact": _contact(info_request.home, user),
        }
        subject_text = (
            _("%(what)s: %(number)s (%(reference)s)") if info_request.imi_number else _("%(what)s: %(reference)s")
        )
        subject = subject_text % {
            "what": str(template.label).capitalize(),
            "number": info_request.imi_number,
            "reference": info_request.reference,
        }
        if info_request.fictitious:
            subject = f"FICTIEF – {subject}"
        return RenderedMail(to=to, subject=subject, body=render_to_string(f"email/{template}.txt", context))


def _deadline(info_request: InformationRequest, template: MailTemplate) -> str:
    if template == MailTemplate.REMINDER_LETTER and (day := reminders.letter(info_request)):
        return _("write the letter by %(day)s") % {"day": date_format(day, "j F Y")}
    if template == MailTemplate.REMINDER_FILE and (day := reminders.block_date(info_request)):
        return _("save in Corsa before %(day)s") % {"day": date_format(day, "j F Y")}
    if template == MailTemplate.REMINDER_BLOCK and (day := reminders.blocking(info_request)):
        return _("blocked on %(day)s") % {"day": date_format(day, "j F Y")}
    if template == MailTemplate.REMINDER_HOLD and (day := reminders.hold_end(info_request)):
        return _("hold until %(day)s") % {"day": date_format(day, "j F Y")}
    if info_request.state in BEFORE_ACCEPTANCE:
        return _("accept by %(day)s") % {"day": date_format(info_request.accept_by, "j F Y")}
    if info_request.state == State.ACCEPTED and info_request.answer_due_on:
        return _("answer by %(day)s") % {"day": date_format(info_request.answer_due_on, "j F Y")}
    return ""


def _contact(authority: Authority, user: User | None) -> User | None:
    contact = authority.first_contact
    return None if contact == user else contact
