"""The proof that personal data are gone: everything typed, walked to its end, blocked, erased, and sought (issue 5)."""

import pytest
from django.db import connection

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("desks")]

ENDED = {"corrected_twice", "told_to_the_provider", "forwarded", "refused", "withdrawn", "entered_in_error"}
ON_POSTGRESQL = connection.vendor == "postgresql"


def test_what_was_typed_anywhere_is_nowhere_after_erasing(desks):
    """Every text that the register does not class as open, through the pages and files that people have.

    PostgreSQL keeps rows that were deleted, and its log of them, until their space is used again: sealed, under a key
    that is gone. On SQLite not even that is left.
    """
    desk = desks.ready()
    with desk.checker("tests.real.marked") as checker:
        walked = checker.walked()
        assert set(walked) == ENDED
        checker.opened()
        assert checker.found_at_once() == {}
        assert checker.later(7)["blocked"] == len(ENDED)
        checker.opened_while_blocked(walked["withdrawn"])
        checker.opened()
        assert checker.not_met() == [], "typed, and not to be opened with the keys"
        assert checker.not_reached() == [], "not open, and no marker came there"
        assert {field.split()[-1] for field in checker.refused()} == {"imi_number", "task_number", "case-case_number"}

        assert checker.later(40)["erased"] == len(ENDED)
        assert checker.found() == {}
        proofs = checker.proofs()
        assert proofs == {"found": [[]] * len(ENDED), "erased": len(ENDED), "faults": []}
        assert ON_POSTGRESQL or checker.left_sealed() == 0
        keys = str(desk.var / "keys")
        assert checker.unwrapped(keys), "with the keys of then, and a copy of each day, they open"

        checker.later(4)
        gone = checker.destroy_old_keys()
        assert gone
        assert checker.unwrapped(keys) == []
        assert not [name for name in gone if (desk.var / "keys" / f"{name}.key").exists()]

        met = checker.control()
        places = {"dump", "redis"} if ON_POSTGRESQL else {"var/desk.sqlite3-wal"}
        assert set(met) >= {"var/mail", "var/beat-schedule", *places}
