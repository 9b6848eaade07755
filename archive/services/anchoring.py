"""The daily anchor goes to the lawyer's mail too: a copy that who runs the machines does not keep (SP-09)."""

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from authorities.permissions import people_of_homes
from authorities.vocabulary import Role
from imidesk.core import anchor, clock, outbox
from imidesk.core.clock import AMSTERDAM
from imidesk.core.models import DailyAnchor, OutgoingMessage
from imidesk.core.outbox import RenderedMail

TEMPLATE = "daily_anchor"


@transaction.atomic(durable=True)
def anchor_audit() -> anchor.Line | None:
    """Makes the anchor of the last midnight once; mails it on days on which something was recorded."""
    before = DailyAnchor.objects.order_by("up_to").last()
    made = anchor.make()
    if made is not None and (before is None or before.digest != made.digest):
        told = people_of_homes(Role.JURIST).values_list("pk", flat=True)
        facts: dict[str, str | int] = {"anchor": DailyAnchor.objects.get(up_to=made.up_to).pk}
        outbox.plan_for(told, template=TEMPLATE, event=None, subject=clock.installation(), facts=facts)
    return made


def render(message: OutgoingMessage) -> RenderedMail | None:
    """Numbers and a digest, nothing of any request; None for who is no lawyer any more."""
    row = DailyAnchor.objects.filter(pk=message.facts["anchor"]).first()
    if row is None or message.user is None or message.user not in people_of_homes(Role.JURIST):
        return None
    with override(message.user.language):
        day = date_format(row.up_to.astimezone(AMSTERDAM), "j F Y")
        body = render_to_string(
            "email/daily_anchor.txt", {"anchor": row, "day": day, "desk": settings.IMIDESK_BASE_URL}
        )
        return RenderedMail(
            to=message.user.email, subject=_("Anchor of the audit trail: %(day)s") % {"day": day}, body=body
        )
