from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "imidesk.monitoring"
    label = "monitoring"
