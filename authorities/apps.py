from django.apps import AppConfig


class AuthoritiesConfig(AppConfig):
    name = "authorities"
    label = "authorities"
