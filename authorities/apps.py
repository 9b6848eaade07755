from django.apps import AppConfig


class AuthoritiesConfig(AppConfig):
    name = "authorities"
    label = "authorities"

    def ready(self) -> None:
        from authorities import accounts
        from imidesk.core import audit

        audit.register(accounts.USER_EVENTS)
        audit.register(accounts.AUTHORITY_EVENTS)
