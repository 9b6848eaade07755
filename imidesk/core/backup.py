"""A copy of the desk that can be put back: the database and the sealed files, never a key (design 7).

A folder with `manifest.json` (what it is, and the SHA-256 of the rest), `database.dump` (pg_dump, custom format) or
`database.sqlite3`, and `files.tar` with the sealed files under their own names.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tarfile
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from imidesk.core import clock, start_up, vault
from imidesk.core.models import Installation

FORMAT = "imidesk.backup/1"
MANIFEST = "manifest.json"
FILES = "files.tar"
DATABASE = {"postgresql": "database.dump", "sqlite": "database.sqlite3"}
_NAME = re.compile(r"desk-[0-9]{8}T[0-9]{6}Z")
_STORED = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}")
# The schema itself stays, and what belongs to an extension: their owner and their rights are the house's.
_EMPTY_SCHEMA = b"""
DO $$
DECLARE command text;
BEGIN
  FOR command IN
    SELECT format('DROP TABLE %s CASCADE', oid::regclass) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
    UNION ALL
    SELECT format('DROP ROUTINE %s CASCADE', oid::regprocedure) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
  LOOP EXECUTE command; END LOOP;
END $$;
"""

AfterRestore = Callable[[], None]
_after_restore: list[AfterRestore] = []


class BackupRefused(Exception):
    """Nothing was written or put back; the message says why and what to do."""


@dataclass(frozen=True)
class Manifest:
    format: str
    made_at: str
    kind: str
    installation: str
    engine: str
    migrations: list[str]
    sha256: dict[str, str]


def register_after_restore(run: AfterRestore) -> None:
    """What must be done before a restored desk answers again: what was erased or withdrawn since the copy (SP-24)."""
    if run not in _after_restore:
        _after_restore.append(run)


def end_sessions() -> None:
    """Whoever signed in before the copy was put back signs in again."""
    Session.objects.all().delete()


def after_restore() -> None:
    for run in _after_restore:
        run()


def make(folder: Path) -> Path:
    """The database first: a file without a row does no harm, a row without a file is a lost attachment."""
    os.umask(0o077)
    moment = clock.now()
    finished = folder / moment.strftime("desk-%Y%m%dT%H%M%SZ")
    if finished.exists():
        raise BackupRefused(f"{finished} is there already.")
    unfinished = folder / f".{finished.name}"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, mode=0o700)
    installation = Installation.objects.get()
    try:
        database = unfinished / DATABASE[connection.vendor]
        _dump_postgresql(database) if connection.vendor == "postgresql" else _dump_sqlite(database)
        _pack_files(unfinished / FILES)
        manifest = Manifest(
            format=FORMAT,
            made_at=moment.isoformat(),
            kind=installation.kind,
            installation=str(installation.uuid),
            engine=connection.vendor,
            migrations=_applied(),
            sha256={path.name: _digest(path) for path in (database, unfinished / FILES)},
        )
        (unfinished / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2))
        for path in unfinished.iterdir():
            path.chmod(0o600)
            _sync(path)
        _sync(unfinished)
        unfinished.rename(finished)
        _sync(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return finished


def remove_old(folder: Path) -> list[Path]:
    """No copy lives longer than IMIDESK_BACKUP_DAYS: the day on which erased is final counts on it (SP-05)."""
    oldest = clock.now() - timedelta(days=settings.IMIDESK_BACKUP_DAYS)
    removed = []
    for path in sorted(folder.iterdir()):
        if _NAME.fullmatch(path.name) and datetime.strptime(f"{path.name}+0000", "desk-%Y%m%dT%H%M%SZ%z") < oldest:
            shutil.rmtree(path)
            removed.append(path)
    return removed


def read(folder: Path) -> Manifest:
    """Raises BackupRefused for what is damaged, of another kind of desk or database, or made by a newer desk."""
    try:
        manifest = Manifest(**json.loads((folder / MANIFEST).read_text()))
    except (OSError, ValueError, TypeError) as fault:
        raise BackupRefused(f"{folder} is not a backup of the desk ({type(fault).__name__}).") from None
    if manifest.format != FORMAT:
        raise BackupRefused(f"{folder} has another format than {FORMAT}.")
    if manifest.kind != settings.IMIDESK_KIND:
        raise BackupRefused(
            f"This is a copy of a {manifest.kind} desk; these are settings of a {settings.IMIDESK_KIND} desk."
        )
    if manifest.engine != connection.vendor:
        raise BackupRefused(f"This is a copy of a {manifest.engine} database; this desk has {connection.vendor}.")
    if set(manifest.sha256) != {DATABASE[connection.vendor], FILES}:
        raise BackupRefused(f"{folder} does not hold what a backup holds.")
    for name, digest in manifest.sha256.items():
        if not (folder / name).is_file() or _digest(folder / name) != digest:
            raise BackupRefused(f"{name} is missing or damaged.")
    known = {f"{app}.{name}" for app, name in MigrationLoader(connection).disk_migrations}
    if not set(manifest.migrations) <= known:
        raise BackupRefused("This copy was made by a newer version of the desk: install that version first.")
    return manifest


def put_back(folder: Path, *, replace: bool = False, other: bool = False) -> None:
    """Database and files; raises BackupRefused before anything is touched. The desk must not be running."""
    manifest = read(folder)
    _refuse_occupied(manifest, replace=replace, other=other)
    names = _unpack_files(folder / FILES)
    database = folder / DATABASE[connection.vendor]
    _load_postgresql(database) if connection.vendor == "postgresql" else _load_sqlite(database)
    for name in set(vault.stored_files()) - names:
        vault.delete_file(name)


def _refuse_occupied(manifest: Manifest, *, replace: bool, other: bool) -> None:
    _refuse_while_running()
    if not connection.introspection.table_names():
        return
    if not replace:
        raise BackupRefused("There is a desk in this database: say --replace to put the copy in its place.")
    if not start_up.is_migrated():
        return
    if faults := start_up.stamp_faults():
        raise BackupRefused(faults[0])
    if str(Installation.objects.get().uuid) != manifest.installation and not other:
        raise BackupRefused("The database holds another installation than the copy: say --other if that is meant.")


def _refuse_while_running() -> None:
    sentence = "The desk is still running: stop web, worker and beat first."
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            if cursor.fetchone()[0]:
                raise BackupRefused(sentence)
        return
    lock = settings.VAR_DIR / "run.lock"
    if lock.exists():
        with lock.open() as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BackupRefused(sentence) from None


def _applied() -> list[str]:
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


# SQLite


def _dump_sqlite(target: Path) -> None:
    """By SQLite's own online copy, on a connection that only reads: whole while others write."""
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as desk, closing(sqlite3.connect(target)) as copy:
        desk.backup(copy)


