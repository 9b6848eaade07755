from datetime import timedelta

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "imidesk.core"
    label = "core"

    def ready(self) -> None:
        from imidesk.core import checks, heartbeat, ledger, processing, vault

        _ = checks
        heartbeat.register("send_pending_messages", timedelta(minutes=5))
        heartbeat.register("run_due_jobs", timedelta(minutes=5))
        heartbeat.register(processing.HEARTBEAT, timedelta(minutes=5), in_use=processing.is_on)
        ledger.register(ledger.Kind.KEY_DESTROYED, lambda subject, at, what: vault.forget_key(what["key_id"], at))
