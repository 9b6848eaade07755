"""The mail to who may release a search: that there is one, and where (NOT-10)."""

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from archive.person_rights import access
from archive.person_rights.models import PersonSearch
from imidesk.core import outbox
from imidesk.core.models import OutgoingMessage
from imidesk.core.outbox import RenderedMail

TEMPLATE = "search_asked"


def plan(search: PersonSearch) -> None:
    told = (user.pk for user in access.releasers_of(search))
    outbox.plan_for(
        told, template=TEMPLATE, event=None, subject=search.person_request.uuid, facts={"search": search.pk}
    )


def render(message: OutgoingMessage) -> RenderedMail | None:
    """None where somebody released it meanwhile, or for who may not any more."""
    if message.user is None or not access.releasable(message.user).filter(pk=message.facts["search"]).exists():
        return None
    with override(message.user.language):
        link = f"{settings.IMIDESK_BASE_URL}{reverse('archive:person_release')}"
        return RenderedMail(
            to=message.user.email,
            subject=_("A search waits for a second person"),
            body=render_to_string("email/search_asked.txt", {"link": link}),
        )
