"""What became of each correction, decision and sign-off, kept in one database with its audit trail."""

from __future__ import annotations

from recon.state.opening import has_state
from recon.state.port import CorrectionStore
from recon.state.store import StateStore, open_state

__all__ = ["CorrectionStore", "StateStore", "has_state", "open_state"]
