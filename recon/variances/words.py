"""What a finding says to a controller, in one or two plain sentences."""

from __future__ import annotations

from collections.abc import Sequence

from recon.matching import Slip
from recon.money import accounting, from_cents
from recon.variances.model import Finding

_SENTENCES = {
    "corrected_elsewhere": "Already corrected by another entry; nothing to book.",
    "reversed_pair": "Booked and reversed again; nothing to book.",
    "accrual_reversal": "Reverses an accrual of an earlier period.",
    "draft_pending": "A draft entry waits in the ledger; post or delete it there.",
    "not_compared": "The source for this place and day is missing, so these lines could not be compared.",
    "duplicate": "Stands in the ledger twice; the extra copy is to be reversed.",
    "late_posted": "Belongs to this period's documents but was posted in another period.",
    "early_posted": "Was posted before the period it belongs to.",
    "wrong_entity": "Booked in another entity; a person must draft the inter-entity entry.",
    "wrong_currency": "Booked in another currency.",
    "wrong_location": "Booked at another location.",
    "wrong_department": "Booked in another department.",
    "sign_flip": "Debits and credits are swapped.",
    "fee_netted": "The processor's fee is hidden in another line.",
    "fee_unbooked": "The processor's fee is not booked.",
    "chargeback_unbooked": "The chargeback is not booked on its own account.",
    "reversal_unbooked": "The chargeback reversal is not booked on its own account.",
    "tip_omitted": "Tips are booked with another line instead of the liability to staff.",
    "tax_omitted": "Sales tax is booked with another line instead of the liability.",
    "wrong_account": "The amount stands on another account.",
    "decimal_slip": "The decimal point slipped.",
    "transposition": "Two neighbouring digits are swapped.",
    "rounding": "Off by cents.",
    "missing": "No ledger entry books this document.",
    "partial": "Some lines of the document are not in the ledger.",
    "amount_other": "The document is booked with another amount.",
    "fx_rate": "Another exchange rate was used.",
    "unmapped": "No posting rule maps this; add one to the rules.",
    "unbalanced": "The ledger entry does not balance; it was used as it stands.",
    "prior_period": "An error of an earlier period.",
    "source_changed": "The source changed after the books were closed.",
    "unexpected": "Stands in the ledger, but no source document asks for it.",
    "unexplained": "Nothing explains this.",
}

# Where a person must decide, nothing is stated as done.
_ASKED = {
    "duplicate": "Equals another entry, but an equal document has no entry for certain: it may be that one's.",
    "missing": "No ledger entry books this for certain.",
    "partial": "Some lines of the document are not in the ledger.",
}


def _place(slip: Slip) -> str:
    location, department = slip.place
    where = f"location {location}" if location else "no location"
    return f"{where}, department {department}" if department else where


def describe(finding: Finding, expected: Sequence[Slip], actual: Sequence[Slip], evidence: str) -> str:
    """The finding's sentence, its evidence, and where and when both sides stand."""
    asked = _ASKED.get(finding.cause) if finding.status == "ask" else None
    parts = [asked or _SENTENCES[finding.cause]]
    if evidence:
        parts.append(f"{evidence[0].upper()}{evidence[1:]}.")
    if expected:
        first = expected[0]
        parts.append(f"Source: {finding.document or first.title} of {first.date:%Y-%m-%d}, {_place(first)}.")
    if actual:
        spelled = sorted({slip.title for slip in actual if slip.title})
        named = f"document {', '.join(spelled)}" if spelled else "without a document"
        days = ", ".join(f"{day:%Y-%m-%d}" for day in sorted({day for slip in actual for day in slip.dates}))
        parts.append(f"Ledger: {named}, {days}, {_place(actual[0])}.")
    elif finding.cells:
        largest = max(finding.cells, key=lambda cell: abs(cell[1]))
        parts.append(f"Largest line {accounting(from_cents(largest[1]))} on {largest[0][0]}.")
    return " ".join(parts)
