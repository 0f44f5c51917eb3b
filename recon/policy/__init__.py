"""What the company's bookkeeping is meant to do: posting rules, calendars, tolerances, materiality."""

from recon.policy.model import (
    MATCHABLE,
    NOT_BOOKED,
    RECONCILIATIONS,
    UNMAPPED,
    ApprovalPolicy,
    Policy,
    PostingPolicy,
    Reconciliation,
    Rule,
    SourceFile,
)
from recon.policy.proved import proved_accounts

__all__ = [
    "MATCHABLE",
    "NOT_BOOKED",
    "RECONCILIATIONS",
    "UNMAPPED",
    "ApprovalPolicy",
    "Policy",
    "PostingPolicy",
    "Reconciliation",
    "Rule",
    "SourceFile",
    "proved_accounts",
]
