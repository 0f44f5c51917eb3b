"""What the processor billed for a month, held against the debits that took it from the bank."""

from __future__ import annotations

import datetime as dt

import polars as pl

from recon.canonical.batches import merchants
from recon.canonical.calendar import bank_calendar
from recon.canonical.model import Canonical
from recon.frames import CANONICAL_FRAMES, blank
from recon.money import to_cents
from recon.period import Period
from recon.policy import Policy

_ESTIMATED = "estimated"  # a figure that may still change is no bill
_OTHERS = ("sales", "refunds", "chargebacks", "reversals", "adjustments")


def is_fee_debit() -> pl.Expr:
    """True for a deposit that is a debit of fees and nothing else: called so, or by its amounts."""
    alone = pl.all_horizontal(pl.col(name) == 0 for name in _OTHERS)
    return (pl.col("group") == "fees").fill_null(value=False) | (
        pl.col("group").is_null() & (pl.col("fees") != 0) & alone
    )


def billed_items(canonical: Canonical) -> pl.DataFrame:
    """FEE_STATEMENTS that count: of stores that are billed monthly, final, and with no row left out; with location.

    Empty where the sources have no statements.
    """
    rows = canonical.fee_statements
    if rows is None:
        rows = blank(CANONICAL_FRAMES["fee_statements"]).lazy()
    refused = canonical.rejected.filter((pl.col("frame") == "fee_statements") & ~pl.col("duplicate"))
    places = merchants(canonical.locations).filter(pl.col("fee_billing") == "monthly")
    final = rows.filter(pl.col("status").ne_missing(_ESTIMATED)).collect()
    known = final.join(places.select("merchant_id", "location"), on="merchant_id", how="inner", maintain_order="left")
    return known.join(refused, left_on="statement_id", right_on="document_id", how="anti", maintain_order="left")


def billed_fees(canonical: Canonical, policy: Policy, period: Period) -> pl.DataFrame:
    """One row per statement whose debit is due in the period or its margin, by statement_id.

    statement_id, merchant_id, location, due_date, cents (what is charged is above zero), currency, `debits` (the
    ids of the fee debits of that merchant in the month of the due date) and `agrees`: one debit, of this statement
    alone, to the cent.
    """
    calendar = bank_calendar(policy.calendar.bank, policy.calendar.extra_holidays)
    day = policy.funding.monthly_fee_business_day
    items = billed_items(canonical).with_columns(cents=to_cents("amount"))
    currency = pl.when(pl.col("currency").n_unique() == 1).then(pl.col("currency").first()).otherwise(pl.lit("mixed"))
    by = ["statement_id", "merchant_id", "location", "period_end"]
    bills = items.group_by(by).agg(pl.col("cents").sum(), currency=currency)
    after = [end.replace(day=1) + dt.timedelta(days=31) for end in bills["period_end"]]  # in the month that follows
    due = pl.Series("due_date", [calendar.nth_of_month(one, day) for one in after], pl.Date)
    margin = dt.timedelta(days=policy.period.margin_days)
    near = pl.col("due_date").is_between(period.start - margin, period.end + margin)
    bills = bills.with_columns(due).filter(near).with_columns(month=pl.col("due_date").dt.truncate("1mo"))
    debited = _debited(canonical)
    alone = pl.len().over("merchant_id", "month") == 1
    found = bills.join(debited, on=["merchant_id", "month"], how="left").with_columns(
        debits=pl.col("debits").fill_null([]),
        agrees=(alone & (pl.col("debits").list.len() == 1) & (pl.col("debited") == -pl.col("cents"))).fill_null(
            value=False
        ),
    )
    return found.drop("month", "debited", "period_end").sort("statement_id")


def _debited(canonical: Canonical) -> pl.DataFrame:
    """One row per merchant and month with its fee debits: their ids, and their cents below zero."""
    deposits = canonical.deposits
    if deposits is None:
        deposits = blank(CANONICAL_FRAMES["deposits"]).lazy()
    by = ["merchant_id", pl.col("deposit_date").dt.truncate("1mo").alias("month")]
    rows = deposits.filter(is_fee_debit())
    return rows.group_by(by).agg(debits=pl.col("deposit_id").sort(), debited=to_cents("fees").sum()).collect()
