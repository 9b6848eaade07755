from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from imidesk.core import append_only


def stamp(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Practice or production, fixed here for the life of the database (SP-38)."""
    apps.get_model("core", "Installation").objects.create(kind=settings.IMIDESK_KIND)


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.RunPython(stamp, migrations.RunPython.noop),
        append_only.protect("core_auditevent", ("UPDATE", "DELETE")),
        append_only.protect("core_auditchain", ("DELETE",)),
    ]