def _load_sqlite(source: Path) -> None:
    target = Path(connection.settings_dict["NAME"])
    connection.close()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = target.with_name(f"{target.name}.new")
    shutil.copyfile(source, unfinished)
    unfinished.chmod(0o600)
    _sync(unfinished)
    for suffix in ("-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    unfinished.rename(target)
    _sync(target.parent)


# PostgreSQL. Its error texts may quote a row: they are not shown (SP-16).


def _dump_postgresql(target: Path) -> None:
    tool = _tool("pg_dump")
    command = [tool, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"]
    ended = subprocess.run(command, env=_reach(), stderr=subprocess.DEVNULL, check=False)  # noqa: S603
    if ended.returncode:
        raise BackupRefused(f"pg_dump ended with code {ended.returncode}.")


def _load_postgresql(source: Path) -> None:
    """In one transaction: what was there stays until all of the copy is in."""
    psql = [_tool("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"]
    script = [_tool("pg_restore"), "--no-owner", "--no-privileges", "--no-comments", "--file=-", str(source)]
    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    with (
        subprocess.Popen(  # noqa: S603
            psql, env=_reach(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as loading,
        subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as reading,  # noqa: S603
    ):
        if loading.stdin is None or reading.stdout is None:
            raise TypeError("psql and pg_restore are joined by pipes.")
        # psql that stopped at an error reads no further: nothing is committed, and pg_restore has nobody to write to.
        with suppress(BrokenPipeError):
            loading.stdin.write(b"BEGIN;\n" + _EMPTY_SCHEMA)
            shutil.copyfileobj(reading.stdout, loading.stdin)
            if reading.wait() == 0:
                loading.stdin.write(b"COMMIT;\n")
        reading.stdout.close()
        with suppress(BrokenPipeError):
            loading.stdin.close()
        codes = loading.wait(), reading.wait()
    if any(codes):
        raise BackupRefused(f"Nothing was put back: psql ended with code {codes[0]}, pg_restore with {codes[1]}.")


def _tool(name: str) -> str:
    """The newest there is; an older one than the server refuses it."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    tool = str(found[-1]) if found else shutil.which(name)
    if tool is None:
        raise BackupRefused(f"{name} is not installed: apt-get install postgresql-client.")
    return tool


def _reach() -> dict[str, str]:
    """Never on a command line, which every user of the machine can read."""
    facts = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    own = {variable: str(facts[name]) for variable, name in names.items() if facts[name]}
    return {**os.environ, **own}


# Files


def _pack_files(target: Path) -> None:
    root = Path(settings.IMIDESK_FILES_DIR)
    with tarfile.open(target, "w") as archive:
        for name in vault.stored_files():
            # Half-written, or erased meanwhile.
            with suppress(FileNotFoundError):
                if _STORED.fullmatch(name):
                    archive.add(root / name, arcname=name, recursive=False)


def _unpack_files(source: Path) -> set[str]:
    """The names of those that are now in place; a sealed file never changes under its name."""
    root = Path(settings.IMIDESK_FILES_DIR)
    with tarfile.open(source) as archive:
        members = archive.getmembers()
        if not all(member.isreg() and _STORED.fullmatch(member.name) for member in members):
            raise BackupRefused(f"{FILES} holds something else than sealed files.")
        for member in members:
            content = archive.extractfile(member)
            if content is None:
                raise TypeError(f"{member.name} is no file.")
            vault.put_back_file(member.name, content.read())
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {member.name for member in members}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
