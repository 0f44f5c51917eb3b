"""Law: running twice equals once, and the order in which rows arrive decides nothing: the same bytes."""

from __future__ import annotations

import io
from functools import cache
from random import Random

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from make import SEPTEMBER, canonical, compare, deposits, no_sales_due, payments, payroll, policy, sales, tenders
from small_months import JOURNALS, TWO_ENTITIES, Month, months, reconciled

from recon.pipeline import Reconciled, reconcile


def written(found: Reconciled) -> dict[str, bytes]:
    """Every frame as the bytes that a run publishes."""
    frames = {}
    for name, frame in found.frames.items():
        stream = io.BytesIO()
        frame.rechunk().write_parquet(stream)
        frames[name] = stream.getvalue()
    return frames


def shuffled(frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The same rows in another order."""
    order = list(range(frame.height))
    Random(seed).shuffle(order)
    return frame[order]


@given(months(), st.integers(0, 1000))
def test_neither_repetition_nor_the_order_of_ledger_lines_changes_a_byte(month: Month, seed: int) -> None:
    found = reconciled(month)

    again = compare(month.expected, shuffled(month.actual, seed), only=month.only, locations=TWO_ENTITIES)

    assert written(again) == written(found)


NOON = "at:2026-09-03T16:00:00+00:00"
EVENTS = {
    "sales": sales(
        "T1 revenue/food 10.00",
        "T1 tax 0.80",
        "T2 revenue/food 20.00",
        "T2 discount -1.00",
        "T3 tip 2.00 L101",
        "T3 revenue/beverage 8.00",
        "T4 revenue/food -5.00 kind:return",
    ),
    "tenders": tenders("T1 card/visa 10.80", "T2 cash 19.00", "T3 card/amex 10.00 L101", "T4 card/visa -5.00"),
    "payments": payments(
        f"P1 visa 10.80 {NOON} batch_id:B1",
        f"P2 amex 10.00 {NOON} M:M101",
        f"P3 visa -5.00 {NOON} kind:refund",
    ),
    "deposits": deposits("D1 card @2026-09-04 sales:10.80 batch_id:B1", "D2 amex @2026-09-08 M:M101 sales:10.00"),
    "payroll": payroll(
        "R1 E1 earning/REG 100.00 P:FOH",
        "R1 E1 employee_tax/FIT 20.00",
        "R1 E1 net_pay/NET 80.00",
        "R1 E2 earning/REG 50.00 P:BOH",
        "R1 E2 net_pay/NET 50.00",
    ),
}


@cache
def in_order(name: str) -> dict[str, bytes]:
    """What one reconciliation finds in the events as they were written down."""
    books = canonical(locations=TWO_ENTITIES, **EVENTS)
    return written(reconcile(books, policy(**no_sales_due()), SEPTEMBER, only=(name,)))


@given(st.sampled_from(list(JOURNALS)), st.integers(0, 10_000))
def test_the_order_of_events_changes_no_byte(name: str, seed: int) -> None:
    by = policy(**no_sales_due())
    once = in_order(name)

    mixed = {name: shuffled(frame, seed + number) for number, (name, frame) in enumerate(EVENTS.items())}
    again = reconcile(canonical(locations=shuffled(TWO_ENTITIES, seed), **mixed), by, SEPTEMBER, only=(name,))

    assert written(again) == once
