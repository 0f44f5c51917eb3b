"""What the sources say, in canonical frames, with everything that had to be left out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

import dataframely as dy
import polars as pl

from recon.found import ComparedPart
from recon.frames.events import moment, text


class RejectedRows(dy.Schema):
    """REJECTS with the keys that say which part of which source is now incomplete.

    `duplicate` marks the extra copy of a row that is used: nothing is missing without it.
    """

    source = text()
    row = dy.Int64(nullable=True)
    field = text(nullable=True)
    value = text(nullable=True)
    reason = text()
    frame = text()
    location = text(nullable=True)  # Intacct location or POS store number, if it could be read
    merchant_id = text(nullable=True)
    date = dy.Date(nullable=True)  # business date, deposit date or check date, if it could be read
    document_id = text(nullable=True)  # ticket_id, deposit_id, run_id or line_id, if it could be read
    duplicate = dy.Bool()


class ChangedRows(dy.Schema):
    """One row per record of a source that appeared, changed or went after its days had been closed, and per time."""

    source = text()
    row_id = text()
    frame = text()  # the canonical frame that the record feeds
    change = text()  # late, changed, deleted, returned
    window_start = dy.Date()  # the days in which the record lies
    window_end = dy.Date()
    closed_through = dy.Date()
    seen_at = moment()
    explanation = text()


@dataclass(frozen=True)
class SourceFileFact:
    """One file that was read: what the pack prints about it."""

    name: str
    frame: str
    rows: int
    sha256: str
    rows_outside: int = 0  # dates beyond the margin: counted on page one, not used
    profile: str | None = None


@dataclass(frozen=True)
class SignedSubject:
    """A reconciliation or an account of this period that stands signed over another run than this one."""

    kind: Literal["reconciliation", "account"]
    name: str
    run_id: str
    signed_by: str
    signed_on: dt.date
    parts: tuple[ComparedPart, ...]  # what that run compared for it

    def __str__(self) -> str:
        return self.name if self.kind == "reconciliation" else f"account {self.name}"

    @property
    def said(self) -> str:
        """By whom and when, in words."""
        return f"{self} was signed by {self.signed_by} on {self.signed_on:%Y-%m-%d}"


@dataclass(frozen=True)
class PriorCorrection:
    """An entry of this period that was approved as the correction of an error of an earlier one."""

    key: str  # the posting key that the ledger carries
    title: str  # names the period of the error
    # Account, location, department and cents as approved, debit above zero, sorted, those at zero left out.
    cells: tuple[tuple[str, str | None, str | None, int], ...]
    settles: tuple[str, ...] = ()  # lines that earlier periods left open

    def fields(self) -> tuple[str, ...]:
        """What of it tells one run from another."""
        return (self.key, self.title, repr(self.cells), *self.settles)


@dataclass(frozen=True)
class Canonical:
    """The canonical frames of one run; None where the workspace has no such source.

    Frames are lazy so that a file larger than memory can pass through; each fits its schema in
    `recon.frames`. Rows outside the period and its margin are already left out (and counted).
    """

    ledger: pl.LazyFrame
    accounts: pl.DataFrame
    locations: pl.DataFrame
    sales: pl.LazyFrame | None = None
    tenders: pl.LazyFrame | None = None
    payments: pl.LazyFrame | None = None
    deposits: pl.LazyFrame | None = None
    fee_statements: pl.LazyFrame | None = None
    payroll: pl.LazyFrame | None = None
    balances: pl.DataFrame | None = None
    open_items: pl.DataFrame | None = None  # OPEN_ITEMS carried in from the period before
    decisions: pl.DataFrame | None = None  # DECISIONS of people, of this period and others
    rejected: pl.DataFrame = field(default_factory=RejectedRows.create_empty)
    changed: pl.DataFrame = field(default_factory=ChangedRows.create_empty)  # in closed books, oldest first
    files: tuple[SourceFileFact, ...] = ()
    signed: tuple[SignedSubject, ...] = ()  # of this period; nothing of it is proposed any more
    prior: tuple[PriorCorrection, ...] = ()  # dated in this period
    uncorrected: pl.DataFrame | None = None  # UNCORRECTED of earlier periods of the year
