from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    name = "archive"
    label = "archive"

    def ready(self) -> None:
        from archive import selectors, services
        from archive.services import anchoring
        from imidesk.core import jobs, outbox
        from requests_app import reminders

        jobs.register(selectors.TASK_REPORT, services.make_task_report)
        jobs.register(selectors.SENT_COPY, services.make_sent_copy)
        jobs.register(selectors.END_REPORTS, services.make_end_reports)
        reminders.register_block_day(selectors.block_day)
        outbox.register(anchoring.TEMPLATE, anchoring.render)
