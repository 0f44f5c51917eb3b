"""Which store-days the sources cover: what has no source cannot be compared, let alone be called wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from recon.canonical.batches import batches_due, merchants
from recon.canonical.calendar import bank_calendar
from recon.canonical.model import Canonical
from recon.identity import normal_document
from recon.period import Period
from recon.policy import Policy

StoreDay = tuple[str | None, dt.date]
_MOST_DAYS = 0.75
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
    """Store-days on which a deposit was due but the deposits file has nothing at all.

    Card batches say what was due. Without payments a store that is funded on most banking days is
    expected to be funded on all of them.
    """
    if canonical.deposits is None:
        return frozenset()
    deposits = canonical.deposits.select("merchant_id", "deposit_date", "batch_id").collect()
    places = merchants(canonical.locations).select("merchant_id", "location")
    arrived = frozenset(deposits.join(places, on="merchant_id").select("location", "deposit_date").unique().rows())
    due = _days_by_batch(canonical, policy, deposits) if canonical.payments is not None else frozenset()
    if not due:
        due = _days_by_habit(arrived, frozenset(places["location"].to_list()), policy, period)
    return frozenset((location, day) for location, day in due - arrived if period.has(day))


def _days_by_batch(canonical: Canonical, policy: Policy, deposits: pl.DataFrame) -> frozenset[StoreDay]:
    """Store-days on which a batch was due that no deposit names."""
    batches = batches_due(canonical, policy).filter(pl.col("cents") != 0)
    named = deposits.drop_nulls("batch_id").select("batch_id").unique()
    return frozenset(batches.join(named, on="batch_id", how="anti").select("location", "due_date").unique().rows())


def _days_by_habit(
    arrived: frozenset[StoreDay], stores: frozenset[str], policy: Policy, period: Period
) -> frozenset[StoreDay]:
    """Every banking day for each store that is funded on most of them; for all if nobody is funded at all."""
    calendar = bank_calendar(policy.calendar.bank, policy.calendar.extra_holidays)
    banking = [day for day in period.days if calendar.is_open(day)]
    funded = {store: sum((store, day) in arrived for day in banking) for store in stores}
    nobody = not any(funded.values())
    regular = [store for store, days in funded.items() if nobody or days > len(banking) * _MOST_DAYS]
    return frozenset((store, day) for store in regular for day in (period.days if nobody else banking))


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
