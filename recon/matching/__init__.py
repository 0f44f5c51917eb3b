"""Matching: expected entries against ledger entries, by ordered passes that each see only the residue."""

from recon.matching.model import EntryMatches, Group, Limits
from recon.matching.passes import match_entries
from recon.matching.slips import Slip, actual_slips, compares_department, expected_slips
from recon.matching.traits import compare, diagnose

__all__ = [
    "EntryMatches",
    "Group",
    "Limits",
    "Slip",
    "actual_slips",
    "compare",
    "compares_department",
    "diagnose",
    "expected_slips",
    "match_entries",
]
