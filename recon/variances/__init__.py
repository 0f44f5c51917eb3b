"""Variances: causes, the bridge that closes, ties between sources, open items carried to the next period."""

from recon.variances.bridge import bridge, bridge_of
from recon.variances.explain import explain
from recon.variances.frames import match_frames, variance_frames
from recon.variances.model import Explained, Finding, Surroundings
from recon.variances.open_items import open_items
from recon.variances.ties import in_transit, tie_outs

__all__ = [
    "Explained",
    "Finding",
    "Surroundings",
    "bridge",
    "bridge_of",
    "explain",
    "in_transit",
    "match_frames",
    "open_items",
    "tie_outs",
    "variance_frames",
]
