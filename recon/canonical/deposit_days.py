"""On which store-days a deposit was due, and on which of them the deposits file has none."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from recon.canonical.batches import batches_due, merchants
from recon.canonical.calendar import BankCalendar, bank_calendar
from recon.canonical.model import Canonical
from recon.period import Period
from recon.policy import Policy

StoreDay = tuple[str | None, dt.date]
_MOST_DAYS = 0.75
_ENOUGH_DAYS = 5  # a week of banking days: fewer tell no habit


@dataclass(frozen=True)
class DepositDays:
    """Store-days of the period on which the deposits file has a hole, and the banking days it should cover."""

    uncovered: frozenset[StoreDay] = frozenset()
    banking: frozenset[StoreDay] = frozenset()  # every banking day of each store that is funded at all


def deposit_days(canonical: Canonical, policy: Policy, period: Period, ledger: pl.DataFrame) -> DepositDays:
    """What the deposits file leaves out: days that it should have and has not, by three witnesses.

    Card batches say when a deposit was due; the merchant's own rows say on which weekdays it is funded, so
    that a hole or a file that breaks off shows without payments too; the ledger says which stores book
    deposits although the file does not know them. If the period has no deposit at all, every day is a hole.
    """
    if canonical.deposits is None:
        return DepositDays()
    rows = canonical.deposits.select("merchant_id", "deposit_date", "batch_id").collect()
    places = merchants(canonical.locations).select("merchant_id", "location")
    placed = rows.join(places, on="merchant_id", how="left").with_columns(
        location=pl.coalesce("location", "merchant_id")
    )
    arrived = frozenset(placed.select("location", "deposit_date").unique().rows())
    stores = frozenset(places["location"].to_list())
    calendar = bank_calendar(policy.calendar.bank, policy.calendar.extra_holidays)
    if any(period.has(day) for _, day in arrived):
        absent = _booked(policy, period, ledger) & stores - {store for store, _ in arrived}
        due = _by_batch(canonical, policy, rows) - arrived | _by_habit(placed, calendar, period)
    else:
        absent, due = stores, frozenset()
    holes = due | {(store, day) for store in absent for day in period.days}
    funded = {store for store, _ in (*arrived, *holes)}
    banking = frozenset((store, day) for store in funded for day in period.days if calendar.is_open(day))
    return DepositDays(frozenset((store, day) for store, day in holes if period.has(day)), banking)


def _booked(policy: Policy, period: Period, ledger: pl.DataFrame) -> frozenset[str]:
    """The places at which the ledger has deposits in the period."""
    owned = pl.col("journal").is_in(list(policy.journals_of("deposits")))
    inside = pl.col("posting_date").is_between(period.start, period.end)
    return frozenset(ledger.filter(owned & inside)["location"].drop_nulls().to_list())


def _by_batch(canonical: Canonical, policy: Policy, deposits: pl.DataFrame) -> frozenset[StoreDay]:
    """Store-days on which a batch was due that no deposit names."""
    if canonical.payments is None:
        return frozenset()
    batches = batches_due(canonical, policy).filter(pl.col("cents") != 0)
    named = deposits.drop_nulls("batch_id").select("batch_id").unique()
    return frozenset(batches.join(named, on="batch_id", how="anti").select("location", "due_date").unique().rows())


def _by_habit(placed: pl.DataFrame, calendar: BankCalendar, period: Period) -> frozenset[StoreDay]:
    """Banking days without a row for merchants that are funded on most banking days of their weekdays."""
    holes: set[StoreDay] = set()
    days_of = placed.group_by("merchant_id", "location").agg(pl.col("deposit_date").unique().sort())
    for _, store, days in days_of.iter_rows():
        funded = frozenset(day for day in days if calendar.is_open(day))
        if len(funded) < _ENOUGH_DAYS:
            continue
        weekdays = {day.weekday() for day in funded}
        length = (max(funded) - min(funded)).days + 1
        span = [min(funded) + dt.timedelta(days=n) for n in range(length)]
        usual = [day for day in span if calendar.is_open(day) and day.weekday() in weekdays]
        if len(funded) > len(usual) * _MOST_DAYS:
            due = (day for day in period.days if calendar.is_open(day) and day.weekday() in weekdays)
            holes |= {(store, day) for day in due if day not in funded}
    return frozenset(holes)
