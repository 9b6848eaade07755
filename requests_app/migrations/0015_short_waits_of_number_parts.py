from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

NUMBERS = ("reference", "imi_number")


def wait_less(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What waits to be put into such an index is put there by whoever fills the list: in kB, often and briefly.

    With the 4 MB of the server one batch of a night, which holds rows, stood still for up to 0.7 s.
    """
    _each(schema_editor, "SET (gin_pending_list_limit = 64)")


def wait_as_the_server_says(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _each(schema_editor, "RESET (gin_pending_list_limit)")


def _each(schema_editor: BaseDatabaseSchemaEditor, what: str) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for column in NUMBERS:
            schema_editor.execute(f"ALTER INDEX request_part_of_{column} {what}")


class Migration(migrations.Migration):

    dependencies = [
        ('requests_app', '0014_excused_answers'),
    ]

    operations = [
        migrations.RunPython(wait_less, wait_as_the_server_says),
    ]
