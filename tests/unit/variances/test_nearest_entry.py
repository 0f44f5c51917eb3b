"""What is said of a document or an entry without a partner: the nearest on the other side, and what is against it."""

from __future__ import annotations

from make import compare, expected, ledger, variance

from recon.pipeline import Reconciled


def nearest(found: Reconciled, cause: str) -> str:
    """The last sentence of the one variance of a cause."""
    return "Nearest " + variance(found, cause)["explanation"].split(" Nearest ")[-1]


def test_an_open_entry_of_other_amounts_is_named_with_what_it_is_off_by() -> None:
    wanted = expected("E1 1010 50.00 D:DEP-1", "E2 1250 -50.00")

    found = compare(wanted, ledger("A1 1010 60.00 D:OTHER @2026-09-20", "A2 1250 -60.00"))

    off = "off by (10.00) on 1010 and 10.00 on 1250"
    assert nearest(found, "missing") == f"Nearest entry: A (OTHER), 17 days later, {off}."
    assert nearest(found, "unexpected") == f"Nearest document: DEP-1, 17 days earlier, {off}."


def test_another_store_and_one_slip_are_named_as_such() -> None:
    wanted = expected("E1 1010 50.00 D:DEP-1", "E2 1250 -50.00")

    found = compare(wanted, ledger("A1 1010 500.00 D:- L101 @2026-09-24", "A2 1250 -500.00"))

    assert nearest(found, "missing") == (
        "Nearest entry: A without a document, at location 101, 21 days later, 1010: 500.00 instead of 50.00."
    )


def test_an_entry_that_is_matched_already_is_named_with_its_document() -> None:
    wanted = expected("E1 1010 50.00 D:DEP-1", "E2 1250 -50.00", "F1 1010 50.00 D:DEP-2 @2026-09-05", "F2 1250 -50.00")

    found = compare(wanted, ledger("A1 1010 50.00 D:DEP-2 @2026-09-05", "A2 1250 -50.00"))

    assert nearest(found, "missing") == "Nearest entry: A (DEP-2), 2 days later, same amounts, matched with DEP-2."


def test_an_open_entry_is_nearer_than_a_matched_one_of_the_same_amount() -> None:
    wanted = expected("E1 1010 50.00 D:DEP-1", "E2 1250 -50.00", "F1 1010 50.00 D:DEP-2 @2026-09-05", "F2 1250 -50.00")
    booked = ledger(
        "A1 1010 50.00 D:DEP-2 @2026-09-05", "A2 1250 -50.00", "B1 1010 50.00 @2026-09-19 D:X", "B2 4010 -50"
    )

    assert nearest(compare(wanted, booked), "missing").startswith("Nearest entry: A (DEP-2)")
    assert nearest(compare(wanted.head(2), booked.tail(2)), "missing").startswith("Nearest entry: B (X), 16 days later")


def test_where_nothing_comes_near_that_is_said() -> None:
    wanted = expected("E1 1010 50.00 D:DEP-1", "E2 1250 -50.00")

    found = compare(wanted, ledger("A1 1030 7.00 D:X L102", "A2 2100 -7.00"))

    assert variance(found, "missing")["explanation"].endswith(
        "No entry comes near: none that is left over shares its place or an account."
    )


def test_one_more_of_a_document_needs_no_nearest_it_names_its_original() -> None:
    wanted = expected("E1 1010 50.00 D:DEP-1", "E2 1250 -50.00")

    found = compare(wanted, ledger("A1 1010 50.00 D:DEP-1", "A2 1250 -50", "B1 1010 50.00 D:DEP-1", "B2 1250 -50"))

    assert "Nearest" not in variance(found, "duplicate")["explanation"]
