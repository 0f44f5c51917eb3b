"""The words of a finding: causes in their order of precedence, statuses, classes of approval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["book", "ask", "timing", "accepted", "info", "source"]
ApprovalClass = Literal["bulk", "single", "never"]


@dataclass(frozen=True)
class Cause:
    """One named reason for a variance: what is done about it, and what a controller reads."""

    name: str
    status: Status
    approval: ApprovalClass
    title: str


# The order is the precedence: a variance carries the first cause that fits.
CAUSES: tuple[Cause, ...] = (
    Cause("corrected_elsewhere", "info", "never", "Corrected by another entry"),
    Cause("reversed_pair", "info", "never", "Booked and reversed"),
    Cause("accrual_reversal", "info", "never", "Reversal of an accrual"),
    Cause("draft_pending", "info", "never", "Waits as a draft entry"),
    Cause("not_compared", "ask", "never", "Not compared: no source"),
    Cause("duplicate", "book", "single", "Booked twice"),
    Cause("late_posted", "timing", "single", "Posted in a later period"),
    Cause("early_posted", "timing", "single", "Posted in an earlier period"),
    Cause("wrong_entity", "ask", "never", "Booked in another entity"),
    Cause("wrong_currency", "ask", "never", "Booked in another currency"),
    Cause("wrong_location", "book", "bulk", "Booked at another location"),
    Cause("wrong_department", "book", "bulk", "Booked in another department"),
    Cause("sign_flip", "book", "single", "Debits and credits swapped"),
    Cause("fee_netted", "book", "bulk", "Fee netted into another line"),
    Cause("fee_unbooked", "book", "bulk", "Fee not booked"),
    Cause("chargeback_unbooked", "book", "single", "Chargeback not booked"),
    Cause("reversal_unbooked", "book", "single", "Chargeback reversal not booked"),
    Cause("tip_omitted", "book", "single", "Tips booked with another line"),
    Cause("tax_omitted", "book", "single", "Tax booked with another line"),
    Cause("wrong_account", "book", "bulk", "Booked on another account"),
    Cause("decimal_slip", "book", "single", "Decimal point slipped"),
    Cause("transposition", "book", "single", "Two digits swapped"),
    Cause("rounding", "book", "bulk", "Rounding"),
    Cause("missing", "book", "single", "Not booked"),
    Cause("partial", "book", "single", "Booked in part"),
    Cause("amount_other", "book", "single", "Booked with another amount"),
    Cause("fx_rate", "ask", "never", "Another exchange rate"),
    Cause("unmapped", "ask", "never", "No account mapped"),
    Cause("unbalanced", "ask", "never", "Ledger entry does not balance"),
    Cause("prior_period", "ask", "never", "Error of an earlier period"),
    Cause("source_changed", "ask", "never", "Source changed after the books were closed"),
    Cause("unexpected", "ask", "never", "In the ledger without a source"),
    Cause("unexplained", "ask", "never", "Unexplained"),
)
CAUSE: dict[str, Cause] = {cause.name: cause for cause in CAUSES}
CAUSE_NAMES: tuple[str, ...] = tuple(CAUSE)
STATUSES: tuple[Status, ...] = ("book", "ask", "timing", "accepted", "info", "source")
