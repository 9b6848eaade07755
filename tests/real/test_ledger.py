"""A copy from before brings nobody and nothing back: the ledger outside it is done again (SP-05, SP-24, pitfall 11)."""

import pytest

from tests.real.test_backup import make_copy

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("desks")]


def test_what_was_erased_and_who_was_dismissed_stay_out_after_a_restore(desks):
    """Copied, erased, rotated, dismissed, the old keys destroyed by two persons; then the old copy is put back."""
    desk = desks.ready()
    with desk.checker("tests.real.marked") as checker:
        request = checker.life()
        before = checker.left(request["pk"])
        assert before["handler"] == "active" and before["key"]
        readable = checker.readable()
        assert readable > 5
        copy = make_copy(desk)
        assert checker.later(38)["erased"] == 1
        blocked = desk.manage("block_user", "carla")
        assert blocked.returncode == 0, blocked.stderr
        checker.later(4)
        assert checker.destroy_old_keys()
        after = checker.left(request["pk"])
        assert (after["data_state"], after["key"], after["handler"]) == ("erased", False, "blocked")
        assert checker.answers() == {"start": 302, "ready": 200}

    with desk.checker("tests.real.marked") as checker:
        checker.put_back(str(copy))
    with desk.checker("tests.real.marked") as checker:
        assert checker.answers() == {"start": 503, "ready": 503}
        assert checker.sealed() == readable, "what was put back is there again"
        assert checker.readable() == 0, "and no key opens it"

    restored = desk.manage("restore", str(copy), "--replace")

    assert restored.returncode == 0, restored.stderr
    with desk.checker("tests.real.marked") as checker:
        assert checker.left(request["pk"]) == {**after, "sessions": 0, "faults": []}
        assert checker.answers() == {"start": 302, "ready": 200}
        assert checker.sealed() == 0
    again = desk.manage("replay_ledger")
    assert again.stdout.startswith("0 entries")
