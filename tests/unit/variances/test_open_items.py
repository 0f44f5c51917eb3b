"""What one month hands to the next, how old it is, and when it is settled."""

from __future__ import annotations

import datetime as dt

import polars as pl
from make import canonical, compare, deposits, expected, ledger, no_sales_due, payments, policy, told

from recon.period import parse_period
from recon.pipeline import Reconciled, reconcile

SEPTEMBER, OCTOBER = parse_period("2026-09"), parse_period("2026-10")
WANTED = ("E1 1010 40.00 D:DEP1000929 @2026-09-29", "E2 1250 -40.00")


def items(found: Reconciled) -> list[str]:
    """Side, line, cause, first seen and age of every open item."""
    columns = ("side", "line_id", "cause", "first_seen", "age_days")
    return [" ".join(str(value) for value in row) for row in found.frames["open_items"].select(columns).iter_rows()]


def september() -> Reconciled:
    """A deposit of 29 September that the ledger of September lacks: a draft waits, a stray entry stands."""
    late = ledger("A1 1010 40.00 D:DEP1000929 @2026-10-02", "A2 1250 -40.00", "B1 1010 9.00 D:ODD", "B2 1250 -9.00")
    return compare(expected(*WANTED), late)


def test_a_late_document_waits_for_its_posting_and_a_stray_entry_for_an_answer() -> None:
    assert items(september()) == [
        "actual B1 unexpected 2026-09-03 27",
        "actual B2 unexpected 2026-09-03 27",
        "expected E1 late_posted 2026-09-29 1",
        "expected E2 late_posted 2026-09-29 1",
    ]


def test_a_booked_or_clean_month_leaves_nothing_open() -> None:
    right = ledger("A1 1010 40.00 D:DEP1000929 @2026-09-29", "A2 1250 -40.00")

    assert items(compare(expected(*WANTED), right)) == []


def test_the_next_month_recognises_what_was_carried_into_it() -> None:
    actual = ledger("A1 1010 40.00 D:DEP1000929 @2026-10-02", "A2 1250 -40.00")
    carried = september().frames["open_items"].filter(pl.col("line_id").is_in(["E1", "E2"]))
    carried = carried.with_columns(line_id="deposits:" + pl.col("line_id"), entry_id=pl.lit("deposits:DEP1000929:100:"))

    nothing_new = expected(*WANTED, period=OCTOBER).clear()
    found = compare(nothing_new, actual, period=OCTOBER, open_items=carried)

    assert told(found) == ["late_posted timing: 1010 -40.00, 1250 40.00"]
    assert items(found) == [], "the document has arrived: nothing waits any more"


def test_a_deposit_in_transit_is_settled_by_its_arrival_and_waits_no_longer() -> None:
    sold = payments("P1 visa 100.00 at:2026-09-30T18:00Z M:M101 batch_id:B7")
    due = deposits("D7 card sales:100.00 net:100.00 @2026-10-01 M:M101 batch_id:B7")
    sept = reconcile(canonical(ledger(), payments=sold, deposits=due), policy(**no_sales_due()), SEPTEMBER)
    waiting = sept.frames["open_items"].filter(pl.col("side") == "deposit")
    books = canonical(ledger(), payments=sold, deposits=due, open_items=waiting)

    assert waiting["document"].to_list() == ["B7"]
    october = reconcile(books, policy(**no_sales_due()), OCTOBER)
    assert october.frames["open_items"].filter(pl.col("side") == "deposit").is_empty()


def test_an_early_posting_is_met_by_its_document_in_the_next_month() -> None:
    early = ledger("A1 1010 40.00 D:DEP1001002 @2026-09-29", "A2 1250 -40.00")
    wanted = ("E1 1010 40.00 D:DEP1001002 @2026-10-02", "E2 1250 -40.00")
    carried = compare(expected(*wanted), early).frames["open_items"]

    found = compare(expected(*wanted, period=OCTOBER), ledger(), period=OCTOBER, open_items=carried)

    assert {line.split()[0] for line in told(found)} == {"early_posted"}
    assert found.entries_count == 0


def test_what_nothing_settles_stays_open_and_grows_older() -> None:
    carried = september().frames["open_items"].filter(pl.col("line_id").is_in(["B1", "B2"]))

    found = compare(expected(*WANTED, period=OCTOBER).clear(), ledger(), period=OCTOBER, open_items=carried)

    assert items(found) == ["actual B1 unexpected 2026-09-03 58", "actual B2 unexpected 2026-09-03 58"]


def test_ages_count_to_the_day_that_is_asked_for() -> None:
    books = canonical(ledger("B1 1010 9.00 D:ODD", "B2 1250 -9.00"), deposits=deposits("D0 card"))

    by = policy(**no_sales_due())
    found = reconcile(books, by, SEPTEMBER, only=("deposits",), as_of=dt.date(2026, 9, 13))

    assert items(found) == ["actual B1 unexpected 2026-09-03 10", "actual B2 unexpected 2026-09-03 10"]


def test_batches_in_transit_stand_on_their_clearing_account_until_they_are_due() -> None:
    evening = "at:2026-09-30T22:00:00+00:00"
    books = canonical(
        payments=payments(f"P1 visa 70.00 {evening} batch_id:B1", f"P2 amex 30.00 {evening} batch_id:B2"),
        deposits=deposits("D1 card @2026-10-01 sales:70.00 batch_id:B1"),
    )

    found = reconcile(books, policy(), SEPTEMBER, only=("deposits",))

    columns = ("side", "document", "account", "amount", "posting_date", "cause")
    rows = [" ".join(map(str, row)) for row in found.frames["open_items"].select(columns).iter_rows()]
    assert rows == [
        "deposit B1 1250 70.00 2026-10-01 in_transit",
        "deposit B2 1255 30.00 2026-10-02 in_transit",
    ]
