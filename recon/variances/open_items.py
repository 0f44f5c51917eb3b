"""Open items: what this period hands to the next, aged from the day it was first seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

import polars as pl

from recon.frames import RESULT_FRAMES, blank, complete
from recon.money import to_cents, to_money
from recon.variances.model import Finding

_CARRIED = ("timing", "ask")
_DONE = (("accrual_reversal", "timing"), ("prior_period", "timing"))  # belongs to another period, and waits for nothing
_SCHEMA = RESULT_FRAMES["open_items"]


def open_items(
    findings: Iterable[Finding],
    expected: pl.DataFrame,
    ledger: pl.DataFrame,
    transit: pl.DataFrame,
    carried: pl.DataFrame | None,
    *,
    as_of: dt.date,
    funded: Collection[str] = (),
    corrected: Collection[str] = (),
) -> pl.DataFrame:
    """OPEN_ITEMS, one row per line or deposit, by side and line id.

    Lines of carried and asked findings, deposits in transit (`transit`, as ledger lines), and items of
    the period before (`carried`) that nothing of this period settled: `funded` are the batches whose deposit
    arrived, `corrected` the lines for which a correction of an earlier period stands in the ledger.
    """
    findings = list(findings)
    parts = [_lines_of(findings, expected, ledger), _deposits(transit)]
    fresh = pl.concat([part for part in parts if part.height] or [blank(_SCHEMA)])
    if carried is not None and carried.height:
        fresh = _with_first_seen(fresh, carried)
        again = [*settled_lines(findings), *corrected, *fresh["line_id"].to_list()]
        arrived = (pl.col("side") == "deposit") & pl.col("document").is_in(list(funded))
        settled = pl.col("line_id").is_in(again) | arrived.fill_null(value=False)
        fresh = pl.concat([fresh, carried.filter(~settled).select(fresh.columns)])
    days = (pl.lit(as_of) - pl.col("first_seen")).dt.total_days()
    aged = fresh.with_columns(age_days=days.clip(lower_bound=0))  # a posting after the period's end is new, not younger
    return aged.unique(["side", "line_id"], keep="first", maintain_order=True).sort("side", "line_id")


def carry_in(expected: pl.DataFrame, carried: pl.DataFrame | None) -> pl.DataFrame:
    """Expected lines plus those that the period before left open, as lines outside the period."""
    if carried is None:
        return expected
    old = carried.filter((pl.col("side") == "expected") & ~pl.col("line_id").is_in(expected["line_id"].to_list()))
    if old.is_empty():
        return expected
    added = old.with_columns(
        reconciliation=pl.col("line_id").str.split(":").list.first(),
        rule=pl.lit("carried"),
        source_ids=pl.lit([], pl.List(pl.String)),
        cents=to_cents("amount"),
        roles=pl.lit([], pl.List(pl.String)),
        unmapped=pl.lit(value=False),
        in_period=pl.lit(value=False),
    )
    return pl.concat([expected, added.select(expected.columns)]).sort("line_id")


def settled_lines(findings: Iterable[Finding]) -> frozenset[str]:
    """Ids of carried lines that this period settled: their document stands in the ledger now."""
    return frozenset(
        line
        for one in findings
        if one.status in ("timing", "info")
        for line in (*one.candidates, *one.expected_line_ids, *one.actual_line_ids)
    )


def _open_sides(finding: Finding) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The lines that wait for another period, by side.

    A late document waits for its posting; an early posting waits for its document. The half that already
    stands where it belongs is that period's own business, and a document that arrived is settled.
    """
    expected, actual = ("expected", finding.expected_line_ids), ("actual", finding.actual_line_ids)
    if finding.cause == "late_posted":
        return (expected,)
    if finding.cause == "early_posted":
        return () if finding.expected_line_ids else (actual,)
    if (finding.cause, finding.status) in _DONE:
        return ()
    return expected, actual


def carried_postings(carried: pl.DataFrame | None, ledger: pl.DataFrame) -> pl.DataFrame:
    """Early postings that the period before left open, as LEDGER lines, unless the ledger has them anyway."""
    if carried is None:
        return ledger.clear()
    known = pl.col("line_id").is_in(ledger["line_id"].to_list())
    early = (pl.col("side") == "actual") & (pl.col("cause") == "early_posted")
    return carried.filter(early & ~known).select(ledger.columns)


def _lines_of(findings: Iterable[Finding], expected: pl.DataFrame, ledger: pl.DataFrame) -> pl.DataFrame:
    """The lines of findings that stay open, each with its cause."""
    rows = [
        (side, line, finding.cause)
        for finding in findings
        if finding.status in _CARRIED
        for side, ids in _open_sides(finding)
        for line in ids
    ]
    wanted = pl.DataFrame(rows, schema={"side": pl.String, "line_id": pl.String, "cause": pl.String}, orient="row")
    both = [
        frame.join(wanted.filter(pl.col("side") == side), on="line_id", how="inner")
        for side, frame in (("expected", expected), ("actual", ledger))
    ]
    found = [
        complete(
            frame.with_columns(first_seen=pl.col("posting_date"), age_days=pl.lit(0, pl.Int64)).lazy(), _SCHEMA
        ).collect()
        for frame in both
    ]
    return pl.concat(found)


def _deposits(transit: pl.DataFrame) -> pl.DataFrame:
    """Batches that wait for their deposit, as lines on their clearing account."""
    if not transit.height:
        return blank(_SCHEMA)
    batch = pl.coalesce("batch_id", pl.format("{}-{}", "group", "batch_date"))
    lines = transit.select(
        line_id=pl.format("transit:{}:{}", "location", batch),
        entry_id=batch,
        document=batch,
        journal=pl.lit(""),
        posting_date=pl.col("due_date"),
        account=pl.col("account"),
        location=pl.col("location"),
        amount=to_money("cents"),
        currency=pl.col("currency"),
        side=pl.lit("deposit"),
        cause=pl.lit("in_transit"),
        first_seen=pl.col("batch_date"),
        age_days=pl.lit(0, pl.Int64),
    )
    return complete(lines.lazy(), _SCHEMA).collect()


def _with_first_seen(items: pl.DataFrame, carried: pl.DataFrame) -> pl.DataFrame:
    """Items that were open before keep the day on which they were first seen."""
    before = carried.select("line_id", before="first_seen").unique("line_id", keep="first", maintain_order=True)
    joined = items.join(before, on="line_id", how="left")
    return joined.with_columns(first_seen=pl.min_horizontal("first_seen", "before")).select(items.columns)
