"""Filters of the list kept under a name; each person's own."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from authorities.models import User
from imidesk.core import clock
from imidesk.core.errors import DomainError
from requests_app.models import SavedView

MOST_VIEWS = 20


@transaction.atomic(durable=True)
def save_view(*, user: User, name: str, query: str) -> SavedView:
    own = SavedView.objects.filter(user=user)
    if own.count() >= MOST_VIEWS:
        raise DomainError(_("You have %(most)d saved views already. Delete one first.") % {"most": MOST_VIEWS})
    return _write(SavedView(user=user, query=query, made_at=clock.now()), name)


@transaction.atomic(durable=True)
def rename_view(*, view: SavedView, name: str) -> SavedView:
    return _write(view, name)


@transaction.atomic(durable=True)
def delete_view(*, view: SavedView) -> None:
    view.delete()


def _write(view: SavedView, name: str) -> SavedView:
    """Two names that differ only in capitals would look the same to who made them."""
    taken = DomainError(_("You have a saved view with this name already. Choose another name."))
    if SavedView.objects.filter(user=view.user, name__iexact=name).exclude(pk=view.pk).exists():
        raise taken
    view.name = name
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        raise taken from None
    return view
