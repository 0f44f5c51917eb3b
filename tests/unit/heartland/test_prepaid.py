"""What a customer pays down on an order is a liability of its own day, and no sale."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import polars as pl

from recon.heartland.frames import Shop, Sold, prepayments, sales_and_tenders

Row = dict[str, Any]
SHOP = Shop(
    payment_types=[
        {"id": 1, "name": "Visa", "type": "Payments::CreditCardPayment"},
        {"id": 2, "name": "Cash", "type": "Payments::CashPayment"},
    ],
    locations=[{"id": 11, "public_id": "0101", "time_zone": "America/Chicago"}],
)
ORDERS = [{"id": 7, "source_location_id": 11, "customer_id": 5}]


def paid(cents: int, **more: Any) -> Row:
    """A deposit of so many cents that a Visa card paid on order 7, in the evening of the first of March."""
    row: Row = {"id": 40, "amount": Decimal(cents) / 100, "payment_type_id": 1, "status": "complete", "deposit": True}
    times = {"completed_at": "2026-03-02T04:10:11Z", "local_completed_at": "2026-03-01T22:10:11"}
    return row | times | {"order_id": 7, "tip_amount": Decimal(0)} | more


def told(sold: Sold) -> tuple[list[Any], list[Any]]:
    return (
        sold.sales.select("ticket_id", "location", "business_date", "kind", "component", "amount").rows(),
        sold.tenders.select("ticket_id", "tender", "brand", "amount").rows(),
    )


def test_a_deposit_on_an_order_is_a_customer_deposit_at_the_orders_place_and_day() -> None:
    sold = prepayments([paid(5000)], ORDERS, SHOP)

    assert told(sold) == (
        [("deposit-40", "0101", dt.date(2026, 3, 1), "sale", "customer_deposit", Decimal("50.00"))],
        [("deposit-40", "card", "visa", Decimal("50.00"))],
    )
    assert sold.sales["customer_id"].to_list() == ["5"]
    assert sold.rejects.is_empty()


def test_a_deposit_given_back_is_below_zero() -> None:
    sales, tenders = told(prepayments([paid(-2000, payment_type_id=2)], ORDERS, SHOP))

    assert [row[3:] for row in sales] == [("return", "customer_deposit", Decimal("-20.00"))]
    assert tenders == [("deposit-40", "cash", None, Decimal("-20.00"))]


def test_the_ticket_that_uses_the_deposit_up_tells_it_as_a_tender_once() -> None:
    used = paid(5000, id=41, order_id=None, ticket_id=900)
    ticket = {
        "id": 900, "status": "complete", "source_location_id": 11, "local_completed_at": "2026-03-05T10:00:00",
        "lines": [{"type": "ItemLine", "qty": 1, "value": Decimal("50.00")}], "payments": [used],
    }  # fmt: skip

    assert prepayments([used], ORDERS, SHOP).sales.is_empty()
    sold = sales_and_tenders([ticket], SHOP)
    assert sold.sales["component"].to_list() == ["revenue"]
    assert sold.tenders.select("tender", "amount").rows() == [("deposit", Decimal("50.00"))]


def test_a_payment_that_is_no_deposit_or_was_not_made_is_left_alone() -> None:
    rows = [paid(100, deposit=False), paid(100, status="voided"), paid(100, deposit=None)]

    sold = prepayments(rows, ORDERS, SHOP)

    assert sold.sales.is_empty()
    assert sold.rejects.is_empty()


def test_a_deposit_whose_place_nobody_names_is_rejected_with_its_day() -> None:
    sold = prepayments([paid(100, order_id=8)], ORDERS, SHOP)

    assert sold.sales.is_empty()
    assert sold.rejects.select("source", "date", "document_id", "reason").rows() == [
        (
            "retail.prepayments",
            dt.date(2026, 3, 1),
            "deposit-40",
            "retail.prepayments deposit-40: the ticket names no place",
        )
    ]


def test_rows_of_the_store_make_the_same_frames() -> None:
    def stored(rows: list[Row]) -> pl.DataFrame:
        return pl.DataFrame({"body": [json.dumps(row, default=str) for row in rows]}, schema={"body": pl.String})

    sold = prepayments(stored([paid(5000)]), stored(ORDERS), SHOP)

    assert told(sold) == told(prepayments([paid(5000)], ORDERS, SHOP))
