"""Proof of balance-sheet accounts from outside the ledger: rows K to Q of the bridge."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

import polars as pl

from recon.frames import RESULT_FRAMES
from recon.money import MONEY, from_cents, to_cents, to_money
from recon.variances.bridge import CELL
from recon.variances.model import Finding

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
    earlier: pl.DataFrame,
    proved: Collection[str],
    *,
    last_in_time: dt.date,
    has_opening: bool,
) -> pl.DataFrame:
    """BRIDGE rows K, L, O, P and Q of the proved accounts per location, Dr/(Cr).

    `whole` is the bridge over all reconciliations, `items` are this period's OPEN_ITEMS, `earlier` is of
    `earlier_errors`; a deposit due before `last_in_time` is past due. Q is J less P, null where no opening was given.
    """
    source = whole.filter(pl.col("row") == "J", pl.col("account").is_in(list(proved)))
    cells = source.select(*CELL, cents=to_cents("amount"))
    waiting = items.filter(pl.col("side") == "deposit")
    is_late = pl.col("posting_date") < last_in_time  # a deposit in transit is dated by the day on which it is due
    support = {"K": waiting.filter(~is_late), "L": waiting.filter(is_late), "O": earlier}
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


def earlier_errors(
    carried: pl.DataFrame | None, uncorrected: pl.DataFrame | None, findings: Iterable[Finding]
) -> pl.DataFrame:
    """By how much the opening is known to be wrong, Dr/(Cr): account, location, amount, one row per line.

    A document that was not booked is missing in the opening; a posting that came too early stands there already
    (`carried` OPEN_ITEMS). What earlier periods left uncorrected is wrong by what booking it would add, and so is what
    a correction of an earlier period books now (`findings`). Rows that wait for lines are told by these lines.
    """
    parts = [pl.DataFrame(schema={"account": pl.String, "location": pl.String, "amount": MONEY})]
    if carried is not None:
        opposite = pl.when(pl.col("side") == "expected").then(-pl.col("amount")).otherwise("amount")
        parts.append(carried.filter(pl.col("side") != "deposit").select(*CELL, opposite.cast(MONEY).alias("amount")))
    if uncorrected is not None:
        lasting = uncorrected.filter(pl.col("waits_for").list.len() == 0)
        parts.append(lasting.select(*CELL, (-pl.col("amount")).cast(MONEY)))
    booked = [
        (account, location, from_cents(cents))
        for one in findings
        if (one.cause, one.status) == ("prior_period", "timing")
        for (account, location, _), cents in one.cells
    ]
    parts.append(pl.DataFrame(booked, schema=parts[0].schema, orient="row"))
    return pl.concat(parts)


def _summed(cells: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Cents and count of the lines for every account and location of the cells."""
    sums = lines.group_by(CELL).agg(cents=to_cents("amount").sum(), count=pl.len().cast(pl.Int64))
    joined = cells.select(CELL).join(sums, on=CELL, how="left", nulls_equal=True)
    return joined.with_columns(pl.col("cents", "count").fill_null(0)).select(*CELL, "cents", "count")
