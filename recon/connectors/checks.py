"""Rows that must not be used although each can be read: duplicates, and documents that do not foot."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from recon.connectors.shapes import IDENTITY, KEY
from recon.connectors.tables import ROW
from recon.money import MONEY, to_cents

FILE = "__file"  # position among the files of the frame
_KEYS_AT_ONCE = 4_000_000  # bounds memory, whatever the size of the files
_PAYROLL_SIGNS = {
    "earning": 1, "reimbursement": 1, "employee_tax": -1, "deduction": -1, "garnishment": -1, "net_pay": -1,
}  # fmt: skip


def repeated_keys(rows: Sequence[pl.LazyFrame], count: int) -> pl.Series:
    """The KEYs that stand in more than one row, found part by part so that memory does not grow with the files."""
    parts = max(1, -(-count // _KEYS_AT_ONCE))
    every = pl.concat([one.select(KEY) for one in rows])
    found = []
    for part in range(parts):
        keys = every.filter(pl.col(KEY) % parts == part).collect(engine="streaming")[KEY].sort()
        found.append(keys.filter((keys == keys.shift(1)).fill_null(False)).unique())
    return pl.concat(found)


def unlike_keys(sales: Sequence[pl.LazyFrame], tenders: Sequence[pl.LazyFrame], count: int) -> pl.DataFrame:
    """KEY, sales and tenders (cents) of each ticket whose components differ from its tenders."""
    parts = max(1, -(-count // _KEYS_AT_ONCE))
    zero = pl.lit(0, pl.Int64)
    cents = to_cents("amount")
    every = pl.concat(
        [one.select(KEY, sales=cents, tenders=zero) for one in sales]
        + [one.select(KEY, sales=zero, tenders=cents) for one in tenders]
    )
    found = []
    for part in range(parts):
        sums = every.filter(pl.col(KEY) % parts == part).group_by(KEY).agg(pl.col("sales", "tenders").sum())
        found.append(sums.filter(pl.col("sales") != pl.col("tenders")).collect(engine="streaming"))
    return pl.concat(found)


def judged_copies(rows: pl.DataFrame, frame: str) -> pl.DataFrame:
    """The rows to reject among rows that share an identity, with `duplicate` and `reason`.

    Of identical copies the first stays and the others are extra; copies that differ are all rejected.
    """
    identity = [name for name in IDENTITY[frame] if name in rows.columns]
    content = [name for name in rows.columns if not name.startswith("__")]
    ordered = rows.sort(FILE, ROW)
    judged = ordered.with_columns(
        copies=pl.len().over(identity),
        nth=pl.int_range(pl.len()).over(identity),
        variants=pl.struct(content).n_unique().over(identity),
        first=pl.col(ROW).first().over(identity),
    ).filter(pl.col("copies") > 1)
    extra = judged.filter((pl.col("variants") == 1) & (pl.col("nth") > 0)).with_columns(
        duplicate=pl.lit(True), reason=pl.format("identical copy of row {}: one copy is used", "first")
    )
    unlike = judged.filter(pl.col("variants") > 1).with_columns(
        duplicate=pl.lit(False),
        reason=pl.format("{} rows share this id but differ: none is used; keep the right one", "copies"),
    )
    return pl.concat([extra, unlike]).drop("copies", "nth", "variants", "first")


def judged_checks(rows: pl.DataFrame, broken: pl.DataFrame) -> pl.DataFrame:
    """The payroll rows to reject, with `duplicate` and `reason`: extra copies, and checks that do not foot.

    `broken` holds the keys of checks of which a row cannot be read.
    """
    keys = [name for name in IDENTITY["payroll"] if name in rows.columns]
    content = [name for name in rows.columns if not name.startswith("__")]
    counted = rows.sort(FILE, ROW).with_columns(nth=pl.int_range(pl.len()).over(content), times=pl.len().over(content))
    # A register that was delivered twice repeats every row of a check; two equal rows alone may be right.
    counted = counted.with_columns(copies=pl.col("times").min().over(keys))
    is_extra = (pl.col("copies") > 1) & (pl.col("nth") >= pl.col("times") // pl.col("copies"))
    extra = counted.filter(is_extra).with_columns(
        duplicate=pl.lit(True), reason=pl.lit("the whole check stands in the files again: one copy is used")
    )
    once = counted.filter(~is_extra)
    unread = once.join(broken, on=keys, how="semi", nulls_equal=True).with_columns(
        duplicate=pl.lit(False), reason=pl.lit("another row of this check cannot be read: the whole check is left out")
    )
    unfooted = _unfooted(once.join(broken, on=keys, how="anti", nulls_equal=True), keys)
    return pl.concat([one.drop("nth", "times", "copies") for one in (extra, unread, unfooted)], how="diagonal")


def _unfooted(rows: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The rows of checks whose pay less taxes and deductions is not the net pay, where the run states net pay."""
    sign = pl.col("kind").replace_strict(_PAYROLL_SIGNS, default=0, return_dtype=pl.Int64)
    over = (pl.col("amount") * sign).sum().over(keys).cast(MONEY)
    stated = (pl.col("kind") == "net_pay").any().over("run_id")
    text = "earnings less taxes and deductions differ from net pay by {}: the whole check is left out"
    judged = rows.with_columns(__over=over, __stated=stated).filter(pl.col("__stated") & (pl.col("__over") != 0))
    return judged.with_columns(duplicate=pl.lit(False), reason=pl.format(text, "__over")).drop("__over", "__stated")
