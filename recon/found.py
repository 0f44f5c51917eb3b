"""What a run found, as plain values: pages and notebooks read it without loading the matcher."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import polars as pl

from recon.period import Period


@dataclass(frozen=True)
class Check:
    """One control of the run: what was tested, whether it holds, by how much it does not."""

    # trial_balance, days_complete, deposit_days, pay_runs, rejects, bridge_unexplained, entries_balance,
    # ledger_balances, rows_outside; inputs_unchanged, where something was signed or closed; decisions, where people
    # made any
    name: str
    passed: bool | None  # None: could not be tested, says so
    amount: Decimal | None
    detail: str


@dataclass(frozen=True)
class Headline:
    """One measure of page one in its natural sign (sales, tax: credits above zero)."""

    measure: str  # net_sales, card, cash, tax, gross_pay
    per_source: Decimal
    per_ledger: Decimal
    to_book: Decimal
    accounts: tuple[str, ...] = ()  # over which both sides are summed


@dataclass(frozen=True)
class ReconciliationStatus:
    """How one reconciliation stands; counts are documents at places."""

    name: str
    status: Literal["explained", "open", "not compared"]
    entries_expected: int
    entries_matched: int
    variances: int
    to_book: Decimal  # gross debits of the proposed entries
    asked: Decimal  # gross of what a person must say
    unexplained: Decimal


@dataclass(frozen=True)
class ComparedPart:
    """One part of what was compared for a subject, such as its lines in the ledger: how much, and a digest of it."""

    title: str
    rows: int
    debits: Decimal
    sha256: str

    @property
    def said(self) -> str:
        """How much it is, in words."""
        return f"{self.rows:,} {'line' if self.rows == 1 else 'lines'} with debits of {self.debits:,.2f}"


@dataclass(frozen=True)
class Compared:
    """What a run compared for one subject that can be signed: a reconciliation, or an account that it proves."""

    kind: Literal["reconciliation", "account"]
    name: str
    parts: tuple[ComparedPart, ...]


@dataclass(frozen=True)
class Reconciled:
    """All that a run found: the result frames of `recon.frames.RESULT_FRAMES` and the first page."""

    period: Period
    frames: dict[str, pl.DataFrame]
    ledger: pl.DataFrame  # LEDGER: every line that was read, the population compared and the others
    checks: tuple[Check, ...]
    headlines: tuple[Headline, ...]
    statuses: tuple[ReconciliationStatus, ...]
    entries_count: int
    entries_debits: Decimal
    pretax_effect: Decimal  # + raises income
    asked: Decimal
    unexplained: Decimal
    compared: tuple[Compared, ...] = ()  # by subject; what of it changes after a signature is a finding
