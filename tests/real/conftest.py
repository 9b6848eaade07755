import pytest

from tests.real.machine import machines


@pytest.fixture(scope="session")
def desks(tmp_path_factory):
    """One cluster for all; the tests that use it run in one process (`xdist_group`)."""
    with machines(tmp_path_factory.mktemp("machines")) as made:
        yield made
