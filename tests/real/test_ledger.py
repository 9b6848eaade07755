"""A copy from before brings nobody and nothing back: the ledger outside it is done again (SP-24, pitfall 11)."""

from datetime import date, timedelta

import pytest

from tests.real.test_backup import live, machine, make_copy

pytestmark = pytest.mark.slow


def test_what_was_erased_and_who_was_dismissed_stay_out_after_a_restore(tmp_path):
    with machine(tmp_path / "desk") as desk:
        with desk.checker() as checker:
            request = live(checker)
            assert checker.opens(request["pk"])["files"]
            before = checker.left(request["pk"])
            assert before["handler"] == "active" and before["key"]
        copy = make_copy(desk)
        day = (date.today() + timedelta(days=37 * 31)).isoformat()
        for command in (("retention", "--as-of", day), ("rotate_keys",), ("block_user", "carla")):
            done = desk.manage(*command)
            assert done.returncode == 0, done.stderr
        with desk.checker() as checker:
            after = checker.left(request["pk"])
        assert (after["data_state"], after["key"], after["handler"]) == ("erased", False, "blocked")

        restored = desk.manage("restore", str(copy), "--replace")

        assert restored.returncode == 0, restored.stderr
        with desk.checker() as checker:
            assert checker.left(request["pk"]) == {**after, "sessions": 0, "faults": []}
        again = desk.manage("replay_ledger")
        assert again.stdout.startswith("0 entries")
