"""Which store-days the sources cover: what has no source cannot be compared, let alone be called wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from recon.canonical.batches import merchants
from recon.canonical.deposit_days import DepositDays, StoreDay, deposit_days
from recon.canonical.model import Canonical
from recon.identity import normal_document
from recon.period import Period
from recon.policy import Policy

__all__ = ["Coverage", "StoreDay", "cover"]

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Coverage:
    """Per reconciliation, the store-days without a source and those of which a row was rejected."""

    uncovered: dict[str, frozenset[StoreDay]]
    incomplete: dict[str, frozenset[StoreDay]]
    rejected_documents: dict[str, frozenset[str]]
    days_complete: int  # store-days with sales
    days_expected: int  # store-days on which sales were due
    idle: tuple[str, ...]  # locations without any row in the period, in no source and not in the ledger
    deposit_days: DepositDays


def cover(
    canonical: Canonical, policy: Policy, period: Period, ledger: pl.DataFrame, *, only: Sequence[str]
) -> Coverage:
    """What of the period the sources cover; `ledger` shows which stores trade at all."""
    found = _days(canonical.sales, "business_date")
    sold = frozenset(store for store, day in found if store is not None and period.has(day))
    active = sold | _active(canonical, period, ledger)
    trading = sold | _trading(canonical, policy, period, ledger, active)
    due = _sales_due(canonical, policy, period, trading) if "sales" in only else frozenset()
    deposits = deposit_days(canonical, policy, period, ledger)
    uncovered = {
        "sales": due - found,
        "deposits": deposits.uncovered,
        "payroll": _payroll_uncovered(canonical, policy, ledger),
    }
    incomplete = {name: _incomplete(canonical, name, period, ledger) for name in uncovered}
    rejected = {name: _rejected(canonical, name) for name in uncovered}
    idle = tuple(sorted(set(canonical.locations["location"].to_list()) - active))
    return Coverage(uncovered, incomplete, rejected, len(due & found), len(due), idle, deposits)


def _days(events: pl.LazyFrame | None, date: str) -> frozenset[StoreDay]:
    if events is None:
        return frozenset()
    return frozenset(events.select("location", date).unique().collect(engine="streaming").rows())


def _active(canonical: Canonical, period: Period, ledger: pl.DataFrame) -> frozenset[str]:
    """The locations with a row in the period other than tickets: payments, deposits, payroll or ledger lines."""
    place = dict(merchants(canonical.locations).select("merchant_id", "location").rows())
    inside = pl.col("posting_date").is_between(period.start, period.end)
    found = set(ledger.filter(inside)["location"].drop_nulls().to_list())
    found |= {store for store, day in _days(canonical.payroll, "check_date") if period.has(day)}
    for events, date in (
        (canonical.payments, pl.col("created_at").dt.date()),
        (canonical.deposits, pl.col("deposit_date")),
    ):
        if events is not None:
            rows = events.filter(date.is_between(period.start, period.end)).select("merchant_id").unique()
            found |= {place.get(merchant, merchant) for (merchant,) in rows.collect(engine="streaming").rows()}
    return frozenset(found)


def _trading(
    canonical: Canonical, policy: Policy, period: Period, ledger: pl.DataFrame, active: frozenset[str]
) -> frozenset[str]:
    """The stores whose sales are booked, or that take cards and at which anything at all happened.

    An office with payroll and no merchant number owes no tickets.
    """
    inside = pl.col("posting_date").is_between(period.start, period.end)
    owned = pl.col("journal").is_in(list(policy.journals_of("sales")))
    booked = frozenset(ledger.filter(owned & inside)["location"].drop_nulls().to_list())
    return booked | active & frozenset(merchants(canonical.locations)["location"].to_list())


def _sales_due(canonical: Canonical, policy: Policy, period: Period, trading: frozenset[str]) -> frozenset[StoreDay]:
    """Every day of the period for every known store that trades, closed days aside."""
    closed = policy.calendar.closed_weekdays
    return frozenset(
        (store, day)
        for store in trading & frozenset(canonical.locations["location"].to_list())
        for day in period.days
        if day not in policy.calendar.closed and _WEEKDAYS[day.weekday()] not in closed.get(store, ())
    )


def _payroll_uncovered(canonical: Canonical, policy: Policy, ledger: pl.DataFrame) -> frozenset[StoreDay]:
    """Ledger store-days of payroll journals that the register cannot speak for.

    The register does not know the place, or it has no run within the window of the day. A document that
    also stands near a run belongs to that run, however late this copy of it was posted.
    """
    if canonical.payroll is None or "payroll" not in policy.reconciliations:
        return frozenset()
    places = canonical.payroll.select("location").unique().collect()
    runs = canonical.payroll.select(run_date="check_date").unique().sort("run_date").collect()
    window = dt.timedelta(days=policy.tolerances.window_days)
    lines = ledger.filter(pl.col("journal").is_in(list(policy.journals_of("payroll"))))
    dated = lines.select("location", "posting_date", document=normal_document("document")).sort("posting_date")
    near = dated.join_asof(
        runs, left_on="posting_date", right_on="run_date", strategy="nearest", tolerance=window, coalesce=False
    )
    known = near.filter(pl.col("run_date").is_not_null()).select("document").drop_nulls().unique()
    far = near.filter(pl.col("run_date").is_null()).join(known, on="document", how="anti")
    elsewhere = dated.join(places, on="location", how="anti")
    return frozenset((location, day) for one in (far, elsewhere) for location, day, *_ in one.unique().rows())


_FRAMES = {
    "sales": ("sales", "tenders", "tickets", "ledger"),
    "deposits": ("deposits", "ledger"),
    "payroll": ("payroll", "ledger"),
}


def _lacking(canonical: Canonical, *frames: str) -> pl.DataFrame:
    """Rejected rows of these frames without which something is missing; an extra copy takes nothing away."""
    return canonical.rejected.filter(pl.col("frame").is_in(list(frames)) & ~pl.col("duplicate"))


def _incomplete(canonical: Canonical, name: str, period: Period, ledger: pl.DataFrame) -> frozenset[StoreDay]:
    """Store-days to which a rejected row belongs, or may belong where its day or its store cannot be read.

    A row without a day may be of any day of the period; one without a known store of any store. A ledger
    line that cannot be read counts too: what it books must not be proposed once more.
    """
    places = merchants(canonical.locations).select("merchant_id", place="location")
    rows = _lacking(canonical, *_FRAMES[name]).join(places, on="merchant_id", how="left")
    keys = rows.select(pl.coalesce("location", "place", "merchant_id"), "date").unique()
    known = frozenset(canonical.locations["location"].to_list())
    every = known | set(ledger["location"].to_list())
    return frozenset(
        (store, day)
        for location, date in keys.rows()
        for store in ((location,) if location in known else every if location is None else {*every, location})
        for day in (period.days if date is None else (date,))
    )


def _rejected(canonical: Canonical, name: str) -> frozenset[str]:
    """Normalised documents of rejected rows, where a row is a document by itself."""
    if name != "deposits":
        return frozenset()
    return frozenset(
        _lacking(canonical, "deposits").select(normal_document("document_id")).to_series().drop_nulls().to_list()
    )
