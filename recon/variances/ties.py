"""Source ties: tenders, payments, batches and deposits against each other, outside the ledger."""

from __future__ import annotations

import datetime as dt

import polars as pl

from recon.canonical import Canonical
from recon.canonical.batches import batches_due, merchants, placed_payments
from recon.canonical.calendar import bank_calendar
from recon.canonical.fee_statements import billed_fees, is_fee_debit
from recon.frames import RESULT_FRAMES, blank
from recon.money import to_cents, to_money
from recon.period import Period
from recon.policy import Policy

NOT_COMPARED = "not_compared"
LISTED_ROWS_LIMIT = 1_000_000  # beyond it ids are listed where the two sides differ, as far as it reaches
_BRAND_DAY = ["location", "business_date", "brand"]
_WITHOUT_SOURCE = ("deposits-bank", "cash-counted", "cash-bank", "register-debits")


def tie_outs(canonical: Canonical, policy: Policy, period: Period) -> pl.DataFrame:
    """TIE_OUTS: one row per leg, place, day and group; a leg without a source says *not compared*."""
    legs = [
        _tenders_to_payments(canonical, policy, period),
        _batches_to_deposits(canonical, policy, period),
        _fee_billing(canonical, policy, period),
        pl.concat([_not_compared(leg) for leg in _WITHOUT_SOURCE]),
    ]
    return pl.concat(legs).sort("leg", "location", "business_date", "group", nulls_last=True)


def _not_compared(leg: str) -> pl.DataFrame:
    schema = RESULT_FRAMES["tie_outs"]
    row = {"leg": leg, "cause": NOT_COMPARED, "left_ids": [], "right_ids": []}
    return pl.DataFrame([row], schema=blank(schema).schema)


def _shaped(frame: pl.DataFrame, leg: str) -> pl.DataFrame:
    """Left and right cents as a leg of TIE_OUTS; an absent side is null and counts as zero."""
    gap = pl.col("left").fill_null(0) - pl.col("right").fill_null(0)
    return frame.with_columns(
        leg=pl.lit(leg),
        left_amount=to_money("left"),
        right_amount=to_money("right"),
        difference=to_money(gap),
        left_ids=pl.col("left_ids").fill_null([]),
        right_ids=pl.col("right_ids").fill_null([]),
    ).select(RESULT_FRAMES["tie_outs"].column_names())


def _tenders_to_payments(canonical: Canonical, policy: Policy, period: Period) -> pl.DataFrame:
    """POS card tenders against processor transactions, per store, local day and brand."""
    if canonical.tenders is None or canonical.payments is None:
        return _not_compared("tenders-payments")
    inside = pl.col("business_date").is_between(period.start, period.end)
    sold = canonical.tenders.filter((pl.col("tender") == "card") & inside).with_columns(cents=to_cents("amount"))
    paid = placed_payments(canonical, policy).filter(inside)
    left, right = _per_brand(sold, "left"), _per_brand(paid, "right")
    both = left.join(right, on=_BRAND_DAY, how="full", coalesce=True, nulls_equal=True)
    cause = (
        pl.when(pl.col("left").fill_null(0) == pl.col("right").fill_null(0))
        .then(None)
        .when(pl.col("right").is_null())
        .then(pl.lit("no_payment"))
        .when(pl.col("left").is_null())
        .then(pl.lit("no_tender"))
        .otherwise(pl.lit("amount"))
    )
    both = both.with_columns(cause=cause, group=pl.col("brand"))
    listed = _listed(both.with_columns(rows=pl.sum_horizontal("left_count", "right_count")))
    for side, events, identifier in (("left", sold, "ticket_id"), ("right", paid, "payment_id")):
        ids = _ids_per_brand(events, listed, identifier, f"{side}_ids")
        both = both.join(ids, on=_BRAND_DAY, how="left", nulls_equal=True)
    return _shaped(both, "tenders-payments")


def _listed(both: pl.DataFrame) -> pl.DataFrame:
    """The rows whose ids are listed: all, or of a very large month the differing ones up to the limit."""
    ordered = both.sort(pl.col("cause").is_null(), "rows", *_BRAND_DAY, nulls_last=True)
    return ordered.filter(pl.col("rows").cum_sum() <= LISTED_ROWS_LIMIT)


