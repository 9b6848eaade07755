"""Every migration on a full desk: from where each part began, with its rows in place, to now (issue 4, Production)."""

import pytest

from tests.factories.world import SUBJECT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("desks")]
FIRST = {"archive": "0001", "requests_app": "0001", "authorities": "0001", "core": "0002"}


def test_a_full_desk_of_the_first_tables_comes_to_the_present_ones(desks):
    """Made by undoing the migrations under a full desk; one that changes rows therefore names how it is undone."""
    desk = desks.ready()
    with desk.checker() as checker:
        requests = [checker.life()["pk"], checker.prepare("saving", 1)[0]["pk"]]
        before = [checker.opens(pk) for pk in requests]
        sizes = checker.sizes()
    assert before[0]["family_name"] == SUBJECT["family_name"] and before[0]["files"]
    for app, name in FIRST.items():
        undone = desk.manage("migrate", app, name)
        assert undone.returncode == 0, undone.stderr
    listed = desk.manage("showmigrations", "--plan").stdout
    assert listed.count("[ ]") >= 8
    assert "[X]  requests_app.0001_initial" in listed and "[ ]  requests_app.0002_daily_use" in listed

    migrated = desk.manage("migrate")

    assert migrated.returncode == 0, migrated.stderr
    for command in (["check", "--database", "default"], ["verify_audit"], ["verify_grants"]):
        told = desk.manage(*command)
        assert told.returncode == 0, told.stderr
    with desk.checker() as checker:
        assert [checker.opens(pk) for pk in requests] == before
        assert checker.sizes() == sizes
