"""Movements: events summed by everything that a posting rule or a document's name may ask for.

One row per source, measure, document and rule columns; cents signed as the event is. A month of
millions of tickets becomes thousands of movements before any rule is applied.
"""

from __future__ import annotations

import polars as pl

from recon.canonical import Canonical
from recon.canonical.batches import merchants
from recon.canonical.fee_statements import billed_fees, billed_items
from recon.money import MONEY, to_cents, to_money
from recon.period import Period
from recon.policy import MATCHABLE, Policy

DEPOSIT_MEASURES = ("sales", "refunds", "chargebacks", "reversals", "fees", "adjustments", "net")

# What names a document, and the column from which a line's sources are listed.
DOCUMENT_KEYS: dict[str, tuple[str, ...]] = {
    "sales": ("location", "date"),
    "deposits": ("location", "date", "deposit_id", "batch_id", "merchant_id"),
    "payroll": ("location", "date", "run_id", "department"),
}
SOURCE_ID = {"sales": "ticket_id", "tenders": "ticket_id", "deposits": "deposit_id", "payroll": "source_id"}
RECONCILIATION_OF = {"sales": "sales", "tenders": "sales", "deposits": "deposits", "payroll": "payroll"}


def _labelled(events: pl.LazyFrame | None, source: str, *, role: str, date: str) -> pl.LazyFrame:
    """Events with what all movements share: source, measure, role, date and cents; no columns without a source."""
    if events is None:
        return pl.LazyFrame()
    return events.with_columns(
        source=pl.lit(source), measure=pl.lit("amount"), role=pl.col(role), date=pl.col(date), cents=to_cents("amount")
    )


def sales_events(canonical: Canonical) -> pl.LazyFrame:
    """One row per ticket component; the component is the role that names omitted lines."""
    return _labelled(canonical.sales, "sales", role="component", date="business_date")


def tender_events(canonical: Canonical) -> pl.LazyFrame:
    """One row per ticket tender."""
    return _labelled(canonical.tenders, "tenders", role="tender", date="business_date")


def payroll_events(canonical: Canonical) -> pl.LazyFrame:
    """One row per register line; its source is run, employee, check and code."""
    events = _labelled(canonical.payroll, "payroll", role="kind", date="check_date")
    if canonical.payroll is None:
        return events
    named = pl.concat_str("run_id", "employee_id", pl.col("check_no").fill_null(""), "code", separator=":")
    return events.with_columns(source_id=named)


def deposit_events(canonical: Canonical, policy: Policy, period: Period) -> pl.LazyFrame:
    """One row per deposit and measure that is not zero; the merchant's number gives the location.

    The fees of a monthly debit that the processor's statement agrees with are told by kind, and a statement
    that no debit took yet stands as the debit that is due. A merchant that no location claims keeps its number
    as location and is marked unplaced.
    """
    deposits = canonical.deposits
    if deposits is None:
        return pl.LazyFrame()
    billed = billed_fees(canonical, policy, period)
    if not billed.is_empty():
        deposits = pl.concat([deposits, _debits_due(billed)], how="diagonal_relaxed")
    facts = merchants(canonical.locations).lazy().select("merchant_id", "location", "fee_billing", "amex")
    placed = deposits.join(facts, on="merchant_id", how="left").with_columns(
        unplaced=pl.col("location").is_null(), location=pl.coalesce("location", "merchant_id")
    )
    keep = [name for name in placed.collect_schema().names() if name not in DEPOSIT_MEASURES]
    long = placed.unpivot(on=list(DEPOSIT_MEASURES), index=keep, variable_name="measure", value_name="amount")
    if not billed.is_empty():
        long = _itemised(long, billed, billed_items(canonical))
    return long.with_columns(
        source=pl.lit("deposits"), role=pl.col("measure"), date=pl.col("deposit_date"), cents=to_cents("amount")
    ).filter(pl.col("cents") != 0)


def _debits_due(billed: pl.DataFrame) -> pl.LazyFrame:
    """The statements that no debit took, as deposits of fees alone on the day they are due, status `billed`."""
    due = billed.lazy().filter(pl.col("debits").list.len() == 0)
    taken = to_money(-pl.col("cents"))
    zero = {name: to_money(pl.lit(0)) for name in DEPOSIT_MEASURES}
    return due.select(
        "merchant_id",
        "currency",
        deposit_id="statement_id",
        deposit_date="due_date",
        group=pl.lit("fees"),
        status=pl.lit("billed"),
        **{**zero, "fees": taken, "net": taken},
    )


def _itemised(long: pl.LazyFrame, billed: pl.DataFrame, items: pl.DataFrame) -> pl.LazyFrame:
    """Deposits' measures, the fees of a debit in one row per kind where a statement says them and agrees."""
    told = billed.filter(pl.col("agrees") | (pl.col("debits").list.len() == 0)).select(
        "statement_id", deposit_id=pl.coalesce(pl.col("debits").list.first(), "statement_id")
    )
    kinds = items.join(told, on="statement_id", how="inner").select("deposit_id", "kind", item="amount").lazy()
    fees = pl.col("measure") == "fees"
    itemised = long.filter(fees).join(kinds, on="deposit_id", how="inner")
    itemised = itemised.with_columns(amount=(-pl.col("item")).cast(MONEY)).drop("item")
    rest = long.filter(~fees | ~pl.col("deposit_id").is_in(told["deposit_id"].implode()))
    return pl.concat([rest, itemised], how="diagonal")


def _events_of(canonical: Canonical, policy: Policy, period: Period, source: str) -> pl.LazyFrame:
    if source == "deposits":
        return deposit_events(canonical, policy, period)
    return {"sales": sales_events, "tenders": tender_events, "payroll": payroll_events}[source](canonical)


def movement_keys(source: str) -> list[str]:
    """The columns by which events of one source are summed."""
    document = DOCUMENT_KEYS[RECONCILIATION_OF[source]]
    return list(dict.fromkeys(["source", "measure", "role", "currency", *document, *MATCHABLE[source], "unplaced"]))


def prepared_events(canonical: Canonical, policy: Policy, period: Period, source: str) -> pl.LazyFrame:
    """Events of one source with every movement key present and `unplaced` for unknown locations."""
    events = _events_of(canonical, policy, period, source)
    names = events.collect_schema().names()
    if not names:
        return events
    if "unplaced" not in names:
        known = canonical.locations["location"].to_list()
        events = events.with_columns(unplaced=~pl.col("location").is_in(known))
    absent = [key for key in movement_keys(source) if key not in (*names, "unplaced")]
    return events.with_columns(pl.lit(None, pl.String).alias(key) for key in absent)


def movements(events: pl.LazyFrame, source: str) -> pl.DataFrame:
    """Events summed by their keys: cents and the number of events, one row per movement."""
    grouped = events.group_by(movement_keys(source)).agg(pl.col("cents").sum(), events_count=pl.len())
    return grouped.collect(engine="streaming").sort(movement_keys(source), nulls_last=True)
