"""Proof of balance-sheet accounts from outside the ledger: rows K to Q of the bridge."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import polars as pl

from recon.frames import RESULT_FRAMES
from recon.money import to_cents, to_money
from recon.variances.bridge import CELL

PROOF_ROWS: dict[str, str] = {
    "K": "In transit within normal lag",
    "L": "Past due",
    "O": "Open since earlier periods",
    "P": "Supported",
    "Q": "Not supported",
}


def proofs(
    whole: pl.DataFrame,
    items: pl.DataFrame,
    carried: pl.DataFrame | None,
    proved: Collection[str],
    *,
    last_in_time: dt.date,
    has_opening: bool,
) -> pl.DataFrame:
    """BRIDGE rows K, L, O, P and Q of the proved accounts per location, Dr/(Cr).

    `whole` is the bridge over all reconciliations, `items` are this period's OPEN_ITEMS and `carried` those that it
    took over; a deposit due before `last_in_time` is past due. Q is J less P, null where no opening was provided.
    """
    source = whole.filter(pl.col("row") == "J", pl.col("account").is_in(list(proved)))
    cells = source.select(*CELL, cents=to_cents("amount"))
    waiting = items.filter(pl.col("side") == "deposit")
    is_late = pl.col("posting_date") < last_in_time  # a deposit in transit is dated by the day on which it is due
    support = {"K": waiting.filter(~is_late), "L": waiting.filter(is_late), "O": _earlier(carried, items)}
    cells = pl.concat([cells, *(one.select(*CELL, cents=pl.lit(0, pl.Int64)) for one in support.values())]).filter(
        pl.col("account").is_in(list(proved))
    )
    cells = cells.group_by(CELL).agg(pl.col("cents").sum())
    rows = [_summed(cells, one).with_columns(row=pl.lit(name)) for name, one in support.items()]
    total = pl.concat(rows).group_by(CELL).agg(pl.col("cents").sum(), pl.col("count").sum())
    gap = cells.join(total, on=CELL, nulls_equal=True, suffix="_supported").select(
        *CELL,
        cents=pl.when(has_opening).then(pl.col("cents") - pl.col("cents_supported")),
        count=pl.lit(0, pl.Int64),
        row=pl.lit("Q"),
    )
    named = pl.concat([*rows, total.with_columns(row=pl.lit("P")), gap])
    label = pl.col("row").replace_strict(PROOF_ROWS, return_dtype=pl.String)
    shaped = named.with_columns(reconciliation=pl.lit(None, pl.String), label=label, amount=to_money("cents"))
    return shaped.select(RESULT_FRAMES["bridge"].column_names()).sort("account", "location", "row", nulls_last=True)


def _earlier(carried: pl.DataFrame | None, items: pl.DataFrame) -> pl.DataFrame:
    """What the opening balance has too much, less what it lacks: lines that earlier periods left open.

    A document that was not booked is missing in the opening; a posting that came too early stands there already.
    """
    if carried is None:
        return items.clear()
    return carried.filter(pl.col("side") != "deposit").with_columns(
        amount=pl.when(pl.col("side") == "expected").then(-pl.col("amount")).otherwise("amount")
    )


def _summed(cells: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Cents and count of the lines for every account and location of the cells."""
    sums = lines.group_by(CELL).agg(cents=to_cents("amount").sum(), count=pl.len().cast(pl.Int64))
    joined = cells.select(CELL).join(sums, on=CELL, how="left", nulls_equal=True)
    return joined.with_columns(pl.col("cents", "count").fill_null(0)).select(*CELL, "cents", "count")
