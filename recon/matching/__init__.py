"""Matching: lines and entries that belong together, by ordered passes that each see only the residue.

`match(left, right, passes)` works on any two frames of lines; `match_entries` is what the close asks.
"""

from recon.matching.balance import Balance
from recon.matching.claims import Claims, Open, Pass, claims_of
from recon.matching.engine import Answer, InProcess, Matched, Runner, match, match_into
from recon.matching.entries import match_entries
from recon.matching.equal import Equal
from recon.matching.fees import Fee
from recon.matching.model import EntryMatches, Group, Limits
from recon.matching.near import Near
from recon.matching.nearest import Nearest
from recon.matching.reversed import Reversed
from recon.matching.slips import Slip, Slips, actual_slips, compares_department, expected_slips
from recon.matching.subset import Subset
from recon.matching.traits import compare, diagnose

__all__ = [
    "Answer",
    "Balance",
    "Claims",
    "EntryMatches",
    "Equal",
    "Fee",
    "Group",
    "InProcess",
    "Limits",
    "Matched",
    "Near",
    "Nearest",
    "Open",
    "Pass",
    "Reversed",
    "Runner",
    "Slip",
    "Slips",
    "Subset",
    "actual_slips",
    "claims_of",
    "compare",
    "compares_department",
    "diagnose",
    "expected_slips",
    "match",
    "match_entries",
    "match_into",
]
