"""The bridge: from the balance per ledger to the balance per source, account by location, row by row."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from recon.frames import CAUSE, RESULT_FRAMES
from recon.money import to_cents, to_money
from recon.variances.model import Finding

CELL = ["account", "location"]
# Where each status goes: proposed, asked, carried, passed.
_ROW_OF_STATUS = {"book": "D", "ask": "F", "source": "F", "timing": "G", "accepted": "H", "info": "D"}


def bridge(
    activity: pl.DataFrame,
    compared: frozenset[str],
    expected: pl.DataFrame,
    findings: Iterable[Finding],
    balances: pl.DataFrame | None,
) -> pl.DataFrame:
    """BRIDGE over all reconciliations: rows A to J per account and location, Dr/(Cr).

    `activity` are the posted lines of the period in every journal (with cents), `compared` the ids of
    those that a reconciliation owns. J is what the sources, the opening balance and the journals that
    no reconciliation owns add up to; I is what no finding explains and is 0.00 or listed.
    """
    foreign = activity.filter(~pl.col("line_id").is_in(list(compared)))
    opening = _opening(balances)
    per_source = pl.concat([_sum(foreign), _sum(expected), opening.select(*CELL, "cents", "count")])
    journals = (
        _sum(activity, "journal").with_columns(label=pl.format("Activity, journal {}", "journal")).drop("journal")
    )
    return _rows(opening if balances is not None else None, journals, list(findings), _total(per_source), None)


def bridge_of(
    reconciliation: str,
    activity: pl.DataFrame,
    compared: frozenset[str],
    expected: pl.DataFrame,
    findings: Iterable[Finding],
) -> pl.DataFrame:
    """BRIDGE of one reconciliation: its own lines only, without opening balances."""
    own = activity.filter(pl.col("line_id").is_in(list(compared)))
    journals = _sum(own, "journal").with_columns(label=pl.format("Activity, journal {}", "journal")).drop("journal")
    mine = [one for one in findings if one.reconciliation == reconciliation]
    return _rows(None, journals, mine, _total(_sum(expected)), reconciliation)


def _sum(lines: pl.DataFrame, *more: str) -> pl.DataFrame:
    return (
        lines.group_by(*CELL, *more)
        .agg(pl.col("cents").sum(), pl.len().cast(pl.Int64).alias("count"))
        .select(*CELL, *more, "cents", "count")
    )


def _total(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.group_by(CELL).agg(pl.col("cents").sum(), pl.col("count").sum())


def _opening(balances: pl.DataFrame | None) -> pl.DataFrame:
    if balances is None:
        return pl.DataFrame(schema={"account": pl.String, "location": pl.String, "cents": pl.Int64, "count": pl.Int64})
    return (
        balances.select(*CELL, cents=to_cents("opening"), count=pl.lit(1, pl.Int64))
        .group_by(CELL)
        .agg(pl.col("cents").sum(), pl.col("count").sum())
    )


def _finding_rows(findings: list[Finding]) -> pl.DataFrame:
    rows = [
        (account, location, _ROW_OF_STATUS[one.status], one.cause, cents)
        for one in findings
        for (account, location, _), cents in one.cells
    ]
    frame = pl.DataFrame(
        rows,
        schema={"account": pl.String, "location": pl.String, "row": pl.String, "cause": pl.String, "cents": pl.Int64},
        orient="row",
    )
    frame = frame.with_columns(row=pl.when(pl.col("cause") == "unexplained").then(pl.lit("I")).otherwise("row"))
    summed = frame.group_by(*CELL, "row", "cause").agg(pl.col("cents").sum(), pl.len().cast(pl.Int64).alias("count"))
    titles = {name: cause.title for name, cause in CAUSE.items()}
    return summed.with_columns(label=pl.col("cause").replace_strict(titles, return_dtype=pl.String)).drop("cause")


def _rows(
    opening: pl.DataFrame | None,
    journals: pl.DataFrame,
    findings: list[Finding],
    per_source: pl.DataFrame,
    reconciliation: str | None,
) -> pl.DataFrame:
    """All rows of one bridge, by account, location and row."""
    explained = _finding_rows(findings)
    every = pl.concat(
        [frame.select(CELL) for frame in (journals, explained, per_source, *([opening] if opening is not None else []))]
    ).unique()
    totals = [*CELL, "cents", "count"]
    ledger = _total(pl.concat([journals.select(totals), *([opening] if opening is not None else [])]))
    adjusted = _total(pl.concat([ledger, explained.filter(pl.col("row") == "D").select(totals)]))
    claimed = _total(pl.concat([ledger, explained.select(totals)]))
    parts = [
        _line("B", journals),
        _line("C", _over(every, ledger), "Balance per ledger" if reconciliation is None else "Activity per ledger"),
        _line("D", explained.filter(pl.col("row") == "D")),
        _line("E", _over(every, adjusted), "Adjusted ledger"),
        _line("F", explained.filter(pl.col("row") == "F")),
        _line("G", explained.filter(pl.col("row") == "G")),
        _line("H", explained.filter(pl.col("row") == "H")),
        _line("I", _unexplained(every, claimed, per_source, explained), "Unexplained"),
        _line("J", _over(every, per_source), "Balance per source" if reconciliation is None else "Activity per source"),
    ]
    if reconciliation is None:
        parts.insert(0, _opening_row(every, opening))
    frame = pl.concat(parts).with_columns(reconciliation=pl.lit(reconciliation, pl.String))
    columns = RESULT_FRAMES["bridge"].column_names()
    return frame.select(columns).sort("account", "location", "row", "label", nulls_last=True)


def _opening_row(every: pl.DataFrame, opening: pl.DataFrame | None) -> pl.DataFrame:
    if opening is None:
        zero = pl.lit(0, pl.Int64)
        return every.select(
            *CELL,
            row=pl.lit("A"),
            label=pl.lit("Opening not provided"),
            count=zero,
            amount=to_money(pl.lit(None, pl.Int64)),
        )
    return _line("A", _over(every, opening), "Opening balance")


def _over(every: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with a zero for every account and location that it lacks."""
    return every.join(frame, on=CELL, how="left", nulls_equal=True).with_columns(pl.col("cents", "count").fill_null(0))


def _unexplained(
    every: pl.DataFrame, claimed: pl.DataFrame, per_source: pl.DataFrame, explained: pl.DataFrame
) -> pl.DataFrame:
    """What the sources ask for beyond the ledger and every finding; findings without a reason included."""
    listed = _total(explained.filter(pl.col("row") == "I").select(*CELL, "cents", "count"))
    known = _over(every, claimed).join(_over(every, per_source), on=CELL, nulls_equal=True, suffix="_source")
    found = known.join(_over(every, listed), on=CELL, nulls_equal=True, suffix="_listed")
    return found.select(
        *CELL, cents=pl.col("cents_source") - pl.col("cents") + pl.col("cents_listed"), count="count_listed"
    )


def _line(row: str, frame: pl.DataFrame, label: str | None = None) -> pl.DataFrame:
    words = pl.lit(label) if label is not None else pl.col("label")
    return frame.select(*CELL, row=pl.lit(row), label=words, count=pl.col("count"), amount=to_money("cents"))
