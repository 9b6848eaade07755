"""Twenty kills of the night's run at seeded instants; `make soak` does a hundred (issue 5, SP-21)."""

import pytest
from django.db import connection

from tests.real.desk import real_desk
from tests.real.nights import figures_of

SEED = 20261122


@pytest.mark.slow
@pytest.mark.skipif(connection.vendor != "postgresql", reason="The kills are about PostgreSQL and Redis.")
def test_twenty_kills_of_a_night_leave_nothing_half_done_and_double_nothing(tmp_path):
    with real_desk(tmp_path, settings="tests.real.settings") as desk:
        figures = figures_of(desk.environment, kills=20, seed=SEED)

    assert figures.kills == 20
    assert figures.between
    assert figures.together == 2
    assert figures.erased > 100