def _per_brand(events: pl.LazyFrame, side: str) -> pl.DataFrame:
    """Cents and the number of events per store, day and brand."""
    sums = events.group_by(_BRAND_DAY).agg(
        pl.col("cents").sum().alias(side), pl.len().cast(pl.Int64).alias(f"{side}_count")
    )
    return sums.collect(engine="streaming")


def _ids_per_brand(events: pl.LazyFrame, wanted: pl.DataFrame, identifier: str, name: str) -> pl.DataFrame:
    """The sorted ids of the events behind the wanted stores, days and brands."""
    mine = events.join(wanted.lazy().select(_BRAND_DAY), on=_BRAND_DAY, how="semi", nulls_equal=True)
    return mine.group_by(_BRAND_DAY).agg(pl.col(identifier).sort().alias(name)).collect(engine="streaming")


def deposited_batches(canonical: Canonical, policy: Policy, *, until: dt.date | None = None) -> pl.DataFrame:
    """One row per batch or deposit: batch facts and cents on the left, its deposit on the right.

    A deposit names its batch; where either side does not, merchant, group and batch date do.
    """
    batches = batches_due(canonical, policy, until=until)
    deposits = _funded(canonical)
    named = batches.filter(pl.col("batch_id").is_not_null()).join(
        deposits.filter(pl.col("batch_id").is_not_null()),
        on=["merchant_id", "batch_id"],
        how="full",
        coalesce=True,
        suffix="_deposit",
    )
    rest_left = batches.filter(pl.col("batch_id").is_null())
    rest_right = deposits.filter(pl.col("batch_id").is_null())
    unnamed = rest_left.join(
        rest_right, on=["merchant_id", "group", "batch_date"], how="full", coalesce=True, suffix="_deposit"
    )
    return pl.concat([named, unnamed], how="diagonal_relaxed").with_columns(
        group=pl.coalesce("group", "group_deposit") if "group_deposit" in named.columns else pl.col("group")
    )


def _funded(canonical: Canonical) -> pl.DataFrame:
    """Deposits per batch: gross cents (sales and refunds) and the day they arrived."""
    if canonical.deposits is None:
        return pl.DataFrame()
    rows = canonical.deposits.filter(
        pl.col("group").is_null() | ~pl.col("group").is_in(["fees", "chargeback", "reserve"])
    )
    gross = to_cents("sales") + to_cents("refunds")
    by = ["merchant_id", "group", "batch_id", "batch_date"]
    return (
        rows.group_by(by)
        .agg(right=gross.sum(), right_ids=pl.col("deposit_id").sort(), deposit_date=pl.col("deposit_date").max())
        .collect()
    )


def _batches_to_deposits(canonical: Canonical, policy: Policy, period: Period) -> pl.DataFrame:
    """Card batches against the deposits that fund them; what has not arrived is in transit or past due."""
    if canonical.payments is None or canonical.deposits is None:
        return _not_compared("batches-deposits")
    places = merchants(canonical.locations).select("merchant_id", "location")
    both = deposited_batches(canonical, policy).join(places, on="merchant_id", how="left", suffix="_of_merchant")
    late = pl.col("due_date") + pl.duration(days=policy.funding.past_due_days) < pl.lit(period.end)
    left, right = pl.col("cents").fill_null(0), pl.col("right").fill_null(0)
    cause = (
        pl.when(pl.col("right").is_null() & late)
        .then(pl.lit("past_due"))
        .when(pl.col("right").is_null() | (pl.col("deposit_date") > period.end))
        .then(pl.lit("in_transit"))
        .when(pl.col("cents").is_null())
        .then(pl.lit("no_batch"))
        .when(left != right)
        .then(pl.lit("amount"))
        .otherwise(None)
    )
    relevant = _concerns(period)
    shown = both.filter(relevant).with_columns(
        cause=cause,
        location=pl.coalesce("location", "location_of_merchant", "merchant_id"),
        business_date=pl.coalesce("batch_date", "deposit_date"),
        left=pl.col("cents"),
        left_ids=pl.concat_list(pl.col("batch_id")).list.drop_nulls(),
    )
    return _shaped(shown, "batches-deposits")


