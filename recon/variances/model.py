"""A finding before it becomes rows: its cause, its lines, and the money that differs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import polars as pl

from recon.frames import CAUSE
from recon.frames.causes import Status
from recon.identity import digest_fields
from recon.matching import Group, Slip
from recon.matching.decided import Decided
from recon.period import Period

Cell = tuple[str, str | None, str | None]  # account, location, department
NOTHING_DECIDED = Decided()
Matched = tuple[Group, tuple[str, ...], tuple[str, ...]]  # a group, its expected and its actual ids that agree


@dataclass(frozen=True)
class Finding:
    """One variance: cents are expected less actual, debit above zero."""

    reconciliation: str
    cause: str
    status: Status
    explanation: str
    posting_date: dt.date | None
    document: str | None
    cells: tuple[tuple[Cell, int], ...] = ()
    expected_line_ids: tuple[str, ...] = ()
    actual_line_ids: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    expected_document: str | None = None  # normalised, to find drafts of the same document
    source_ids: tuple[str, ...] = ()  # records of the source, where no expected line tells them

    @property
    def variance_id(self) -> str:
        """The same finding has the same name in every run: made from its cause, its lines and records."""
        lines = sorted({*self.expected_line_ids, *self.actual_line_ids} or self.candidates)
        name = digest_fields([self.reconciliation, self.cause, self.document or "", *lines, *self.source_ids])
        return f"V-{name.hex()[:12]}"

    @property
    def gross(self) -> int:
        """The larger of its debits and its credits, in cents."""
        return gross_of(self.cells)


def gross_of(cells: Iterable[tuple[Cell, int]]) -> int:
    """The larger of the debits and the credits, in cents."""
    amounts = [cents for _, cents in cells]
    return max(sum(cents for cents in amounts if cents > 0), -sum(cents for cents in amounts if cents < 0))


@dataclass(frozen=True)
class Explained:
    """Every slip of one reconciliation in matched lines or findings."""

    findings: tuple[Finding, ...]
    matched: tuple[Matched, ...]
    agreed: pl.DataFrame  # the groups of which nothing is to be said: AGREED of recon.matching.model
    unexpected: tuple[Slip, ...]  # ledger slips without any explanation yet
    decided: Decided = NOTHING_DECIDED
    by_department: bool = True  # False: one of the sides keeps no departments, so none are compared

    @property
    def chosen(self) -> frozenset[str]:
        """Ledger lines that stand in a group which a person formed."""
        return frozenset(line for group in self.decided.forced for slip in group.actual for line in slip.line_ids)


@dataclass(frozen=True)
class Surroundings:
    """What explaining a month needs to know beside the matches."""

    period: Period
    entities: dict[str, str | None]  # location to entity
    uncovered: frozenset[tuple[str | None, dt.date]]  # location and day without a source
    incomplete: frozenset[tuple[str | None, dt.date]]  # location and day of which a source row was rejected
    rejected_documents: frozenset[str]  # normalised documents whose source row was rejected
    missing_source: bool  # the whole reconciliation has no source
    reversing: frozenset[str]  # ledger lines that say they reverse another
    window_days: int
    rounding_cents: int
    accrue: bool


@dataclass
class CellSum:
    """Cents added up per account, location and department."""

    cents: dict[Cell, int] = field(default_factory=dict)

    def add(self, slips: Iterable[Slip], sign: int, accounts: frozenset[str] | None = None) -> CellSum:
        """Add the lines of the slips, of some accounts or of all."""
        for slip in slips:
            for account, cents in slip.amounts:
                if accounts is None or account in accounts:
                    cell = (account, *slip.place)
                    self.cents[cell] = self.cents.get(cell, 0) + sign * cents
        return self

    def cells(self) -> tuple[tuple[Cell, int], ...]:
        """The cells that are not zero, in order."""
        kept = [(cell, cents) for cell, cents in self.cents.items() if cents]
        return tuple(sorted(kept, key=lambda pair: tuple(part or "" for part in pair[0])))


def status_of(cause: str, around: Surroundings) -> Status:
    """The status that the cause has by nature, or as policy turns it."""
    return "book" if around.accrue and cause == "late_posted" else CAUSE[cause].status


def passed_below(finding: Finding, threshold_cents: int) -> Finding:
    """The finding, accepted where it would be booked and is not above the threshold; an accrual is booked whole.

    It comes after the search for what stands corrected already: that is no difference any more, however small.
    """
    is_passed = (finding.status, CAUSE[finding.cause].status) == ("book", "book") and finding.gross <= threshold_cents
    return replace(finding, status="accepted") if is_passed else finding
