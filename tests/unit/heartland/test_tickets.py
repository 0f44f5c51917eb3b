"""Heartland Retail's tickets become sales and tenders: lines, tips, places and the store's own day."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from recon.frames import CANONICAL_FRAMES
from recon.heartland.frames import Shop, Sold, sales_and_tenders

Row = dict[str, Any]
ITEMS = [
    {"id": 1, "custom": {"category": "Food"}},
    {"id": 2, "custom": {"category": "Gift Card"}},
    {"id": 3, "custom": {"category": "Service Charge"}},
]
TYPES = [
    {"id": 1, "name": "Visa", "type": "Payments::CreditCardPayment"},
    {"id": 2, "name": "Cash", "type": "Payments::CashPayment"},
    {"id": 3, "name": "House Account", "type": "CustomPayment"},
    {"id": 4, "name": "Gift Card", "type": "Payments::GiftCardPayment"},
    {"id": 5, "name": "Company Barter", "type": "CustomPayment"},
    {"id": 6, "name": "American Express", "type": "Payments::CreditCardPayment"},
    {"id": 7, "name": "Terminal", "type": "Payments::CreditCardPayment"},
]
PLACES = [{"id": 11, "public_id": "0101", "time_zone": "America/Chicago"}]


def item(cents: int, *, n: int = 1, first: int | None = None, qty: int = 1) -> Row:
    return {
        "type": "ItemLine",
        "item_id": n,
        "qty": qty,
        "original_unit_price": Decimal(abs(first if first is not None else cents)) / 100,
        "adjusted_unit_price": Decimal(abs(cents)) / 100,
        "value": Decimal(cents) / 100,
    }


def tax(cents: int) -> Row:
    return {"type": "TaxLine", "value": Decimal(cents) / 100, "description": "Sales tax"}


def paid(cents: int, *, kind: int = 2, tip: int | None = None, **more: Any) -> Row:
    row: Row = {"amount": Decimal(cents) / 100, "payment_type_id": kind, "status": "complete"}
    return row | ({} if tip is None else {"tip_amount": Decimal(tip) / 100}) | more


def ticket(lines: list[Row], payments: list[Row], **more: Any) -> Row:
    row: Row = {
        "id": 900,
        "public_id": "100231",
        "status": "complete",
        "source_location_id": 11,
        "completed_at": "2026-03-02T04:10:11Z",
        "local_completed_at": "2026-03-01T22:10:11",
        "completed?": True,
        "voided?": False,
        "lines": lines,
        "payments": payments,
    }
    return row | more


def sold(*tickets: Row, **more: Any) -> Sold:
    return sales_and_tenders(tickets, Shop(ITEMS, TYPES, PLACES, **more))


def components(found: Sold) -> dict[str, Decimal]:
    return dict(found.sales.group_by("component").agg(pl.col("amount").sum()).rows())


def test_a_ticket_is_its_components_and_its_tenders_on_the_stores_own_day() -> None:
    found = sold(ticket([item(5000), tax(413)], [paid(5413)], total=Decimal("54.13")))

    assert components(found) == {"revenue": Decimal("50.00"), "tax": Decimal("4.13")}
    assert found.tenders.select("tender", "brand", "amount").rows() == [("cash", None, Decimal("54.13"))]
    assert set(found.sales["business_date"]) == {dt.date(2026, 3, 1)}
    assert found.sales["completed_at"][0] == dt.datetime(2026, 3, 2, 4, 10, 11, tzinfo=dt.UTC)
    assert set(found.sales["category"]) == {"food", None}


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        ("2026-03-02T05:59:59Z", 1),  # 23:59:59 in Chicago
        ("2026-03-02T06:00:00Z", 2),
        ("2026-03-09T04:59:59Z", 8),  # after the clocks went forward
        ("2026-03-09T05:00:00Z", 9),
        ("2026-03-08T08:30:00Z", 8),  # in the hour that is skipped
        ("2026-03-08T05:59:59Z", 7),
    ],
)
def test_without_a_local_time_the_places_zone_tells_the_day(utc: str, day: int) -> None:
    found = sold(ticket([item(100)], [paid(100)], local_completed_at=None, completed_at=utc))

    assert found.tenders["business_date"].to_list() == [dt.date(2026, 3, day)]


@pytest.mark.parametrize("zone", ["Central Time (US & Canada)", "US/Central", " America/Chicago "])
def test_a_shop_may_write_its_zone_in_its_own_words(zone: str) -> None:
    places = [{"id": 11, "public_id": "0101", "time_zone": zone}]

    found = sales_and_tenders(
        [ticket([item(100)], [paid(100)], local_completed_at=None)], Shop(ITEMS, TYPES, places, timezone="UTC")
    )

    assert found.tenders["business_date"].to_list() == [dt.date(2026, 3, 1)]


@pytest.mark.parametrize("zone", ["CST", "UTC-6", "Middle Earth"])
def test_a_zone_that_nobody_knows_rejects_only_the_tickets_that_need_it(zone: str) -> None:
    places = [{"id": 11, "public_id": "0101", "time_zone": zone}]
    rows = [
        ticket([item(100)], [paid(100)], public_id="1"),
        ticket([item(100)], [paid(100)], id=901, public_id="2", local_completed_at=None),
    ]

    found = sales_and_tenders(rows, Shop(ITEMS, TYPES, places))

    assert found.tenders["ticket_id"].to_list() == ["1"]
    assert found.rejects.select("field", "value", "document_id").rows() == [("time_zone", zone, "2")]
    assert f"nobody knows the time zone {zone} of its place" in found.rejects["reason"][0]


def test_a_place_without_a_zone_is_on_the_companys_time() -> None:
    row = ticket([item(100)], [paid(100)], local_completed_at=None)

    found = sales_and_tenders([row], Shop(ITEMS, TYPES, [{"id": 11, "time_zone": ""}], timezone="America/Chicago"))

    assert found.tenders["business_date"].to_list() == [dt.date(2026, 3, 1)]


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        ("2026-11-01T04:59:59Z", dt.date(2026, 10, 31)),
        ("2026-11-01T06:30:00Z", dt.date(2026, 11, 1)),  # 01:30 for the first time
        ("2026-11-01T07:30:00Z", dt.date(2026, 11, 1)),  # 01:30 again
        ("2026-11-02T05:59:59Z", dt.date(2026, 11, 1)),  # a day of twenty-five hours
    ],
)
def test_the_night_in_which_an_hour_comes_twice_is_one_day(utc: str, day: dt.date) -> None:
    found = sold(ticket([item(100)], [paid(100)], local_completed_at=None, completed_at=utc))

    assert found.tenders["business_date"].to_list() == [day]


def test_a_reduced_price_is_the_first_price_less_a_discount() -> None:
    found = sold(ticket([item(4500, first=5000)], [paid(4500)]))

    assert components(found) == {"revenue": Decimal("50.00"), "discount": Decimal("-5.00")}


def test_a_return_is_negative_throughout() -> None:
    found = sold(ticket([item(-2000, qty=-1), tax(-165)], [paid(-2165)], total=Decimal("-21.65")))

    assert components(found) == {"revenue": Decimal("-20.00"), "tax": Decimal("-1.65")}
    assert found.tenders["amount"].to_list() == [Decimal("-21.65")]
    assert set(found.sales["kind"]) == {"return"}


def test_the_payment_of_a_return_may_come_without_its_sign() -> None:
    found = sold(ticket([item(-2000, qty=-1)], [paid(2000)], total=Decimal("-20.00")))

    assert found.tenders["amount"].to_list() == [Decimal("-20.00")]


def test_a_discounted_return_gives_the_discount_back() -> None:
    found = sold(ticket([item(-4500, first=5000, qty=-1)], [paid(-4500)]))

    assert components(found) == {"revenue": Decimal("-50.00"), "discount": Decimal("5.00")}


def test_a_tip_stands_in_its_field_of_the_payment() -> None:
    found = sold(ticket([item(1000)], [paid(1200, kind=1, tip=200)], total=Decimal("10.00")))

    assert components(found) == {"revenue": Decimal("10.00"), "tip": Decimal("2.00")}
    assert found.tenders.select("tender", "brand", "amount").rows() == [("card", "visa", Decimal("12.00"))]


def test_where_no_payment_tells_tips_they_are_what_the_card_paid_beyond_the_lines() -> None:
    found = sold(ticket([item(1000)], [paid(500), paid(700, kind=1)], total=Decimal("10.00")))

    assert components(found)["tip"] == Decimal("2.00")


def test_cash_beyond_the_lines_is_no_tip_but_a_ticket_that_does_not_foot() -> None:
    found = sold(ticket([item(1000)], [paid(1200)], total=Decimal("10.00")))

    assert found.sales.is_empty()
    assert found.tenders.is_empty()
    assert "payments sum to 12.00, not to its lines and tips 10.00" in found.rejects["reason"][0]


def test_lines_that_do_not_sum_to_the_total_are_told_with_the_ticket() -> None:
    found = sold(ticket([item(1000)], [paid(1000)], total=Decimal("11.00")))

    assert found.sales.is_empty()
    assert "100231" in found.rejects["reason"][0]
    assert "lines sum to 10.00, not to its total 11.00" in found.rejects["reason"][0]


def test_a_total_may_hold_the_tip() -> None:
    found = sold(ticket([item(1000)], [paid(1200, kind=1, tip=200)], total=Decimal("12.00")))

    assert found.rejects.is_empty()
    assert components(found)["tip"] == Decimal("2.00")


def test_lines_are_named_by_their_type_and_the_items_category() -> None:
    lines = [
        item(1000),
        item(2500, n=2),
        item(180, n=3),
        {"type": "ShippingLine", "value": Decimal("4.99")},
        {"type": "CorkageLine", "value": Decimal("15.00")},
    ]

    found = sold(ticket(lines, [paid(5679)]))

    assert components(found) == {
        "revenue": Decimal("25.00"),
        "gift_card_sold": Decimal("25.00"),
        "service_charge": Decimal("1.80"),
        "delivery_fee": Decimal("4.99"),
    }
    assert set(found.sales.filter(pl.col("component") == "revenue")["category"]) == {"food", "corkageline"}


def test_tenders_are_read_from_the_name_of_the_payment_type_then_from_its_kind() -> None:
    payments = [paid(100, kind=n) for n in range(1, 8)]

    found = sold(ticket([item(700)], payments))

    assert found.tenders.select("tender", "brand").sort("tender", "brand").rows() == [
        ("card", None),
        ("card", "amex"),
        ("card", "visa"),
        ("cash", None),
        ("gift_card", None),
        ("house_account", None),
        ("other", "company barter"),
    ]


def test_a_shop_may_say_itself_what_a_payment_type_is() -> None:
    found = sold(ticket([item(100)], [paid(100, kind=5)]), tenders={"Company Barter": "loyalty"})

    assert found.tenders["tender"].to_list() == ["loyalty"]


def test_voided_open_and_unfinished_tickets_are_no_sales() -> None:
    lines, payments = [item(100)], [paid(100)]
    voided = ticket(lines, payments, **{"voided?": True})
    unfinished = ticket(lines, payments, id=901, **{"completed?": False})
    still_open = ticket(lines, payments, id=902, status="open")

    assert sold(voided, unfinished, still_open).sales.is_empty()


@pytest.mark.parametrize("status", ["REFUNDED", "partially_complete", "archived"])
def test_a_ticket_of_a_status_that_nobody_knows_is_told_and_not_left_out(status: str) -> None:
    found = sold(ticket([item(100)], [paid(100)], status=status, id=903, public_id="903"), ticket([item(7)], [paid(7)]))

    assert found.sales["amount"].sum() == found.tenders["amount"].sum() == Decimal("0.07")
    assert found.rejects.select("field", "value", "document_id").rows() == [("status", status, "903")]
    assert "is a sale" in found.rejects["reason"].item()


@pytest.mark.parametrize("status", ["On Hold", "on_hold", "Cancelled", "VOID", "draft"])
def test_a_ticket_that_is_known_to_be_no_sale_is_left_out_however_its_status_is_written(status: str) -> None:
    found = sold(ticket([item(100)], [paid(100)], status=status))

    assert found.sales.is_empty()
    assert found.rejects.is_empty()


def test_a_voided_payment_paid_nothing() -> None:
    found = sold(ticket([item(100)], [paid(100, status="voided", kind=1), paid(100)]))

    assert found.tenders["tender"].to_list() == ["cash"]


def test_what_was_paid_down_before_is_a_deposit_used_up() -> None:
    found = sold(ticket([item(500)], [paid(300, kind=1, deposit=True), paid(200, kind=1)]))

    assert found.tenders.select("tender", "brand", "amount").rows() == [
        ("card", "visa", Decimal("2.00")),
        ("deposit", None, Decimal("3.00")),
    ]


def test_a_place_is_intacct_s_location_of_that_store_number_with_or_without_zeros() -> None:
    schema = CANONICAL_FRAMES["locations"]
    known = pl.DataFrame({"location": ["NYC"], "store_ids": ["101|7"], "merchant_ids": [""]})
    places = known.with_columns(
        pl.lit(None, column.dtype).alias(name) for name, column in schema.columns().items() if name not in known.columns
    )

    assert sold(ticket([item(100)], [paid(100)]), places=places).tenders["location"].to_list() == ["NYC"]
    assert sold(ticket([item(100)], [paid(100)])).tenders["location"].to_list() == ["0101"]


def test_floats_of_the_wire_stay_exact_cents() -> None:
    amounts = ("70.1", "70.9", "1230.1", "8.20", "19.99", "0.07")
    tickets = [
        ticket(
            [{"type": "ItemLine", "item_id": 1, "qty": 1, "value": Decimal(text)}],
            [{"amount": Decimal(text), "payment_type_id": 2, "status": "complete"}],
            id=n,
            public_id=str(n),
        )
        for n, text in enumerate(amounts)
    ]
    day = '"source_location_id":11,"local_completed_at":"2026-03-01T10:00:00"'
    lines = '"lines":[{"type":"ItemLine","item_id":1,"qty":1,"value":AMOUNT}]'
    payments = '"payments":[{"amount":AMOUNT,"payment_type_id":2,"status":"complete"}]'
    body = f'{{"id":ID,{day},{lines},{payments}}}'
    bodies = pl.DataFrame(
        {"body": [body.replace("ID", str(n), 1).replace("AMOUNT", text) for n, text in enumerate(amounts)]}
    )
    expected = sorted(Decimal(text).quantize(Decimal("0.01")) for text in amounts)

    assert sorted(sold(*tickets).sales["amount"]) == expected
    assert sorted(sales_and_tenders(bodies, Shop(ITEMS, TYPES, PLACES)).sales["amount"]) == expected


def test_no_tickets_are_no_sales() -> None:
    found = sold()

    assert found.sales.is_empty()
    assert found.tenders.is_empty()
    assert found.rejects.is_empty()
