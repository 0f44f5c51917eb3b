"""Portico's transactions become payments: dollars, tips inside, and only what moved money."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from recon.heartland.frames import gateway_payments

Row = dict[str, Any]


def detail(n: str = "1", **more: Any) -> Row:
    row: Row = {
        "GatewayTxnId": f"20012303849{n}",
        "DeviceId": "1525997",
        "SiteId": "21232",
        "ServiceName": "CreditSale",
        "TxnUtcDT": "2026-03-02T11:15:30.52",
        "TxnDT": "2026-03-02T06:15:30",
        "TxnStatus": "C",
        "SaleReturnInd": "S",
        "CardType": "Visa",
        "MaskedCardNbr": "426397******5262",
        "Amt": "20.00",
        "AuthAmt": "20.00",
        "SettlementAmt": "23.00",
        "GratuityAmtInfo": "3.00",
        "RspCode": "00",
        "BatchId": "77",
        "CloseDT": "2026-03-03T02:00:00",
        "AdditionalTxnFields": {"InvoiceNbr": "INV-1"},
    }
    return row | more


def test_dollars_stay_dollars_and_the_settled_amount_counts() -> None:
    row = gateway_payments([detail()]).frame.row(0, named=True)

    assert (row["amount"], row["tip"], row["brand"], row["card_last4"]) == (
        Decimal("23.00"),
        Decimal("3.00"),
        "visa",
        "5262",
    )
    assert row["created_at"] == dt.datetime(2026, 3, 2, 11, 15, 30, 520_000, dt.UTC)
    assert (row["batch_id"], row["reference"]) == ("77", "INV-1")


def test_transactions_without_a_number_are_told_each_by_what_it_says() -> None:
    rows = [detail("1"), *(detail(GatewayTxnId=None, Amt=amount) for amount in ("20.00", "21.00"))]

    found = gateway_payments(rows)

    assert found.frame["payment_id"].to_list() == ["200123038491"]
    assert found.rejects["reason"].to_list() == [
        "portico.transactions ?: the transaction has no number "
        f"(CreditSale on device 1525997 at 2026-03-02T11:15:30.52, {amount} dollars)"
        for amount in ("20.00", "21.00")
    ]


def test_a_thousands_comma_is_read_over() -> None:
    assert gateway_payments([detail(SettlementAmt="1,234.50")]).frame["amount"].to_list() == [Decimal("1234.50")]


@pytest.mark.parametrize(("closed", "day"), [("2026-03-03T02:00:00", 2), ("2026-03-02T23:05:00", 2), ("", None)])
def test_a_batch_that_closes_in_the_night_is_the_day_befores(closed: str, day: int | None) -> None:
    found = gateway_payments([detail(CloseDT=closed)]).frame["batch_date"].to_list()

    assert found == [dt.date(2026, 3, day) if day else None]


def test_returns_are_below_zero_by_their_mark_or_by_their_service() -> None:
    rows = [detail("1", SaleReturnInd="R"), detail("2", SaleReturnInd=None, ServiceName="CreditReturn")]

    found = gateway_payments(rows).frame

    assert found["amount"].to_list() == [Decimal("-23.00"), Decimal("-23.00")]
    assert set(found["kind"]) == {"refund"}


@pytest.mark.parametrize(
    "more",
    [
        {"TxnStatus": "V"},
        {"TxnStatus": "R"},
        {"TxnStatus": "I"},
        {"RspCode": "05"},
        {"GatewayRspCode": "-2"},
        {"ServiceName": "CreditAuth", "BatchId": ""},
        {"ServiceName": "CreditAccountVerify", "BatchId": ""},
    ],
)
def test_what_was_voided_reversed_declined_or_only_authorised_moves_no_money(more: Row) -> None:
    assert gateway_payments([detail(**more)]).frame.is_empty()


def test_a_partial_approval_counts_with_what_was_settled() -> None:
    row = detail(RspCode="10", Amt="20.00", SettlementAmt="15.00", GratuityAmtInfo="")

    assert gateway_payments([row]).frame["amount"].to_list() == [Decimal("15.00")]


def test_a_device_a_site_or_nothing_tells_the_merchant() -> None:
    rows = [detail("1"), detail("2", DeviceId="9"), detail("3", DeviceId="9", SiteId="8", MerchNbr="555")]

    found = gateway_payments(rows, {"1525997": "M-1", "21232": "M-2"}).frame

    assert found["merchant_id"].to_list() == ["M-1", "M-2", "555"]


def test_an_amount_that_is_none_is_told() -> None:
    mapped = gateway_payments([detail(SettlementAmt="23.005")])

    assert mapped.frame.is_empty()
    assert mapped.rejects.select("field", "value").rows() == [("SettlementAmt", "23.005")]


def test_an_authorisation_added_to_a_batch_is_one_payment_in_whichever_reports_it_stands() -> None:
    alone = detail("1", ServiceName="CreditAuth", BatchId="", SettlementAmt="")
    added = detail("2", ServiceName="CreditAddToBatch", OriginalGatewayTxnId="200123038491", BatchId="")
    in_batch = detail("1", ServiceName="CreditAuth")

    from_activity = gateway_payments([alone, added]).frame
    from_both = gateway_payments([alone, added, in_batch]).frame

    for found in (from_activity, from_both):
        assert found.select("payment_id", "amount").rows() == [("200123038491", Decimal("23.00"))]
    assert from_both["batch_id"].to_list() == ["77"]


def test_what_was_voided_after_the_activity_was_read_is_void() -> None:
    assert gateway_payments([detail(BatchId="", TxnStatus="A"), detail(TxnStatus="V")]).frame.is_empty()


def test_a_transaction_of_a_status_that_nobody_knows_is_told() -> None:
    found = gateway_payments([detail(TxnStatus="X"), detail("2", TxnStatus="V")])

    assert found.frame.is_empty()
    assert found.rejects.select("field", "value").rows() == [("TxnStatus", "X")]
