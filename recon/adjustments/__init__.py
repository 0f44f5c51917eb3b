"""Adjustments: the search for corrections that already stand, then balanced entries with an identity."""

from recon.adjustments.propose import Proposal, adjustment_frames, key_of, propose
from recon.adjustments.search import Standing, search, standing_entries
from recon.adjustments.tags import Tagging

__all__ = [
    "Proposal",
    "Standing",
    "Tagging",
    "adjustment_frames",
    "key_of",
    "propose",
    "search",
    "standing_entries",
]
