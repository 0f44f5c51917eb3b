"""Findings beside the matches: unbalanced entries, days without a source, keys without a rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from recon.canonical.coverage import StoreDay
from recon.money import from_cents
from recon.period import Period
from recon.policy import Policy
from recon.variances.model import Finding


def unbalanced_entries(posted: pl.DataFrame, policy: Policy, period: Period) -> list[Finding]:
    """Ledger entries of the period whose lines do not sum to zero: used as they stand, and asked about.

    An entry that reaches the edge of what was read may go on beyond it and is not judged.
    """
    margin = dt.timedelta(days=policy.period.margin_days)
    first, last = pl.col("posting_date").min(), pl.col("posting_date").max()
    entries = posted.group_by("entry_id").agg(
        pl.col("cents").sum(),
        pl.col("journal", "document", "posting_date").first(),
        pl.col("line_id").sort(),
        inside=pl.col("in_period").any() & (first > period.start - margin) & (last < period.end + margin),
    )
    off = entries.filter(pl.col("inside") & (pl.col("cents") != 0)).sort("entry_id")
    return [
        Finding(
            policy.reconciliation_of(row["journal"]) or "ledger",
            "unbalanced",
            "ask",
            f"Entry {row['entry_id']} of journal {row['journal']} is off by {from_cents(row['cents'])}; "
            "it was used as it stands.",
            row["posting_date"],
            row["document"],
            candidates=tuple(row["line_id"]),
        )
        for row in off.iter_rows(named=True)
    ]


def days_without_sales(uncovered: frozenset[StoreDay], findings: Sequence[Finding]) -> list[Finding]:
    """Store-days without sales in the source that no ledger line brought up already."""
    told = {
        (cell[1], one.posting_date)
        for one in findings
        if one.cause == "not_compared" and one.reconciliation == "sales"
        for cell, _ in one.cells
    }
    return [
        Finding(
            "sales",
            "not_compared",
            "ask",
            f"No sales in the source for location {location} on {day:%Y-%m-%d}.",
            day,
            f"{location} {day:%Y-%m-%d}",
        )
        for location, day in sorted(uncovered, key=str)
        if (location, day) not in told
    ]


def unmapped_documents(
    unmapped: pl.DataFrame, findings: Sequence[Finding], expected: pl.DataFrame, period: Period
) -> list[Finding]:
    """Documents with an event that no rule maps, where no difference of money has told it already.

    `expected` are the lines of the period; `unmapped` the movements without a rule or a known place.
    """
    if unmapped.is_empty():
        return []
    told = {(one.reconciliation, one.document) for one in findings if one.cause == "unmapped"}
    by = ["reconciliation", "document"]
    inside = unmapped.filter(pl.col("date").is_between(period.start, period.end))
    lines = expected.group_by(by).agg(pl.col("line_id").sort())
    rows = inside.group_by(by).agg(pl.col("date").first(), pl.col("role").unique().sort())
    return [
        Finding(
            row["reconciliation"],
            "unmapped",
            "ask",
            f"No posting rule maps {', '.join(row['role'])} of {row['document']}; add one to the rules.",
            row["date"],
            row["document"],
            candidates=tuple(row["line_id"] or ()),
        )
        for row in rows.join(lines, on=by, how="left").sort(by).iter_rows(named=True)
        if (row["reconciliation"], row["document"]) not in told
    ]


def booked_only_if_balanced(finding: Finding) -> Finding:
    """A correction that would not balance is asked about: no plug account takes the rest."""
    if finding.status not in ("book", "accepted") or not sum(cents for _, cents in finding.cells):
        return finding
    words = "The lines that differ do not balance by themselves, so no entry is proposed."
    return replace(
        finding, status="ask", also=(*finding.also, "unbalanced"), explanation=f"{finding.explanation} {words}"
    )
