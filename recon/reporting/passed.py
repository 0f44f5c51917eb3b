"""What is known to be wrong and was not booked: by account, for the period and for the year so far."""

from __future__ import annotations

import polars as pl

from recon.money import MONEY
from recon.reporting.views import titled
from recon.reporting.words import misstatement

TREATMENTS: dict[str, str] = {
    "accepted": "Accepted by a person",
    "passed": "Passed below threshold",
    "declined": "Declined",
    "waived": "Waived by the reviewer",
}


def uncorrected_by_account(rows: pl.DataFrame, accounts: pl.DataFrame, period: str) -> pl.DataFrame:
    """UNCORRECTED summed up, Dr/(Cr) as they would be booked; one row per account, by account.

    account, title, normal_balance, count, amount (of the period), amount_year and pretax_year (with the earlier periods
    of the year), in_words: how the ledger misstates the account after the year so far.
    """
    mine = pl.col("period") == period
    sums = rows.group_by("account").agg(
        count=pl.len().cast(pl.Int64),
        amount=pl.col("amount").filter(mine).sum().cast(MONEY),
        amount_year=pl.col("amount").sum().cast(MONEY),
        pretax_year=pl.col("pretax_effect").sum().cast(MONEY),
    )
    named = titled(sums.sort("account"), accounts)
    said = [
        misstatement(title, side, amount)
        for title, side, amount in named.select("title", "normal_balance", "amount_year").iter_rows()
    ]
    return named.with_columns(in_words=pl.Series(said, dtype=pl.String))


def uncorrected_list(rows: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """UNCORRECTED with the account's title and the treatment in words, the newest period first."""
    how = pl.col("treatment").replace_strict(TREATMENTS, return_dtype=pl.String)
    ordered = rows.sort("period_end", "variance_id", "account", "location", descending=[True, False, False, False])
    return titled(ordered.with_columns(treatment_title=how), accounts)
