"""What has no source is not compared: neither green, nor unexpected, nor a duplicate."""

from __future__ import annotations

import datetime as dt

from make import SEPTEMBER, canonical, deposits, ledger, payments, payroll, policy, rejected, sales, tenders, told

from recon.canonical import Canonical
from recon.canonical.coverage import cover
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
    assert (days.passed, days.detail) == (True, "2 of 2 store-days have sales")


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
