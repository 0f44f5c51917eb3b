"""Clearing accounts are proved by deposits in transit and by what earlier periods left open."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
from make import balances, compare, expected, framed, ledger, no_sales_due, payments, policy

from recon.found import Reconciled

SOLD = "E1 1250 100.00 J:SJ D:SALES-100-20260930 @2026-09-30", "E2 4010 -100.00"
BOOKED = "A1 1250 100.00 J:SJ D:SALES-100-20260930 @2026-09-30", "A2 4010 -100.00"
PAID = "P1 visa 100.00 at:2026-09-30T20:00Z batch_id:B1 batch_date:2026-09-30"


def proof(found: Reconciled, account: str = "1250") -> dict[str, Decimal | None]:
    """The proof of an account at store 100 by row."""
    rows = found.frames["bridge"].filter(
        pl.col("row").is_in(list("KLOPQ")), pl.col("account") == account, pl.col("location") == "100"
    )
    return dict(rows.select("row", "amount").iter_rows())


def closed(**frames: pl.DataFrame) -> Reconciled:
    """September of a store that sold once, on its last day; the deposit comes in October."""
    opening = balances("1250 100 opening:0.00 closing:100.00", "4010 100 opening:0.00 closing:-100.00")
    given = {"payments": payments(PAID), "balances": opening, **frames}
    return compare(expected(*SOLD), ledger(*BOOKED), by=policy(**no_sales_due()), **given)


def test_a_batch_of_the_last_day_supports_clearing_to_the_cent() -> None:
    assert proof(closed()) == {
        "K": Decimal("100.00"), "L": Decimal(0), "O": Decimal(0), "P": Decimal("100.00"), "Q": Decimal(0),
    }  # fmt: skip


def test_a_tender_without_a_payment_has_no_support() -> None:
    none = payments("P1 visa 60.00 at:2026-09-30T20:00Z batch_id:B1 batch_date:2026-09-30")

    assert proof(closed(payments=none))["Q"] == Decimal("40.00")


def test_without_an_opening_nothing_is_proved() -> None:
    found = compare(expected(*SOLD), ledger(*BOOKED), payments=payments(PAID))

    assert proof(found)["P"] == Decimal("100.00")
    assert proof(found)["Q"] is None


def test_what_august_left_unbooked_is_missing_in_the_opening_and_shows_as_open_before() -> None:
    lines = expected("F1 1250 30.00 J:SJ D:SALES-100-20260831 @2026-08-31", "F2 4010 -30.00")
    item = {"side": "expected", "cause": "missing", "first_seen": dt.date(2026, 8, 31), "age_days": 0}
    items = framed("open_items", [{**row, **item} for row in lines.iter_rows(named=True)])

    # The opening lacks August's sale, whose deposit came in September: clearing stands 30.00 too low.
    arrived = expected(*SOLD, "G1 1010 30.00 D:D1 @2026-09-02", "G2 1250 -30.00")
    booked = ledger(*BOOKED, "B1 1010 30.00 D:D1 @2026-09-02", "B2 1250 -30.00")
    opening = balances("1250 100 closing:70.00", "4010 100 closing:-100.00", "1010 100 closing:30.00")
    found = compare(arrived, booked, payments=payments(PAID), balances=opening, open_items=items)

    assert proof(found)["O"] == Decimal("-30.00")
    assert proof(found)["Q"] == Decimal(0)
