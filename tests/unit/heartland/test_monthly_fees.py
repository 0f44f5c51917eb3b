"""GP-API's monthly fees become statements by merchant, month and kind of fee."""

from __future__ import annotations

from typing import Any

import pytest

from recon.heartland.frames import fee_statements

Row = dict[str, Any]
BLANK = dict.fromkeys(
    ("assessment_amount", "authorization_amount", "chargeback_amount", "supplies_amount", "device_amount"), ""
)


def bill(amount: str = "10000", created: str = "2026-09-03", **more: Any) -> Row:
    row: Row = {
        "time_created": created,
        "status": "FINALIZED",
        "amount": amount,
        "currency": "USD",
        **BLANK,
        "interchange_amount": "7000",
        "discount_amount": "3000",
        "other_amount": "",
        "passthrough": {"amount": ""},
        "system": {"mid": "101"},
    }
    return row | more


def told(*rows: Row) -> list[str]:
    found = fee_statements(list(rows)).frame.select("statement_id", "period_end", "status", "kind", "amount")
    return [" ".join(str(value) for value in row) for row in found.iter_rows()]


def test_a_bill_is_one_row_a_kind_of_fee_in_dollars_above_zero() -> None:
    assert told(bill()) == [
        "101-2026-08 2026-08-31 finalized discount 30.00",
        "101-2026-08 2026-08-31 finalized interchange 70.00",
    ]


def test_the_bills_of_a_merchant_in_two_currencies_are_two() -> None:
    found = (
        fee_statements([bill(), bill(currency="CAD")])
        .frame.group_by("statement_id")
        .agg("amount")
        .sort(by="statement_id")
    )

    assert found["statement_id"].to_list() == ["101-2026-08-CAD", "101-2026-08-USD"]
    assert found["amount"].list.sum().to_list() == [100, 100]


@pytest.mark.parametrize("created", ["2026-08-31", "2026-09-01", "2026-09-15", "2026-09-03T08:00:00.52Z"])
def test_a_bill_is_of_the_month_that_ended_or_of_the_one_that_is_ending(created: str) -> None:
    assert {line.split()[0] for line in told(bill(created=created))} == {"101-2026-08"}


def test_a_bill_whose_amounts_are_below_zero_charges_all_the_same() -> None:
    turned = bill("-10000", interchange_amount="-7500", discount_amount="-3000", other_amount="500")

    assert [line.split(maxsplit=3)[3] for line in told(turned)] == [
        "discount 30.00", "interchange 75.00", "other -5.00",
    ]  # fmt: skip


def test_what_is_passed_through_counts_where_the_parts_need_it_to_make_the_amount() -> None:
    beside = bill(interchange_amount="", passthrough={"amount": "7000"})
    made_of = bill(passthrough={"amount": "7000"})

    assert [line.split()[3] for line in told(beside)] == ["discount", "passthrough"]
    assert [line.split()[3] for line in told(made_of)] == ["discount", "interchange"]


def test_a_bill_without_parts_is_of_kind_other() -> None:
    assert told(bill(interchange_amount="", discount_amount="")) == ["101-2026-08 2026-08-31 finalized other 100.00"]


def test_a_final_bill_takes_the_place_of_the_estimate() -> None:
    estimate = bill("9000", "2026-08-30", status="ESTIMATED", interchange_amount="6000")

    assert {line.split()[2] for line in told(bill(created="2026-08-29"), estimate)} == {"finalized"}


@pytest.mark.parametrize(
    ("more", "field", "reason"),
    [
        ({"discount_amount": "2999"}, "amount", "the fees sum to 99.99, not to the bill's amount 100.00"),
        ({"interchange_amount": "70.5"}, "interchange", "parts of a cent"),
        ({"system": {}}, "system.mid", "no merchant is named"),
        ({"time_created": ""}, "time_created", "the day cannot be read"),
        ({"status": "SENT"}, "status", "neither finalized nor estimated"),
        ({"amount": ""}, "amount", "no whole number"),
    ],
)
def test_a_bill_that_cannot_be_used_is_named_with_its_reason(more: Row, field: str, reason: str) -> None:
    mapped = fee_statements([bill() | more])

    assert mapped.frame.is_empty()
    assert mapped.rejects["field"].to_list() == [field]
    assert reason in mapped.rejects["reason"][0]


def test_a_merchant_without_the_report_has_no_statements() -> None:
    assert fee_statements([]).frame.is_empty()
