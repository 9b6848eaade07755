from django.utils.functional import Promise


class DomainError(Exception):
    """A rule of the desk says no, now. Its message is shown to the user, so it is translated and holds no content."""

    def __init__(self, message: str | Promise, *, field: str = "") -> None:
        """`field` is the name of what it is about, where a form has it under that name."""
        super().__init__(message)
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return str(self.message)


class StepNotPossible(DomainError):
    """The step does not fit the state: 409 with both (SP-29)."""

    def __init__(self, message: str | Promise, *, step: str | Promise = "", state: str | Promise = "") -> None:
        super().__init__(message)
        self.step = step
        self.state = state
