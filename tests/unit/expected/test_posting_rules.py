"""Which account an event ought to stand on."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from make import SEPTEMBER, canonical, deposits, fee_statements, locations, payroll, policy, rejected, sales, tenders

from recon.canonical import Canonical
from recon.expected import derive_expected
from recon.policy import Policy

TICKET = {
    "sales": sales("T1 revenue/food 10.00", "T1 tax 0.80", "T1 tip 2.00"),
    "tenders": tenders("T1 card/visa 12.80"),
}


def lines(books: Canonical, by: Policy | None = None) -> list[str]:
    """Every expected line as "document account amount", with place and department where they are not plain."""
    found = derive_expected(books, by or policy(), SEPTEMBER, only=tuple((by or policy()).reconciliations)).lines
    rows = found.select("document", "account", "location", "department", "amount").iter_rows()
    places = (
        (document, f"{account}{'' if location == '100' else '@' + location}{'/' + part if part else ''}", str(amount))
        for document, account, location, part, amount in rows
    )
    return [" ".join(one) for one in places]


def test_a_ticket_is_a_balanced_entry_of_its_store_and_day() -> None:
    assert lines(canonical(**TICKET)) == [
        "SALES-100-20260903 1250 12.80",
        "SALES-100-20260903 2200 -0.80",
        "SALES-100-20260903 2350 -2.00",
        "SALES-100-20260903 4010 -10.00",
    ]


def test_of_several_rules_the_first_that_fits_is_used() -> None:
    by = policy("catering sales credit 4020 component:revenue channel:catering")
    books = canonical(sales=sales("T1 revenue/food 10.00 channel:catering", "T2 revenue/food 5.00"))

    assert lines(books, by) == ["SALES-100-20260903 4010 -5.00", "SALES-100-20260903 4020 -10.00"]


def test_an_offset_account_takes_the_other_side_of_the_same_amount() -> None:
    books = canonical(payroll=payroll("R1 E1 employer_tax/FICA 7.65"))

    assert lines(books) == ["PR-R1-20260903 2410 -7.65", "PR-R1-20260903 6110 7.65"]


def test_what_no_rule_maps_stands_on_a_question_mark_and_the_entry_still_balances() -> None:
    books = canonical(
        sales=sales("T1 revenue/food 10.00", "T1 revenue/merchandise 5.00"), tenders=tenders("T1 delivery 15.00")
    )

    assert lines(books) == [
        "SALES-100-20260903 4010 -10.00",
        "SALES-100-20260903 ? 10.00",
    ]
    unmapped = derive_expected(books, policy(), SEPTEMBER, only=("sales",)).unmapped
    assert sorted(unmapped["role"]) == ["delivery", "revenue"]


def test_unmapped_pay_codes_take_the_side_of_their_kind() -> None:
    bare = policy().model_copy(update={"rules": ()})
    register = payroll(
        "R1 E1 earning/REG 100.00",
        "R1 E1 employee_tax/FIT 20.00",
        "R1 E1 employer_tax/FICA 7.65",
        "R1 E1 net_pay/NET 80.00",
    )

    assert lines(canonical(payroll=register), bare) == ["PR-R1-20260903 ? 0.00"]


def test_an_account_of_minus_is_not_booked() -> None:
    books = canonical(sales=sales("T1 revenue/food 10.00", "T1 donation 3.00"))

    assert lines(books) == ["SALES-100-20260903 4010 -10.00"]
    assert derive_expected(books, policy(), SEPTEMBER, only=("sales",)).unmapped.is_empty()


def test_a_rule_may_send_a_line_to_another_location_and_department() -> None:
    by = policy("head-office payroll debit 6010 kind:earning code:BONUS to_location:102 to_department:ADM")
    books = canonical(payroll=payroll("R1 E1 earning/BONUS 50.00 L101 P:FOH", "R1 E1 net_pay/NET 50.00"))

    assert lines(books, by) == ["PR-R1-20260903 1020@101/FOH -50.00", "PR-R1-20260903 6010@102/ADM 50.00"]


def test_an_event_in_another_currency_is_never_added_to_base_money() -> None:
    books = canonical(sales=sales("T1 revenue/food 10.00", "T2 revenue/food 7.00 currency:CAD"))

    assert lines(books) == ["SALES-100-20260903 4010 -10.00", "SALES-100-20260903 ? -7.00"]


def test_a_return_reduces_each_account_of_its_day() -> None:
    books = canonical(
        sales=sales("T1 revenue/food 10.00", "T2 revenue/food -4.00 kind:return"),
        tenders=tenders("T1 cash 10.00", "T2 cash -4.00"),
    )

    assert lines(books) == ["SALES-100-20260903 1030 6.00", "SALES-100-20260903 4010 -6.00"]


def test_a_day_on_which_sales_and_returns_cancel_books_nothing() -> None:
    books = canonical(sales=sales("T1 revenue/food 4.00", "T2 revenue/food -4.00 kind:return"))

    assert lines(books) == []


def test_gift_cards_are_a_liability_when_sold_and_pay_it_off_when_redeemed() -> None:
    books = canonical(
        sales=sales("T1 gift_card_sold 50.00", "T2 revenue/food 20.00 @2026-09-04"),
        tenders=tenders("T1 card/visa 50.00", "T2 gift_card 20.00 @2026-09-04"),
    )

    assert lines(books) == [
        "SALES-100-20260903 1250 50.00",
        "SALES-100-20260903 2310 -50.00",
        "SALES-100-20260904 2310 20.00",
        "SALES-100-20260904 4010 -20.00",
    ]


def test_discounts_and_comps_are_debits_of_their_own_account() -> None:
    books = canonical(
        sales=sales("T1 revenue/food 10.00", "T1 discount -1.00", "T1 comp -2.00"), tenders=tenders("T1 cash 7.00")
    )

    assert lines(books) == [
        "SALES-100-20260903 1030 7.00",
        "SALES-100-20260903 4010 -10.00",
        "SALES-100-20260903 4900 3.00",
    ]


def test_a_daily_billed_deposit_holds_its_fee_and_its_chargeback() -> None:
    books = canonical(deposits=deposits("DEP-1 card sales:100.00 refunds:-8.00 chargebacks:-5.00 fees:-2.90"))

    assert lines(books) == ["DEP-1 1010 84.10", "DEP-1 1250 -92.00", "DEP-1 6510 2.90", "DEP-1 6520 5.00"]


def test_a_chargeback_won_back_takes_its_expense_back() -> None:
    books = canonical(deposits=deposits("DEP-1 chargeback reversals:5.00"))

    assert lines(books) == ["DEP-1 1010 5.00", "DEP-1 6520 -5.00"]


def test_a_month_of_fees_is_one_debit_at_the_bank() -> None:
    books = canonical(deposits=deposits("FEES-1 fees fees:-210.40"))

    assert lines(books) == ["FEES-1 1010 -210.40", "FEES-1 6510 210.40"]


@pytest.mark.parametrize(("group", "clearing"), [("amex", "1255"), ("card", "1250")])
def test_amex_clears_on_its_own_account_where_it_is_funded_apart(group: str, clearing: str) -> None:
    books = canonical(deposits=deposits(f"DEP-1 {group} sales:40.00"))

    assert lines(books) == ["DEP-1 1010 40.00", f"DEP-1 {clearing} -40.00"]


def test_an_unknown_merchant_keeps_its_number_as_location_and_is_unmapped() -> None:
    derived = derive_expected(
        canonical(deposits=deposits("DEP-1 card sales:40.00 M:M999")), policy(), SEPTEMBER, only=("deposits",)
    )

    assert derived.lines.select("location", "unmapped").unique().rows() == [("M999", True)]


def test_a_voided_check_takes_back_what_it_paid() -> None:
    books = canonical(
        payroll=payroll(
            "R1 E1 earning/REG 100.00 check_no:7",
            "R1 E1 net_pay/NET 100.00",
            "R1 E2 earning/REG 60.00 check_no:8",
            "R1 E2 net_pay/NET 60.00",
            "R1 E3 earning/REG -60.00 check_no:9 check_type:void",
            "R1 E3 net_pay/NET -60.00",
        )
    )

    assert lines(books) == ["PR-R1-20260903 1020 -100.00", "PR-R1-20260903 6010 100.00"]


def test_each_department_of_a_run_is_an_entry_of_its_own() -> None:
    books = canonical(payroll=payroll("R1 E1 earning/REG 70.00 P:FOH", "R1 E2 earning/REG 30.00 P:BOH"))

    assert lines(books) == ["PR-R1-20260903 6010/BOH 30.00", "PR-R1-20260903 6010/FOH 70.00"]


def test_every_line_names_the_events_behind_it() -> None:
    found = derive_expected(
        canonical(
            sales=sales("T1 revenue/food 10.00", "T2 revenue/food 5.00", "T2 revenue/beverage 1.00"),
            payroll=payroll("R1 E1 earning/REG 100.00 check_no:7"),
        ),
        policy(),
        SEPTEMBER,
        only=("sales", "payroll"),
    ).lines

    assert dict(found.select("account", "source_ids").rows()) == {
        "4010": ["T1", "T2"],
        "4020": ["T2"],
        "6010": ["R1:E1:7:REG"],
    }


def test_a_line_of_an_account_over_several_rules_names_them_all() -> None:
    found = derive_expected(
        canonical(
            sales=sales("T1 discount -1.00", "T1 tip 2.00", "T2 gift_card_sold 20.00"),
            tenders=tenders("T1 gift_card 1.00"),
        ),
        policy(),
        SEPTEMBER,
        only=("sales",),
    ).lines

    liability = found.row(by_predicate=pl.col("account") == "2310", named=True)
    assert (liability["rule"], liability["amount"]) == ("gift-cards, gift-cards-sold", Decimal("-19.00"))


def test_the_document_comes_from_the_template_of_the_policy() -> None:
    names = {
        "sales": {"journals": ["SJ"], "document": "POS/{location}/{date:%d.%m.%y}"},
        "deposits": {"journals": ["CRJ"], "document": "{merchant_id}-{batch_id}", "memo": "Deposit {document}"},
        "payroll": {"journals": ["PYRJ"], "document": "{run_id}-{department}"},
    }
    books = canonical(
        sales=sales("T1 revenue/food 10.00"),
        deposits=deposits("D1 card sales:10.00 batch_id:B7"),
        payroll=payroll("R1 E1 earning/REG 70.00 P:FOH"),
    )

    found = derive_expected(books, policy(reconciliations=names), SEPTEMBER, only=tuple(names)).lines

    assert sorted(set(found["document"])) == ["M100-B7", "POS/100/03.09.26", "R1-FOH"]
    assert set(found.filter(pl.col("journal") == "CRJ")["memo"]) == {"Deposit M100-B7"}


def test_line_ids_never_change_with_amounts() -> None:
    before, after = (
        derive_expected(canonical(sales=sales(f"T1 revenue/food {amount}")), policy(), SEPTEMBER, only=("sales",)).lines
        for amount in ("10.00", "99.00")
    )

    assert before["line_id"].to_list() == after["line_id"].to_list() == ["sales:SALES-100-20260903:100::4010"]


def test_days_around_the_period_are_derived_as_candidates_only() -> None:
    books = canonical(
        sales=sales(
            "T1 revenue/food 1.00 @2026-08-31", "T2 revenue/food 2.00 @2026-09-01", "T3 revenue/food 3.00 @2026-10-01"
        )
    )

    found = derive_expected(books, policy(), SEPTEMBER, only=("sales",)).lines

    assert sorted(found.select("amount", "in_period").rows()) == [
        (Decimal("-3.00"), False),
        (Decimal("-2.00"), True),
        (Decimal("-1.00"), False),
    ]


MONTHLY = locations("100 fee_billing:monthly", "101 fee_billing:monthly", "102")
BILL = ("F1 interchange 70.00 M:M100", "F1 discount 30.00")
BY_KIND = "interchange deposits credit 6511 measure:fees kind:interchange"


def test_a_monthly_debit_is_told_by_the_kinds_of_its_bill_where_the_two_agree() -> None:
    books = canonical(
        locations=MONTHLY,
        deposits=deposits("D1 fees @2026-09-03 fees:-100.00"),
        fee_statements=fee_statements(*BILL),
    )

    assert lines(books, policy(BY_KIND)) == ["D1 1010 -100.00", "D1 6510 30.00", "D1 6511 70.00"]
    assert lines(books) == ["D1 1010 -100.00", "D1 6510 100.00"]


def test_a_debit_that_differs_from_its_bill_is_booked_as_it_left_the_bank() -> None:
    books = canonical(
        locations=MONTHLY,
        deposits=deposits("D1 fees @2026-09-03 fees:-110.00"),
        fee_statements=fee_statements(*BILL),
    )

    assert lines(books, policy(BY_KIND)) == ["D1 1010 -110.00", "D1 6510 110.00"]


def test_a_bill_without_a_debit_is_expected_on_the_day_it_is_due() -> None:
    books = canonical(
        locations=MONTHLY,
        deposits=deposits("D1 card @2026-09-03 sales:10.00"),
        fee_statements=fee_statements(*BILL),
    )
    found = derive_expected(books, policy(BY_KIND), SEPTEMBER, only=("deposits",)).lines.filter(document="F1")

    assert found.select("account", "amount", "source_ids").rows() == [
        ("1010", Decimal("-100.00"), ["F1"]),
        ("6510", Decimal("30.00"), ["F1"]),
        ("6511", Decimal("70.00"), ["F1"]),
    ]
    assert {day.isoformat() for day in found["posting_date"]} == {"2026-09-03"}


def test_bills_that_do_not_count_change_nothing() -> None:
    debit = deposits("D1 fees @2026-09-03 fees:-100.00")
    for bill in (
        fee_statements("F1 other 100.00 M:M100 status:estimated"),
        fee_statements("F1 other 100.00 M:M102"),  # kept from each deposit of that store
        fee_statements("F1 other 100.00 M:M100 @2026-04-30"),
    ):
        books = canonical(locations=MONTHLY, deposits=debit, fee_statements=bill)
        assert lines(books) == ["D1 1010 -100.00", "D1 6510 100.00"]


def test_a_bill_of_which_a_row_was_left_out_is_not_expected_in_part() -> None:
    books = canonical(
        locations=MONTHLY,
        deposits=deposits("D1 card @2026-09-03 sales:10.00"),
        fee_statements=fee_statements(BILL[0]),
        rejected=rejected("fee_statements document_id:F1"),
    )

    assert lines(books) == ["D1 1010 10.00", "D1 1250 -10.00"]


def test_a_bill_in_another_currency_fits_no_rule() -> None:
    books = canonical(
        locations=MONTHLY,
        deposits=deposits("D1 card @2026-09-03 sales:10.00"),
        fee_statements=fee_statements("F1 other 100.00 M:M100 currency:CAD"),
    )

    assert [line for line in lines(books) if line.startswith("F1")] == ["F1 ? 0.00"]
