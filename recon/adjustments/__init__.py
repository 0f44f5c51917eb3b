"""Adjustments: the search for corrections that already stand, then balanced entries with an identity."""

from recon.adjustments.propose import Proposal, adjustment_frames, dimensions_of, key_of, propose
from recon.adjustments.search import Standing, search, standing_entries

__all__ = [
    "Proposal",
    "Standing",
    "adjustment_frames",
    "dimensions_of",
    "key_of",
    "propose",
    "search",
    "standing_entries",
]
