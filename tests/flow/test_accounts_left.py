"""Who leaves is out at once, and erased three years later; what he did stays under a number (DP-15)."""

from datetime import timedelta
from io import StringIO

import pytest
from dateutil.relativedelta import relativedelta
from django.core.management import CommandError, call_command
from django.urls import reverse

from archive import tasks
from authorities.models import Absence, Membership, User
from authorities.vocabulary import Role, UserStatus
from imidesk.core import clock, ledger
from imidesk.core.models import AuditEvent, LedgerEntry
from requests_app.models import SavedView

START = "monitoring:start"


@pytest.fixture
def left(world, sign_in):
    """Somebody with an absence and a list of his own, who accepted a request and then left today."""
    info_request = world.accepted()
    client = sign_in(world.handler)
    assert client.get(reverse(START)).status_code == 200
    Absence.objects.create(user=world.handler, first_day=clock.today(), last_day=clock.today())
    SavedView.objects.create(user=world.handler, name="Van Carla", query="lijst=open", made_at=clock.now())
    call_command("leave_user", world.handler.username, stdout=StringIO())
    assert client.get(reverse(START)).status_code == 302
    return info_request


def years_later(days=0):
    return clock.today() + relativedelta(years=3, days=days)


def everything_of(user):
    return " ".join(str(value) for value in User.objects.filter(pk=user.pk).values().get().values())


def test_three_years_later_the_name_is_gone_and_what_was_done_stays(world, left, sign_in):
    page = reverse("requests_app:detail", args=[left.reference])
    allocator = sign_in(world.allocator)
    assert "Carla Voorbeeld" in allocator.get(page).content.decode()
    tasks.erase_all(years_later(days=-1))
    assert "Carla" in everything_of(world.handler) and Absence.objects.exists() and SavedView.objects.exists()

    tasks.erase_all(years_later())
    tasks.erase_all(years_later(days=1))

    said = everything_of(world.handler)
    assert "carla" not in said.casefold() and "@" not in said
    assert not Absence.objects.exists() and not SavedView.objects.exists()
    text = allocator.get(page).content.decode()
    assert "Carla" not in text and f"voormalig gebruiker {world.handler.pk}" in text
    assert AuditEvent.objects.filter(action="user_erased").count() == 1
    assert AuditEvent.objects.filter(actor_id=world.handler.pk).exists()
    call_command("verify_audit", stdout=StringIO())
    call_command("verify_grants", stdout=StringIO())


def test_who_left_leaves_once_and_a_restored_copy_knows_the_day(world, left):
    with pytest.raises(CommandError, match="vertrokken"):
        call_command("leave_user", world.handler.username)
    User.objects.filter(pk=world.handler.pk).update(status=UserStatus.ACTIVE, left_on=None)
    ledger.flush()
    LedgerEntry.objects.all().delete()
    clock.move(timedelta(days=5))

    assert ledger.replay() == 1

    user = User.objects.get(pk=world.handler.pk)
    assert (user.status, user.left_on) == (UserStatus.LEFT, clock.today() - timedelta(days=5))


def test_a_role_that_is_withdrawn_ends_the_sessions(world, sign_in):
    """SP-27: the key of a session is cycled at a change of role."""
    client = sign_in(world.allocator)
    assert client.get(reverse(START)).status_code == 200
    assert Membership.objects.valid_on(clock.today()).filter(user=world.allocator, role=Role.TOEWIJZER).exists()
    call_command("withdraw_role", world.allocator.username, Role.TOEWIJZER, stdout=StringIO())
    assert client.get(reverse(START)).status_code == 302
