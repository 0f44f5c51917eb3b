"""Card batches: which payments close together, and when their deposit is due at the bank."""

from __future__ import annotations

import datetime as dt

import polars as pl

from recon.canonical.calendar import bank_calendar, batch_day, local_moment
from recon.canonical.model import Canonical
from recon.money import to_cents
from recon.policy import Policy

_SETTLED = ("sale", "refund", "void")


def merchants(locations: pl.DataFrame) -> pl.DataFrame:
    """One row per merchant number with its location and that location's facts."""
    facts = locations.with_columns(merchant_id=pl.col("merchant_ids").str.split("|")).explode("merchant_id")
    # Amex is funded apart unless the location says otherwise: said once, so that rules and batches agree.
    facts = facts.with_columns(pl.col("merchant_id").str.strip_chars(), pl.col("amex").fill_null("direct"))
    facts = facts.filter(pl.col("merchant_id") != "")
    return facts.select("merchant_id", "location", "fee_billing", "amex", "timezone", "cutoff")


def placed_payments(canonical: Canonical, policy: Policy) -> pl.LazyFrame:
    """Card payments with location, local business date, funding group and batch date.

    The batch date is the processor's own, or else follows from the cut-off at the store's local time.
    A brand that is funded apart (Amex, unless OptBlue) is its own group.
    """
    payments = canonical.payments
    if payments is None:
        return pl.LazyFrame()
    facts = merchants(canonical.locations).with_columns(
        pl.col("timezone").fill_null(policy.company.timezone), pl.col("cutoff").fill_null(policy.funding.cutoff)
    )
    zones = {policy.company.timezone, *facts["timezone"]}  # a merchant that no store claims is on company time
    local = local_moment("created_at", "timezone", zones)
    apart = pl.col("brand").is_in(list(policy.funding.amex_brands)) & pl.col("amex").ne_missing("optblue")
    return (
        payments.filter(pl.col("kind").is_in(list(_SETTLED)))
        .join(facts.lazy(), on="merchant_id", how="left")
        .with_columns(
            location=pl.coalesce("location", "merchant_id"),
            timezone=pl.col("timezone").fill_null(policy.company.timezone),
        )
        .with_columns(
            business_date=local.dt.date(),
            group=pl.when(apart).then(pl.lit("amex")).otherwise(pl.lit("card")),
            batch_date=pl.coalesce("batch_date", batch_day(local, pl.col("cutoff").fill_null(policy.funding.cutoff))),
            cents=to_cents("amount"),
        )
    )


def batches_due(canonical: Canonical, policy: Policy, *, until: dt.date | None = None) -> pl.DataFrame:
    """One row per batch: merchant, location, group, batch date, cents, payments, and the day it is due.

    With `until` only sales up to that business date count: a batch that closes later holds a part of them.
    The due date is the batch date plus the funding lag of the group's slowest brand, in banking days.
    """
    payments = placed_payments(canonical, policy)
    if until is not None:
        payments = payments.filter(pl.col("business_date") <= until)
    by = ["merchant_id", "location", "group", "batch_id", "batch_date"]
    batches = payments.group_by(by).agg(
        pl.col("cents").sum(), pl.col("brand").unique().sort().alias("brands"), payments_count=pl.len()
    )
    found = batches.collect(engine="streaming").sort(by, nulls_last=True)
    calendar = bank_calendar(policy.calendar.bank, policy.calendar.extra_holidays)
    lags = policy.funding.lag_days
    due = [
        calendar.add(day, max(lags.get(brand, policy.funding.default_lag_days) for brand in brands))
        for day, brands in found.select("batch_date", "brands").iter_rows()
    ]
    return found.with_columns(due_date=pl.Series(due, dtype=pl.Date)).drop("brands")
