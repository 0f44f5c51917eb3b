"""Which store-days the sources cover: what has no source cannot be compared, let alone be called wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from recon.canonical.batches import batches_due
from recon.canonical.model import Canonical
from recon.identity import normal_document
from recon.period import Period
from recon.policy import Policy

StoreDay = tuple[str | None, dt.date]
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Coverage:
    """Per reconciliation, the store-days without a source and those of which a row was rejected."""

    uncovered: dict[str, frozenset[StoreDay]]
    incomplete: dict[str, frozenset[StoreDay]]
    rejected_documents: dict[str, frozenset[str]]
    days_complete: int  # store-days with sales
    days_expected: int  # store-days on which sales were due


def cover(
    canonical: Canonical, policy: Policy, period: Period, ledger: pl.DataFrame, *, only: Sequence[str]
) -> Coverage:
    """What of the period the sources cover; `ledger` shows which stores trade at all."""
    due = _sales_due(canonical, policy, period, ledger) if "sales" in only else frozenset()
    found = _days(canonical.sales, "business_date")
    uncovered = {
        "sales": due - found,
        "deposits": _deposits_uncovered(canonical, policy, period),
        "payroll": _payroll_uncovered(canonical, policy, ledger),
    }
    incomplete = {name: _incomplete(canonical, name) for name in uncovered}
    rejected = {name: _rejected(canonical, name) for name in uncovered}
    return Coverage(uncovered, incomplete, rejected, len(due & found), len(due))


def _days(events: pl.LazyFrame | None, date: str) -> frozenset[StoreDay]:
    if events is None:
        return frozenset()
    return frozenset(events.select("location", date).unique().collect(engine="streaming").rows())


def _sales_due(canonical: Canonical, policy: Policy, period: Period, ledger: pl.DataFrame) -> frozenset[StoreDay]:
    """Every day of the period for every store that trades, closed days aside."""
    journals = policy.reconciliations["sales"].journals if "sales" in policy.reconciliations else ()
    inside = pl.col("posting_date").is_between(period.start, period.end)
    booked = set(ledger.filter(pl.col("journal").is_in(list(journals)) & inside)["location"].to_list())
    sold = {location for location, day in _days(canonical.sales, "business_date") if period.has(day)}
    stores = set(canonical.locations["location"].to_list()) & (booked | sold)
    closed = policy.calendar.closed_weekdays
    return frozenset(
        (store, day)
        for store in stores
        for day in period.days
        if day not in policy.calendar.closed and _WEEKDAYS[day.weekday()] not in closed.get(store, ())
    )


def _deposits_uncovered(canonical: Canonical, policy: Policy, period: Period) -> frozenset[StoreDay]:
    """Store-days on which a card batch was due at the bank but the deposits file has nothing at all."""
    if canonical.payments is None or canonical.deposits is None:
        return frozenset()
    due = batches_due(canonical, policy).filter(pl.col("cents") != 0)
    merchants = due.select("merchant_id", "location").unique()
    deposits = canonical.deposits.select("merchant_id", "deposit_date", "batch_id").collect()
    arrived = deposits.join(merchants, on="merchant_id").select("location", due_date="deposit_date").unique()
    inside = pl.col("due_date").is_between(period.start, period.end)
    last = deposits["deposit_date"].max()
    missing = due.filter(inside & (pl.col("due_date") <= pl.lit(last))).join(
        deposits.drop_nulls("batch_id").select("batch_id").unique(), on="batch_id", how="anti"
    )
    return frozenset(
        missing.join(arrived, on=["location", "due_date"], how="anti").select("location", "due_date").unique().rows()
    )


def _payroll_uncovered(canonical: Canonical, policy: Policy, ledger: pl.DataFrame) -> frozenset[StoreDay]:
    """Ledger store-days of payroll journals at places that the register does not know at all."""
    if canonical.payroll is None or "payroll" not in policy.reconciliations:
        return frozenset()
    known = canonical.payroll.select("location").unique().collect()
    lines = ledger.filter(pl.col("journal").is_in(list(policy.reconciliations["payroll"].journals)))
    return frozenset(lines.join(known, on="location", how="anti").select("location", "posting_date").unique().rows())


_FRAMES = {"sales": ("sales", "tenders", "tickets"), "deposits": ("deposits",), "payroll": ("payroll",)}


def _incomplete(canonical: Canonical, name: str) -> frozenset[StoreDay]:
    """Store-days that lack a rejected row; an extra copy of a row that is used takes nothing away."""
    rows = canonical.rejected.filter(pl.col("frame").is_in(list(_FRAMES[name])) & ~pl.col("duplicate"))
    return frozenset((location, date) for location, date in rows.select("location", "date").rows() if date is not None)


def _rejected(canonical: Canonical, name: str) -> frozenset[str]:
    rows = canonical.rejected.filter(pl.col("frame").is_in(list(_FRAMES[name])) & ~pl.col("duplicate"))
    if name != "deposits":
        return frozenset()
    return frozenset(rows.select(normal_document("document_id")).to_series().drop_nulls().to_list())
