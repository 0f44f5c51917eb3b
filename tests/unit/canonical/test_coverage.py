"""What has no source is not compared: neither green, nor unexpected, nor a duplicate."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from make import (
    SEPTEMBER,
    canonical,
    deposits,
    ledger,
    locations,
    payments,
    payroll,
    policy,
    rejected,
    sales,
    tenders,
    told,
    working,
)

from recon.canonical import Canonical
from recon.canonical.coverage import StoreDay, cover
from recon.period import Period
from recon.pipeline import reconcile

TWO_DAYS = Period("two days", dt.date(2026, 9, 3), dt.date(2026, 9, 4))
SOLD = ("T1 revenue/food 50.00", "T2 revenue/food 20.00 @2026-09-04")
PAID = ("T1 cash 50.00", "T2 cash 20.00 @2026-09-04")
BOOKED = (
    "A1 1030 50.00 D:SALES-100-20260903",
    "A2 4010 -50.00",
    "B1 1030 20.00 D:SALES-100-20260904 @2026-09-04",
    "B2 4010 -20.00",
)


def close(books: Canonical) -> list[str]:
    return told(reconcile(books, policy(), TWO_DAYS, only=("sales",)))


def test_a_month_with_every_store_day_is_green() -> None:
    assert close(canonical(ledger(*BOOKED, journal="SJ"), sales=sales(*SOLD), tenders=tenders(*PAID))) == []


def test_the_ledger_of_a_store_day_without_sales_is_not_compared() -> None:
    books = canonical(ledger(*BOOKED, journal="SJ"), sales=sales(*SOLD[:1]), tenders=tenders(*PAID[:1]))

    assert close(books) == ["not_compared ask: 1030 -20.00, 4010 20.00"]


def test_a_store_day_without_sales_is_told_even_where_the_ledger_is_silent() -> None:
    books = canonical(ledger(*BOOKED[:2], journal="SJ"), sales=sales(*SOLD[:1]), tenders=tenders(*PAID[:1]))

    assert close(books) == ["not_compared ask"]


def test_two_equal_entries_of_a_day_without_sales_are_no_duplicate() -> None:
    twice = ("C1 1030 20.00 D:SALES-100-20260904 @2026-09-04", "C2 4010 -20.00")
    books = canonical(ledger(*BOOKED, *twice, journal="SJ"), sales=sales(*SOLD[:1]), tenders=tenders(*PAID[:1]))

    assert {line.split(":")[0] for line in close(books)} == {"not_compared ask"}


def test_on_days_on_which_a_store_is_closed_no_sales_are_due() -> None:
    books = canonical(ledger(*BOOKED[:2], journal="SJ"), sales=sales(*SOLD[:1]), tenders=tenders(*PAID[:1]))
    shut = policy(calendar={"closed_weekdays": {"100": ("fri",)}})

    assert told(reconcile(books, shut, TWO_DAYS, only=("sales",))) == []


def test_without_any_sales_file_nothing_is_green() -> None:
    found = reconcile(canonical(ledger(*BOOKED, journal="SJ")), policy(), TWO_DAYS, only=("sales",))

    assert {line.split(":")[0] for line in told(found)} == {"not_compared ask"}
    assert [one.status for one in found.statuses] == ["not compared"]


def test_a_store_that_never_trades_owes_no_sales() -> None:
    books = canonical(ledger(*BOOKED, journal="SJ"), sales=sales(*SOLD), tenders=tenders(*PAID))
    found = reconcile(books, policy(), TWO_DAYS, only=("sales",))

    (days,) = (one for one in found.checks if one.name == "days_complete")
    assert (days.passed, days.detail) == (True, "2 of 2 store-days have sales; idle: 101, 102")


def test_a_batch_without_its_deposit_is_in_transit_but_a_hole_in_the_file_is_not_compared() -> None:
    noon = "T16:00:00+00:00"
    paid = payments(
        f"P1 visa 10.00 at:2026-09-02{noon} batch_id:B1",
        f"P2 visa 20.00 at:2026-09-03{noon} batch_id:B2",
        f"P3 visa 30.00 at:2026-09-08{noon} batch_id:B3",
    )
    arrived = deposits("D1 card @2026-09-03 sales:10.00 batch_id:B1", "D3 card @2026-09-09 sales:30.00 batch_id:B3")
    books = canonical(payments=paid, deposits=arrived)

    hole = cover(books, policy(), SEPTEMBER, ledger().clear(), only=("deposits",)).uncovered["deposits"]

    assert hole == {("100", dt.date(2026, 9, 4))}


def test_payroll_at_a_place_that_the_register_does_not_know_is_not_compared() -> None:
    register = payroll("R1 E1 earning/REG 100.00 L100", "R1 E1 net_pay/NET 100.00")
    actual = ledger(
        "A1 6010 100.00 D:PR-R1-20260903", "A2 1020 -100.00", "B1 6010 70.00 L102", "B2 1020 -70.00", journal="PYRJ"
    )

    found = reconcile(canonical(actual, payroll=register), policy(), SEPTEMBER, only=("payroll",))

    assert told(found) == ["not_compared ask: 1020@102 70.00, 6010@102 -70.00"]


def test_a_rejected_row_turns_the_difference_of_its_document_into_a_question() -> None:
    books = canonical(
        ledger(*BOOKED[:2], "B1 1030 25.00 D:SALES-100-20260904 @2026-09-04", "B2 4010 -25.00", journal="SJ"),
        sales=sales(*SOLD),
        tenders=tenders(*PAID),
        rejected=rejected("sales document_id:T3 @2026-09-04 L100"),
    )

    assert close(books) == ["amount_other ask: 1030 -5.00, 4010 5.00"]


def test_the_extra_copy_of_a_row_takes_nothing_away_from_its_document() -> None:
    books = canonical(
        ledger(*BOOKED[:2], "B1 1030 25.00 D:SALES-100-20260904 @2026-09-04", "B2 4010 -25.00", journal="SJ"),
        sales=sales(*SOLD),
        tenders=tenders(*PAID),
        rejected=rejected("sales document_id:T2 @2026-09-04 L100 duplicate:yes"),
    )

    assert close(books) == ["amount_other book: 1030 -5.00, 4010 5.00"]


def test_the_entry_of_a_rejected_deposit_is_not_compared() -> None:
    books = canonical(
        ledger("A1 1010 97.10 D:DEP-1", "A2 1250 -97.10"),
        deposits=deposits("DEP-2 card sales:10.00"),
        rejected=rejected("deposits document_id:DEP-1 @2026-09-03 L100"),
    )

    found = told(reconcile(books, policy(), SEPTEMBER, only=("deposits",)))

    assert found == ["missing ask: 1010 10.00, 1250 -10.00", "not_compared ask: 1010 -97.10, 1250 97.10"]


def test_rejects_are_listed_with_their_file_and_reason() -> None:
    books = canonical(
        sales=sales(*SOLD), tenders=tenders(*PAID), rejected=rejected("sales document_id:T3 @2026-09-04 L100")
    )
    found = reconcile(books, policy(), TWO_DAYS, only=("sales",))

    assert found.frames["rejects"].select("source", "reason").rows() == [("sales.csv", "unreadable amount")]
    assert [one.passed for one in found.checks if one.name == "rejects"] == [False]


def weekdays(*days: int) -> list[dt.date]:
    """Those days of September 2026."""
    return [dt.date(2026, 9, day) for day in days]


def funded(*days: int, merchant: str = "M100") -> list[str]:
    return [f"D{merchant}-{day} card @2026-09-{day:02d} M:{merchant} sales:10.00" for day in days]


@pytest.mark.parametrize(
    ("words", "incomplete"),
    [
        ("L100", {("100", day) for day in TWO_DAYS.days}),
        ("@2026-09-04", {(store, TWO_DAYS.end) for store in ("100", "101", "102")}),
        ("", {(store, day) for store in ("100", "101", "102") for day in TWO_DAYS.days}),
    ],
)
def test_a_rejected_ticket_without_a_day_or_a_store_may_be_of_any(words: str, incomplete: set[StoreDay]) -> None:
    books = canonical(sales=sales(*SOLD), rejected=rejected(f"sales document_id:T3 {words}"))
    found = cover(books, policy(), TWO_DAYS, working(ledger(*BOOKED, journal="SJ")), only=("sales",))

    assert found.incomplete["sales"] == incomplete


@pytest.mark.parametrize("words", ["L100", "@2026-09-04", "", "L903 @2026-09-04"])
def test_nothing_is_booked_where_a_ticket_that_cannot_be_placed_may_belong(words: str) -> None:
    books = canonical(
        ledger(*BOOKED[:2], "B1 1030 25.00 D:SALES-100-20260904 @2026-09-04", "B2 4010 -25.00", journal="SJ"),
        sales=sales(*SOLD),
        tenders=tenders(*PAID),
        rejected=rejected(f"sales document_id:T3 {words}"),
    )

    assert close(books) == ["amount_other ask: 1030 -5.00, 4010 5.00"]


def test_nothing_is_booked_where_a_ledger_line_cannot_be_read() -> None:
    books = canonical(
        ledger(*BOOKED[:3], journal="SJ"),
        sales=sales(*SOLD),
        tenders=tenders(*PAID),
        rejected=rejected("ledger document_id:B2 @2026-09-04 L100"),
    )

    assert {line.split(":")[0] for line in close(books)} == {"partial ask", "unbalanced ask"}


def test_the_ledger_line_of_a_deposit_without_a_readable_id_is_not_compared() -> None:
    books = canonical(
        ledger("A1 1010 97.10 D:DEP-1", "A2 1250 -97.10"),
        deposits=deposits("DEP-2 card sales:10.00 M:M101"),
        rejected=rejected("deposits M:M100 @2026-09-03"),
    )

    found = told(reconcile(books, policy(), SEPTEMBER, only=("deposits",)))

    assert found == ["missing book: 1010@101 10.00, 1250@101 -10.00", "not_compared ask: 1010 -97.10, 1250 97.10"]


def test_a_pay_run_that_the_register_lacks_is_not_compared() -> None:
    register = payroll("R1 E1 earning/REG 100.00", "R1 E1 net_pay/NET 100.00")
    actual = ledger(
        "A1 6010 100.00 D:PR-R1-20260903", "A2 1020 -100.00",
        "B1 6010 70.00 D:PR-R2-20260917 @2026-09-17", "B2 1020 -70.00", journal="PYRJ",
    )  # fmt: skip

    found = reconcile(canonical(actual, payroll=register), policy(), SEPTEMBER, only=("payroll",))

    assert told(found) == ["not_compared ask: 1020 70.00, 6010 -70.00"]
    assert [(one.passed, one.detail) for one in found.checks if one.name == "pay_runs"] == [
        (False, "the register has no run for ledger entries at 100 2026-09-17")
    ]


def test_a_late_copy_of_a_known_pay_run_is_still_a_duplicate() -> None:
    register = payroll("R1 E1 earning/REG 100.00", "R1 E1 net_pay/NET 100.00")
    actual = ledger(
        "A1 6010 100.00 D:PR-R1-20260903", "A2 1020 -100.00",
        "B1 6010 100.00 D:PR-R1-20260903 @2026-09-17", "B2 1020 -100.00", journal="PYRJ",
    )  # fmt: skip

    found = reconcile(canonical(actual, payroll=register), policy(), SEPTEMBER, only=("payroll",))

    assert [line.split()[0] for line in told(found)] == ["duplicate"]


@pytest.mark.parametrize("paid", [None, payments("P1 visa 10.00 at:2026-09-09T16:00:00+00:00 batch_id:B9")])
def test_a_hole_and_the_days_after_a_deposits_file_breaks_off_are_uncovered(paid: pl.DataFrame | None) -> None:
    arrived = deposits(*funded(1, 2, 3, 8, 9, 10, 11, 14, 15, 16, 18))  # the 7th is Labor Day
    books = canonical(deposits=arrived, payments=paid)

    found = cover(books, policy(), SEPTEMBER, working(ledger()), only=("deposits",))

    holes = weekdays(4, 17, 21, 22, 23, 24, 25, 28, 29, 30)
    assert found.uncovered["deposits"] == {("100", day) for day in holes}


def test_a_weekday_on_which_a_store_is_never_funded_is_no_hole() -> None:
    arrived = deposits(*funded(1, 2, 3, 4, 8, 9, 10, 11, 15, 16, 17, 18, 22, 23, 24, 25, 29, 30))

    found = cover(canonical(deposits=arrived), policy(), SEPTEMBER, working(ledger()), only=("deposits",))

    assert found.uncovered["deposits"] == frozenset()


def test_a_store_that_books_deposits_but_is_not_in_the_file_is_uncovered_on_every_day() -> None:
    books = canonical(ledger("A1 1010 12.00 L101 D:X", "A2 1250 -12.00"), deposits=deposits(*funded(3)))

    found = reconcile(books, policy(), SEPTEMBER, only=("deposits",))

    assert "not_compared ask: 1010@101 -12.00, 1250@101 12.00" in told(found)
    (days,) = (one for one in found.checks if one.name == "deposit_days")
    assert not days.passed
    assert days.detail == "21 of 42 banking store-days have deposits or none due; missing: 101 on 21 days"


def test_a_store_that_only_has_deposits_owes_its_sales() -> None:
    books = canonical(
        ledger(*BOOKED, journal="SJ"),
        sales=sales(*SOLD),
        tenders=tenders(*PAID),
        deposits=deposits("D1 card M:M101 sales:10.00"),
    )
    found = reconcile(books, policy(), TWO_DAYS, only=("sales",))

    (days,) = (one for one in found.checks if one.name == "days_complete")
    assert (days.passed, days.detail) == (False, "2 of 4 store-days have sales; missing: 101 on 2 days; idle: 102")


def test_an_office_without_a_merchant_number_owes_no_sales() -> None:
    office = locations("100", "HQ merchant_ids:")
    books = canonical(
        ledger(*BOOKED, "C1 6800 5.00 LHQ J:GJ", "C2 2100 -5.00", journal="SJ"),
        sales=sales(*SOLD), tenders=tenders(*PAID), locations=office,
    )  # fmt: skip
    found = reconcile(books, policy(), TWO_DAYS, only=("sales",))

    assert [one.detail for one in found.checks if one.name == "days_complete"] == ["2 of 2 store-days have sales"]
