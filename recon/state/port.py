"""The port behind which the state of corrections is kept: every change is one transaction with its audit event."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from recon.lifecycle import Act, Correction, State


@dataclass(frozen=True)
class Event:
    """One link of the audit trail, as it was written."""

    sequence: int  # 1, 2, … without a gap
    at: dt.datetime  # UTC
    actor: str  # person, or `recon` for what no person did
    act: str  # `added`, or the name of the act that changed it: reviewed, approved, intended, sent, …
    subject: str  # identity of a correction, or the name of what was signed, decided, …
    details: Mapping[str, str]  # state before and after, key, digest, revision, record number, reason, …
    previous: str  # hash of the event before it, 64 hex digits
    hash: str


@dataclass(frozen=True)
class Head:
    """The end of the trail: what is written outside, so that a cut tail shows."""

    sequence: int
    hash: str


class CorrectionStore(Protocol):
    """Where corrections stand; safe against other processes and other machines on the same database."""

    def get(self, identity: str) -> Correction | None:
        """The correction as it stands, or None."""
        ...

    def by_key(self, key: str) -> Correction | None:
        """The correction that has, or once had, this posting key, whatever the generation."""
        ...

    def all(self, *, period: str | None = None, states: Sequence[State] = ()) -> tuple[Correction, ...]:
        """Corrections by period, reconciliation and identity; of every state if none is named."""
        ...

    def add(self, correction: Correction, *, actor: str) -> Correction:
        """The correction, kept as `proposed` from now on.

        Raises: Stale if its identity is kept already.
        """
        ...

    def apply(
        self, before: Correction, act: Act, *, actor: str, details: Mapping[str, str] | None = None
    ) -> Correction:
        """The correction after the act; state, revision and audit event are committed together and durably.

        Compare-and-set on identity and version. Raises: Stale if it changed since `before` was read; NotAllowed and
        ContentChanged as `transition` does.
        """
        ...

    def record(self, act: str, subject: str, *, actor: str, details: Mapping[str, str] | None = None) -> Event:
        """An audit event without a change of state: a sweep, an export, an anchor."""
        ...

    def head(self) -> Head:
        """The newest event's sequence and hash; sequence 0 and the genesis hash before any."""
        ...

    def events(self, *, subject: str | None = None, after: int = 0) -> tuple[Event, ...]:
        """The trail in order, whole or of one subject."""
        ...
