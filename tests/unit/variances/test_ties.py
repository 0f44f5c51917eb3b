"""The sources tied to each other: tenders, payments, batches, deposits."""

from __future__ import annotations

import polars as pl
from make import SEPTEMBER, canonical, deposits, fee_statements, locations, payments, policy, tenders

from recon.variances import tie_outs

NOON = "T16:00:00+00:00"


def legs(name: str, **frames: pl.DataFrame) -> list[str]:
    """Group, day, left, right and cause of every row of one leg."""
    rows = tie_outs(canonical(**frames), policy(), SEPTEMBER).filter(pl.col("leg") == name)
    columns = ("group", "business_date", "left_amount", "right_amount", "cause")
    return [" ".join(str(value) for value in row) for row in rows.select(columns).iter_rows()]


def test_card_tenders_equal_the_processors_transactions_per_store_day_and_brand() -> None:
    found = legs(
        "tenders-payments",
        tenders=tenders("T1 card/visa 10.00", "T2 card/visa 5.00", "T3 card/amex 7.00", "T4 cash 99.00"),
        payments=payments(f"P1 visa 15.00 at:2026-09-03{NOON}", f"P2 amex 7.00 at:2026-09-03{NOON}"),
    )

    assert found == ["amex 2026-09-03 7.00 7.00 None", "visa 2026-09-03 15.00 15.00 None"]


def test_a_tender_that_never_reached_the_processor_is_told() -> None:
    found = legs(
        "tenders-payments",
        tenders=tenders("T1 card/visa 10.00", "T2 card/amex 5.00"),
        payments=payments(f"P1 visa 9.00 at:2026-09-03{NOON}", f"P2 mastercard 1.00 at:2026-09-03{NOON}"),
    )

    assert found == [
        "amex 2026-09-03 5.00 None no_payment",
        "mastercard 2026-09-03 None 1.00 no_tender",
        "visa 2026-09-03 10.00 9.00 amount",
    ]


def test_batches_are_funded_in_transit_or_past_due() -> None:
    found = legs(
        "batches-deposits",
        payments=payments(
            f"P1 visa 10.00 at:2026-09-03{NOON} batch_id:B1",
            f"P2 visa 20.00 at:2026-09-10{NOON} batch_id:B2",
            f"P3 visa 30.00 at:2026-09-30{NOON} batch_id:B3",
        ),
        deposits=deposits(
            "D1 card @2026-09-04 sales:10.00 fees:-0.30 batch_id:B1", "D3 card @2026-10-01 sales:30.00 batch_id:B3"
        ),
    )

    assert found == [
        "card 2026-09-03 10.00 10.00 None",
        "card 2026-09-10 20.00 None past_due",
        "card 2026-09-30 30.00 30.00 in_transit",
    ]


def test_batches_funded_before_the_month_are_no_business_of_the_month() -> None:
    found = legs(
        "batches-deposits",
        payments=payments(
            f"P1 visa 10.00 at:2026-08-28{NOON} batch_id:B1", f"P2 visa 20.00 at:2026-08-31{NOON} batch_id:B2"
        ),
        deposits=deposits("D2 card @2026-09-01 sales:20.00 batch_id:B2"),
    )

    assert found == ["card 2026-08-31 20.00 20.00 None"]


def test_a_deposit_without_a_batch_and_a_short_one_are_told() -> None:
    found = legs(
        "batches-deposits",
        payments=payments(f"P1 visa 10.00 at:2026-09-03{NOON} batch_id:B1"),
        deposits=deposits("D1 card @2026-09-04 sales:9.00 batch_id:B1", "D2 card @2026-09-05 sales:4.00 batch_id:B9"),
    )

    assert found == ["card 2026-09-03 10.00 9.00 amount", "card 2026-09-05 None 4.00 no_batch"]


def test_deposits_without_batch_numbers_tie_by_group_and_batch_date() -> None:
    found = legs(
        "batches-deposits",
        payments=payments(f"P1 visa 10.00 at:2026-09-03{NOON}"),
        deposits=deposits("D1 card @2026-09-04 sales:10.00 batch_date:2026-09-03"),
    )

    assert found == ["card 2026-09-03 10.00 10.00 None"]


def test_a_leg_without_a_source_is_not_compared() -> None:
    found = tie_outs(canonical(), policy(), SEPTEMBER)

    assert set(found["cause"]) == {"not_compared"}
    assert {"tenders-payments", "batches-deposits", "deposits-bank", "cash-bank"} <= set(found["leg"])


MONTHLY = locations("100 fee_billing:monthly", "101 fee_billing:monthly", "102")
BILL = ("F1 interchange 70.00 M:M100", "F1 discount 30.00", "F2 other 55.00 M:M101")


def test_what_a_month_was_billed_equals_what_was_debited() -> None:
    found = legs(
        "fee-billing",
        locations=MONTHLY,
        deposits=deposits("D1 fees @2026-09-03 fees:-100.00", "D2 fees @2026-09-03 fees:-55.00 M:M101"),
        fee_statements=fee_statements(*BILL),
    )

    assert found == [
        "monthly 2026-09-03 -100.00 -100.00 None",
        "monthly 2026-09-03 -55.00 -55.00 None",
        "daily None None 0.00 None",
    ]


def test_a_debit_of_another_amount_than_the_bill_is_told_and_so_is_one_without_a_bill() -> None:
    found = legs(
        "fee-billing",
        locations=MONTHLY,
        deposits=deposits("D1 fees @2026-09-03 fees:-110.00", "D2 fees @2026-09-03 fees:-55.00 M:M101"),
        fee_statements=fee_statements("F1 other 100.00 M:M100"),
    )

    assert found[:2] == ["monthly 2026-09-03 -100.00 -110.00 amount", "monthly 2026-09-03 None -55.00 no_statement"]


def test_a_bill_that_nothing_debited_is_told_with_its_amount() -> None:
    found = legs(
        "fee-billing",
        locations=MONTHLY,
        deposits=deposits("D1 card @2026-09-03 sales:10.00", "D2 fees @2026-09-03 fees:-55.00 M:M101"),
        fee_statements=fee_statements(*BILL),
    )

    assert found[0] == "monthly 2026-09-03 -100.00 0.00 no_fee_debit"


def test_an_estimate_a_bill_of_another_month_and_a_daily_store_are_no_bill_of_this_month() -> None:
    found = legs(
        "fee-billing",
        locations=MONTHLY,
        deposits=deposits("D1 fees @2026-09-03 fees:-100.00", "D2 fees @2026-09-03 fees:-55.00 M:M101"),
        fee_statements=fee_statements(
            "F1 other 90.00 M:M100 status:estimated", "F0 other 80.00 M:M100 @2026-07-31", "F3 other 7.00 M:M102"
        ),
    )

    assert found == [
        "monthly 2026-09-03 None -100.00 None",
        "monthly 2026-09-03 None -55.00 None",
        "daily None None 0.00 None",
    ]
