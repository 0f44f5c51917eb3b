"""The words of the pack: titles, amounts as accountants write them, over- and understatement."""

from __future__ import annotations

import datetime as dt
import html
from decimal import Decimal

from recon.frames import CAUSE
from recon.money import accounting

BRIDGE_ROWS: dict[str, str] = {
    "A": "Opening balance",
    "B": "Activity per ledger",
    "C": "Balance per ledger",
    "D1": "Entries to book",
    "D2": "Waits as a draft entry",
    "E": "Adjusted ledger",
    "F": "Asked",
    "G": "Carried by cut-off",
    "H": "Passed below threshold",
    "I": "Unexplained",
    "J": "Per source",
}
BALANCE_ROWS = ("C", "E", "J")
BRIDGE_SUMS: dict[str, tuple[str, ...]] = {
    "C": ("A", "B"),
    "E": ("C", "D1", "D2"),
    "J": ("E", "F", "G", "H", "I"),
}
BRIDGE_NOTE = "; ".join(f"{row} = {' + '.join(parts)}" for row, parts in BRIDGE_SUMS.items())
# Between ledger and source, and no entry to book: the last column of the headline figures.
NOT_BOOKED = "Drafts, carried or asked"
EFFECT_LEGEND = "Effect on pre-tax income, +/(−): what raises it stands plain, what lowers it in parentheses."
STATUSES: dict[str, str] = {
    "book": "To book",
    "ask": "To ask",
    "timing": "Timing",
    "source": "Mend at the source",
    "accepted": "Accepted",
    "info": "For information",
}
# What the amount of a variance means, by its status: the heading of its last column.
EFFECTS: dict[str, str] = {
    "book": "To book",
    "ask": "To book if confirmed",
    "timing": "Carried",
    "source": "At the source",
    "accepted": "Passed",
    "info": "Effect",
}
CHECKS: dict[str, str] = {
    "trial_balance": "Ledger lines agree with the trial balance",
    "days_complete": "Every store-day has a source",
    "deposit_days": "Every banking store-day has its deposits",
    "pay_runs": "Every pay day of the ledger has a payroll run",
    "rejects": "No source row was rejected",
    "bridge_unexplained": "Every bridge closes: unexplained is 0.00",
    "entries_balance": "Every proposed entry balances",
    "ledger_balances": "Every ledger entry balances",
    "rows_outside": "Source rows outside the margin are counted",
    "inputs_unchanged": "What was signed or closed is as it was",
    "decisions": "Every decision of people was carried out",
    "sources_outside": "Sources agree with each other and with the bank",
}
MEASURES: dict[str, str] = {
    "net_sales": "Net sales",
    "card": "Card tenders",
    "cash": "Cash tenders",
    "tax": "Sales tax",
    "gross_pay": "Gross pay",
}
# The two sources of each leg of the tie-outs.
TIED_SOURCES: dict[str, tuple[str, str]] = {
    "tenders-payments": ("POS card tenders", "Card payments"),
    "batches-deposits": ("Card batches", "Card deposits"),
    "fee-billing": ("Fees per statement", "Fees taken"),
    "deposits-bank": ("Card deposits", "Bank statement"),
    "cash-counted": ("POS cash tenders", "Cash counted"),
    "cash-bank": ("Cash deposits", "Bank statement"),
    "register-debits": ("Payroll register", "Payroll debits"),
}
TIE_CAUSES: dict[str, str] = {
    "amount": "Another amount",
    "in_transit": "In transit at the end of the period",
    "past_due": "Past due",
    "no_payment": "No card payment",
    "no_tender": "No POS tender",
    "no_batch": "Deposit without a batch",
    "fee_inside_deposit": "Fee kept from a deposit, though billed monthly",
    "no_fee_debit": "No monthly fee debit",
    "other_day": "Fee debit on another day",
    "no_fee_inside": "No fee kept from the deposits",
    "no_statement": "No statement of the month's fees",
}
TICK_MARKS: tuple[tuple[str, str], ...] = (
    ("TB", "agreed to the trial balance"),
    ("S", "agreed to the source documents"),
    ("F", "footed: the lines sum to the total shown"),
    ("X", "debits equal credits"),
    ("PBC", "prepared from a file of the company, named with its digest"),
)


class Sentence(str):
    """A sentence that stands in a notebook as text, where a table or chart would have nothing to show."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self)}</p>"


def sentence(name: str) -> str:
    """A machine's name as a title: `net_sales` becomes `Net sales`."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def cause_title(cause: str) -> str:
    """What a controller reads for the cause."""
    return CAUSE[cause].title if cause in CAUSE else sentence(cause)


def tied_sources(leg: str) -> tuple[str, str]:
    """The names of the two sources that a leg ties to each other."""
    first, _, second = leg.partition("-")
    return TIED_SOURCES.get(leg, (sentence(first), sentence(second)))


def tie_cause(cause: str | None) -> str:
    """What a controller reads for the cause of a tie-out, or nothing."""
    return TIE_CAUSES.get(cause, cause_title(cause)) if cause else ""


def check_title(name: str) -> str:
    """What the control of that name tests."""
    return CHECKS.get(name, sentence(name))


def verdict(passed: bool | None) -> str:
    """The outcome of a control in one word."""
    return {True: "Pass", False: "Fail", None: "Not tested"}[passed]


def money(amount: Decimal | None, *, absent: str = "not provided", zero: str = "0.00") -> str:
    """The amount as accountants write it, credits in parentheses."""
    if amount is None:
        return absent
    return accounting(amount) if amount else zero


def misstatement(title: str, normal_balance: str, to_book: Decimal) -> str:
    """How the ledger misstates the account: `Card clearing overstated by 12.00`.

    `to_book` is Dr/(Cr). A debit that is still to be booked means that an account with a debit
    balance stands too low, and that one with a credit balance stands too high.
    """
    if not to_book:
        return f"{title} agrees"
    too_low = (to_book > 0) == (normal_balance == "debit")
    return f"{title} {'understated' if too_low else 'overstated'} by {accounting(abs(to_book))}"


def count(number: int, one: str, many: str | None = None) -> str:
    """The number with its noun: `1 entry`, `1,204 entries`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def day(value: dt.date | None) -> str:
    """The date as 2026-09-14, or nothing."""
    return value.isoformat() if value else ""


def moment(value: dt.datetime) -> str:
    """The time to the minute, in UTC."""
    return f"{value:%Y-%m-%d %H:%M} UTC"


def shorten(text: str, limit: int) -> str:
    """The text, cut with an ellipsis beyond the limit of characters."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
