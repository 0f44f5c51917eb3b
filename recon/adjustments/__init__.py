"""Adjustments: the search for corrections that already stand, then balanced entries with an identity."""

from recon.adjustments.propose import Proposal, adjustment_frames, key_of, propose
from recon.adjustments.search import posting_keys, search, standing_entries

__all__ = ["Proposal", "adjustment_frames", "key_of", "posting_keys", "propose", "search", "standing_entries"]
