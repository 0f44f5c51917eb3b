"""Findings beside the matches: unbalanced entries, days without a source, keys without a rule, changed records."""

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

# The reconciliation that a canonical frame's records are expected by; the others are the ledger's own.
LEDGER = "ledger"
SOURCE_CHANGED = "source_changed"
_OWNERS = {
    "tickets": "sales",
    "sales": "sales",
    "tenders": "sales",
    "payments": "deposits",
    "deposits": "deposits",
    "fee_statements": "deposits",
    "payroll": "payroll",
}


def owner_of(frame: str) -> str:
    """The reconciliation that expects the records of a canonical frame; `ledger` for the ledger's own and masters."""
    return _OWNERS.get(frame, LEDGER)


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
            policy.reconciliation_of(row["journal"]) or LEDGER,
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


def changed_records(
    changed: pl.DataFrame, expected: pl.DataFrame, posted: pl.DataFrame, chosen: Sequence[str]
) -> list[Finding]:
    """Records that appeared, changed or went after their days had been closed: one finding a record, never booked.

    `changed` is CHANGED_ROWS; `expected` and `posted` are the lines of the period, of which those that a record
    went into are named as candidates. Their money is compared as it stands now, so these findings carry none.
    """
    found = []
    by = ["source", "row_id"]
    groups = changed.group_by(by, maintain_order=True).agg(
        pl.col("frame").last(), pl.col("explanation").unique(maintain_order=True)
    )
    if groups.is_empty():
        return []
    lines = _lines_of(groups["row_id"], expected, posted)
    for row in groups.sort(by).iter_rows(named=True):
        owner = owner_of(row["frame"])
        if owner != LEDGER and owner not in chosen:
            continue
        mine = lines.get((owner == LEDGER, row["row_id"]), ())
        candidates = [(day, line) for name, day, line in mine if owner in (name, LEDGER)]
        found.append(
            Finding(
                owner,
                SOURCE_CHANGED,
                "ask",
                f"{'; '.join(row['explanation'])}. What was booked and signed for those days is to be looked at again.",
                min((day for day, _ in candidates), default=None),
                row["row_id"],
                candidates=tuple(sorted(line for _, line in candidates)),
                source_ids=(f"{row['source']}:{row['row_id']}",),
            )
        )
    return found


def _lines_of(
    records: pl.Series, expected: pl.DataFrame, posted: pl.DataFrame
) -> dict[tuple[bool, str], list[tuple[str, dt.date, str]]]:
    """Reconciliation, day and id of the lines that each record went into; the key is whether it is the ledger's own."""
    sourced = expected.select("reconciliation", "posting_date", "line_id", row_id="source_ids").explode("row_id")
    booked = posted.filter("in_period").select(
        pl.lit(LEDGER).alias("reconciliation"),
        "posting_date",
        "line_id",
        row_id=pl.col("line_id").str.replace(r"^[^:]*:", ""),
    )
    found: dict[tuple[bool, str], list[tuple[str, dt.date, str]]] = {}
    for is_ledger, rows in ((False, sourced), (True, booked)):
        for name, day, line, record in rows.filter(pl.col("row_id").is_in(records.implode())).rows():
            found.setdefault((is_ledger, record), []).append((name, day, line))
    return found


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
    if finding.status != "book" or not sum(cents for _, cents in finding.cells):
        return finding
    words = "The lines that differ do not balance by themselves, so no entry is proposed."
    return replace(
        finding, status="ask", also=(*finding.also, "unbalanced"), explanation=f"{finding.explanation} {words}"
    )
