"""The life of a correction, from the proposal to the entry in the ledger: pure values and one transition function."""

from __future__ import annotations

from recon.lifecycle.model import Attempt, Content, ContentLine, Correction, Hold, State
from recon.lifecycle.transition import (
    Act,
    Approved,
    Chosen,
    Confirmed,
    Declined,
    Held,
    Intended,
    Refused,
    Released,
    Renewed,
    Reversed,
    Reviewed,
    Revised,
    Sent,
    Settled,
    Unsure,
    Withdrawn,
    allowed_from,
    transition,
)

__all__ = [
    "Act",
    "Approved",
    "Attempt",
    "Chosen",
    "Confirmed",
    "Content",
    "ContentLine",
    "Correction",
    "Declined",
    "Held",
    "Hold",
    "Intended",
    "Refused",
    "Released",
    "Renewed",
    "Reversed",
    "Reviewed",
    "Revised",
    "Sent",
    "Settled",
    "State",
    "Unsure",
    "Withdrawn",
    "allowed_from",
    "transition",
]
