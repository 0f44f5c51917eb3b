"""Before an entry is proposed: does the ledger already hold lines that explain the variance?

Booking twice is the worst mistake a reconciliation makes. Searched are entries that carry the posting
key of the very proposal (also drafts), then any entry of other journals, of the next days, or without
a document, whose lines are exactly the correction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import polars as pl

from recon.identity import normal_document
from recon.period import Period
from recon.variances.model import Cell, CellSum, Finding

Cells = tuple[tuple[Cell, int], ...]


@dataclass(frozen=True)
class Standing:
    """An entry of the ledger that may already be the correction."""

    entry_id: str
    title: str
    cells: Cells
    line_ids: tuple[str, ...]
    keys: tuple[str, ...]  # posting keys found in its texts
    documents: tuple[str, ...]  # normalised
    pending: bool  # a draft, or waiting for approval
    in_period: bool


@dataclass(frozen=True)
class Searched:
    """The findings after the search, and the ledger lines that turned out to be corrections."""

    findings: tuple[Finding, ...]
    adopted: frozenset[str]


def standing_entries(lines: pl.DataFrame, period: Period) -> list[Standing]:
    """Ledger lines as entries that may explain a variance; LEDGER plus cents, pending, posting_key."""
    by = ["entry_id", "pending", "posting_key"]
    grouped = (
        lines.sort("line_id")
        .with_columns(_document=normal_document("document"))
        .group_by(by, maintain_order=True)
        .agg(
            pl.col("account", "location", "department", "cents", "line_id", "posting_date"),
            pl.col("_document").drop_nulls().unique().sort(),
            pl.coalesce("entry_no", "entry_id").first().alias("title"),
        )
    )
    found = []
    for row in grouped.iter_rows(named=True):
        sums = CellSum()
        for account, location, department, cents in zip(
            row["account"], row["location"], row["department"], row["cents"], strict=True
        ):
            cell = (account, location, department)
            sums.cents[cell] = sums.cents.get(cell, 0) + cents
        found.append(
            Standing(
                row["entry_id"],
                row["title"],
                sums.cells(),
                tuple(row["line_id"]),
                (row["posting_key"],) if row["posting_key"] else (),
                tuple(row["_document"]),
                row["pending"],
                all(period.has(day) for day in row["posting_date"]),
            )
        )
    return found


def without_department(cells: Cells) -> Cells:
    """The cells summed over departments, for entries that name none."""
    sums = CellSum()
    for (account, location, _), cents in cells:
        cell = (account, location, None)
        sums.cents[cell] = sums.cents.get(cell, 0) + cents
    return sums.cells()


def search(findings: Sequence[Finding], standing: Iterable[Standing], key_of: Callable[[Finding], str]) -> Searched:
    """Findings that stand corrected or wait as drafts no longer ask for booking.

    Each entry explains one finding at most. An entry that would explain several findings explains
    none of them for certain: they are asked about, not booked.
    """
    entries = list(standing)
    by_key = {key: entry for entry in entries for key in entry.keys}
    by_cells: dict[Cells, list[Standing]] = {}
    for entry in entries:
        if not entry.keys:
            by_cells.setdefault(without_department(entry.cells), []).append(entry)
    drafts = {document: entry for entry in entries if entry.pending for document in entry.documents}
    wanted = [one for one in findings if one.status in ("book", "ask") and one.cells and one.cause != "unexpected"]
    shares: dict[Cells, int] = {}
    for finding in wanted:
        cells = without_department(finding.cells)
        shares[cells] = shares.get(cells, 0) + 1
    result: list[Finding] = []
    adopted: set[str] = set()
    for finding in findings:
        if finding not in wanted:
            result.append(finding)
            continue
        cells = without_department(finding.cells)
        same = [entry for entry in by_cells.get(cells, []) if not adopted & set(entry.line_ids)]
        keyed = by_key.get(key_of(finding))
        draft = drafts.get(finding.expected_document or "") if finding.cause == "missing" else None
        if keyed is not None:
            explained = _by_key(finding, keyed)
        elif same and (shares[cells] <= len(same) or finding.status == "ask"):
            explained = _corrected(finding, same[0]) if finding.status == "book" else finding
        elif same:
            explained = _asked(finding, same)
        elif draft is not None:
            explained = _asked(finding, [draft], "draft_pending")
        else:
            explained = finding
        if explained.cause == "corrected_elsewhere" and explained.status == "info":
            adopted |= set(explained.actual_line_ids) - set(finding.actual_line_ids)
        result.append(explained)
    return Searched(tuple(result), frozenset(adopted))


def _by_key(finding: Finding, entry: Standing) -> Finding:
    """The finding whose own correction, by posting key, is already in the ledger."""
    if without_department(entry.cells) == without_department(finding.cells):
        return _corrected(finding, entry)
    words = f"Entry {entry.title} carries this correction's posting key, but other lines: look at it before you book."
    return replace(
        finding,
        status="ask",
        also=(*finding.also, "key_reused"),
        candidates=(*finding.candidates, *entry.line_ids),
        explanation=f"{finding.explanation} {words}",
    )


def _corrected(finding: Finding, entry: Standing) -> Finding:
    """Nothing to book: the correcting lines stand, wait as a draft, or stand in the next period."""
    also = (*finding.also, finding.cause)
    if entry.pending:
        words = f"Draft entry {entry.title} is exactly this correction: post it in Intacct."
        return replace(
            finding,
            cause="draft_pending",
            status="info",
            also=also,
            candidates=(*finding.candidates, *entry.line_ids),
            explanation=f"{words} {finding.explanation}",
        )
    if not entry.in_period:
        words = f"Entry {entry.title} of another period is exactly this correction."
        return replace(
            finding,
            cause="corrected_elsewhere",
            status="timing",
            also=also,
            candidates=(*finding.candidates, *entry.line_ids),
            explanation=f"{words} {finding.explanation}",
        )
    words = f"Entry {entry.title} already corrects this."
    return replace(
        finding,
        cause="corrected_elsewhere",
        status="info",
        also=also,
        cells=(),
        actual_line_ids=(*finding.actual_line_ids, *entry.line_ids),
        explanation=f"{words} {finding.explanation}",
    )


def _asked(finding: Finding, entries: Sequence[Standing], cause: str | None = None) -> Finding:
    """Something stands that may be the correction, but not for certain: a person decides."""
    lines = tuple(line for entry in entries for line in entry.line_ids)
    titles = ", ".join(entry.title for entry in entries)
    return replace(
        finding,
        cause=cause or finding.cause,
        status="ask",
        also=(*finding.also, "possible_correction"),
        candidates=(*finding.candidates, *lines),
        explanation=f"{finding.explanation} Entry {titles} may already correct this.",
    )
