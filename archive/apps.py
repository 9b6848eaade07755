from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    name = "archive"
    label = "archive"

    def ready(self) -> None:
        from archive import proving, selectors, services
        from archive.person_rights import mails
        from archive.person_rights import services as person_rights
        from archive.person_rights.vocabulary import EVENTS
        from archive.services import alarming, anchoring
        from imidesk.core import audit, backup, jobs, ledger, outbox
        from requests_app import reminders

        jobs.register(selectors.TASK_REPORT, services.make_task_report)
        jobs.register(selectors.SENT_COPY, services.make_sent_copy)
        jobs.register(selectors.END_REPORTS, services.make_end_reports)
        outbox.register(mails.TEMPLATE, mails.render)
        jobs.register(person_rights.SEARCH_JOB, person_rights.run_search)
        jobs.register(person_rights.DRAFT_JOB, person_rights.make_draft)
        audit.register(EVENTS)
        reminders.register_block_day(selectors.block_day)
        outbox.register(anchoring.TEMPLATE, anchoring.render)
        outbox.register(alarming.TEMPLATE, alarming.render)
        ledger.register(ledger.Kind.ERASED, services.erase_again)
        ledger.register(ledger.Kind.FEED_REVOKED, services.revoke_again)
        backup.register_after_restore(ledger.replay_all)
        outbox.register(proving.TEMPLATE, proving.render)
