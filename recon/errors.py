"""The tree of faults. Findings are rows, faults are these exceptions, bugs are `InvariantBroken`."""

from __future__ import annotations

from typing import ClassVar


class ReconError(Exception):
    """A fault with a sentence for a person, sorted key=value context and the exit code of the CLI."""

    exit_code: ClassVar[int] = 70
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, /, **context: object) -> None:
        self.message = message
        self.context = {name: context[name] for name in sorted(context)}
        super().__init__(str(self))

    def __str__(self) -> str:
        details = " ".join(f"{name}={value}" for name, value in self.context.items())
        return f"{self.message} ({details})" if details else self.message


class ConfigError(ReconError):
    """Settings, policy or a mapping are wrong: names every file and field at once."""

    exit_code = 2

    def __init__(self, message: str, /, problems: tuple[str, ...] = (), **context: object) -> None:
        self.problems = problems
        super().__init__(message, **context)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"  - {problem}" for problem in self.problems)])


class RemoteError(ReconError):
    """Another system did not do what was asked of it."""

    exit_code = 3


class DataError(ReconError):
    """A source cannot be read as a whole: missing, empty, undecodable, or without a column."""

    exit_code = 4


class DigestDiffers(DataError):
    """A stored frame is not what was written."""


class ApprovalError(ReconError):
    """A person may not do this, or not to this."""

    exit_code = 5


class NotApproved(ApprovalError):
    """Nothing is sent without an approval on record."""


class SamePerson(ApprovalError):
    """Whoever prepared an entry, or wrote the rule that made it, does not approve it."""


class ContentChanged(ApprovalError):
    """What stands there now is not what was looked at or approved."""


class NotAllowed(ApprovalError):
    """The state of the entry does not allow the act."""


class Stale(ApprovalError):
    """Somebody else changed it meanwhile: nothing was done."""


class PostingError(ReconError):
    """An entry did not reach the ledger as it should: posting tells it entry by entry, and ends with this code."""

    exit_code = 6


class TrailBroken(ReconError):
    """The chain of the audit trail does not verify."""

    exit_code = 7


class NotebookFailed(ReconError):
    """A notebook of the pack raised or was stopped; the failed copy is kept apart."""

    exit_code = 8


class LockHeld(ReconError):
    """Another run of the same period holds the lock."""

    exit_code = 75


class InvariantBroken(ReconError):
    """Our own bug: a cent or a line was lost. Nobody catches it but the command line."""


def check(condition: bool, message: str, /, **context: object) -> None:
    """Raise `InvariantBroken` with the sentence and its context unless the condition holds."""
    if not condition:
        raise InvariantBroken(message, **context)