def _fee_billing(canonical: Canonical, policy: Policy, period: Period) -> pl.DataFrame:
    """Fees per store as it is billed: inside each card deposit, or one debit on a business day of the month.

    What a month's debit should be says the processor's statement. Without one, and of fees that are kept from
    the deposits, only their absence, their day and their kind are told.
    """
    if canonical.deposits is None:
        return _not_compared("fee-billing")
    billed = merchants(canonical.locations).filter(pl.col("fee_billing").is_not_null())
    rows = canonical.deposits.filter(pl.col("deposit_date").is_between(period.start, period.end)).collect()
    rows = rows.with_columns(cents=to_cents("fees"), is_debit=is_fee_debit())
    told = pl.col("is_debit") | (pl.col("group") == "card").fill_null(value=False)
    joined = billed.join(rows.filter(told), on="merchant_id", how="left")
    calendar = bank_calendar(policy.calendar.bank, policy.calendar.extra_holidays)
    due = calendar.nth_of_month(period.start, policy.funding.monthly_fee_business_day)
    debits, inside = pl.col("is_debit").fill_null(value=False), ~pl.col("is_debit").fill_null(value=True)
    per_store = joined.group_by("location", "fee_billing").agg(
        right=pl.col("cents").sum(),
        right_ids=pl.col("deposit_id").filter(pl.col("cents") != 0).sort(),
        on_due_day=(debits & (pl.col("deposit_date") == due)).any(),
        any_debit=debits.any(),
        any_inside=(inside & (pl.col("cents") != 0)).any(),
        any_sales=(inside & (pl.col("sales") != 0)).any(),
    )
    monthly = pl.col("fee_billing") == "monthly"
    stated = _stated(canonical, policy, period)
    per_store = per_store.join(stated, on="location", how="left")
    difference = pl.col("left") - pl.col("right").fill_null(0)
    cause = (
        pl.when(monthly & pl.col("any_inside"))
        .then(pl.lit("fee_inside_deposit"))
        .when(monthly & ~pl.col("any_debit"))
        .then(pl.lit("no_fee_debit"))
        .when(monthly & ~pl.col("on_due_day"))
        .then(pl.lit("other_day"))
        .when(~monthly & pl.col("any_sales") & ~pl.col("any_inside"))
        .then(pl.lit("no_fee_inside"))
        .when(difference != 0)
        .then(pl.lit("amount"))
        .when(monthly & pl.col("left").is_null() & pl.lit(not stated.is_empty()))
        .then(pl.lit("no_statement"))
        .otherwise(None)
    )
    shown = per_store.with_columns(
        cause=cause, group=pl.col("fee_billing"), business_date=pl.when(monthly).then(pl.lit(due))
    )
    compared = pl.col("left_amount").is_not_null()
    return _shaped(shown, "fee-billing").with_columns(difference=pl.when(compared).then("difference"))


def _stated(canonical: Canonical, policy: Policy, period: Period) -> pl.DataFrame:
    """One row per location: the cents, below zero, that statements due in the period take, and their ids."""
    bills = billed_fees(canonical, policy, period)
    mine = bills.filter(pl.col("due_date").is_between(period.start, period.end))
    return mine.group_by("location").agg(left=-pl.col("cents").sum(), left_ids=pl.col("statement_id").sort())


def _concerns(period: Period) -> pl.Expr:
    """Batches that closed by the end of the period and were not funded before it."""
    closed = pl.coalesce("batch_date", "deposit_date") <= period.end
    funded_before = pl.col("deposit_date") < period.start
    assumed_funded = pl.col("deposit_date").is_null() & (pl.col("due_date") < period.start)
    return closed & ~funded_before.fill_null(value=False) & ~assumed_funded.fill_null(value=False)


def in_transit(canonical: Canonical, policy: Policy, period: Period) -> pl.DataFrame:
    """Batches that stand in clearing at the period's end: location, group, batch, cents, due date."""
    if canonical.payments is None or canonical.deposits is None:
        return pl.DataFrame()
    # A batch that closes after the period still holds what the stores sold between its cut-off and midnight.
    both = deposited_batches(canonical, policy, until=period.end).filter(pl.col("cents").is_not_null())
    waiting = pl.col("deposit_date").is_null() & (pl.col("due_date") >= period.start)
    later = pl.col("deposit_date") > period.end
    return both.filter(waiting | later.fill_null(value=False)).select(
        "location", "group", "batch_id", "batch_date", "due_date", "deposit_date", "cents"
    )
