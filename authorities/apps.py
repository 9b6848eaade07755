from django.apps import AppConfig


class AuthoritiesConfig(AppConfig):
    name = "authorities"
    label = "authorities"

    def ready(self) -> None:
        from authorities import accounts, second_step
        from imidesk.core import audit, ledger

        audit.register(accounts.USER_EVENTS)
        audit.register(accounts.AUTHORITY_EVENTS)
        audit.register(second_step.EVENTS)
        ledger.register(ledger.Kind.ACCOUNT_BLOCKED, accounts.block_again)
        ledger.register(ledger.Kind.ACCOUNT_LEFT, accounts.leave_again)
        ledger.register(ledger.Kind.ROLE_WITHDRAWN, accounts.withdraw_again)
