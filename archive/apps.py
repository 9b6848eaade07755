from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    name = "archive"
    label = "archive"

    def ready(self) -> None:
        from archive import selectors, services
        from imidesk.core import jobs

        jobs.register(selectors.TASK_REPORT, services.make_task_report)
        jobs.register(selectors.SENT_COPY, services.make_sent_copy)
        jobs.register(selectors.END_REPORTS, services.make_end_reports)
