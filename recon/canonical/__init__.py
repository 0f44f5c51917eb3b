"""Canonical frames: one shape for every source, and the keys of what could not be used."""

from recon.canonical.model import (
    Canonical,
    ChangedRows,
    PriorCorrection,
    RejectedRows,
    SignedSubject,
    SourceFileFact,
)

__all__ = ["Canonical", "ChangedRows", "PriorCorrection", "RejectedRows", "SignedSubject", "SourceFileFact"]
