from datetime import timedelta

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "imidesk.monitoring"
    label = "monitoring"

    def ready(self) -> None:
        from imidesk.core import context, heartbeat
        from imidesk.monitoring.context import frame

        context.register(frame)
        heartbeat.register("reminders", timedelta(hours=3))
        heartbeat.register("rearming", timedelta(hours=26))
        heartbeat.register("counting", timedelta(hours=26))
        heartbeat.register("blocking", timedelta(hours=26))
        heartbeat.register("erasing", timedelta(hours=26))
        heartbeat.register("anchoring", timedelta(hours=26))
        heartbeat.register("keeping_keys", timedelta(hours=26))
        heartbeat.register("alarming", timedelta(minutes=20))
        heartbeat.register(heartbeat.WEB, timedelta(days=4))
