"""Variances: causes, the bridge that closes, ties between sources, open items carried to the next period."""

from recon.variances.bridge import bridge, bridge_of
from recon.variances.cells import unexplained_departments, untold_cells
from recon.variances.compared import compared_by_subject
from recon.variances.controls import (
    booked_only_if_balanced,
    changed_records,
    days_without_sales,
    unbalanced_entries,
    unmapped_documents,
)
from recon.variances.explain import explain
from recon.variances.frames import match_frames, variance_frames
from recon.variances.model import Explained, Finding, Surroundings, passed_below
from recon.variances.open_items import carried_postings, carry_in, open_items
from recon.variances.proofs import earlier_errors, proofs
from recon.variances.signed import changed_since, corrects_earlier, known_corrections, prior_period
from recon.variances.ties import in_transit, tie_outs
from recon.variances.uncorrected import passed_over, still_uncorrected, uncorrected_of, with_income

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
    "changed_since",
    "compared_by_subject",
    "corrects_earlier",
    "days_without_sales",
    "earlier_errors",
    "explain",
    "in_transit",
    "known_corrections",
    "match_frames",
    "open_items",
    "passed_below",
    "passed_over",
    "prior_period",
    "proofs",
    "still_uncorrected",
    "tie_outs",
    "unbalanced_entries",
    "uncorrected_of",
    "unexplained_departments",
    "unmapped_documents",
    "untold_cells",
    "variance_frames",
    "with_income",
]
