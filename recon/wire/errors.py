"""What can go wrong between this machine and another: each fault names the service and the mend, exit code 3."""

from __future__ import annotations

from typing import ClassVar

from recon.errors import RemoteError


class Unreachable(RemoteError):
    """The service was not reached, or did not answer in time: no connection, no trust, or too slow."""

    retryable = True


class NotSignedIn(RemoteError):
    """The service does not know these credentials, or the session has ended."""


class Refused(RemoteError):
    """The service knows who asks and does not allow it."""


class Throttled(RemoteError):
    """The service asked to wait longer than this pull may; `wait_seconds` says for how long."""

    retryable = True

    def __init__(self, message: str, /, *, wait_seconds: float | None = None, **context: object) -> None:
        self.wait_seconds = wait_seconds
        super().__init__(message, **context)


class Broken(RemoteError):
    """The service failed: an error of its server, a page for people, or half an answer."""

    retryable = True


class Misunderstood(RemoteError):
    """The answer lacks what the vendor promises, or holds what it rules out."""

    retryable: ClassVar[bool] = False
