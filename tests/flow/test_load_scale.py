"""A made-up volume is a desk like any other: its trail, its grants, its rules and its pages (issue 4, "Volume")."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings
from django.urls import reverse

from authorities.models import Authority, User
from authorities.vocabulary import Module
from imidesk.core import clock
from imidesk.core.models import AuditChain, AuditEvent, Installation, SealKey
from imidesk.monitoring.scale import ground
from requests_app.models import (
    Allocation,
    Answer,
    InformationRequest,
    RequestQuestion,
    RequestUserPermission,
    SealedText,
    Subject,
)
from requests_app.services import receiving
from requests_app.services.receiving import NewRequest
from requests_app.vocabulary import OPEN_STATES, Procedure

NUMBER = 620  # more than one chunk, so that other processes seal where they do


def _schema():
    """Every index and constraint, as PostgreSQL has them; SQLite keeps its own while it loads."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL"
            " SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2"
        )
        return cursor.fetchall()


@pytest.fixture(scope="module")
def schemas(django_db_setup, django_db_blocker, tmp_path_factory):
    """A desk with the volume, undone after this module; gives the schema from before and from after."""
    undone = transaction.atomic()
    undone._from_testcase = True
    with (
        django_db_blocker.unblock(),
        override_settings(VAR_DIR=tmp_path_factory.mktemp("scale")),
        undone,
    ):
        before = _schema()
        call_command("load_scale", str(NUMBER))
        yield before, _schema()
        transaction.set_rollback(True)


pytestmark = pytest.mark.usefixtures("schemas", "db")


def test_each_request_has_all_that_hangs_on_one():
    each = {Subject: 1, SealedText: 4, RequestQuestion: 12, Answer: 12, Allocation: 2, AuditEvent: 6, SealKey: 1}
    assert InformationRequest.objects.count() == NUMBER
    assert {model: model.objects.count() for model in each} == {model: NUMBER * n for model, n in each.items()}
    assert AuditChain.objects.filter(kind="request").count() == NUMBER
    assert RequestUserPermission.objects.count() > NUMBER
    homes = Authority.objects.filter(is_home=True)
    assert homes.count() == ground.HOMES
    largest = User.objects.get(username=ground.BENCH_USER).memberships.first().authority
    assert InformationRequest.objects.filter(home=largest).count() == NUMBER // 10
    assert InformationRequest.objects.filter(state__in=OPEN_STATES).count() == round(NUMBER * 0.03)


def test_trail_and_grants_of_a_volume_are_whole(capsys):
    call_command("verify_audit")
    call_command("verify_grants")
    assert "Every chain is whole." in capsys.readouterr().out
    connection.check_constraints()


def test_pages_open_on_a_volume_and_the_person_after_acceptance(client):
    user = User.objects.get(username=ground.BENCH_USER)
    client.force_login(user)
    for name in ("monitoring:start", "requests_app:list"):
        assert client.get(reverse(name)).status_code == 200
    own = InformationRequest.objects.filter(allocation__handler=user).order_by("pk").first()
    assert "Meetbedrijf 0 B.V." in client.get(own.get_absolute_url()).content.decode()
    client.force_login(User.objects.get(username=ground.BENCH_JURIST))
    assert client.get(reverse("monitoring:overview")).status_code == 200


def test_a_request_registered_afterwards_gets_the_next_number():
    allocator = User.objects.get(username=ground.BENCH_ALLOCATOR)
    home = allocator.memberships.first().authority
    new = NewRequest(
        home=home,
        module=Module.SDG_EVIDENCE,
        procedure=Procedure.SDG_EVIDENCE,
        requester=Authority.objects.get(name="Meetautoriteit 0"),
        received_at=clock.now(),
        imi_number="77",
    )
    registered = receiving.register_request(actor=allocator, new=new)
    assert registered.reference.endswith(f"-{NUMBER // 10 + 1:05d}")


def test_indexes_and_constraints_are_as_they_were(schemas):
    before, after = schemas
    assert InformationRequest.objects.count() == NUMBER
    assert after == before


def test_a_volume_is_loaded_on_a_practice_desk_only_and_once():
    with override_settings(IMIDESK_KIND="production"), pytest.raises(CommandError, match="oefenbalie"):
        call_command("load_scale", "10")
    Installation.objects.update(kind=Installation.Kind.PRODUCTION)
    with pytest.raises(CommandError, match="oefenbalie"):
        call_command("load_scale", "10")
    Installation.objects.update(kind=Installation.Kind.PRACTICE)
    with pytest.raises(CommandError, match="al een verzonnen"):
        call_command("load_scale", "10")
    with pytest.raises(CommandError, match="vanaf 1"):
        call_command("load_scale", "0")
    assert InformationRequest.objects.count() == NUMBER
