"""A random marker in every store, through the desk's own doors: a search that misses one proves nothing (SP-22)."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.core.cache import cache

from archive.seeking import REDIS, Search
from imidesk.core import outbox, security_log, vault, wake
from requests_app.models import InformationRequest, SealedFile
from requests_app.vocabulary import FileKind

SECONDS = 24 * 60 * 60


@contextmanager
def planted(search: Search, keeper: InformationRequest) -> Iterator[None]:
    """Taken away again afterwards, but for the line in the security log, which is only added to."""
    with ExitStack() as stack:
        _security_log(search)
        stack.enter_context(_session(search))
        stack.enter_context(_cache(search))
        stack.enter_context(_file(search, keeper))
        stack.enter_context(_queue(search))
        stack.enter_context(_mail(search))
        yield


def _marker() -> str:
    return f"plant{secrets.token_hex(16)}"


def _security_log(search: Search) -> None:
    marker = _marker()
    search.plant("security log", "table:core_securityevent", marker)
    security_log.note("erasure_search", object=marker, result="ok", origin="desk", actor_id=None)


@contextmanager
def _session(search: Search) -> Iterator[None]:
    marker = _marker()
    search.plant("sessions", "table:django_session", marker)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session["plant"] = marker
    session.set_expiry(SECONDS)
    session.create()
    try:
        yield
    finally:
        session.delete()


@contextmanager
def _cache(search: Search) -> Iterator[None]:
    marker = _marker()
    search.plant("counters", REDIS if settings.REDIS_URL else "table:cache", marker)
    cache.set(marker[:12], marker, SECONDS)
    try:
        yield
    finally:
        cache.delete(marker[:12])


@contextmanager
def _file(search: Search, keeper: InformationRequest) -> Iterator[None]:
    """Sealed, so only its random name can be met again."""
    name = vault.store_file(SealedFile(info_request=keeper, kind=FileKind.IMI_FULL), b"plant")
    search.plant("sealed files", f"folder:{Path(settings.IMIDESK_FILES_DIR).name}", name.rpartition("/")[2])
    try:
        yield
    finally:
        vault.delete_file(name)


@contextmanager
def _queue(search: Search) -> Iterator[None]:
    marker = _marker()
    search.plant("queue", REDIS if settings.REDIS_URL else "folder:broker", marker)
    with wake.planted(marker):
        yield


@contextmanager
def _mail(search: Search) -> Iterator[None]:
    """Mail that went to a mail server has left the desk; only mail that is kept as files is a store."""
    folder = outbox.folder()
    if folder is None:
        yield
        return
    marker = _marker()
    search.plant("mail", f"folder:{folder.name}", marker)
    with outbox.planted(folder, marker):
        yield
