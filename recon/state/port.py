"""The port behind which the state of corrections is kept: every change is one transaction with its audit event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from recon.lifecycle import Act, Correction, State
from recon.trail import Event, Head


class CorrectionStore(Protocol):
    """Where corrections stand; safe against other processes and other machines on the same database."""

    @property
    def login(self) -> str:
        """The login of whoever is at the keyboard, as the system vouches for it; empty where nobody asked."""
        ...

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
        """An audit event without a change of state, such as a sweep or a close."""
        ...

    def check_chain(self) -> None:
        """Perform the whole chain of the trail again.

        Raises: TrailBroken naming the first row that is not what was written.
        """
        ...

    def head(self) -> Head:
        """The newest event's sequence and hash; sequence 0 and the genesis hash before any."""
        ...

    def events(self, *, subject: str | None = None, after: int = 0) -> tuple[Event, ...]:
        """The trail in order, whole or of one subject."""
        ...
