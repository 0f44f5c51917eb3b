"""How patiently, how fast and whom a wire trusts: the settings of one service's wire, in seconds and bytes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from recon.errors import ConfigError

MEGABYTE = 2**20


@dataclass(frozen=True)
class Limits:
    """What one try may take; total covers connecting, asking and reading the whole answer."""

    connect_seconds: float = 10.0
    read_seconds: float = 90.0
    total_seconds: float = 300.0
    in_flight: int = 4
    body_bytes: int = 128 * MEGABYTE

    def __post_init__(self) -> None:
        _check_positive(self)


@dataclass(frozen=True)
class Retries:
    """How a read is tried again.

    The n-th wait is drawn evenly from 0 to `first_wait_seconds` x 2^(n-1), at most `longest_wait_seconds`, unless
    the service asks for more; `total_seconds` covers all tries and waits of one request. After
    `failures_to_pause` failures in a row the host is left alone for `pause_seconds`.
    """

    tries: int = 5
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0
    total_seconds: float = 900.0
    failures_to_pause: int = 10
    pause_seconds: float = 30.0

    def __post_init__(self) -> None:
        _check_positive(self)


@dataclass(frozen=True)
class Tls:
    """Whom to trust: the public authorities, or only those of a file. Verification has no switch."""

    ca_file: Path | None = None


def _check_positive(settings: Limits | Retries) -> None:
    problems = tuple(
        f"{one.name} must be above zero, not {getattr(settings, one.name)}"
        for one in fields(settings)
        if not getattr(settings, one.name) > 0
    )
    if problems:
        raise ConfigError("These settings of a connection cannot hold", problems)
