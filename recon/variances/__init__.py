"""Variances: causes, the bridge that closes, ties between sources, open items carried to the next period."""

from recon.variances.bridge import bridge, bridge_of
from recon.variances.controls import (
    booked_only_if_balanced,
    changed_records,
    days_without_sales,
    unbalanced_entries,
    unmapped_documents,
)
from recon.variances.explain import explain
from recon.variances.frames import match_frames, variance_frames
from recon.variances.model import Explained, Finding, Surroundings
from recon.variances.open_items import carried_postings, carry_in, open_items
from recon.variances.ties import in_transit, tie_outs

__all__ = [
    "Explained",
    "Finding",
    "Surroundings",
    "booked_only_if_balanced",
    "bridge",
    "bridge_of",
    "carried_postings",
    "carry_in",
    "changed_records",
    "days_without_sales",
    "explain",
    "in_transit",
    "match_frames",
    "open_items",
    "tie_outs",
    "unbalanced_entries",
    "unmapped_documents",
    "variance_frames",
]
