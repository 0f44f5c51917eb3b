"""Differences that are known and were not booked, with what they would add to pre-tax income."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl

from recon.frames import RESULT_FRAMES
from recon.money import MONEY
from recon.period import Period

_INCOME_FIRST_DIGIT = "4"  # accounts from 4000 on are income statement where the chart does not say
_SCHEMA = RESULT_FRAMES["uncorrected"]
WAITING = ("waived", "declined")  # treatments after which a document may still be booked
_BY = ("variance_id", "account", "location")


def with_income(lines: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """The lines (account, …) with `is_income`: whether ACCOUNTS, or else the number, says income statement."""
    joined = lines.join(accounts.select("account", type_="type"), on="account", how="left", maintain_order="left")
    by_number = pl.col("account").str.slice(0, 1) >= _INCOME_FIRST_DIGIT
    is_income = pl.when(pl.col("type_").is_null()).then(by_number).otherwise(pl.col("type_") == "incomestatement")
    return joined.with_columns(is_income=is_income).drop("type_")


def passed_over(variances: pl.DataFrame) -> dict[str, tuple[str, str]]:
    """What a run itself lets pass, by variance id: how (accepted by a person, or passed below threshold) and why."""
    rows = variances.filter(pl.col("status") == "accepted").select("variance_id", "also", "explanation").rows()
    return {name: ("accepted" if "decided" in (also or ()) else "passed", why) for name, also, why in rows}


def _waiting() -> pl.Expr:
    """The lines of a variance that stand on one side alone: a late posting, or a late document, settles it."""
    expected, actual = pl.col("expected_line_ids"), pl.col("actual_line_ids")
    is_alone = (expected.list.len() == 0) | (actual.list.len() == 0)
    return pl.when(is_alone).then(pl.concat_list(expected, actual)).otherwise(pl.lit([], pl.List(pl.String)))


def still_uncorrected(rows: pl.DataFrame, settled: Collection[str]) -> pl.DataFrame:
    """UNCORRECTED without the rows all of whose waiting lines are settled."""
    left = pl.col("waits_for").list.set_difference(pl.lit([*settled], pl.List(pl.String)))
    return rows.filter((pl.col("waits_for").list.len() == 0) | (left.list.len() > 0))


def uncorrected_of(
    treated: Mapping[str, tuple[str, str]],
    variances: pl.DataFrame,
    lines: pl.DataFrame,
    accounts: pl.DataFrame,
    period: Period,
) -> pl.DataFrame:
    """UNCORRECTED of VARIANCES and VARIANCE_LINES that were treated so: by variance id how, and a note."""
    named = [(name, how, note) for name, (how, note) in treated.items()]
    schema = {"variance_id": pl.String, "treatment": pl.String, "note": pl.String}
    heads = variances.select("variance_id", "reconciliation", "cause", waits_for=_waiting()).join(
        pl.DataFrame(named, schema=schema, orient="row"), on="variance_id"
    )
    # What a person accepted or nobody minds stays as it is; what was put off may still come.
    waits = pl.col("treatment").is_in(WAITING)
    heads = heads.with_columns(waits_for=pl.when(waits).then("waits_for").otherwise(pl.lit([], pl.List(pl.String))))
    summed = lines.group_by(_BY).agg(pl.col("amount").sum().cast(MONEY)).filter(pl.col("amount") != 0)
    effect = pl.when("is_income").then(-pl.col("amount")).otherwise(pl.lit(0)).cast(MONEY)
    rows = with_income(summed, accounts).join(heads, on="variance_id")
    rows = rows.with_columns(period=pl.lit(period.name), period_end=pl.lit(period.end), pretax_effect=effect)
    return rows.select(_SCHEMA.column_names()).sort(_BY, nulls_last=True)
