"""Brings the desk's own state up to date: folders, keys, tables and, on a new database, the practice desk."""

import io
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imidesk.settings.dev")

import django


def main() -> None:
    os.umask(0o077)
    folder = Path(os.environ.get("IMIDESK_VAR_DIR", Path(__file__).resolve().parent.parent / "var"))
    for name in ("broker", "broker-control", "broker-done", "files", "keys", "mail"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    django.setup()

    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        print("Migrating the database", flush=True)
        call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("make_keys", stdout=io.StringIO())

    # An interrupted filling leaves the mark behind and is done again at the next start.
    unfinished = folder / "practice-desk.unfinished"
    if "--practice" in sys.argv or unfinished.exists() or not get_user_model().objects.exists():
        print("Making the practice desk", flush=True)
        unfinished.touch()
        call_command("practice_desk")
        unfinished.unlink()


if __name__ == "__main__":
    main()
