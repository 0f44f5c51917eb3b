"""Clearing accounts are proved by deposits in transit and by what earlier periods left open."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
from make import balances, compare, expected, framed, ledger, no_sales_due, payments, policy

from recon.canonical import PriorCorrection
from recon.found import Reconciled
from recon.identity import POSTING_KEY_PREFIX

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


def test_what_earlier_periods_left_wrong_is_known_until_its_correction_is_booked() -> None:
    """In August the card sale was booked 10.00 too high, and waived; September's opening has it still."""
    opening = balances("1250 100 opening:10.00 closing:110.00", "4010 100 opening:-10.00 closing:-110.00")
    row = {
        "period": "2026-08", "period_end": dt.date(2026, 8, 31), "variance_id": "V-1", "reconciliation": "sales",
        "location": "100", "cause": "amount_other", "treatment": "waived", "pretax_effect": Decimal(0), "waits_for": [],
    }  # fmt: skip
    cells = {"1250": Decimal(-10), "4010": Decimal(10)}
    known = framed("uncorrected", [{**row, "account": account, "amount": cells[account]} for account in cells])

    assert proof(closed(balances=opening))["Q"] == Decimal("10.00")
    assert proof(closed(balances=opening, uncorrected=known))["Q"] == Decimal(0)
    # Booked in September, it stands in the ledger and is waived no more.
    key = f"{POSTING_KEY_PREFIX}ABCDEFGHIJKLMNOPQRST1"
    fix = "F1 1250 -10.00 J:SJ D:- @2026-09-01", "F2 4010 10.00 J:SJ D:- @2026-09-01"
    prior = PriorCorrection(key, "Correction of 2026-08", (("1250", "100", None, -1000), ("4010", "100", None, 1000)))
    given = {"payments": payments(PAID), "balances": balances("1250 100 opening:10.00 closing:100.00")}
    stands = pl.concat([ledger(*BOOKED), ledger(*fix, memo=key)])
    booked = compare(expected(*SOLD), stands, by=policy(**no_sales_due()), prior=(prior,), **given)
    assert proof(booked)["Q"] == Decimal(0)
