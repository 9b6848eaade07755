from django.apps import AppConfig


class RequestsAppConfig(AppConfig):
    name = "requests_app"
    label = "requests_app"

    def ready(self) -> None:
        from imidesk.core import audit, outbox, processing
        from requests_app import checks, mails
        from requests_app.vocabulary import EVENT_DETAILS, PROCESSING, MailTemplate

        audit.register(EVENT_DETAILS)
        processing.register(PROCESSING)
        audit.register_check("request", checks.state_follows_last_event)
        for template in MailTemplate:
            outbox.register(template, mails.render)
