from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0002_daily_use")]

    operations = [
        migrations.AddField(
            model_name="answer",
            name="saved_with",
            field=models.UUIDField(editable=False, null=True, verbose_name="save of the page that wrote it"),
        )
    ]
