"""Empties a practice desk: a new database in the place of the old one, since its audit trail only grows (SP-09)."""

import shutil
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils.translation import gettext as _

from authorities.models import User
from imidesk.core import key_files, stamp, start_up
from imidesk.core.errors import DomainError
from imidesk.core.models import AuditEvent, Installation


def refuse_outside_practice() -> None:
    """Settings and stamp both say practice, or nothing is touched; an empty database has no stamp yet (SP-38)."""
    fitting = stamp.is_practice() if start_up.is_migrated() else not connection.introspection.table_names()
    if settings.IMIDESK_KIND != Installation.Kind.PRACTICE or not fitting:
        raise DomainError(_("This is not a practice desk: nothing was changed."))


def make_blank() -> None:
    """Killed half-way, the next run goes on: without tables there is no stamp, and keys that were left still fit."""
    refuse_outside_practice()
    if not _is_blank():
        _drop_tables()
        _empty(Path(settings.IMIDESK_FILES_DIR))
        _empty(Path(settings.IMIDESK_MAIL_DIR))
        for file in list(key_files.key_files()):
            if file.is_practice:
                file.path.unlink()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("make_keys", stdout=StringIO())


def _is_blank() -> bool:
    """As a first migrate leaves it; then there is nothing to drop."""
    if not start_up.is_migrated():
        return True
    used = User.objects.exists() or AuditEvent.objects.exists()
    return not used and not Installation.objects.get().clock_offset


def _drop_tables() -> None:
    """In one transaction on both databases: who reads meanwhile sees the old desk or none."""
    quote = connection.ops.quote_name
    with connection.constraint_checks_disabled(), transaction.atomic(), connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        if connection.vendor == "postgresql" and tables:
            cursor.execute(f"DROP TABLE {', '.join(map(quote, tables))} CASCADE")
        else:
            for table in tables:
                cursor.execute(f"DROP TABLE {quote(table)}")


def _empty(folder: Path) -> None:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
