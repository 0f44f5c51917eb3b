"""Expected ledger: the lines that ought to stand, made from events by the posting policy."""

from recon.expected.derive import ExpectedLedger, derive_expected

__all__ = ["ExpectedLedger", "derive_expected"]
