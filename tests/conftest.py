import re

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import translation

from imidesk.core import vault
from tests import log_scan
from tests.factories.world import World, build_world


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Every test database has its keys, as an installation has after `make_keys`."""
    with django_db_blocker.unblock():
        vault.make_keys()


@pytest.fixture(autouse=True)
def language(settings):
    """Each test begins in the language of the desk, whatever the one before it spoke."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(autouse=True)
def own_ledger(settings, tmp_path):
    """A line of another test's ledger would shut this one's desk (SP-24)."""
    settings.IMIDESK_LEDGER_DIR = tmp_path / "ledger"


@pytest.fixture(autouse=True)
def no_person_in_the_log():
    """SP-16, over the whole suite."""
    with log_scan.written() as log:
        yield log
    assert log_scan.persons_in(log.getvalue()) == []


@pytest.fixture
def world(db, tmp_path, settings) -> World:
    """A province with its people, its team and its neighbours; what files the test writes are its own."""
    settings.IMIDESK_FILES_DIR = tmp_path / "files"
    settings.IMIDESK_MAIL_DIR = tmp_path / "mail"
    assert django_settings.IMIDESK_KIND == "practice"
    return build_world()


class PageClient(Client):
    """Who sends something faulty hears so first: in the title of the page that comes back (UX-02)."""

    def request(self, **request):
        response = super().request(**request)
        if response.status_code == 422 and (title := re.search(rb"<title>([^<]*)", response.content)):
            assert title[1].decode().startswith(("Fout: ", "Error: ")), title[1].decode()
        return response


@pytest.fixture
def client():
    return PageClient()


@pytest.fixture
def sign_in(client):
    def as_person(user):
        client.force_login(user)
        return client

    return as_person
