"""Twenty kills at seeded moments; `make soak` does three hundred (design idea 5, SP-40)."""

import pytest
from django.db import connection

from tests.real.faults import VICTIMS, desk_to_kill

SEED = 20261122


@pytest.mark.slow
@pytest.mark.skipif(connection.vendor != "postgresql", reason="The kills are about PostgreSQL and Redis.")
def test_twenty_kills_lose_nothing_and_double_nothing(tmp_path):
    with desk_to_kill(tmp_path, seed=SEED) as faults:
        figures = faults.run(kills=sum(VICTIMS.values()))

    assert figures.kills.total() == 20
    assert figures.acknowledged
    assert figures.cut_off_done + figures.cut_off_not_done
