from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "imidesk.core"
    label = "core"
