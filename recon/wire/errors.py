"""What can go wrong between this machine and another: each fault names the service and the mend, exit code 3."""

from __future__ import annotations

from recon.errors import RemoteError


class WireFault(RemoteError):
    """A fault of one request, and what is known of it.

    `nothing_arrived`: surely no byte of the request reached the service, so even a write may be sent again.
    `final`: another try would fail alike.
    """

    def __init__(
        self, message: str, /, *, nothing_arrived: bool = False, final: bool = False, **context: object
    ) -> None:
        self.nothing_arrived = nothing_arrived
        self.final = final
        super().__init__(message, **context)


class Unreachable(WireFault):
    """The service was not reached, or did not answer in time: no connection, no trust, or too slow."""

    retryable = True


class NotSignedIn(WireFault):
    """The service does not know these credentials, or the session has ended."""


class Refused(WireFault):
    """The service knows who asks and does not allow it."""


class Throttled(WireFault):
    """The service asks for a pause of `wait_seconds` (None: it did not say how long)."""

    retryable = True

    def __init__(
        self, message: str, /, *, wait_seconds: float | None = None, final: bool = False, **context: object
    ) -> None:
        self.wait_seconds = wait_seconds
        super().__init__(message, nothing_arrived=False, final=final, **context)


class Broken(WireFault):
    """The service failed: an error of its server, a page for people, or half an answer."""

    retryable = True


class Misunderstood(WireFault):
    """The answer lacks what the vendor promises, or holds what it rules out."""
