"""GP-API's reports become payments and deposits: minor units, directions, blanks and fractions of cents."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from recon.heartland.frames import deposits, payments

Row = dict[str, Any]


def sale(n: str = "1", amount: object = "2000", **more: Any) -> Row:
    row: Row = {
        "id": f"TRN_{n}",
        "time_created": "2026-03-02T11:15:30.52Z",
        "status": "CAPTURED",
        "type": "SALE",
        "amount": amount,
        "currency": "USD",
        "gratuity_amount": "",
        "reference": "INV-1",
        "batch_id": "BAT_1",
        "payment_method": {"card": {"brand": "VISA", "masked_number_first6last4": "426397XXXXXX5262"}},
        "system": {"mid": "101023947262"},
    }
    return row | more


def settled(n: str = "1", amount: str = "2000", **more: Any) -> Row:
    row = sale(n, amount) | {
        "settlement_transaction_reference": f"STR{n}",
        "status": "FUNDED",
        "deposit_id": "DEP_1",
        "batch_time_created": "2026-03-02",
        "fees": {"total_amount_decimal": "45.98"},
    }
    return row | more


def deposit(amount: str = "11271", funding_type: str = "CREDIT", **more: Any) -> Row:
    row: Row = {
        "id": "DEP_1",
        "time_created": "2026-03-03",
        "status": "FUNDED",
        "funding_type": funding_type,
        "amount": amount,
        "currency": "USD",
        "bank_transfer": {"masked_account_number_last4": "XXXXXX9999"},
        "system": {"mid": "101023947262"},
        "sales": {"count": 4, "amount": "12400"},
        "refunds": {"count": 1, "amount": "-1000"},
        "discounts": {"count": 0, "amount": ""},
        "tax": {"count": 0, "amount": ""},
        "disputes": {"chargebacks": {"count": 0, "amount": ""}, "reversals": {"count": 0, "amount": ""}},
        "fees": {"amount": "-129"},
    }
    return row | more


def one(rows: pl.DataFrame) -> Mapping[str, Any]:
    return rows.row(0, named=True)


def test_an_amount_is_dollars_from_cents_whether_it_comes_as_text_or_number() -> None:
    rows = payments([sale("1", "1999"), sale("2", 1999), sale("3", "820"), sale("4", "123010")]).frame

    assert rows["amount"].to_list() == [Decimal(x) for x in ("19.99", "19.99", "8.20", "1230.10")]


def test_thousands_commas_are_read_over() -> None:
    assert one(payments([sale(amount="1,234,50")]).frame)["amount"] == Decimal("1234.50")


@pytest.mark.parametrize(
    ("currency", "minor", "major"),
    [("USD", "1999", "19.99"), ("JPY", "1999", "1999.00"), ("KWD", "1990", "1.99"), ("CLF", "19900", "1.99")],
)
def test_smallest_units_follow_the_currency(currency: str, minor: str, major: str) -> None:
    assert one(payments([sale(amount=minor, currency=currency)]).frame)["amount"] == Decimal(major)


def test_a_part_of_a_cent_in_an_amount_is_told_and_not_rounded_away() -> None:
    mapped = payments([sale(amount="1999", currency="KWD")])

    assert mapped.frame.is_empty()
    assert "TRN_1" in mapped.rejects["reason"][0]
    assert mapped.rejects["field"][0] == "amount"


def test_a_refund_is_below_zero_whichever_sign_it_comes_with() -> None:
    rows = payments([sale("1", "500", type="REFUND"), sale("2", "-500", type="REFUND")]).frame

    assert rows["amount"].to_list() == [Decimal("-5.00"), Decimal("-5.00")]
    assert rows["kind"].to_list() == ["refund", "refund"]


def test_blank_amounts_and_dates_are_absent_not_zero_nor_a_fault() -> None:
    row = one(payments([sale(gratuity_amount="", batch_id="")]).frame)

    assert row["tip"] is None
    assert row["batch_id"] is None
    assert row["batch_date"] is None


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T11:15:30.52Z",
        "2026-03-02T11:15:30.520Z",
        "2026-03-02T11:15:30.520000",
        "2026-03-02T06:15:30.52-05:00",
        "2026-03-02T16:45:30.52+0530",
    ],
)
def test_one_moment_may_be_written_in_five_ways(text: str) -> None:
    at = one(payments([sale(time_created=text)]).frame)["created_at"]

    assert at == dt.datetime(2026, 3, 2, 11, 15, 30, 520_000, dt.UTC)


def test_a_day_alone_is_its_midnight_and_no_time_at_all_is_told() -> None:
    mapped = payments([sale("1", time_created="2026-03-02"), sale("2", time_created="")])

    assert mapped.frame["created_at"].to_list() == [dt.datetime(2026, 3, 2, tzinfo=dt.UTC)]
    assert mapped.rejects["field"].to_list() == ["time_created"]


@pytest.mark.parametrize("mask", ["379132XXXXX1007", "426397xxxxxx1007", "XXXXXXXXXXXX1007", "426397******1007"])
def test_the_last_four_digits_stand_behind_any_mask(mask: str) -> None:
    card = {"card": {"brand": "AMEX", "masked_number_first6last4": mask}}

    assert one(payments([sale(payment_method=card)]).frame)["card_last4"] == "1007"


def test_an_order_is_found_in_either_of_its_two_places() -> None:
    nested = sale("1", reference="", order={"reference": "ORD-1"})
    flat = sale("2", reference="", order_reference="ORD-2")

    assert payments([nested, flat]).frame["reference"].to_list() == ["ORD-1", "ORD-2"]


def test_what_was_declined_reversed_or_only_authorised_moves_no_money() -> None:
    statuses = (
        "CAPTURED",
        "FUNDED",
        "BATCHED",
        "DECLINED",
        "REVERSED",
        "PREAUTHORIZED",
        "PENDING",
        "FAILED",
        "REJECTED",
    )

    rows = payments([sale(str(n), status=status) for n, status in enumerate(statuses)]).frame

    assert rows["status"].to_list() == ["captured", "funded", "batched"]


def test_a_settled_record_lends_its_transaction_deposit_batch_date_fee_and_final_amount() -> None:
    row = one(payments([sale(gratuity_amount="300")], [settled(amount="2300")]).frame)

    assert (row["amount"], row["deposit_id"], row["batch_date"]) == (Decimal("23.00"), "DEP_1", dt.date(2026, 3, 2))
    assert row["tip"] == Decimal("3.00")
    assert row["fee"] == Decimal("0.459800")


@pytest.mark.parametrize("amount", ["1e-300", "11271.0000000000001"])
def test_a_deposit_of_less_than_any_cent_is_told_as_such_and_not_as_a_wrong_sum(amount: str) -> None:
    rejects = deposits([deposit() | {"amount": Decimal(amount)}]).rejects

    assert "has parts of a cent" in rejects["reason"].item()
    assert deposits([deposit() | {"amount": Decimal("11271.00000000000000")}]).frame["net"].to_list() == [
        Decimal("112.71")
    ]


def test_fees_of_fractions_of_cents_sum_exactly() -> None:
    records = [settled(str(n), fees={"total_amount_decimal": "1298.67"}) for n in range(3)]

    assert payments([], records).frame["fee"].sum() == Decimal("38.960100")


def test_a_settled_record_that_no_transaction_knows_stands_for_itself() -> None:
    rows = payments([sale("1")], [settled("2")]).frame

    assert rows["payment_id"].to_list() == ["TRN_1", "TRN_2"]


def test_a_settled_record_without_a_transaction_id_finds_its_transaction_by_what_they_share() -> None:
    card = {"card": {"brand": "VISA", "authcode": "120001", "brand_reference": "MWE1"}}
    nameless = {key: value for key, value in settled(payment_method=card).items() if key != "id"}
    stranger = {**nameless, "settlement_transaction_reference": "STR9", "amount": "777"}

    rows = payments([sale(payment_method=card)], [nameless, stranger]).frame

    assert rows["payment_id"].to_list() == ["STR9", "TRN_1"]
    assert rows["deposit_id"].to_list() == ["DEP_1", "DEP_1"]


def test_two_equal_sales_and_a_nameless_record_are_not_guessed_together() -> None:
    card = {"card": {"brand": "VISA", "authcode": "120001", "brand_reference": "MWE1"}}
    nameless = {key: value for key, value in settled(payment_method=card).items() if key != "id"}

    rows = payments([sale("1", payment_method=card), sale("2", payment_method=card)], [nameless]).frame

    assert rows.filter(pl.col("deposit_id").is_not_null())["payment_id"].to_list() == ["STR1"]


def test_a_row_that_came_twice_is_one_row() -> None:
    assert payments([sale("1"), sale("2"), sale("1")]).frame.height == 2


def dispute(stage: str, way: str, **more: Any) -> Row:
    row: Row = {
        "id": "DIS_1",
        "stage": stage,
        "stage_time_created": "2026-03-04T14:03:44",
        "status": "CLOSED",
        "funding_type": way,
        "last_adjustment_funding": way,
        "deposit_id": "DEP_2",
        "amount": "2500",
        "currency": "USD",
        "system": {"mid": "101023947262"},
        "transaction": {"payment_method": {"card": {"brand": "AMEX", "masked_number_first6last4": "379132XXXXX1007"}}},
    }
    return row | more


def test_a_chargeback_is_below_zero_and_one_won_back_above_each_with_its_deposit() -> None:
    rows = payments(disputes=[dispute("CHARGEBACK", "DEBIT"), dispute("REVERSAL", "CREDIT")]).frame

    assert rows.select("kind", "amount", "deposit_id").rows() == [
        ("chargeback", Decimal("-25.00"), "DEP_2"),
        ("chargeback_reversal", Decimal("25.00"), "DEP_2"),
    ]


def test_a_retrieval_and_a_dispute_without_money_are_no_payments() -> None:
    asked, moved_nothing = dispute("RETRIEVAL", ""), dispute("CHARGEBACK", "DEBIT", last_adjustment_funding="NONE")

    assert payments(disputes=[asked, moved_nothing]).frame.is_empty()


def test_a_deposits_parts_sum_to_its_net() -> None:
    row = one(deposits([deposit()]).frame)

    assert (row["sales"], row["refunds"], row["fees"], row["net"]) == (
        Decimal("124.00"),
        Decimal("-10.00"),
        Decimal("-1.29"),
        Decimal("112.71"),
    )
    assert (row["deposit_date"], row["bank_last4"], row["status"]) == (dt.date(2026, 3, 3), "9999", "funded")


@pytest.mark.parametrize("amount", ["500", "-500"])
def test_a_debit_leaves_the_bank_whichever_sign_its_amount_has(amount: str) -> None:
    nothing = {"count": 0, "amount": ""}
    row = deposit(amount, "DEBIT", sales=nothing, refunds=nothing, fees={"amount": "-500"})

    found = one(deposits([row]).frame)

    assert (found["net"], found["fees"], found["group"]) == (Decimal("-5.00"), Decimal("-5.00"), "fees")


def test_parts_without_signs_are_read_by_what_they_are() -> None:
    unsigned = deposit(refunds={"count": 1, "amount": "1000"}, fees={"amount": "129"})

    assert one(deposits([unsigned]).frame)["net"] == Decimal("112.71")


def test_a_deposit_that_does_not_foot_is_told_with_both_sums() -> None:
    mapped = deposits([deposit("99999")])

    assert mapped.frame.is_empty()
    assert "sum to 112.71, not to its amount 999.99" in mapped.rejects["reason"][0]


def test_chargebacks_and_what_was_won_back_are_apart() -> None:
    disputes = {"chargebacks": {"count": 1, "amount": "-2500"}, "reversals": {"count": 1, "amount": "700"}}

    row = one(deposits([deposit("9471", disputes=disputes)]).frame)

    assert (row["chargebacks"], row["reversals"]) == (Decimal("-25.00"), Decimal("7.00"))


def test_a_deposits_batch_and_group_are_those_that_all_its_transactions_share() -> None:
    amex = {"card": {"brand": "AMEX", "masked_number_first6last4": "379132XXXXX1007"}}
    funded = [deposit(), deposit() | {"id": "DEP_2"}, deposit() | {"id": "DEP_3"}, deposit() | {"id": "DEP_4"}]
    records = [
        settled("1"),
        settled("2", payment_method=amex),
        settled("3", deposit_id="DEP_2", payment_method=amex),
        settled("4", deposit_id="DEP_3"),
        settled("5", deposit_id="DEP_3", batch_id="BAT_2", batch_time_created="2026-03-03"),
    ]

    rows = deposits(funded, records).frame

    assert rows.select("deposit_id", "batch_id", "group").rows() == [
        ("DEP_1", "BAT_1", "card"),
        ("DEP_2", "BAT_1", "amex"),
        ("DEP_3", None, "card"),
        ("DEP_4", None, None),
    ]


def test_a_deposit_without_a_day_is_told() -> None:
    assert deposits([deposit(time_created="")]).rejects["field"].to_list() == ["time_created"]


def test_rows_kept_as_json_give_the_same_frames() -> None:
    sales = [sale("1"), sale("2", 1999, type="REFUND"), sale("3", "12.5")]
    records, funded = [settled("1")], [deposit()]

    def kept(rows: list[Row]) -> pl.DataFrame:
        return pl.DataFrame({"body": [json.dumps(row) for row in rows]})

    plain, from_json = payments(sales, records), payments(kept(sales), kept(records))

    assert plain.frame.equals(from_json.frame)
    assert plain.rejects.equals(from_json.rejects)
    assert deposits(funded, records).frame.equals(deposits(kept(funded), kept(records)).frame)


def test_a_row_whose_object_is_a_blank_does_not_spoil_the_others() -> None:
    odd = sale("1", fees="", payment_method="", order="")
    rows = pl.DataFrame({"body": [json.dumps(odd), json.dumps(sale("2"))]})

    assert payments(rows).frame.select("payment_id", "brand").rows() == [("TRN_1", "other"), ("TRN_2", "visa")]


def test_no_rows_are_no_payments_and_no_deposits() -> None:
    assert payments().frame.is_empty()
    assert deposits([]).frame.is_empty()
    assert payments(pl.DataFrame({"body": []}, schema={"body": pl.String})).frame.is_empty()


@pytest.mark.parametrize(
    ("field", "value"),
    [("status", "SETTLEMENT_OK"), ("status", ""), ("type", "REVERSAL"), ("type", "")],
)
def test_a_transaction_of_which_nobody_knows_what_it_moved_is_told_with_its_word(field: str, value: str) -> None:
    found = payments([sale(**{field: value})])

    assert found.frame.is_empty()
    assert found.rejects.select("field", "value").rows() == [(field, value or None)]


@pytest.mark.parametrize("status", ["PENDING", "DECLINED", "reversed", "PREAUTHORIZED", "AUTHENTICATED", "REJECTED"])
def test_a_transaction_that_moves_nothing_is_no_reject_whatever_its_type(status: str) -> None:
    found = payments([sale(status=status, type="VERIFY")])

    assert (found.frame.height, found.rejects.height) == (0, 0)


def test_a_dispute_that_does_not_say_which_way_its_money_went_is_told() -> None:
    disputes = [dispute("MEDIATION", ""), dispute("CHARGEBACK", "BOTH", id="DIS_2")]

    found = payments(disputes=disputes)

    assert found.frame.is_empty()
    assert sorted(found.rejects["value"].to_list()) == ["BOTH", "MEDIATION"]
